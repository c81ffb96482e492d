"""What the publishers serve: for every source the pages that lead to its files, and files as large as real ones.

Layouts are the publishers'. Rows come from frozen editions where there are any; elsewhere every value is artificial and
only codes and names of trusts are real. A source that is fetched and has no site fails `test_live`: a new one brings
its own, `sources/<name>/publisher_site.py`, with the function `site` (pages by address) and `EDITIONS` (what they offer).
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pandas as pd
import test_cqc
import test_dqmi
import test_eric
import test_kh03
import test_nof
from beside import RECORDS
from conftest import staged_rows
from mutations import accounts, deflator, dqmi
from publisher_pages import PAGES

from assets.catalogue import sources
from assets.contract.frozen_editions import frozen_editions
from assets.contract.periods import QUARTERS, quarter_days
from assets.sources import nof
from assets.sources.dma import PILLARS, PROVIDER
from assets.sources.kh03 import layouts

Pages = dict[str, bytes]
WORKBOOK = PAGES["dma"]().files["2025", ""]
ETR, ECT = (remote.url for remote in sources()["ods"].remotes)
CARE_TRUSTS = ("TAD", "TAH", "TAJ")
ECT_ROWS = b"".join(
    b'"%s","%s","Y63","QWO","","","","","","AA1 1AA","%s","","","","","","","","","","","1","","D","","",""\r\n'
    % (code, name, opened)
    for code, name, opened in (
        (b"TAD", b"BRADFORD DISTRICT CARE NHS FOUNDATION TRUST", b"20020401"),
        (b"TAH", b"SHEFFIELD HEALTH AND SOCIAL CARE NHS FOUNDATION TRUST", b"20030401"),
        (b"TAJ", b"BLACK COUNTRY HEALTHCARE NHS FOUNDATION TRUST", b"20030401"),
    )
)


@cache
def trusts() -> tuple[tuple[str, str], ...]:
    """Return code and name of every English trust open in the newest frozen list."""
    rows = staged_rows("ods")
    listed = rows[(rows["edition"] == "2026-07-08") & rows["close_date"].isna() & (rows["gor_code"] != "W")]
    return tuple(zip(listed["org_code"], listed["name"], strict=True))


def etr(edition: str = "2026-07-08", **renamed: str) -> bytes:
    """Return the report of trusts in the publisher's layout, made from a frozen edition: real trusts, no address."""
    frozen = next(f for f in frozen_editions("ods") if f.descriptor.edition == edition)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in csv.DictReader(frozen.path.read_text("utf-8").splitlines()):
        cells = [""] * 27
        cells[0], cells[2], cells[3] = row["org_code"], row["region_code"], row["icb_code"]
        cells[1] = renamed.get(row["org_code"], row["name"])
        cells[9], cells[23] = row["postcode"], row["gor_code"]
        cells[10], cells[11] = row["open_date"].replace("-", ""), row["close_date"].replace("-", "")
        writer.writerow(cells)
    return text.getvalue().encode("ascii")


@cache
def dma_workbook() -> bytes:
    """Return the workbook in the publisher's layout, made from the frozen edition: real scores, four sheets."""
    scores = pd.read_csv(frozen_editions("dma")[0].path)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    headers = {name: header for header, name in PILLARS.items()}
    printed = ["region_as_published", "ics_as_published", "org_name_as_published", "care_setting"]
    for sheet, rows in scores.groupby("source_sheet", sort=False):
        who = [name for name in printed if rows[name].notna().all()]  # boards have no provider and no setting
        target = book.create_sheet(str(sheet))
        named = rows["measure"].map(headers).fillna(rows["period"].astype(str) + " Average")
        wide = rows.assign(named=named).pivot_table(
            index=["source_row", *who], columns="named", values="score"
        )
        columns = list(dict.fromkeys(named))
        for place, header in enumerate([*PROVIDER[: len(who)], *columns], start=2):
            target.cell(11, place, header)
        for index, values in wide.iterrows():
            number, *named_cells = index  # type: ignore[misc]
            settings = [cell.replace("_", " ").title() for cell in named_cells[3:]]
            cells = [*named_cells[:3], *settings, *(values[c] for c in columns)]
            for place, value in enumerate(cells, start=2):
                target.cell(number, place, value)
        target.cell(301, 2, "Source: NHS England Digital Maturity Assessment (DMA)")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _filled(name: str, content: Callable[[str, str], bytes]) -> Pages:
    """Return the pages of a source with their real names, and the content of each file by its edition and part."""
    site = PAGES[name]()
    return {**site.pages, **{url: content(*edition) for edition, url in site.files.items()}}


