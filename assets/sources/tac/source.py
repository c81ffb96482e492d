"""Accounts of NHS providers (TAC): what trusts capitalised as IT, what it is worth, and what to divide it by.

Two workbooks a year, NHS trusts and foundation trusts, each with a list of providers and up to a million cells of
audited accounts by code, in thousands of pounds. The cells used here are picked in columns; the others never become
objects of Python. Capital only: the accounts have no line for IT revenue.
"""

import html
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.columns import SHA256, column, org_code, provenance, reading, staged, table
from assets.facts import FACTS
from assets.sniff import sniff
from assets.source import (
    OGL,
    Caveat,
    Comparability,
    Coverage,
    Expectation,
    Facts,
    Parsed,
    Rejected,
    Remote,
    Source,
    StructureError,
    financial_year,
)
from assets.structure import Record, Sheet, _verify_checksums, find_table, normal

LANDING_PAGE = (
    "https://www.england.nhs.uk/financial-accounting-and-reporting/nhs-providers-tac-data-publications/"
)
ARCHIVED = "https://webarchive.nationalarchives.gov.uk/ukgwa/{}mp_/https://improvement.nhs.uk/documents/{}"
ROW_LIMIT = 1_048_576
"""Rows of a sheet in Excel: a sheet of that length is presumed cut."""
FIRST_LEASES = 2022
"""Start of the first financial year under IFRS 16: right-of-use assets have a sheet of their own, and the series breaks."""
MOST_WITHOUT_ROWS = 0.02
"""Share of the listed providers that may be without accounts (2019/20: University Hospitals of Leicester)."""
WHO = ("Full name of Provider", "NHS code", "Region", "Sector")
HEADERS = {
    "organisationname": "OrganisationName",
    "worksheetname": "WorkSheetName",
    "tableid": "TableID",
    "maincode": "MainCode",
    "rownumber": "RowNumber",
    "subcode": "SubCode",
    "total": "Total",
    "valuenumber": "Total",
}
"""The seven columns by their headers without blanks and capitals, in both spellings."""
READ = {
    "OrganisationName": "string",
    "TableID": "string",
    "MainCode": "string",
    "SubCode": "string",
    "Total": "float",
}
PERIODS = ("CY", "PY")
THOUSANDS, WTE = "GBP 000", "WTE"


@dataclass(frozen=True)
class Measure:
    """One cell of the accounts: `A14CY08` x `PPE0060` is sheet A14, column 08, row PPE0060.

    `tables` are the TableIDs of the current-year and the prior-year cell, `since` the start of the first financial
    year whose file has the current-year cell (0: all); the prior-year cell follows a year later.
    """

    sheet: str
    column: str
    sub_code: str
    tables: tuple[int, int] = (1, 1)
    unit: str = THOUSANDS
    since: int = 0

    def main_code(self, period: str) -> str:
        """Return the MainCode of the cell in a period."""
        return f"{self.sheet}{period}{self.column}"

    def is_due(self, period: str, year: int) -> bool:
        """Tell whether the file of the financial year that starts in `year` must have the cell."""
        return year >= self.since + (period == "PY" and self.since > 0)


_BY_YEAR = (1, 3)
STAFF_GROUPS = {
    "wte_medical_and_dental": "STA0370",
    "wte_ambulance": "STA0380",
    "wte_administration_and_estates": "STA0390",
    "wte_healthcare_assistants_and_other_support": "STA0400",
    "wte_nursing_midwifery_and_health_visiting": "STA0410",
    "wte_nursing_midwifery_and_health_visiting_learners": "STA0420",
    "wte_scientific_therapeutic_and_technical": "STA0430",
    "wte_healthcare_science": "STA0440",
    "wte_social_care": "STA0450",
    "wte_other": "STA0480",
    "wte_total": "STA0490",
}
FLOWS = {
    "it_equipment_additions": Measure("A14", "08", "PPE0060", _BY_YEAR),
    "software_additions": Measure("A13", "02", "INT0060", _BY_YEAR),
    "it_intangible_additions": Measure("A13", "05", "INT0060", _BY_YEAR),
    "leased_it_liability": Measure("A14A", "05", "ROU0070", since=FIRST_LEASES),
    "leased_it_paid_up_front": Measure("A14A", "05", "ROU0071", since=FIRST_LEASES),
    "leased_it_direct_costs": Measure("A14A", "05", "ROU0072", since=FIRST_LEASES),
    "construction_additions": Measure("A14", "05", "PPE0060", _BY_YEAR),
    "intangible_construction_additions": Measure("A13", "09", "INT0060", _BY_YEAR),
    "it_equipment_reclassified": Measure("A14", "08", "PPE0150", _BY_YEAR),
    "software_reclassified": Measure("A13", "02", "INT0150", _BY_YEAR),
    "it_intangible_reclassified": Measure("A13", "05", "INT0150", _BY_YEAR),
    "construction_reclassified": Measure("A14", "05", "PPE0150", _BY_YEAR),
    "intangible_construction_reclassified": Measure("A13", "09", "INT0150", _BY_YEAR),
    "amortisation": Measure("A08", "01", "EXP0250"),
}
STOCKS = {
    "it_equipment_gross_cost": Measure("A14", "08", "PPE0190", _BY_YEAR),
    "it_equipment_net_book_value": Measure("A14", "08", "PPE0420", (4, 5)),
    "software_gross_cost": Measure("A13", "02", "INT0190", _BY_YEAR),
    "software_net_book_value": Measure("A13", "02", "INT0360", _BY_YEAR),
    "it_intangible_gross_cost": Measure("A13", "05", "INT0190", _BY_YEAR),
    "it_intangible_net_book_value": Measure("A13", "05", "INT0360", _BY_YEAR),
    "leased_it_net_book_value": Measure("A14A", "05", "ROU0360", since=FIRST_LEASES),
}
DIVIDE_BY = {
    "patient_care_income": Measure("A02", "01", "SCI0100A"),
    "other_operating_income": Measure("A02", "01", "SCI0110A"),
    "operating_expenses": Measure("A08", "01", "EXP0390"),
    "staff_costs": Measure("A08", "01", "EXP0130"),
    "surplus": Measure("A02", "01", "SCI0240"),
    "net_book_value": Measure("A14", "01", "PPE0420", (4, 5)),
    **{name: Measure("A09", "01", code, (3, 3), WTE) for name, code in STAFF_GROUPS.items()},
}
TO_CHECK = {
    "operating_expenses_of_the_statement": Measure("A02", "01", "SCI0125A"),
    "operating_surplus": Measure("A02", "01", "SCI0140A"),
    "patient_care_income_of_the_note": Measure("A06", "01", "INC0350"),
    "other_operating_income_of_the_note": Measure("A07", "01", "INC1360"),
    "operating_income_of_the_note": Measure("A07", "01", "INC1365"),
    "equipment_and_property_additions": Measure("A14", "01", "PPE0060", _BY_YEAR),
    "intangible_additions": Measure("A13", "01", "INT0060", _BY_YEAR),
}
MEASURES = {**FLOWS, **STOCKS, **DIVIDE_BY, **TO_CHECK}
IDENTITIES = {
    "operating_expenses": {"operating_expenses": 1, "operating_expenses_of_the_statement": 1},
    "operating_surplus": {
        "patient_care_income": 1,
        "other_operating_income": 1,
        "operating_expenses_of_the_statement": 1,
        "operating_surplus": -1,
    },
    "operating_income_of_the_note": {
        "patient_care_income_of_the_note": 1,
        "other_operating_income_of_the_note": 1,
        "operating_income_of_the_note": -1,
    },
}
"""Sums that are zero in sound accounts, by the measure they are written beside. Expenses are negative in TAC02."""
PURCHASED = ["it_equipment_additions", "software_additions", "it_intangible_additions"]
LEASED = ["leased_it_liability", "leased_it_paid_up_front", "leased_it_direct_costs"]
UNDER_CONSTRUCTION = ["construction_additions", "intangible_construction_additions"]
GONE_LIVE = ["it_equipment_reclassified", "software_reclassified", "it_intangible_reclassified"]
NEVER_NIL = {"operating_income", "operating_expenses", "staff_costs", "wte_total"}
"""What no provider lives without: a zero was not reported."""

