"""Estates Returns Information Collection (ERIC): what each trust spends on keeping medical records, and its type.

Two layouts. The publisher's own file is one CSV a year, headers found by text: notes may stand above them, older years
are not UTF-8, and `Mixed` became `3. Mixed`. Seven years are also in one table that a re-user compiled: it has every
trust in every year and 0 wherever the publisher has no number, whether the trust wrote `Not Applicable`, left the cell
empty or did not exist. The kind of records a trust names tells these zeros apart: beside `Mixed`, `Paper` or
`Electronic` a zero was reported (as all such zeros of 2018/19 are in the publisher's own file), else it is a status.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import VALUE_STATUS, column, org_code, provenance, reading, staged, table
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Revision
from assets.contract.notes import Coverage, caveats
from assets.contract.parsed import Parsed
from assets.contract.periods import financial_year, over, year_days, year_of
from assets.contract.remote import Remote
from assets.contract.source import EVERY_TRUST, OGL, OGL_ATTRIBUTION, Facts, Source
from assets.reading.structure import Record, Sheet, find_table, normal, read_csv, tidy

TYPE_SCHEME = "eric_trust_type"
"""Scheme of its own under which trust types go to `organisation_type`."""
HEADERS = (
    "Trust Code",
    "Trust Name",
    "Trust Type",
    "Medical Records cost - Onsite (£)",
    "Medical Records cost - Offsite (£)",
    "Type of Medical Records (Select)",
)
HIGHEST_COST = 100_000_000
"""Pounds; the highest cost published, 55,688,000, is about a hundred times what its trust reports in other years."""
STATUSES = {
    "": "x",
    "-": "x",
    "no data provided": "x",
    "[x]": "x",
    "not applicable": "z",
    "n/a": "z",
    "[z]": "z",
}
"""What stands in the place of a number, and what it means."""
COSTS = ("onsite_gbp", "offsite_gbp")
RECORDS = ("paper", "electronic", "mixed")
FLAGS = {
    "implausible_zero": "a cost of 0 reported beside paper or mixed records",
    "onsite_equals_offsite": "the same cost onsite and offsite to the pound, probably entered twice",
}
"""What to doubt of a cost that is shown as published."""
TRUST_TYPES = (
    "acute_large",
    "acute_medium",
    "acute_multi_service",
    "acute_small",
    "acute_specialist",
    "acute_teaching",
    "ambulance",
    "care_trust",
    "community",
    "mental_health_and_learning_disability",
)
"""The types of 2018/19, the one year whose own file has been read."""
FILES = {
    2023: "AF/F737A9/ERIC%20-%202023_24%20-%20Trust%20data.csv",
    2022: "FB/BE3AC8/ERIC%20-%20202223%20-%20Trust%20data.csv",
    2021: "08/84C46C/ERIC%20-%20202122%20-%20Trust%20data.csv",
    2020: "81/4A77B0/ERIC%20-%20202021%20-%20Trust%20data.csv",
    2019: "84/07227E/ERIC%20-%20201920%20-%20TrustData.csv",
    2018: "83/4AF81B/ERIC%20-%20201819%20-%20TrustData%20v4.csv",
    2017: "1B/7C75CF/ERIC-201718-TrustData.csv",
}
"""Address of each year's file, by the year its financial year begins in."""

MONEY: dict[str, Any] = {"unit": "GBP", "nullable": True, "minimum": 0}
ONSITE = "Cost in the year of medical records kept onsite."
OFFSITE = "Cost in the year of medical records kept offsite."
TOTAL = "Cost in the year of medical records kept onsite and offsite together; null where one of them is not available."
KIND = "What the medical records are kept on; null where nothing was given."
FLAG = f"What to doubt of the cost, which is as published: {'; '.join(f'{word}, {why}' for word, why in FLAGS.items())}; null where nothing is."


def _flag() -> sa.Column[Any]:
    return column("cost_flag", sa.Text, FLAG, nullable=True, allowed=FLAGS, gathers=True)


TABLE = staged(
    "eric",
    "Cost of medical records and type of each trust as returned, whole pounds.",
    [
        org_code("org_code_as_published", "ODS code as published."),
        column("org_name_as_published", sa.Text, "Trust as published.", header=HEADERS[1]),
        column(
            "trust_type",
            sa.Text,
            "Type of the trust in the words of the return; null in a compiled table.",
            header=HEADERS[2],
            nullable=True,
        ),
        column("onsite_gbp", sa.BigInteger, ONSITE, header=HEADERS[3], **MONEY),
        column("offsite_gbp", sa.BigInteger, OFFSITE, header=HEADERS[4], **MONEY),
        column("total_gbp", sa.BigInteger, TOTAL, **MONEY),
        column("records_type", sa.Text, KIND, header=HEADERS[5], nullable=True, allowed=RECORDS),
        _flag(),
        column("value_status", sa.Text, "Why there is no cost.", allowed=VALUE_STATUS),
    ],
)