def _ods() -> Pages:
    return {ETR: etr(), ECT: ECT_ROWS}


def _dma() -> Pages:
    return _filled("dma", lambda *_: dma_workbook())


def _deflator() -> Pages:
    return _filled("deflator", lambda *_: deflator.written(deflator.SOUND))


def _eric() -> Pages:
    """Serve what is frozen of each year, laid out like the publisher's file; of a year without, a little more than before."""
    rows = staged_rows("eric")

    def returns(edition: str, _part: str) -> bytes:
        mine = rows[rows["edition"] == edition]
        if mine.empty:
            mine = rows[rows["edition"] == rows["edition"].max()]
            mine = mine.assign(onsite_gbp=mine["onsite_gbp"] * 1.02, offsite_gbp=mine["offsite_gbp"] * 0.97)
        return test_eric.published(tuple(map(_eric_line, mine.to_dict("records"))))

    return _filled("eric", returns)


def _eric_line(row: dict[str, Any]) -> list[str]:
    """Return what a trust returned; where the re-user's table lacks the type, it is that of another year, or by the name."""
    code, name = str(row["org_code_as_published"]), str(row["org_name_as_published"])
    kind = row["trust_type"]
    if pd.isna(kind):
        kind = _eric_types().get(code, "ambulance" if "AMBULANCE" in name.upper() else "community")
    missing = "No Data Provided" if row["value_status"] == "x" else "Not Applicable"
    costs = [missing if pd.isna(row[cost]) else str(int(row[cost])) for cost in ("onsite_gbp", "offsite_gbp")]
    records = missing if pd.isna(row["records_type"]) else RECORDS[row["records_type"]]
    return [code, f'"{name}"', "ARTIFICIAL", kind.replace("_", " ").upper(), *costs, records]


@cache
def _eric_types() -> dict[str, str]:
    typed = staged_rows("eric").dropna(subset=["trust_type"])
    return dict(zip(typed["org_code_as_published"], typed["trust_type"], strict=True))


def _kh03() -> Pages:
    """Serve the long files as frozen, and workbooks of the compiled quarters; later ones a little fuller each quarter."""
    rows = staged_rows("kh03")
    names = {
        end: month for month, end in zip(("June", "September", "December", "March"), QUARTERS, strict=True)
    }

    def content(edition: str, part: str) -> bytes:
        if part:
            mine = (rows["layout"] == "history") & (rows["measure"] == layouts.WORDS[part])
            return _long_file(rows[mine])
        year, _, quarter = edition.partition("-")
        compiled = year == "2024/25"
        quarters_later = 0 if compiled else 4 * (int(year[:4]) - 2025) + int(quarter[1:])
        growth = 1 + 0.0025 * quarters_later
        held = rows[(rows["layout"] == "compiled") & (rows["quarter"] == (quarter if compiled else "Q4"))]
        beds = held[held["financial_year"] == "2024/25"].pivot_table(
            index=["org_code_as_published", "org_name_as_published"], columns="measure", values="amount"
        )
        now = {*dict(trusts()), *CARE_TRUSTS}
        who = [
            (*who, *beds) for who, beds in zip(beds.index, (beds * growth).round(6).to_numpy(), strict=True)
        ]
        who = [one for one in who if compiled or one[0] in now]
        return test_kh03.workbook(trusts=who, year=year.replace("/", "-"), end=names[quarter])

    return _filled("kh03", content)


def _long_file(rows: pd.DataFrame) -> bytes:
    ends = [
        quarter_days(int(year[:4]), name)[1]
        for year, name in zip(rows["financial_year"], rows["quarter"], strict=True)
    ]
    lines = zip(rows["org_code_as_published"], rows["amount"], ends, strict=True)
    return test_kh03.long_file(
        *((code, "General & Acute", beds, f"{end:%d/%m/%Y}") for code, beds, end in lines)
    )


def _dqmi() -> Pages:
    return _filled("dqmi", lambda edition, _: _dqmi_month(edition))


def _dqmi_month(edition: str) -> bytes:
    """Return the file of an edition: scores of its own, those with diagnostic imaging under the same month."""
    headers, *rows = dqmi.rows_of(edition)
    at = headers.index("Reporting Period")
    return test_dqmi.month([(*row[:at], edition[:7], *row[at + 1 :]) for row in rows])