TABLE = staged(
    "tac",
    "Cells of the accounts as published: provider x measure x period (CY: the year of the edition, PY: the year before).",
    [
        org_code("org_code_as_published", "ODS code in the list of providers of the file.", nullable=True),
        column("org_name_as_published", sa.Text, "Provider as in the list of providers.", header=WHO[0]),
        column("region_as_published", sa.Text, "Region as published.", header=WHO[2], nullable=True),
        column("sector_as_published", sa.Text, "Sector as published.", header=WHO[3], nullable=True),
        column("provider_comment", sa.Text, "Comment on the provider.", header="Comments", nullable=True),
        column("measure", sa.Text, "What the cell is.", allowed=MEASURES),
        column("period", sa.Text, "Current or prior year of the edition.", allowed=PERIODS),
        column("financial_year", sa.Text, "Financial year the amount is about.", pattern=r"^\d{4}/\d{2}$"),
        column("main_code", sa.Text, "Sheet, period and column of the accounts.", header="MainCode"),
        column("sub_code", sa.Text, "Row of the accounts.", header="SubCode"),
        column("table_id", sa.Integer, "Table of the sheet.", header="TableID", minimum=1),
        column(
            "amount", sa.Double, "Amount as published.", unit="see measure_unit", aggregation="see measure"
        ),
        column("measure_unit", sa.Text, "Unit of the amount.", allowed=[THOUSANDS, WTE]),
        column("rows_of_provider", sa.Integer, "Rows that the whole file has of the provider.", minimum=1),
        column(
            "identity_gap",
            sa.Double,
            "What an accounting identity leaves over; null beside measures that close none.",
            unit=THOUSANDS,
            aggregation="none",
            nullable=True,
        ),
        column(
            "it_share_of_additions_pct",
            sa.Double,
            "Share of IT in the capital additions of the whole file; beside equipment_and_property_additions only.",
            unit="percent",
            aggregation="none",
            nullable=True,
        ),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read one workbook of `edition` (a financial year): a row per provider, measure and period.

    Raises StructureError naming every sheet, header, code and provider that is not as it must be.
    """
    book = _Book(content)
    providers = _providers(book)
    cells, ignored = _cells(book, int(edition[:4]))
    problems = [*_unknown(cells, providers), *_uneven(cells), *_incomplete(cells, int(edition[:4]))]
    if problems:
        raise StructureError(problems)
    without = [who["org_name_as_published"] for name, who in providers.items() if name not in cells.counted]
    if len(without) > MOST_WITHOUT_ROWS * len(providers):
        raise StructureError(
            [
                f"expected rows of every listed provider but {MOST_WITHOUT_ROWS:.0%}, found none of {len(without)} of {len(providers)}: {_few(without)}"
            ]
        )
    rows = cells.rows
    bad = rows["amount"].isna()
    ignored += [f"provider {name!r} is listed and has no accounts" for name in without]
    return Parsed(
        _checked(_staged(rows[~bad], providers, cells.counted, edition)),
        len(rows),
        tuple(_rejected(rows[bad], book)),
        tuple(book.drift),
        (*(f"sheet {name!r} is hidden" for name in book.hidden), *ignored),
    )


class _Book:
    """A workbook whose sheets are read as Arrow: nothing is read twice, and a hidden sheet never."""

    def __init__(self, content: bytes) -> None:
        import fastexcel

        if (found := sniff(content)) != "xlsx":
            what = "a damaged or cut archive" if found == "zip" else found
            raise StructureError([f"expected an xlsx workbook, found {what}; download the file again"])
        try:
            _verify_checksums(content)
            self._reader = fastexcel.read_excel(content)
            states = _states(content)
        except (
            fastexcel.FastExcelError,
            zipfile.BadZipFile,
            zlib.error,
            KeyError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            reason = str(error).splitlines()[0]
            raise StructureError(
                [f"expected a readable xlsx workbook, found a damaged one ({reason})"]
            ) from error
        self.hidden = [n for n in self._reader.sheet_names if states.get(n, "visible") != "visible"]
        self.names = [n for n in self._reader.sheet_names if n not in self.hidden]
        self.drift: list[str] = []

    def spelt(self, wanted: str, *, more: bool = False) -> list[str]:
        """Return the visible sheet called `wanted`, whatever its case, blanks and punctuation; `more`: and its sequels."""
        exact = [name for name in self.names if _solid(name) == _solid(wanted)]
        if len(exact) != 1:
            listed = ", ".join(repr(name) for name in self.names)
            raise StructureError([f"expected one sheet {wanted!r}, found {len(exact)} among {listed}"])
        if exact[0] != wanted:
            self.drift.append(f"sheet {wanted!r} is spelt {exact[0]!r}")
        sequels = [n for n in self.names if n not in exact and _solid(n).startswith(_solid(wanted))]
        return exact + (sequels if more else [])

    def text(self, name: str) -> Sheet:
        """Return a small sheet as rows of text."""
        columns = self._load(name, header_row=None, dtypes="string").to_pydict().values()
        return Sheet(name, [[cell or "" for cell in row] for row in zip(*columns, strict=True)], [])

    def columns(self, name: str) -> pa.Table:
        """Return the columns in `READ` of a sheet, by our names; row 1 is the header, so row i here is row i + 2."""
        found: dict[str, str] = {}
        seen: list[str] = []

        def wanted(info: Any) -> bool:
            header = HEADERS.get(_solid(info.name))
            if info.name not in seen:
                seen.append(info.name)
            if header and header not in found:
                found[header] = info.name
            return header in READ and found[header] == info.name

        # Types of headers as they are known: where a header is spelt otherwise, the sheet is read again.
        types = {**READ, "Organisation Name": "string", "Value number": "float"}
        batch = self._load(name, use_columns=wanted, dtypes=types)
        self._verify_headers(name, found, seen)
        exact = {found[header]: kind for header, kind in READ.items()}
        if exact.keys() - types.keys():
            batch = self._load(name, use_columns=list(exact), dtypes=exact)
        return pa.table({header: batch.column(found[header]) for header in READ})

    def amounts_as_text(self, name: str) -> list[str | None]:
        """Return the column of amounts as text: only where a cell is no number."""
        batch = self._load(name, dtypes="string")
        return next(
            batch.column(header).to_pylist()
            for header in batch.schema.names
            if HEADERS.get(_solid(header)) == "Total"
        )

    def _load(self, name: str, **how: Any) -> pa.RecordBatch:
        import fastexcel

        try:
            return self._reader.load_sheet(name, skip_rows=0, eager=True, **how)
        except fastexcel.FastExcelError as error:
            reason = str(error).splitlines()[0]
            raise StructureError(
                [f"sheet {name!r}: expected readable cells, found damaged ones ({reason})"]
            ) from error

    def _verify_headers(self, name: str, found: dict[str, str], seen: Sequence[str]) -> None:
        """Refuse a sheet without the seven columns, or with one of them twice."""
        listed = ", ".join(repr(header) for header in seen)
        problems = [
            f"sheet {name!r}, row 1: expected column {header!r}, found {listed}"
            for header in dict.fromkeys(HEADERS.values())
            if header not in found
        ]
        doubled = [
            h for h in seen if h not in found.values() and HEADERS.get(_solid(re.sub(r"_\d+$", "", h)))
        ]
        problems += [f"sheet {name!r}, row 1: expected column {h!r} once, found it again" for h in doubled]
        if problems:
            raise StructureError(problems)
        known = {*HEADERS.values(), "Organisation Name", "Value number"}
        self.drift += [
            f"sheet {name!r}: column {header!r} is spelt {spelt!r}"
            for header, spelt in found.items()
            if spelt not in known
        ]
        self.drift += [
            f"sheet {name!r}: column {h!r} is new and not published"
            for h in seen
            if h not in found.values() and not h.startswith("__UNNAMED__")
        ]


def _states(content: bytes) -> dict[str, str]:
    """Return the visibility of every sheet: the library tells it only of a sheet it has read."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        text = archive.read("xl/workbook.xml").decode("utf-8", errors="replace")
    tags = re.findall(r"<(?:\w+:)?sheet\s[^>]*>", text)
    attributes = [dict(re.findall(r'([\w:]+)\s*=\s*"([^"]*)"', tag)) for tag in tags]
    return {html.unescape(found.get("name", "")): found.get("state", "visible") for found in attributes}


def _solid(name: str) -> str:
    """Return the form in which sheet names and headers are compared here: letters and digits only."""
    return re.sub(r"[\W_]+", "", name.lower())


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _providers(book: _Book) -> dict[str, dict[str, Any]]:
    """Return what the list of providers says of each, by its name in normal form."""
    sheet = book.text(book.spelt("List of Providers")[0])
    with_comments = any(normal(cell) == "comments" for row in sheet.rows for cell in row)
    providers: dict[str, dict[str, Any]] = {}
    problems = []
    for record in find_table(sheet, (*WHO, *(["Comments"] if with_comments else []))):
        try:
            who = _provider(record)
        except ValueError as error:
            problems.append(f"sheet {sheet.name!r}, row {record.row}: {error}")
            continue
        name = normal(who["org_name_as_published"])
        if name in providers:
            problems.append(
                f"sheet {sheet.name!r}, row {record.row}: expected a provider once, found {name!r} again"
            )
        providers[name] = who
    if problems:
        raise StructureError(problems)
    return providers


def _provider(record: Record) -> dict[str, Any]:
    return {
        "org_name_as_published": record.text(WHO[0]),
        "org_code_as_published": record.code(WHO[1]) if record.optional(WHO[1]) else None,
        "region_as_published": record.optional(WHO[2]),
        "sector_as_published": record.optional(WHO[3]),
        "provider_comment": record.optional("Comments"),
    }


@dataclass
class _Cells:
    """The cells of used codes, and how many rows the file has of each provider (by normal name)."""

    rows: pd.DataFrame
    counted: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)


def _wanted(year: int) -> dict[str, tuple[str, str, int]]:
    """Return measure, period and TableID by MainCode and SubCode, for the file of a year."""
    return {
        f"{measure.main_code(period)} {measure.sub_code}": (name, period, measure.tables[place])
        for name, measure in MEASURES.items()
        for place, period in enumerate(PERIODS)
        if measure.is_due(period, year)
    }


def _cells(book: _Book, year: int) -> tuple[_Cells, list[str]]:
    """Pick the cells of used codes out of `All data` and its continuation sheets."""
    found = _Cells(pd.DataFrame())
    names = book.spelt("All data", more=True)
    picked, left = [], 0
    for place, name in enumerate(names):
        sheet = book.columns(name)
        if sheet.num_rows + 1 >= ROW_LIMIT and place == len(names) - 1:
            raise StructureError(
                [
                    f"sheet {name!r}: expected fewer than {ROW_LIMIT:,} rows or a continuation sheet, found a full sheet: the publisher's export was cut"
                ]
            )
        total = _count(sheet, name, found)
        rows = _pick(sheet, name, year)
        picked.append(rows)
        left += total - len(rows)
        del sheet
    found.rows = pd.concat(picked, ignore_index=True)
    others = [n for n in book.names if n not in names and _solid(n) != _solid("List of Providers")]
    ignored = [f"sheet {n!r} holds no accounts" for n in others]
    return found, [*ignored, f"{left} rows of codes that are not used"]


def _count(sheet: pa.Table, name: str, found: _Cells) -> int:
    """Count the rows of each provider; refuse a row that has a code and no provider."""
    organisation = sheet["OrganisationName"]
    lost = pc.and_(pc.is_null(organisation), pc.is_valid(sheet["MainCode"]))
    if pc.any(lost).as_py():
        row = pc.index(lost, value=True).as_py() + 2
        raise StructureError([f"sheet {name!r}, row {row}: expected a provider, found a code without one"])
    total = 0
    for entry in pc.value_counts(organisation).to_pylist():
        if entry["values"] is not None:
            key = normal(entry["values"])
            found.counted[key] += entry["counts"]
            found.names.setdefault(key, entry["values"])
            total += entry["counts"]
    return total


def _pick(sheet: pa.Table, name: str, year: int) -> pd.DataFrame:
    """Return the rows of used codes: filtered by MainCode first, then by both codes, all in columns."""
    wanted = _wanted(year)
    mains = pa.array({key.split()[0] for key in wanted}, pa.string())
    main = pc.utf8_trim_whitespace(sheet["MainCode"])
    places = pc.indices_nonzero(pc.is_in(main, mains))
    rows = sheet.take(places).append_column("source_row", pc.add(places.cast(pa.int64()), 2))
    keys = pc.binary_join_element_wise(
        pc.utf8_trim_whitespace(rows["MainCode"]), pc.utf8_trim_whitespace(rows["SubCode"]), " "
    )
    used = pc.is_in(keys, pa.array(wanted, pa.string()))
    frame = rows.append_column("key", keys).filter(used).to_pandas()
    names = {published: normal(published) for published in frame["OrganisationName"].unique()}
    return pd.DataFrame(
        {
            "provider": frame["OrganisationName"].map(names),
            "key": frame["key"],
            "table": frame["TableID"].str.strip(),
            "amount": frame["Total"],
            "source_sheet": name,
            "source_row": frame["source_row"],
        }
    )


def _unknown(cells: _Cells, providers: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a problem where a name is not in the list of providers of the same file."""
    unknown = [cells.names[name] for name in cells.counted if name not in providers]
    if unknown:
        yield f"expected every provider of the accounts in the list of providers, found {len(unknown)} that are not: {_few(unknown)}"


def _uneven(cells: _Cells) -> Iterator[str]:
    """Yield a problem where the file cannot have the same rows of every provider."""
    total, providers = sum(cells.counted.values()), len(cells.counted)
    if not providers:
        yield "expected rows of providers in the accounts, found none"
    elif total % providers:
        yield f"expected the same number of rows of each provider, found {total} rows of {providers} providers: the file is cut or has rows twice"


def _incomplete(cells: _Cells, year: int) -> Iterator[str]:
    """Yield every used code that is missing, is in another table, or is not there once for every provider."""
    rows, wanted = cells.rows, _wanted(year)
    tables = rows["key"].map({key: str(table_id) for key, (_, _, table_id) in wanted.items()})
    odd = set(rows["key"][(rows["table"] != tables) | rows.duplicated(["provider", "key"])])
    counted = rows["key"].value_counts().to_dict()
    for key in wanted:
        if key in odd or counted.get(key) != len(cells.counted):
            yield from _amiss(cells, key, *wanted[key])


def _amiss(cells: _Cells, key: str, measure: str, period: str, table_id: int) -> Iterator[str]:
    """Yield what is wrong with the rows of one code."""
    code = f"{key.replace(' ', ' x ')} in table {table_id} ({measure}, {period})"
    group = cells.rows[cells.rows["key"] == key]
    if group.empty:
        yield f"expected code {code}, found no row with it; its meaning may have moved to another code"
        return
    if len(elsewhere := group[group["table"] != str(table_id)]):
        yield f"expected code {code}, found it in table {elsewhere['table'].iloc[0]}"
    twice = group[group["provider"].duplicated()]
    if len(twice):
        yield f"expected code {code} once for each provider, found it again in row {twice['source_row'].iloc[0]}"
    having = set(group["provider"])
    lacking = [cells.names[name] for name in cells.counted if name not in having]
    if lacking:
        yield f"expected code {code} for each provider, found none for {_few(lacking)}"


def _rejected(bad: pd.DataFrame, book: _Book) -> Iterator[Rejected]:
    """Yield the rows whose amount is no number."""
    for sheet, rows in bad.groupby("source_sheet"):
        texts = book.amounts_as_text(str(sheet))
        for row, provider, key in zip(rows["source_row"], rows["provider"], rows["key"], strict=True):
            text = texts[row - 2] or ""
            found = repr(text[:40]) if text else "an empty cell"
            reason = f"column 'Total': expected a number, found {found}"
            yield Rejected(str(sheet), int(row), "cell", reason, f"{provider} | {key} | {text}")


def _staged(
    rows: pd.DataFrame, providers: dict[str, dict[str, Any]], counted: Counter[str], edition: str
) -> pd.DataFrame:
    """Return the picked cells in the shape of the staged table, but for the columns that check."""
    year = int(edition[:4])
    wanted = pd.DataFrame.from_dict(_wanted(year), orient="index", columns=["measure", "period", "table_id"])
    who = pd.DataFrame.from_dict(providers, orient="index")
    who["rows_of_provider"] = pd.Series(counted)
    made = rows.join(wanted, on="key").join(who, on="provider")
    codes = made["key"].str.split(" ", expand=True)
    return made.assign(
        main_code=codes[0],
        sub_code=codes[1],
        financial_year=made["period"].map({"CY": edition, "PY": financial_year(year - 1)}),
        measure_unit=made["measure"].map({name: measure.unit for name, measure in MEASURES.items()}),
        rows_of_provider=made["rows_of_provider"].astype("int64"),
    ).drop(columns=["key", "table"])


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that check the accounts: what identities leave over, and the share of IT."""
    who = ["provider", "period"]
    wide = rows.pivot(index=who, columns="measure", values="amount").reindex(columns=list(MEASURES))
    gaps = pd.DataFrame(
        {
            measure: sum((wide[name] * sign for name, sign in terms.items()), pd.Series(0.0, wide.index))
            for measure, terms in IDENTITIES.items()
        }
    )
    beside = pd.MultiIndex.from_frame(rows[[*who, "measure"]])
    left_over = gaps.rename_axis(columns="measure").stack()
    sums = wide.groupby("period").sum()
    share = (
        100
        * sums[PURCHASED].sum(axis=1)
        / (sums["equipment_and_property_additions"] + sums["intangible_additions"])
    )
    additions = rows["measure"] == "equipment_and_property_additions"
    return rows.assign(
        identity_gap=left_over.reindex(beside).round(6).to_numpy(),
        it_share_of_additions_pct=rows["period"].map(share.round(6)).where(additions),
    ).drop(columns="provider")


# Facts


def _gbp(name: str, comment: str, aggregation: str = "sum", *, nullable: bool = True) -> sa.Column[Any]:
    return column(name, sa.BigInteger, comment, unit="GBP", aggregation=aggregation, nullable=nullable)


def _year() -> list[sa.Column[Any]]:
    return [
        column("financial_year", sa.Text, "Financial year, April to March.", pattern=r"^\d{4}/\d{2}$"),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
    ]


CAPITAL = "Capital only: cloud, subscriptions and staff are revenue and have no line in the accounts."
it_spend = table(
    "it_spend",
    f"What trusts capitalised as IT in a year, and the expenses to set it against. {CAPITAL} Grain: organisation x "
    "financial year x name published; source_row is the row of the first component, tac_staged has them all.",
    [
        *reading(),
        *_year(),
        _gbp("it_equipment_additions_gbp", "IT equipment purchased (A14CY08 x PPE0060)."),
        _gbp("software_additions_gbp", "Software licences purchased (A13CY02 x INT0060)."),
        _gbp("it_intangible_additions_gbp", "IT internally generated and third-party (A13CY05 x INT0060)."),
        _gbp(
            "leased_it_additions_gbp",
            "IT leased (A14ACY05 x ROU0070 + ROU0071 + ROU0072); null before 2022/23: not applicable.",
        ),
        _gbp("narrow_gbp", "Narrow definition: the four above."),
        _gbp("construction_additions_gbp", "Assets under construction, of all kinds (A14CY05 x PPE0060)."),
        _gbp(
            "intangible_construction_additions_gbp",
            "Intangible assets under construction, of all kinds (A13CY09 x INT0060).",
        ),
        _gbp(
            "it_equipment_reclassified_gbp", "Reclassified as IT equipment, on go-live (A14CY08 x PPE0150)."
        ),
        _gbp("software_reclassified_gbp", "Reclassified as software, on go-live (A13CY02 x INT0150)."),
        _gbp(
            "it_intangible_reclassified_gbp", "Reclassified as IT intangible, on go-live (A13CY05 x INT0150)."
        ),
        _gbp(
            "construction_reclassified_gbp",
            "Reclassified out of assets under construction, mostly negative; in no definition (A14CY05 x PPE0150).",
        ),
        _gbp(
            "intangible_construction_reclassified_gbp",
            "Reclassified out of intangible assets under construction; in no definition (A13CY09 x INT0150).",
        ),
        _gbp(
            "broad_gbp",
            "Broad definition: narrow, assets under construction of both kinds and what was reclassified as IT. Holds "
            "buildings; a project counts when it is built and again when it goes live: never add it over years.",
            "sum over organisations, not over years",
        ),
        _gbp("amortisation_gbp", "Amortisation of all intangible assets (A08CY01 x EXP0250)."),
        _gbp("operating_expenses_gbp", "Operating expenses; null where reported as 0 (A08CY01 x EXP0390)."),
        column(
            "nil_or_not_reported",
            sa.Boolean,
            "Whether every component of the broad definition is 0: nothing spent or nothing reported, which the file "
            "does not tell apart.",
        ),
        *provenance(),
    ],
    key=["org_code", "fy_end_year", "org_name_as_published", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "most_spend_is_reported",
            "expect_column_mean_to_be_between",
            {"column": "nil_or_not_reported", "min_value": 0, "max_value": 0.1},
            "A year in which many trusts capitalised no IT is a broken file.",
        ),
        Expectation(
            "it_is_less_than_all_expenses",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "operating_expenses_gbp",
                "column_B": "narrow_gbp",
                "ignore_row_if": "either_value_is_missing",
            },
            "Trusts spend under 2 % on IT (NAO 2020); more than everything is another unit.",
        ),
    ),
)

