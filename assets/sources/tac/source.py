"""Accounts of NHS providers (trust accounts consolidation, TAC): what trusts capitalised as IT, what it is worth, and what to divide it by.

Two workbooks a year, NHS trusts and foundation trusts, each with a list of providers and up to a million cells of
audited accounts by code, in thousands of pounds. The cells used here are picked in columns; the others never become
objects of Python. Capital only: the accounts have no line for IT revenue.
"""

import re
from collections.abc import Iterator

import pandas as pd

from assets.contract.data_file import rows_beside
from assets.contract.notes import NO_ROWS, Coverage, counted
from assets.contract.periods import financial_year
from assets.contract.source import EVERY_TRUST, Editions, Overlap, Remote, Revision, Source
from assets.sources.tac.accounts_facts import facts
from assets.sources.tac.checks import EXPECTATIONS, GUARDS
from assets.sources.tac.compiled import ACCOUNTS, COMPILED
from assets.sources.tac.parse import PARTS, TABLE, parse
from assets.sources.tac.tables import PROSE

LANDING_PAGE = (
    "https://www.england.nhs.uk/financial-accounting-and-reporting/nhs-providers-tac-data-publications/"
)
ARCHIVED = "https://webarchive.nationalarchives.gov.uk/ukgwa/{}mp_/https://improvement.nhs.uk/documents/{}/{}_published_in_NHS_{}_accounts_for_{}.xlsx"
YEARS = {line["edition"]: line for line in rows_beside(__file__, "years.csv")}
EXPECTED = {year: int(line["providers"]) for year, line in YEARS.items() if line["providers"]}
"""Providers of a year, both files together, where they have been counted."""
CAPITAL = ("it_asset", "it_spend", "it_spend_restated")
"""The tables that only the publisher's files fill."""
EXPENSES = {year: int(found) for year, line in YEARS.items() if (found := line["expenses_in_millions"])}
"""Operating expenses of a year in millions of pounds, to the nearest hundred, where they have been added up."""


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the files, the providers and the money of every edition, and name who is missing from 2019/20."""
    own = frame[frame["layout"] == ACCOUNTS]
    fetched = {str(edition): mine for edition, mine in own.groupby("edition", sort=True)}
    rows = [row for year, mine in fetched.items() for row in _covered(year, mine)]
    if not fetched:
        rows += [
            Coverage(NO_ROWS, 0, None, "never fetched", PROSE["no_capital"], table_name=t) for t in CAPITAL
        ]
    compiled = frame[frame["layout"] == COMPILED]
    for edition, mine in compiled.groupby("edition", sort=True):
        rows += _compiled(str(edition), mine, held=fetched.get(str(edition)))
    if "2019/20" in fetched:
        held = (fetched["2019/20"]["org_code_as_published"] == "RWE").any()
        subject = "RWE University Hospitals of Leicester, 2019/20"
        rows.append(counted(subject, held, 1, PROSE["leicester"], "not published"))
    return rows


def _compiled(year: str, mine: pd.DataFrame, held: pd.DataFrame | None) -> Iterator[Coverage]:
    """Yield what a compiled table holds of a year, beside the publisher's two files."""
    files = 0 if held is None else held["source_file_sha256"].nunique()
    yield counted(
        f"publisher's files of {year}",
        files,
        2,
        PROSE["compiled"],
        "never fetched" if not files else "partial",
    )
    providers = mine["org_code_as_published"].nunique()
    yield counted(
        f"providers of {year} in the compiled table", providers, EXPECTED.get(year), PROSE["providers"]
    )
    amortised = mine.loc[(mine["measure"] == "amortisation") & mine["amount"].notna()]
    subject = f"providers of {year} with amortisation in the compiled table"
    missing = "partial" if len(amortised) else "never fetched"
    yield counted(subject, len(amortised), providers, PROSE["amortised"], missing)


def _covered(year: str, mine: pd.DataFrame) -> Iterator[Coverage]:
    """Yield what is held of an edition beside what has been counted by others; less than both files is incomplete."""
    files, providers = mine["source_file_sha256"].nunique(), mine["org_name_as_published"].nunique()
    expenses = mine["amount"][(mine["measure"] == "operating_expenses") & (mine["period"] == "CY")]
    millions = round(expenses.sum() / 1000)
    for subject, held, expected, near in (
        ("files", files, 2, 0),
        ("providers", providers, EXPECTED.get(year), 0),
        ("millions of pounds of operating expenses", millions, EXPENSES.get(year), 100),
    ):
        agrees = files == 2 and (expected is None or abs(held - expected) <= near)
        status = "complete" if agrees else "partial"
        yield Coverage(f"{subject} of {year}", held, expected, status, PROSE[subject])