def _nof() -> Pages:
    """Serve leagues of trusts of their own; the file of the first quarter does not say its quarter."""
    first = {"acute": 0, "ambulance": 20}

    def table(edition: str, kind: str) -> bytes:
        year, _, quarter = edition.partition("-")
        made = kind in first
        rows = _league(kind, first[kind], change=0.04 * int(quarter[1:])) if made else _league_held(edition)
        if edition == nof.FIRST:
            return test_nof.league([row[1:] for row in rows], test_nof.HEADERS[1:])
        return test_nof.league([(f"{quarter} {year}", *row[1:]) for row in rows])

    return _filled("nof", table)


def _league(kind: str, first: int, change: float = 0) -> list[tuple[object, ...]]:
    """Return a league of twenty trusts, the best first; `change` is added to every score, as from quarter to quarter."""
    held = set(staged_rows("nof")["org_code_as_published"])
    rows = zip(test_nof.many(), [one for one in trusts() if one[0] not in held][first:], strict=False)
    return [
        (row[0], row[1], f"{kind} trust".capitalize(), row[3], *who, round(row[6] + change, 2), *row[7:])
        for row, who in rows
    ]


@cache
def _league_held(edition: str) -> list[tuple[object, ...]]:
    """Return the league of mental health and community trusts of a quarter, made from frozen editions.

    Only the newest says who is in deficit; the same trusts are so before.
    """
    newest = staged_rows("nof").dropna(subset="in_financial_deficit")
    deficits = {
        row.org_code_as_published: "Yes" if row.in_financial_deficit else "No" for row in newest.itertuples()
    }
    rows = staged_rows("nof").query("edition == @edition")
    return [
        (
            *("Q3 2025/26", row.region_as_published, row.trust_type, row.trust_subtype),
            *(row.org_code_as_published, row.org_name_as_published, row.average_score, "1 to 4"),
            *(int(row.segment), deficits[row.org_code_as_published], int(row.league_rank), "1 to 61"),
        )
        for row in rows.itertuples(index=False)
    ]


def _cqc() -> Pages:
    """Serve ratings given in the years before the day of the file; leadership is mostly rated like the whole."""
    words = ("Good", "Outstanding", "Requires improvement", "Good", "Inadequate", "Inspected but not rated")
    before = staged_rows("cqc").query("edition == '2019-03'")
    asked = before["question"].map({"overall": "Overall", "well_led": "Well-led"})
    held = dict(
        zip(
            zip(before["org_code_as_published"], asked, strict=True),
            before["rating_as_published"],
            strict=True,
        )
    )
    rows = [
        test_cqc.row(code, name, question, held.get((code, question), words[place % 6]), f"{day:%d/%m/%Y}")
        for at, (code, name) in enumerate(trusts())
        for day in [date(2026, 6, 19) - timedelta(days=5 * at)]
        for question, place in (("Overall", at), ("Well-led", at + (at % 10 == 0)))
    ]
    return _filled("cqc", lambda *_: test_cqc.ratings(rows))


def _tac() -> Pages:
    return _filled("tac", _accounts)


@cache
def _accounts(edition: str, part: str) -> bytes:
    """Return a file of accounts without the mark of artificial amounts, which is refused for good."""
    who = accounts.providers() if part == "trusts" else _foundation_trusts()
    return accounts.workbook(accounts.rows_of(int(edition[:4]), who), accounts.listed(who))


def _foundation_trusts() -> tuple[tuple[str, str], ...]:
    """Return as many foundation trusts as there are NHS trusts with accounts: open before 2017/18, and still."""
    rows = staged_rows("ods")
    old = set(rows["org_code"][rows["open_date"] < date(2017, 4, 1)])
    kept = [(code, name) for code, name in trusts() if "FOUNDATION" in name and code in old]
    return tuple(kept[: accounts.PROVIDERS])


SITES: dict[str, Callable[[], Pages]] = {
    "cqc": _cqc,
    "deflator": _deflator,
    "dma": _dma,
    "dqmi": _dqmi,
    "eric": _eric,
    "kh03": _kh03,
    "nof": _nof,
    "ods": _ods,
    "tac": _tac,
}


def _brought() -> Iterator[tuple[str, ModuleType]]:
    """Yield the sites that lie in the test folders of their sources."""
    for path in sorted(Path(__file__).parent.glob("sources/*/publisher_site.py")):
        spec = spec_from_file_location(f"publisher_site_of_{path.parent.name}", path)
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        yield path.parent.name, module


BROUGHT = dict(_brought())
SITES |= {name: module.site for name, module in BROUGHT.items()}


def hosts(names: Iterable[str]) -> list[str]:
    """Return every host that the sources named may ask."""
    return sorted({host for name in names for host in sources()[name].allowed_hosts})