it_asset = table(
    "it_asset",
    f"What the IT of trusts is worth on 31 March. {CAPITAL} Grain: organisation x financial year x name published. "
    "A stock: add it only over organisations open on the day.",
    [
        *reading(),
        *_year(),
        *(
            _gbp(f"{name}_gbp", comment, "stock: sum over organisations open at the date")
            for name, comment in (
                ("it_equipment_gross_cost", "IT equipment at cost or valuation (A14CY08 x PPE0190)."),
                ("it_equipment_net_book_value", "IT equipment, net book value (A14CY08 x PPE0420)."),
                ("software_gross_cost", "Software licences at cost (A13CY02 x INT0190)."),
                ("software_net_book_value", "Software licences, net book value (A13CY02 x INT0360)."),
                ("it_intangible_gross_cost", "IT intangible at cost (A13CY05 x INT0190)."),
                ("it_intangible_net_book_value", "IT intangible, net book value (A13CY05 x INT0360)."),
                (
                    "leased_it_net_book_value",
                    "Leased IT, net book value (A14ACY05 x ROU0360); null before 2022/23: not applicable.",
                ),
                ("gross_cost", "IT equipment, software and IT intangible at cost, without leased IT."),
                ("net_book_value", "Net book value of all four."),
            )
        ),
        column(
            "nil_or_not_reported",
            sa.Boolean,
            "Whether cost and value are all 0: nothing owned or nothing reported, which the file does not tell apart.",
        ),
        *provenance(),
    ],
    key=["org_code", "fy_end_year", "org_name_as_published", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "assets_are_worth_less_than_they_cost",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "it_equipment_gross_cost_gbp",
                "column_B": "it_equipment_net_book_value_gbp",
                "or_equal": True,
                "mostly": 0.98,
                "ignore_row_if": "either_value_is_missing",
            },
            "Depreciation is taken off the cost; the other way round, two codes are exchanged.",
        ),
    ),
)

