"""Accounts of NHS providers (TAC): what trusts capitalised as IT, what it is worth, and what to divide it by.

Two workbooks a year, NHS trusts and foundation trusts, each with a list of providers and up to a million cells of
audited accounts by code, in thousands of pounds. The cells used here are picked in columns; the others never become
objects of Python. Capital only: the accounts have no line for IT revenue.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Overlap, Revision
from assets.contract.notes import Caveat, Comparability, Coverage
from assets.contract.periods import financial_year
from assets.contract.remote import Remote
from assets.contract.source import EVERY_TRUST, OGL, Source
from assets.sources.tac.accounts_facts import facts
from assets.sources.tac.checks import EXPECTATIONS, GUARDS
from assets.sources.tac.parse import TABLE, parse

LANDING_PAGE = (
    "https://www.england.nhs.uk/financial-accounting-and-reporting/nhs-providers-tac-data-publications/"
)
ARCHIVED = (
    "https://webarchive.nationalarchives.gov.uk/ukgwa/{}mp_/https://improvement.nhs.uk/documents/{}.xlsx"
)
EXPECTED = {"2021/22": 206, "2022/23": 206, "2023/24": 206}
"""Providers of a year, both files together, where they have been counted."""
EXPENSES = {"2022/23": 124_200, "2023/24": 130_800}
"""Operating expenses of a year in millions of pounds, to the nearest hundred, where they have been added up."""


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the files, the providers and the money of every edition, and name who is missing from 2019/20."""
    editions = {str(edition): mine for edition, mine in frame.groupby("edition", sort=True)}
    rows = [row for year, mine in editions.items() for row in _covered(year, mine)]
    if "2019/20" in editions:
        held = int((editions["2019/20"]["org_code_as_published"] == "RWE").any())
        rows.append(
            Coverage(
                "RWE University Hospitals of Leicester, 2019/20",
                held,
                1,
                "complete" if held else "not published",
                "Its accounts are not in the publication of the year: missing, not 0.",
            )
        )
    return rows


def _covered(year: str, mine: pd.DataFrame) -> Iterator[Coverage]:
    """Yield what is held of an edition beside what has been counted by others; less than both files is incomplete."""
    files, providers = mine["source_file_sha256"].nunique(), mine["org_name_as_published"].nunique()
    expenses = mine["amount"][(mine["measure"] == "operating_expenses") & (mine["period"] == "CY")]
    for subject, held, expected, near, why in (
        ("files", files, 2, 0, "NHS trusts and foundation trusts have a file each."),
        ("providers", providers, EXPECTED.get(year), 0, "Providers with accounts."),
        (
            "millions of pounds of operating expenses",
            round(expenses.sum() / 1000),
            EXPENSES.get(year),
            100,
            "Operating expenses of all providers, added up.",
        ),
    ):
        agrees = files == 2 and (expected is None or abs(held - expected) <= near)
        yield Coverage(f"{subject} of {year}", held, expected, "complete" if agrees else "partial", why)


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


_FIRST_YEARS = (
    ("2017/18", "trusts", "20200327163023", "3302/All_TAC_data_published_in_NHS_trusts_accounts_for_2017-18"),
    (
        "2017/18",
        "foundation_trusts",
        "20200327163023",
        "3142/All_TAC_data_published_in_NHS_foundation_trusts_accounts_for_2017-18",
    ),
    ("2018/19", "trusts", "20200327162132", "5905/TAC_data_published_in_NHS_trusts_accounts_for_2018-19"),
    (
        "2018/19",
        "foundation_trusts",
        "20200327162132",
        "5906/TAC_data_published_in_NHS_foundation_trusts_accounts_for_2018-19",
    ),
)
REMOTES = (
    *(
        Remote(ARCHIVED.format(moment, name), edition=edition, part=part, immutable=True)
        for edition, part, moment, name in _FIRST_YEARS
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
    editions=Editions(("financial_year",), parts=("trusts", "foundation_trusts")),
    cadence="annual",
    max_age=timedelta(days=500),
    evidence_grade="audited",
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    reports=dict.fromkeys(("denominator", "it_asset", "it_spend"), EVERY_TRUST),
    remotes=REMOTES,
    expectations=EXPECTATIONS,
    overlap=Overlap(
        "Each file holds the year before again. Prior years are restated, so up to half of the amounts may differ; with "
        "the years exchanged nearly all do.",
        key=("org_name_as_published", "measure", "financial_year"),
        columns=("amount",),
        differing=0.5,
    ),
    revision=Revision(
        key=("org_name_as_published", "measure", "period"),
        groups=("region_as_published", "sector_as_published"),
        ignored=("rows_of_provider", "identity_gap", "it_share_of_additions_pct"),
    ),
    guards=GUARDS,
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
            "months_reported is 12 where the publisher has no comment on the provider and it has no second set of "
            "accounts in the year, otherwise null.",
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