medical_records_cost = table(
    "medical_records_cost",
    "What trusts spend on keeping medical records. Grain: organisation x financial year x edition.",
    [
        *reading(),
        column("financial_year", sa.Text, "Financial year, April to March."),
        column("fy_end_year", sa.Integer, "Year in which the financial year ends.", minimum=2000),
        column("onsite_gbp", sa.BigInteger, ONSITE, aggregation="sum", **MONEY),
        column("offsite_gbp", sa.BigInteger, OFFSITE, aggregation="sum", **MONEY),
        column("total_gbp", sa.BigInteger, TOTAL, aggregation="sum", **MONEY),
        column("records_type", sa.Text, KIND, nullable=True, allowed=RECORDS),
        _flag(),
        *provenance(),
    ],
    key=["org_code", "financial_year", "edition"],
    layer="facts",
    expectations=(
        expectations.filled(
            "most_rows_hold_a_cost",
            "total_gbp",
            0.75,
            "Only ambulance trusts and trusts outside a year's return have none.",
        ),
        expectations.filled(
            "almost_every_cost_has_an_organisation_today",
            "current_org_code",
            0.98,
            "A cost whose trust cannot be followed to today is of little use.",
            severity="WARN",
        ),
    ),
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of a year, or that year from the compiled table: a row per trust. Raises StructureError."""
    start = year_of(edition)
    sheet, drift = read_csv(content, "")
    if {"trust_code", "trust_name"} <= {normal(cell) for cell in sheet.rows[0]}:
        return _compiled(sheet, drift, f"{start}{edition[-2:]}")
    records = find_table(sheet, HEADERS)
    others = _columns(sheet, HEADERS[0]) - len(HEADERS)
    ignored = [f"{others} columns about other subjects of the return"] if others else []
    return tidy(records, lambda record: [_trust(record)], drift=drift, ignored=ignored)


def _columns(sheet: Sheet, header: str) -> int:
    """Return how many cells are filled in the row that holds `header`."""
    row = next(row for row in sheet.rows if normal(header) in {normal(cell) for cell in row})
    return sum(1 for cell in row if cell.strip())


def _trust(record: Record) -> dict[str, Any]:
    onsite, offsite = (_cost(record, header) for header in HEADERS[3:5])
    return {
        "org_code_as_published": record.code("Trust Code"),
        "org_name_as_published": record.text("Trust Name"),
        "trust_type": re.sub(r"[^a-z]+", "_", record.text("Trust Type").lower()).strip("_"),
        **_return(onsite, offsite, record, HEADERS[5]),
    }


def _return(onsite: int | str, offsite: int | str, record: Record, kind: str) -> dict[str, Any]:
    """Return what a trust returned: costs, what its records are kept on (column `kind`), status and flag.

    Where nothing is spent and no kind of records is named, there was no return of costs: what stands in the place of
    the kind says why.
    """
    records = _records(record, kind)
    if onsite == 0 and offsite == 0 and records is None:
        onsite = offsite = STATUSES[normal(record.cells.get(kind, ""))]
    costs = _costs(onsite, offsite)
    return {"records_type": records, **costs, "cost_flag": _doubt(records, costs)}


def _doubt(records: str | None, costs: Mapping[str, Any]) -> str | None:
    """Return the word of `FLAGS` that fits."""
    if costs["total_gbp"] == 0 and records in {"paper", "mixed"}:
        return "implausible_zero"
    return (
        "onsite_equals_offsite"
        if costs["onsite_gbp"] and costs["onsite_gbp"] == costs["offsite_gbp"]
        else None
    )


def _cost(record: Record, header: str) -> int | str:
    """Return whole pounds, or the status that stands in their place."""
    marker = STATUSES.get(normal(record.cells.get(header, "")))
    if marker is not None:
        return marker
    found = record.number(header, 0, HIGHEST_COST)
    if not found.is_integer():
        raise ValueError(f"column {header!r}: expected whole pounds, found {found}")
    return int(found)


def _records(record: Record, header: str) -> str | None:
    """Return what the records are kept on: `3. Mixed` and `Mixed` are the same; None where none was given."""
    found = re.sub(r"^\d\. *", "", normal(record.cells.get(header, "")))
    if found in STATUSES:
        return None
    if found not in RECORDS:
        raise ValueError(f"column {header!r}: expected one of {', '.join(RECORDS)}, found {found[:40]!r}")
    return found


def _costs(onsite: int | str, offsite: int | str) -> dict[str, Any]:
    """Return both costs, their total and the status of the row.

    The total leaves out a cost that does not apply; beside a cost that is not available there is none.
    """
    known = [cost for cost in (onsite, offsite) if isinstance(cost, int)]
    unknown = "x" in (onsite, offsite)
    return {
        "onsite_gbp": onsite if isinstance(onsite, int) else None,
        "offsite_gbp": offsite if isinstance(offsite, int) else None,
        "total_gbp": sum(known) if known and not unknown else None,
        "value_status": "published" if known else ("x" if unknown else "z"),
    }


def _compiled(sheet: Sheet, drift: list[str], year: str) -> Parsed:
    """Read one year, such as 201718, of the compiled table."""
    on, off, total, kind = (f"mrc_{what}_{year}" for what in ("on", "off", "total", "type"))
    headers = ("trust_code", "trust_name", on, off, total, kind)

    def trust(record: Record) -> list[dict[str, Any]]:
        onsite, offsite = (record.number(header, 0, HIGHEST_COST) for header in (on, off))
        if record.number(total, 0, 2 * HIGHEST_COST) != onsite + offsite:
            raise ValueError(f"column {total!r}: expected the sum of {on!r} and {off!r}")
        return [
            {
                "org_code_as_published": record.code("trust_code"),
                "org_name_as_published": _first_name(record.text("trust_name")),
                "trust_type": None,
                **_return(int(onsite), int(offsite), record, kind),
            }
        ]

    records = find_table(sheet, headers)
    joined = sum(1 for record in records if _first_name(name := record.cells["trust_name"]) != name.strip())
    found = [f"{joined} trusts have two names joined by a comma: the first is kept"] if joined else []
    ignored = [f"{_columns(sheet, 'trust_code') - len(headers)} columns about other years and subjects"]
    return tidy(records, trust, drift=[*drift, *found], ignored=ignored)


def _first_name(names: str) -> str:
    """Return the first of several names: each ends in TRUST, and some hold a comma of their own."""
    return re.split(r"(?<=TRUST) *, *", names)[0].strip()


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `medical_records_cost`, and trust types to `organisation_type`."""
    starts = [year_of(edition) for edition in frame["edition"]]
    dated = over(frame, [year_days(start) for start in starts])
    costs = dated.assign(financial_year=frame["edition"], fy_end_year=[start + 1 for start in starts])
    return {"medical_records_cost": costs.drop(columns="trust_type"), "organisation_type": _types(dated)}


def _types(dated: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `organisation_type`: what each trust was on the last day of the year.

    The subtype of an acute trust (teaching, large, medium, small, specialist, multi_service) stands under a scheme
    of its own too.
    """
    types = dated[dated["trust_type"].notna()].assign(value_status="published")
    types = types.assign(scheme=TYPE_SCHEME, type=types["trust_type"], as_of_date=types["period_end"])
    acute = types[types["type"].str.startswith("acute_")]
    subtypes = acute.assign(scheme="acute_subtype", type=acute["type"].str.removeprefix("acute_"))
    return pd.concat([types, subtypes], ignore_index=True)


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the trusts with a cost in each year, and the years whose trust types are known."""
    found = [
        Coverage(
            f"trusts with a medical-records cost, {edition}",
            held := int(rows["total_gbp"].notna().sum()),
            len(rows),
            "complete" if held == len(rows) else "not published",
            f"Of the others, {int((rows['value_status'] == 'z').sum())} wrote Not Applicable (ambulance trusts) and "
            f"{int((rows['value_status'] == 'x').sum())} gave no cost; the compiled table lists these also for years in "
            "which they did not exist. A reported 0 counts as a cost.",
        )
        for edition, rows in frame.groupby("edition")
    ]
    typed = frame[frame["trust_type"].notna()]
    years = frame["edition"].nunique()
    known = typed["edition"].nunique()
    status = "complete" if known == years else "never fetched"
    why = "The compiled table holds no trust types; the publisher's own file of a year does."
    return [*found, Coverage("years whose trust types are known", known, years, status, why)]


KNOWN = {
    "2017/18": {"RCU": 55_688_000},
    "2018/19": {"R0A": 3_016_970, "RGN": 3_297_270, "RP7": 170_840, "TAJ": 502_725},
}
"""Costs read in the publisher's own file of 2018/19, and the one of 2017/18 that has a caveat."""
KNOWN_TOTALS = {
    "2017/18": {"2017/18": 264_338_474},
    "2018/19": {"2018/19": 231_491_788},
    "2022/23": {"2022/23": 237_702_259},
    "2023/24": {"2023/24": 244_655_329},
}
"""Costs of England as published, to be met within one per cent: trusts correct their returns."""


SOURCE = Source(
    name="eric",
    title="Estates Returns Information Collection: medical records",
    publisher="NHS England",
    landing_page="https://digital.nhs.uk/data-and-information/publications/statistical/estates-returns-information-collection",
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="NHS England, Estates Returns Information Collection"),
    editions=Editions(("financial_year",)),
    cadence="yearly",
    max_age=timedelta(days=550),
    evidence_grade="administrative",
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    reports={"medical_records_cost": EVERY_TRUST},
    remotes=tuple(
        Remote(f"https://files.digital.nhs.uk/{path}", edition=financial_year(start))
        for start, path in FILES.items()
    ),
    expectations=(
        expectations.row_count(
            "about_as_many_trusts_as_there_are",
            (190, 250),
            "Every trust makes a return: 227 in 2018/19, fewer since.",
        ),
        expectations.unique(
            "one_row_per_trust", ["org_code_as_published"], "A trust makes one return a year."
        ),
        expectations.TRUST_CODES,
        expectations.statistic(
            "costs_add_up_to_what_england_spends",
            "sum",
            "total_gbp",
            (150_000_000, 350_000_000),
            "England spent 225 to 264 million pounds in each year; far from it, the unit or the column is another.",
        ),
        expectations.filled(
            "most_trusts_report_a_cost",
            "total_gbp",
            0.75,
            "Ten ambulance trusts and the trusts outside a year's return have none.",
        ),
        expectations.statistic(
            "costs_are_spread",
            "stdev",
            "total_gbp",
            (500_000, 5_000_000),
            "A constant column is a broken file.",
        ),
        expectations.among(
            "trust_types_are_known",
            "trust_type",
            list(TRUST_TYPES),
            "A new word for a type of trust needs a look before types are compared over years.",
            severity="WARN",
        ),
    ),
    once=("org_code_as_published",),
    revision=Revision(groups=("trust_type",)),
    guards=(
        guards.same_unit("total_gbp"),
        guards.not_doubled("total_gbp"),
        *guards.usual("total_gbp", order=0.6, level=(0.85, 1.2)),
        *guards.usual("onsite_gbp", order=0.6, level=(0.85, 1.2), filled=None),
        *guards.usual("offsite_gbp", order=0.6, level=(0.85, 1.2), filled=None),
        *guards.usual("records_type", words=0.25),
        *guards.usual("trust_type", words=0.5, filled=None),
        guards.same_order_everywhere("total_gbp", 0.4),
        guards.no_exchange(columns=COSTS),
        guards.seldom_above(
            "records_are_seldom_dearer_offsite",
            COSTS,
            0.5,
            "A third of the trusts spend more offsite than onsite; where most do, the columns are exchanged.",
        ),
        guards.no_copy(0.2, columns=COSTS),
        guards.no_repeat(COSTS, 0.3),
        guards.as_named("trust_type", {"AMBULANCE": "ambulance"}),
        # where nothing is spent, what the records are kept on shows that there was a return
        guards.nobody_gone(filled=("total_gbp", "records_type")),
        guards.everybody_open(filled=("total_gbp", "records_type")),
        guards.known_values("total_gbp", KNOWN),
        guards.known_values(
            "total_gbp", KNOWN_TOTALS, check="england_is_as_known", who="edition", within=2_500_000
        ),
    ),
    caveats=caveats(
        "medical_records_cost",
        {
            "eric_compiled_by_a_re_user": "Years other than 2018/19 are, until the publisher's file is fetched, from a table that a re-user compiled. Its totals were asserted by its maker to equal the publisher's for 2017/18, 2022/23 and 2023/24; 2018/19 equals the publisher's file trust by trust.",
            "eric_zeros": "A cost of 0 beside Mixed, Paper or Electronic records is a reported 0 and shown as 0: 40 rows of 2017/18 to 2023/24, 25 of them beside electronic records. The other 15 bear the flag implausible_zero: paper is not kept for nothing, so leave them out of means and compare with and without. A trust that wrote Not Applicable (ambulance trusts) has status z. One that wrote No Data Provided, or names no kind of records, has status x: the compiled table writes 0 for it too, and for each year in which a trust did not exist.",
            "eric_entered_twice": "REM in 2021/22 (1,646,581 pounds) and RXX in 2019/20 (100,000) are published with the same cost onsite and offsite to the pound, and their totals with twice as much: probably one sum entered twice (REM's totals of the years before and after are 1.5 and 1.7 million). Shown as published, with the flag onsite_equals_offsite.",
            "eric_sheffield_childrens_2017_18": "Sheffield Children's (RCU) is published with 55,688,000 pounds for 2017/18, a fifth of England, and with 519 to 768 thousand in every later year. It is left as published and is in the publisher's total: leave it out before comparing 2017/18 with later years.",
            "eric_names_of_another_year": "The compiled table joins the names a trust had in different years and does not say which is of which: the first is shown in every year.",
            "eric_cost_is_not_digital_maturity": "The cost is that of keeping and moving records, whatever they are kept on. A trust that sends its paper to a contractor moves cost from onsite to offsite.",
        },
    ),
)