it_spend_restated = table(
    "it_spend_restated",
    "Amounts that the accounts of the year after tell otherwise: the prior-year column of an edition against the "
    "current-year column of the edition before. Only amounts that differ. Grain: measure x organisation x year.",
    [
        *reading(),
        column("measure", sa.Text, "What was restated.", allowed=[*FLOWS, *STOCKS, *DIVIDE_BY]),
        column("measure_unit", sa.Text, "Unit of the values.", allowed=["GBP", WTE]),
        *_year(),
        *(
            column(name, sa.Double, comment, unit="see measure_unit", aggregation="none")
            for name, comment in (
                ("value_first_published", "Value in the edition of the year itself."),
                ("value_restated", "Value in the edition of the year after."),
                ("difference", "Restated less first published."),
            )
        ),
        column("first_edition", sa.Text, "Edition of the year itself."),
        column(
            "first_source_file_sha256",
            sa.Text,
            "SHA-256 of the file the first value was read from; see source_file.",
            pattern=SHA256,
        ),
        column("first_source_sheet", sa.Text, "Sheet the first value was read from."),
        column("first_source_row", sa.Integer, "Row the first value was read from.", minimum=1),
        *provenance(),
    ],
    key=["measure", "org_code", "fy_end_year", "org_name_as_published", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "a_restatement_differs",
            "expect_column_values_to_not_be_in_set",
            {"column": "difference", "value_set": [0]},
            "An amount told the same way twice is no restatement.",
        ),
    ),
)

