"""Payments over GBP 25,000 that trusts publish every month, each on a site of its own and in a layout of its own.

An edition is a financial year, a part is one file of one trust (see `trusts`). What a payment was for is decided by the
words of its expense type. Lines are summed as they are read: no line, no supplier and no reference is ever staged,
because some suppliers are people.
"""

from assets.contract import expectations, guards
from assets.contract.guards import Guard
from assets.contract.source import KNOWN_REPORTERS, Editions, Revision, Source
from assets.sources.spend25k import pages, trusts
from assets.sources.spend25k.classification import IT_CATEGORIES
from assets.sources.spend25k.mapping import coverage, facts
from assets.sources.spend25k.parsing import parse
from assets.sources.spend25k.tables import PROSE, TABLE
from assets.sources.spend25k.unusual import LIMITS

PART = "trust and months like R1H.2020-04"
MONTH = ("month",)
REVISED = (
    "A file has about ten sums, and trusts publish months again with invoices added or moved, seldom fewer."
)


def _part_of_lines(check: str, column: str, most: float, categories: tuple[str, ...] = ()) -> Guard:
    """Refuse a file in which a part of a month's lines is more than `most` of them."""
    parts = (("category",), categories) if categories else ((), ())
    return Guard(check, "part", column, most, by=MONTH, cell="lines", parts=parts)


SOURCE = Source(
    "spend25k",
    PROSE,
    editions=Editions(("financial_year",), pattern=trusts.PART.pattern, pattern_words=PART),
    by_trust=tuple(sorted(row["org_code"] for row in trusts.rows("trusts"))),
    pages=pages.remotes(trusts.rows("pages")),
    switch="DIGITAL_MATURITY_SPEND25K_PAGES",
    table=TABLE,
    parse=parse,
    reads_part=True,
    facts=facts,
    coverage=coverage,
    # of most trusts no file is held
    reports={"it_spend_over_25k": KNOWN_REPORTERS},
    revision=Revision(
        changed=0.5,
        lost=0.5,
        reason=REVISED,
        key=("org_code_as_published", "month", "category", "matched_words"),
        by_key=False,
        groups=MONTH,
        sums=("lines",),
    ),
    expectations=(
        expectations.row_count("a_month_has_a_few_rows", (2, 1_000)),
        expectations.distinct("a_file_is_about_one_trust", "org_code_as_published", (1, 1)),
        expectations.values("a_group_has_as_many_lines_as_a_trust_pays", "lines", (1, 5_000)),
        expectations.values("amounts_are_those_of_one_trust", "amount_gbp", (-50_000_000, 300_000_000)),
        expectations.distinct("an_edition_is_about_one_year", "month", (1, 12)),
    ),
    # Each limit lies between the worst of 114 real files and the mutation: docs/reliability.md has both.
    guards=(
        guards.same_unit("amount_gbp"),
        _part_of_lines("lines_are_there_once", "lines_repeated", 0.3),
        _part_of_lines("payments_are_not_refunds", "lines_negative", 0.5),
        _part_of_lines("not_everything_is_it", "lines", 0.6, IT_CATEGORIES),
        Guard(
            "file_is_of_the_trust",
            "unnamed",
            "names_trust",
            0,
            by=MONTH,
            cell="layout",
            known={"2020/21": {"RQM|2020-06": "names no trust: see trusts.csv"}},
        ),
        Guard("amounts_are_in_pounds", "typical", "amount_gbp", 25, by=MONTH, least=-25),
        *(limit.guard for limit in LIMITS),
    ),
)