_YEARS = "|".join(rf"20{year}\D{{0,4}}(?:20)?{year + 1}" for year in range(19, 60))
_FILE = r"(?=.* https?://\S+\.xlsx(?:$|[?#]))"
"""Only the line of a link's text and its address fits, so that what the one says of a file, the other cannot hide."""
_LINK = (
    rf"^(?!.*(?:ill?ustrative|manual|guidance|template))(?=.*trust){_FILE}(?:.*\D|)(?P<year>{_YEARS})(?!\d)"
)
"""A workbook that says its trusts, in the singular or the plural, and its year; a link of a menu leads to no workbook."""
_PAGE = r"^(?=.*trust).* https?://\S*2019-20-accounts[^.\s]*$"
"""The two pages that hold the workbooks of 2019/20."""
_WORKBOOK = rf"^(?!.*ill?ustrative){_FILE}"
_KNOWN = {sha256: (year, "trusts") for year, line in YEARS.items() if (sha256 := line["sha256_of_trusts"])}
"""Edition and part of the workbooks whose SHA-256 is known, from a re-user's manifest."""


def _part(match: re.Match[str]) -> str:
    """Return the trusts that a link is about, by text and address. Raises ValueError where it is about both kinds."""
    kinds = {
        bool(kind) for kind in re.findall(r"(foundation[\W_]+)?trusts?(?![a-z])", match.string, re.IGNORECASE)
    }
    if len(kinds) != 1:
        raise ValueError("NHS trusts and foundation trusts in one name")
    return "foundation_trusts" if kinds == {True} else "trusts"


def _named(match: re.Match[str]) -> tuple[str, str]:
    """Return edition and part of a workbook. Raises ValueError where text and address differ."""
    years = {year[:4] for year in re.findall(rf"(?<!\d)(?:{_YEARS})(?!\d)", match.string)}
    if len(years) != 1:
        raise ValueError(f"the years from {' and '.join(sorted(years))} in one name")
    return financial_year(int(match["year"][:4])), _part(match)


def _named_page(match: re.Match[str]) -> tuple[str, str]:
    """Return edition and part of a page of 2019/20."""
    return "2019/20", _part(match)


_FIRST_YEARS = (
    ("2017/18", "trusts", "20200327163023", 3302, "All_TAC_data", "2017-18"),
    ("2017/18", "foundation_trusts", "20200327163023", 3142, "All_TAC_data", "2017-18"),
    ("2018/19", "trusts", "20200327162132", 5905, "TAC_data", "2018-19"),
    ("2018/19", "foundation_trusts", "20200327162132", 5906, "TAC_data", "2018-19"),
)
"""Edition, part, moment of the archive, and what differs in the address of the file."""
REMOTES = (
    *(
        Remote(ARCHIVED.format(moment, number, what, part, year), edition=edition, part=part, immutable=True)
        for edition, part, moment, number, what, year in _FIRST_YEARS
    ),
    Remote(LANDING_PAGE, link=_PAGE, name=_named_page, file=_WORKBOOK, known=_KNOWN),
    Remote(LANDING_PAGE, link=_LINK, name=_named, known=_KNOWN),
)

SOURCE = Source(
    "tac",
    PROSE,
    editions=Editions(("financial_year",), parts=(*PARTS, COMPILED)),
    remotes=REMOTES,
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    coverage=coverage,
    reports=dict.fromkeys(("denominator", "it_asset", "it_spend"), EVERY_TRUST),
    overlap=Overlap(
        key=("org_name_as_published", "measure", "financial_year"), columns=("amount",), differing=0.5
    ),
    revision=Revision(
        key=("org_name_as_published", "measure", "period"),
        groups=("region_as_published", "sector_as_published"),
        ignored=("rows_of_provider", "identity_gap", "it_share_of_additions_pct"),
    ),
    expectations=EXPECTATIONS,
    guards=GUARDS,
)