_SAME = ["edition", "source_file_sha256", "org_name_as_published"]
_CARRIED = [
    *_SAME,
    "org_code_as_published",
    "financial_year",
    "fy_end_year",
    "period_start",
    "period_end",
    "resolve_on",
    "source_sheet",
    "source_row",
]


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged cells to `it_spend`, `it_asset` and `denominator` (current year only) and `it_spend_restated`."""
    starts = frame["financial_year"].str[:4].astype(int)
    closes = pd.Series([date(year + 1, 3, 31) for year in starts], index=frame.index, dtype=object)
    rows = frame.assign(
        fy_end_year=starts + 1,
        period_start=pd.Series([date(year, 4, 1) for year in starts], index=frame.index, dtype=object),
        period_end=closes,
        # The list of a file names providers as they were in its own year, also beside the year before.
        resolve_on=pd.Series(
            [date(int(e[:4]) + 1, 3, 31) for e in frame["edition"]], index=frame.index, dtype=object
        ),
        value=frame["amount"].where(frame["measure_unit"] == WTE, frame["amount"] * 1000),
        measure_unit=frame["measure_unit"].replace(THOUSANDS, "GBP"),
    )
    current = rows[rows["period"] == "CY"]
    return {
        "it_spend": _spend(current),
        "it_asset": _assets(current),
        "it_spend_restated": _restated(rows),
        "denominator": _denominators(current),
    }


def _wide(
    current: pd.DataFrame, measures: Sequence[str], more: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a row per provider and year, and beside it its values, one column a measure."""
    mine = current[current["measure"].isin([*measures, *more])]
    # The first component says where the row was read.
    first = mine.sort_values(
        ["measure"], key=lambda names: names.map([*measures, *more].index), kind="stable"
    )
    head = first.drop_duplicates(_SAME)[_CARRIED].set_index(_SAME, drop=False).rename_axis([None] * 3)
    values = mine.pivot(index=_SAME, columns="measure", values="value").reindex(head.index)
    return head, values.reindex(columns=[*measures, *more])


