"""Care Quality Commission ratings of NHS trusts: overall and well-led, as on the day of each monthly file.

The file holds the latest ratings of everyone the commission rates. It is read as a stream, and only the ratings that
the commission gave a trust as a whole are kept. A trust's rating is never worked out from the ratings of its
locations: the commission rates the trust itself.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards
from assets.contract.columns import column, provenance, reading, snapshot, staged, table
from assets.contract.edition_shape import Editions
from assets.contract.held_rules import Overlap
from assets.contract.notes import Coverage, another_instrument, caveats
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, month_number, on_snapshot
from assets.contract.remote import Remote
from assets.contract.source import OGL, OGL_ATTRIBUTION, Facts, Source
from assets.reading.days import day_in
from assets.reading.opendocument import Row, SheetStream
from assets.reading.structure import Record, Sheet, find_table, normal, tidy
from assets.tables.status_words import spelt

LANDING_PAGE = "https://www.cqc.org.uk/about-us/transparency/using-cqc-data"
LINK = r"(?P<day>\d{1,2})[_ ](?P<month>[a-z]+)[_ ](?P<year>\d{4})[_ ]Latest[_ ]ratings\.ods$"
SHEET = "Providers"
HEADERS = {
    "Provider ID": ("provider id",),
    "Provider Name": ("provider name",),
    "Provider Type": ("provider type",),
    "Service / Population Group": ("service / population group",),
    "Domain": ("domain", "key question"),
    "Latest Rating": ("latest rating",),
    "Publication Date": ("publication date",),
}
"""The names that a column has or had, in normal form."""
DEEPEST_HEADER = 50
TRUST = "nhs healthcare organisation"
WHOLE = "overall"
QUESTIONS = {"overall": "overall", "well-led": "well_led", "well led": "well_led"}
RATINGS = {
    "outstanding": "outstanding",
    "good": "good",
    "requires improvement": "requires_improvement",
    "inadequate": "inadequate",
}
UNRATED = {
    "": "x",
    "not rated": "x",
    "no published rating": "x",
    "inspected but not rated": "x",
    "insufficient evidence to rate": "x",
    "not applicable": "z",
}
"""What the publisher prints where there is no rating, and why there is none."""
PROVIDER = r"^[A-Z0-9][A-Z0-9-]{2,19}$"
"""An ODS code, or a number of the commission's own for a provider without one."""
KEY = ["org_code_as_published", "question"]


def _ratings() -> list[sa.Column[Any]]:
    """Return what the file says of a trust: the same in the staged and in the published table."""
    return [
        column(
            "question",
            sa.Text,
            "What was rated: the trust overall, or whether it is well led.",
            header="Domain",
            allowed=["overall", "well_led"],
        ),
        column(
            "rating",
            sa.Text,
            "Rating of the trust for the question; null where there is none.",
            nullable=True,
            allowed=RATINGS.values(),
        ),
        column(
            "rating_as_published",
            sa.Text,
            "Rating, or why there is none, in the publisher's words.",
            header="Latest Rating",
            nullable=True,
        ),
        column(
            "rating_published_on",
            sa.Date,
            "Day the rating was published; it may be years before the file.",
            header="Publication Date",
            nullable=True,
        ),
    ]


TABLE = staged(
    "cqc",
    "Ratings of NHS providers as a whole, overall and well-led, as published.",
    [
        column(
            "org_code_as_published",
            sa.Text,
            "Provider as published: the ODS code of a trust.",
            header="Provider ID",
            pattern=PROVIDER,
        ),
        column("org_name_as_published", sa.Text, "Provider as published.", header="Provider Name"),
        *_ratings(),
        column("value_status", sa.Text, "Why there is no rating.", allowed=["published", "x", "z"]),
    ],
)

