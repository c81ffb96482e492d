"""Payments over GBP 25,000 that trusts publish every month, each on a site of its own and in a layout of its own.

An edition is a financial year, a part is one file of one trust (see `trusts`). What a payment was for is told by the
words of its expense type. Lines are summed as they are read: no line, no supplier and no reference is ever staged,
because some suppliers are people.
"""

from datetime import timedelta

from assets.contract import guards
from assets.contract.edition_shape import Editions
from assets.contract.expectations import Expectation
from assets.contract.guards import Guard
from assets.contract.held_rules import Revision
from assets.contract.notes import Caveat
from assets.contract.source import KNOWN_REPORTERS, OGL, Source
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import IT_CATEGORIES
from assets.sources.spend25k.mapping import coverage, facts
from assets.sources.spend25k.parsing import parse
from assets.sources.spend25k.tables import TABLE
from assets.sources.spend25k.unusual import LIMITS


def _part_of_lines(check: str, column: str, most: float, why: str, categories: tuple[str, ...] = ()) -> Guard:
    """Refuse a file in which a part of a month's lines is more than `most` of them."""
    parts = (("category",), categories) if categories else ((), ())
    return Guard(check, "part", column, most, why, by=("month",), cell="lines", parts=parts)


GUARDS = (
    guards.same_unit("amount_gbp"),
    _part_of_lines(
        "lines_are_there_once",
        "lines_repeated",
        0.3,
        "Lines that repeat others in every cell, the reference included: the file is there twice.",
    ),
    _part_of_lines(
        "payments_are_not_refunds",
        "lines_negative",
        0.5,
        "Most amounts are negative: their signs are turned round.",
    ),
    _part_of_lines(
        "not_everything_is_it",
        "lines",
        0.6,
        "IT is a small part of what a trust pays for: one expense type was written over the others.",
        IT_CATEGORIES,
    ),
    Guard(
        "file_is_of_the_trust",
        "unnamed",
        "names_trust",
        0,
        "A file that names no trust, where the trust's other files name it or have other columns, may be of another.",
        by=("month",),
        cell="layout",
        known={"2020/21": {"RQM|2020-06": "names no trust: see trusts.csv"}},
    ),
    Guard(
        "amounts_are_in_pounds",
        "typical",
        "amount_gbp",
        25,
        "The total is far beyond any month of the trust: the amounts are in another unit.",
        by=("month",),
        least=-25,
    ),
    *(limit.guard for limit in LIMITS),
)
"""Each limit lies between the worst of 114 real files and the mutation: docs/reliability.md has both."""

SOURCE = Source(
    name="spend25k",
    reads_part=True,
    title="Payments over GBP 25,000 by trust",
    publisher="NHS trusts, each on its own site",
    landing_page="",
    licence=OGL,
    attribution="Contains public sector information licensed under the Open Government Licence v3.0 (the NHS trusts named in org_name_as_published).",
    editions=Editions(
        ("financial_year",), pattern=trusts.PART.pattern, pattern_words="trust and months like R1H.2020-04"
    ),
    cadence="monthly, by trust",
    max_age=timedelta(days=730),
    evidence_grade="administrative",
    by_trust=tuple(sorted(row["org_code"] for row in trusts.rows("trusts"))),
    remotes=trusts.remotes(trusts.rows("trusts")),
    hosts=trusts.hosts(trusts.rows("trusts")),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    # of most trusts no file is held
    reports={"it_spend_over_25k": KNOWN_REPORTERS},
    expectations=(
        Expectation(
            "a_month_has_a_few_rows",
            "expect_table_row_count_to_be_between",
            {"min_value": 2, "max_value": 1_000},
            "A month is summed to at most one row per category and words; a single one is a file with one kind of payment.",
        ),
        Expectation(
            "a_file_is_about_one_trust",
            "expect_column_unique_value_count_to_be_between",
            {"column": "org_code_as_published", "min_value": 1, "max_value": 1},
            "A part names one trust.",
        ),
        Expectation(
            "a_group_has_as_many_lines_as_a_trust_pays",
            "expect_column_values_to_be_between",
            {"column": "lines", "min_value": 1, "max_value": 5_000},
            "A trust reports tens to hundreds of lines a month.",
        ),
        Expectation(
            "amounts_are_those_of_one_trust",
            "expect_column_values_to_be_between",
            {"column": "amount_gbp", "min_value": -50_000_000, "max_value": 300_000_000},
            "A trust's payments of a month and a kind come to less than 300 million.",
        ),
        Expectation(
            "an_edition_is_about_one_year",
            "expect_column_unique_value_count_to_be_between",
            {"column": "month", "min_value": 1, "max_value": 12},
            "An edition is a financial year; more months are those of another.",
        ),
    ),
    revision=Revision(
        changed=0.5,
        lost=0.5,
        reason="A file has about ten sums, and trusts publish months again with invoices added or moved.",
        key=("org_code_as_published", "month", "category", "matched_words"),
        by_key=False,
    ),
    guards=GUARDS,
    caveats=(
        Caveat(
            "spend25k_shares_differ_by_trust",
            "it_spend_over_25k",
            "Never compare shares or amounts between trusts. Each uses expense types of its own, and some say little; "
            "see classified_pct. Payments under GBP 25,000, pay and most of what a group or a contractor provides are not in it.",
        ),
        Caveat(
            "spend25k_words_decide",
            "it_spend_over_25k",
            "Categories are this project's, by words of the expense type (words.csv), never by the supplier. IT bought under "
            "a general heading is unclassified or elsewhere; telecoms may hold data lines that a ledger calls telephones.",
        ),
        Caveat(
            "spend25k_no_suppliers",
            "it_spend_over_25k",
            "Suppliers are not published, nor kept: some are people, and no rule tells them from firms for certain.",
        ),
        Caveat(
            "spend25k_month_of_the_file",
            "it_spend_over_25k",
            "The month is the one a file reports the lines under. Days within it are payment days, invoice days or the last "
            "day of the month, by trust. Amounts are net of refunds; some trusts include VAT, some leave it out.",
        ),
        Caveat(
            "spend25k_unusual_months",
            "it_spend_over_25k",
            "A month whose lines, total or largest payment are far from those of the trust's other months carries a "
            "caution: lines may be missing or wrong, or the year ended, or one large payment was made. Nothing in a "
            "file tells these apart.",
        ),
        Caveat(
            "spend25k_unnamed_trusts",
            "it_spend_over_25k",
            "Some files name no trust (all of RJ6 and RKE, one of RQM): it is the one whose site the file is said to be from.",
        ),
    ),
)