def _sum(values: pd.DataFrame, names: Sequence[str]) -> "pd.Series[float]":
    """Add columns; a sum with a missing part is missing."""
    return values[list(names)].sum(axis=1, skipna=False)


def _finished(head: pd.DataFrame, columns: dict[str, Any], totals: Sequence[str]) -> pd.DataFrame:
    """Put whole pounds beside providers, and a status: a total is missing a part, or the series breaks."""
    pounds = {
        name: series.round().astype("Int64") for name, series in columns.items() if name.endswith("_gbp")
    }
    incomplete = pd.concat([columns[name].isna() for name in totals], axis=1).any(axis=1)
    status = pd.Series("published", index=head.index)
    status = status.mask(head["fy_end_year"] == FIRST_LEASES + 1, "b").mask(incomplete, "x")
    flags = {name: series for name, series in columns.items() if not name.endswith("_gbp")}
    return head.assign(**pounds, **flags, value_status=status).reset_index(drop=True)


def _spend(current: pd.DataFrame) -> pd.DataFrame:
    head, values = _wide(current, list(FLOWS), ["operating_expenses"])
    leased = _sum(values, LEASED)
    before_leases = head["fy_end_year"] <= FIRST_LEASES
    narrow = _sum(values, PURCHASED) + leased.mask(before_leases, 0)
    more = [*UNDER_CONSTRUCTION, *GONE_LIVE]
    components = values[[*PURCHASED, *LEASED, *more]].fillna(0)
    expenses = values["operating_expenses"]
    kept = {f"{name}_gbp": values[name] for name in FLOWS if name not in LEASED}
    return _finished(
        head,
        {
            **kept,
            "leased_it_additions_gbp": leased,
            "narrow_gbp": narrow,
            "broad_gbp": narrow + _sum(values, more),
            "operating_expenses_gbp": expenses.mask(expenses == 0),
            "nil_or_not_reported": (components == 0).all(axis=1),
        },
        ["broad_gbp"],
    )