cqc_rating = table(
    "cqc_rating",
    "Care Quality Commission ratings of trusts as a whole. Grain: organisation x question x edition.",
    [*reading(), *_ratings(), *snapshot("the file"), *provenance()],
    key=["org_code", "question", "edition"],
    layer="facts",
    expectations=(
        expectations.statistic(
            "almost_every_rated_trust_was_open",
            "mean",
            "open_on_snapshot",
            (0.95, 1),
            "The file lists providers that are registered; ratings of closed trusts are of another day.",
            severity="WARN",
        ),
    ),
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of `edition` (an ISO date): a row per NHS provider and question. Raises StructureError."""
    day = day_of(edition)
    stream = SheetStream(content, SHEET)
    rows = iter(stream)
    header, headers = _header(rows)
    records, others = _about_trusts(rows, {name: header.index(headers[name]) for name in headers})
    spare = [name.strip() for name in header if name.strip() and name not in headers.values()]
    ignored = [
        f"{others} rows of sheet {SHEET!r} are about other providers, services or questions",
        *(f"sheet {name!r} is not about providers" for name in stream.names if normal(name) != normal(SHEET)),
        *([f"{stream.hidden_rows} rows of sheet {SHEET!r} are hidden"] if stream.hidden_rows else []),
        *([f"columns of sheet {SHEET!r} that are not published: {', '.join(spare)}"] if spare else []),
    ]
    drift = [
        f"sheet {SHEET!r} is spelt {name!r}"
        for name in stream.names
        if name != SHEET and normal(name) == normal(SHEET)
    ]
    return tidy(records, lambda record: [_rated(record, day)], drift=drift, ignored=ignored)


def _header(rows: Iterator[Row]) -> tuple[list[str], dict[str, str]]:
    """Read up to the header row, past a banner; return its cells, and the header of each column of the contract."""
    head = []
    for _, row in islice(rows, DEEPEST_HEADER):
        head.append(row)
        if headers := spelt(row, HEADERS):
            return row, headers
    find_table(Sheet(SHEET, head, []), list(HEADERS))
    raise StructureError([f"sheet {SHEET!r}: expected a header row, found none"])


def _about_trusts(rows: Iterator[Row], places: dict[str, int]) -> tuple[list[Record], int]:
    """Return the rows about an NHS provider as a whole, and how many others there are."""
    records: list[Record] = []
    others: Counter[str] = Counter()
    for number, row in rows:
        cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        kind, group, question = (normal(cells[name]) for name in [*HEADERS][2:5])
        if (kind, group) == (TRUST, WHOLE) and question in QUESTIONS:
            records.append(Record(SHEET, number, cells, {}))
        else:
            others[kind[:40] if len(others) < 10 else "others"] += 1
    if not records:
        seen = ", ".join(map(repr, others)) or "no row"
        raise StructureError(
            [
                f"sheet {SHEET!r}: expected rows of an 'NHS Healthcare Organisation' rated 'Overall', found none among {others.total()} (types: {seen})"
            ]
        )
    return records, others.total()


def _rated(record: Record, day: date) -> dict[str, Any]:
    code = record.text("Provider ID")
    if not re.fullmatch(PROVIDER, code):
        raise ValueError(f"column 'Provider ID': expected a code like {PROVIDER}, found {code[:40]!r}")
    published = record.optional("Latest Rating")
    word = normal(published or "")
    if word not in RATINGS and word not in UNRATED:
        known = ", ".join(filter(None, (*RATINGS, *UNRATED)))
        raise ValueError(f"column 'Latest Rating': expected one of {known}, found {word[:40]!r}")
    return {
        "org_code_as_published": code,
        "org_name_as_published": record.text("Provider Name"),
        "question": QUESTIONS[normal(record.text("Domain"))],
        "rating": RATINGS.get(word),
        "rating_as_published": published,
        "rating_published_on": day_in(record, "Publication Date", until=day),
        "value_status": UNRATED.get(word, "published"),
    }


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `cqc_rating`."""
    return {"cqc_rating": on_snapshot(frame)}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the NHS providers that have a rating, by file and question."""
    return [
        Coverage(
            f"NHS providers rated {question}, {edition}",
            held := int(rows["rating"].notna().sum()),
            len(rows),
            "complete" if held == len(rows) else "not published",
            "A provider that is new, or that the commission does not rate as a whole, has no rating.",
        )
        for (edition, question), rows in frame.groupby(["edition", "question"])
    ]


def _name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the edition of a link: `01_July_2026_Latest_ratings.ods` is 2026-07-01."""
    try:
        return date(int(match["year"]), month_number(match["month"]) or 0, int(match["day"])).isoformat(), ""
    except ValueError:
        return None


BEST_LAST = {"inadequate": 1, "requires_improvement": 2, "good": 3, "outstanding": 4}


SOURCE = Source(
    name="cqc",
    title="Care Quality Commission ratings of NHS trusts",
    publisher="Care Quality Commission",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="Care Quality Commission"),
    editions=Editions(("day",)),
    cadence="monthly",
    max_age=timedelta(days=62),
    evidence_grade="regulator",
    lists_others=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    remotes=(Remote(LANDING_PAGE, link=LINK, name=_name),),
    expectations=(
        expectations.row_count(
            "about_two_rows_per_trust",
            (300, 700),
            "About 200 trusts are rated, each overall and for being well led.",
        ),
        expectations.unique(
            "a_provider_has_one_rating_per_question", KEY, "The file holds the latest rating only."
        ),
        expectations.statistic(
            "about_as_many_providers_as_there_are_trusts",
            "unique_value_count",
            "org_code_as_published",
            (170, 350),
            "About 200 trusts are open.",
        ),
        expectations.exactly(
            "both_questions_are_there",
            "question",
            ["overall", "well_led"],
            "A file without one of them has changed its words.",
        ),
        expectations.filled(
            "most_trusts_are_rated", "rating", 0.8, "A trust without a rating is the exception."
        ),
        expectations.statistic(
            "ratings_differ",
            "unique_value_count",
            "rating",
            (3, 4),
            "One rating everywhere is a broken column.",
        ),
        expectations.filled(
            "most_ratings_have_a_date",
            "rating_published_on",
            0.8,
            "A rating is read with its date.",
            severity="WARN",
        ),
    ),
    once=tuple(KEY),
    overlap=Overlap(
        "A rating stays what it was on the day it was published: none of 912 overall ratings differed between two lists "
        "five months apart.",
        key=("org_code_as_published", "question", "rating_published_on"),
        columns=("rating",),
        differing=0.02,
    ),
    guards=(
        *guards.usual("rating", words=0.4, by=("question",)),
        guards.follows(
            "well_led_goes_with_overall",
            "rating",
            ({"question": "well_led"}, {"question": "overall"}),
            0.5,
            ranks=BEST_LAST,
            groups=(),
        ),
        guards.no_copy(0.98, column="rating", ranks=BEST_LAST, groups=("question",)),
        guards.dates_advance("rating_published_on", by=("question",)),
        guards.not_stale("rating_published_on", 150),
        guards.no_repeat(("rating", "rating_published_on", "org_name_as_published"), 1, by=("question",)),
        guards.even(
            "both_questions_are_of_the_same_trusts",
            ("question",),
            0.9,
            "A trust is rated overall and for being well led.",
        ),
        guards.nobody_gone(),
        guards.everybody_open(),
    ),
    caveats=caveats(
        "cqc_rating",
        {
            "cqc_of_the_trust_itself": "These are ratings of a trust as a whole, given by the commission; they are not worked out from its locations, and the commonest rating of its locations is no substitute.",
            "cqc_dated": "A file shows the latest rating of each trust, whenever it was given: read each with rating_published_on.",
            "cqc_is_context": "Ratings say nothing of digital maturity: they are context, not an outcome of it.",
        },
    ),
    comparability=(
        another_instrument(
            "CQC", "rating", "A rating of care and leadership is context, not an outcome of digital maturity."
        ),
    ),
)