def _assets(current: pd.DataFrame) -> pd.DataFrame:
    head, values = _wide(current, list(STOCKS))
    cost = _sum(values, [name for name in STOCKS if name.endswith("gross_cost")])
    leased = values["leased_it_net_book_value"].mask(head["fy_end_year"] <= FIRST_LEASES, 0)
    owned = _sum(
        values, ["it_equipment_net_book_value", "software_net_book_value", "it_intangible_net_book_value"]
    )
    return _finished(
        head.assign(period_start=head["period_end"]),
        {
            **{f"{name}_gbp": values[name] for name in STOCKS},
            "gross_cost_gbp": cost,
            "net_book_value_gbp": owned + leased,
            "nil_or_not_reported": (values.fillna(0) == 0).all(axis=1),
        },
        ["gross_cost_gbp", "net_book_value_gbp"],
    )


def _denominators(current: pd.DataFrame) -> pd.DataFrame:
    """Return a row per provider and measure; what no provider lives without is missing where it is 0."""
    own = current[current["measure"].isin(DIVIDE_BY)].drop(columns=["period", "amount"])
    parts = ["patient_care_income", "other_operating_income"]
    head, values = _wide(current, parts)
    income = head.assign(measure="operating_income", measure_unit="GBP", value=_sum(values, parts).to_numpy())
    comments = own.drop_duplicates(_SAME).set_index(_SAME)["provider_comment"]
    rows = pd.concat(
        [own[~own["measure"].isin(parts)].assign(value_status="published"), income.assign(value_status="e")],
        ignore_index=True,
    )
    lost = rows["value"].isna() | ((rows["value"] == 0) & rows["measure"].isin(NEVER_NIL))
    rows = rows.assign(
        value=rows["value"].mask(lost),
        value_status=rows["value_status"].mask(lost, "x"),
        aggregation=rows["measure"].map(_aggregation),
    )
    whole_year = comments.reindex(pd.MultiIndex.from_frame(rows[_SAME])).isna().to_numpy()
    averaged = rows["aggregation"] == "average"
    stock = rows["aggregation"] == "stock"
    return rows.assign(
        months_reported=pd.Series(12, index=rows.index, dtype="Int64").where(averaged & whole_year),
        period_start=rows["period_start"].mask(stock, rows["period_end"]),
    )[[*_CARRIED, "measure", "measure_unit", "aggregation", "value", "months_reported", "value_status"]]


def _aggregation(measure: str) -> str:
    if measure.startswith("wte_"):
        return "average"
    return "stock" if measure == "net_book_value" else "flow"


def _restated(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the amounts that two editions tell differently of the same provider and year."""
    mine = rows[~rows["measure"].isin(TO_CHECK)]
    provider = mine["org_code_as_published"].fillna(mine["org_name_as_published"].map(normal))
    mine = mine.assign(provider=provider)
    same = ["provider", "measure", "financial_year"]
    once = {period: mine[mine["period"] == period].drop_duplicates(same, keep=False) for period in PERIODS}
    locators = ["edition", "source_file_sha256", "source_sheet", "source_row"]
    first = once["CY"][[*same, "value", *locators]].rename(
        columns={"value": "value_first_published", "edition": "first_edition"}
        | {name: f"first_{name}" for name in locators[1:]}
    )
    both = once["PY"].merge(first, on=same).rename(columns={"value": "value_restated"})
    both["difference"] = (both["value_restated"] - both["value_first_published"]).round(6)
    stock = both["measure"].isin([*STOCKS, "net_book_value"])
    both = both.assign(period_start=both["period_start"].mask(stock, both["period_end"]), value_status="r")
    told = [
        "measure",
        "measure_unit",
        "value_first_published",
        "value_restated",
        "difference",
        "first_edition",
    ]
    told += [f"first_{name}" for name in locators[1:]]
    return both.loc[both["difference"] != 0, [*_CARRIED, *told, "value_status"]].reset_index(drop=True)


EXPECTED = {"2021/22": 206, "2022/23": 206, "2023/24": 206}
"""Providers of a year, both files together, where they have been counted."""


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the files and providers of every edition, and name the provider that is missing from 2019/20."""
    rows = []
    for edition, mine in frame.groupby("edition", sort=True):
        year = str(edition)
        files, providers = mine["source_file_sha256"].nunique(), mine["org_name_as_published"].nunique()
        whole = files == 2
        rows.append(
            Coverage(
                f"files of {year}",
                files,
                2,
                "complete" if whole else "incomplete",
                "NHS trusts and foundation trusts have a file each.",
            )
        )
        expected = EXPECTED.get(year)
        status = "complete" if whole and expected in {None, providers} else "incomplete"
        rows.append(Coverage(f"providers of {year}", providers, expected, status, "Providers with accounts."))
        if year == "2019/20":
            held = int((mine["org_code_as_published"] == "RWE").any())
            rows.append(
                Coverage(
                    "RWE University Hospitals of Leicester, 2019/20",
                    held,
                    1,
                    "complete" if held else "[x] not available",
                    "Its accounts are not in the publication of the year: missing, not 0.",
                )
            )
    return rows


# Where the files are

_YEARS = "|".join(rf"20{year}\D{{0,4}}(?:20)?{year + 1}" for year in range(19, 60))
_LINK = rf"^(?!.*(?:ill?ustrative|manual|guidance|template))(?=.*trusts)(?:.*\D|)(?P<year>{_YEARS})(?!\d)"


def _named(match: re.Match[str]) -> tuple[str, str] | None:
    """Tell edition and part of a link from its text; a link about both kinds of trust is none of them."""
    kinds = {bool(kind) for kind in re.findall(r"(foundation[\W_]+)?trusts", match.string, re.IGNORECASE)}
    if len(kinds) != 1:
        return None
    part = "foundation_trusts" if kinds == {True} else "trusts"
    return financial_year(int(match["year"][:4])), part


def _archived(moment: str, number: int, name: str, edition: str, part: str) -> Remote:
    return Remote(ARCHIVED.format(moment, f"{number}/{name}.xlsx"), edition=edition, part=part)


REMOTES = (
    _archived(
        "20200327163023",
        3302,
        "All_TAC_data_published_in_NHS_trusts_accounts_for_2017-18",
        "2017/18",
        "trusts",
    ),
    _archived(
        "20200327163023",
        3142,
        "All_TAC_data_published_in_NHS_foundation_trusts_accounts_for_2017-18",
        "2017/18",
        "foundation_trusts",
    ),
    _archived(
        "20200327162132", 5905, "TAC_data_published_in_NHS_trusts_accounts_for_2018-19", "2018/19", "trusts"
    ),
    _archived(
        "20200327162132",
        5906,
        "TAC_data_published_in_NHS_foundation_trusts_accounts_for_2018-19",
        "2018/19",
        "foundation_trusts",
    ),
    Remote(LANDING_PAGE, link=_LINK, name=_named),
)

SOURCE = Source(
    name="tac",
    title="Accounts of NHS providers (trust accounts consolidation, TAC)",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution="NHS England, NHS providers: trust accounts consolidation (TAC) data",
    cadence="annual",
    max_age=timedelta(days=500),
    evidence_grade="audited",
    table=TABLE,
    parse=parse,
    facts=facts,
    remotes=REMOTES,
    expectations=(
        Expectation(
            "no_artificial_amounts",
            "expect_column_values_to_not_match_regex",
            {"column": "provider_comment", "regex": r"(?i).*artificial"},
            "Workbooks made for tests mark their providers as artificial; none may ever be published.",
        ),
        Expectation(
            "about_as_many_providers_as_there_are",
            "expect_column_unique_value_count_to_be_between",
            {"column": "org_name_as_published", "min_value": 50, "max_value": 170},
            "In 2023/24 there were 66 NHS trusts and 140 foundation trusts.",
        ),
        Expectation(
            "every_provider_has_the_same_number_of_rows",
            "expect_column_unique_value_count_to_be_between",
            {"column": "rows_of_provider", "min_value": 1, "max_value": 1},
            "The files are dense: a provider with other rows than the rest was cut or is there twice.",
        ),
        Expectation(
            "providers_have_about_as_many_rows_as_ever",
            "expect_column_values_to_be_between",
            {"column": "rows_of_provider", "min_value": 5000, "max_value": 9000},
            "5,628 to 7,290 rows a provider from 2017/18 to 2023/24.",
            "WARN",
        ),
        Expectation(
            "accounts_add_up",
            "expect_column_values_to_be_between",
            {"column": "identity_gap", "min_value": -1, "max_value": 1, "mostly": 0.98},
            "Income less expenses is the operating surplus and notes agree with statements; otherwise codes have moved.",
        ),
        Expectation(
            "all_accounts_add_up",
            "expect_column_values_to_be_between",
            {"column": "identity_gap", "min_value": -1, "max_value": 1},
            "A gap of more than 1,000 pounds in the accounts of one provider needs a look.",
            "WARN",
        ),
        Expectation(
            "it_is_a_plausible_share_of_additions",
            "expect_column_values_to_be_between",
            {"column": "it_share_of_additions_pct", "min_value": 2, "max_value": 30},
            "IT was about 10 % of capital additions in 2017/18; far from it, useful lives or another column are added.",
        ),
        Expectation(
            "amounts_are_in_thousands",
            "expect_column_median_to_be_between",
            {
                "column": "amount",
                "min_value": 50_000,
                "max_value": 3_000_000,
                "row_condition": 'measure=="operating_expenses"',
                "condition_parser": "pandas",
            },
            "A trust spends some hundred million pounds a year; in other units the median is a thousand times off.",
        ),
        Expectation(
            "leicester_is_missing_from_2019_20",
            "expect_column_values_to_not_be_in_set",
            {
                "column": "org_code_as_published",
                "value_set": ["RWE"],
                "row_condition": 'edition=="2019/20"',
                "condition_parser": "pandas",
            },
            "University Hospitals of Leicester is a known gap; where it is filled, correct the coverage.",
            "WARN",
        ),
    ),
    caveats=(
        *(
            Caveat(
                f"tac_capital_only_{name}",
                name,
                "Capital only. The accounts have no line for IT revenue: cloud, subscriptions and staff are absent, so "
                "a move to software as a service looks like disinvestment.",
            )
            for name in ("it_spend", "it_asset", "it_spend_restated")
        ),
        Caveat(
            "tac_broad_is_an_upper_bound",
            "it_spend",
            "Assets under construction hold buildings and IT and cannot be split; electronic records sit there until "
            "go-live. A project counts when it is built and again when it is reclassified on go-live.",
            "broad_gbp",
        ),
        *(
            Caveat(
                f"tac_break_2022_23_{name}",
                name,
                "Series break in 2022/23 (IFRS 16): leased assets moved to sheets of their own; leased IT is counted "
                "from that year on.",
            )
            for name in ("it_spend", "it_asset")
        ),
        *(
            Caveat(
                f"tac_zero_{name}",
                name,
                "A zero in the accounts means nil or not reported, and the file does not tell which: zeros stay zeros, "
                "and nil_or_not_reported marks rows that hold nothing else.",
            )
            for name in ("it_spend", "it_asset")
        ),
        Caveat(
            "tac_totals",
            "denominator",
            "Accounts include consolidated charitable funds; totals need not equal the consolidated provider accounts. "
            "months_reported is 12 where the publisher has no comment on the provider, otherwise null.",
        ),
    ),
    comparability=(
        Comparability(
            "TAC",
            "narrow_gbp",
            "2022/23",
            "TAC",
            "narrow_gbp",
            "2021/22",
            comparable=False,
            why="Leased IT is counted from 2022/23 on (IFRS 16); narrow_gbp less leased_it_additions_gbp can be compared.",
        ),
        Comparability(
            "TAC",
            "net_book_value_gbp",
            "2022/23",
            "TAC",
            "net_book_value_gbp",
            "2021/22",
            comparable=False,
            why="Leased IT is counted from 2022/23 on (IFRS 16).",
        ),
        Comparability(
            "TAC",
            "narrow_gbp",
            "2021/22",
            "TAC",
            "narrow_gbp",
            "2019/20",
            comparable=True,
            why="The codes are the same from 2019/20 on.",
        ),
    ),
    coverage=coverage,
)
