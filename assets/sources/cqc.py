"""Care Quality Commission ratings of NHS trusts: overall and well-led, as on the day of each monthly file.

The file holds the latest ratings of everyone the commission rates. It is read as a stream, and only the ratings that
the commission gave a trust as a whole are kept: a trust's rating is never worked out from those of its locations.
Two earlier lists are held as a re-user compiled them: a CSV file without names, with a score from 0 to 3 for a rating.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import snapshot
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import day_of, first_day, month_number, over
from assets.contract.source import Coverage, Editions, Facts, Overlap, Remote, Source, counted
from assets.reading.days import day_in
from assets.reading.header_names import header_of
from assets.reading.opendocument import Row, SheetStream
from assets.reading.sniff import sniff
from assets.reading.structure import Record, find_table, normal, read_csv, tidy, unmapped

PROSE = prose.beside(__file__)
LANDING_PAGE = "https://www.cqc.org.uk/about-us/transparency/using-cqc-data"
LINK = r"(?P<day>\d{1,2})[_ ](?P<month>[a-z]+)[_ ](?P<year>\d{4})[_ ]Latest[_ ]ratings(_(?P<upload>\d{1,2})|[_-][0-9a-z]+)?\.ods$"
"""Such files lie under /system/files/, before July 2026 under /sites/default/files/; a suffix is that of an upload."""
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
TRUST = "nhs healthcare organisation"
WHOLE = "overall"
QUESTIONS = {"overall": "overall", "well-led": "well_led", "well led": "well_led"}
BEST_LAST = {"inadequate": 1, "requires_improvement": 2, "good": 3, "outstanding": 4}
RATINGS = {word.replace("_", " "): word for word in reversed(BEST_LAST)}
COMPILED = ("ORG_CODE", "DATE", "POPULATION", "QUESTION", "RATING_SCORE")
SPELT = {"Provider ID": "ORG_CODE", "Domain": "QUESTION", "Provider Name": "ORG_CODE"}
"""The columns of a list that a re-user compiled, and which of them stand for the publisher's."""
SCORES = {str(score): word for score, word in enumerate(BEST_LAST)}
"""The ratings that the scores of the re-user stand for, by its own key: 0 is inadequate, 3 outstanding."""
UNRATED = {
    **dict.fromkeys(("", "not rated", "no published rating", "inspected but not rated"), "x"),
    "insufficient evidence to rate": "x",
    "not applicable": "z",
}
"""What the publisher prints where there is no rating, and why there is none."""
PROVIDER = r"^[A-Z0-9][A-Z0-9-]{2,19}$"
"""An ODS code, or a number of the commission's own for a provider without one."""
KEY = ["org_code_as_published", "question"]

ROW = row.Row(
    row.text("org_code_as_published", "Provider ID", pattern=PROVIDER, like=f"a code like {PROVIDER}"),
    row.org_name("Provider Name"),
    row.word("question", "Domain", QUESTIONS),
    row.given("rating", sa.Text, nullable=True, allowed=RATINGS.values()),
    row.text("rating_as_published", "Latest Rating", missing=""),
    row.given("rating_published_on", sa.Date, "Publication Date", nullable=True),
    row.given("value_status", sa.Text, allowed=["published", "x", "z"]),
    prose=PROSE,
)
TABLE = ROW.staged("cqc")

cqc_rating = ROW.fact(
    "cqc_rating",
    [*ROW.columns(without=["value_status"]), *snapshot("the file")],
    key=["org_code", "question", "edition"],
    expectations=[
        expectations.statistic(
            "almost_every_rated_trust_was_open", "mean", "open_on_snapshot", (0.95, 1), severity="WARN"
        )
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of `edition` (an ISO date, or a month of a compiled list): a row per provider and question.

    Raises StructureError.
    """
    if sniff(content) in {"csv", "text"}:
        return _compiled(content, _day(edition))
    day = day_of(edition)
    stream = SheetStream(content, SHEET)
    rows = iter(stream)
    header, headers = header_of((cells for _, cells in rows), HEADERS, SHEET)
    records, others = _about_trusts(rows, {name: header.index(headers[name]) for name in headers})
    spare = [name.strip() for name in header if name.strip() and name not in headers.values()]
    ignored = [
        f"{others} rows of sheet {SHEET!r} are about other providers, services or questions",
        *(f"sheet {name!r} is not about providers" for name in stream.names if normal(name) != normal(SHEET)),
        *([f"{stream.hidden_rows} rows of sheet {SHEET!r} are hidden"] if stream.hidden_rows else []),
        *([f"columns of sheet {SHEET!r} that are not published: {', '.join(spare)}"] if spare else []),
    ]
    own = [name for name in stream.names if name != SHEET and normal(name) == normal(SHEET)]
    drift = [f"sheet {SHEET!r} is spelt {name!r}" for name in own]
    return tidy(records, lambda record: _rated(record, day), drift=drift, ignored=ignored)


def _compiled(content: bytes, day: date) -> Parsed:
    """Read a list that a re-user compiled: ratings as scores, and codes without names."""
    sheet, drift = read_csv(content, "")
    records = find_table(sheet, COMPILED)
    kept = [
        record
        for record in records
        if normal(record.cells["POPULATION"]) == WHOLE and normal(record.cells["QUESTION"]) in QUESTIONS
    ]
    ignored = [f"{len(records) - len(kept)} rows about other services or questions"]

    def rated(record: Record) -> dict[str, Any]:
        rating = record.one_of("RATING_SCORE", SCORES)
        words = {"rating": rating, "rating_as_published": rating.replace("_", " ").capitalize()}
        published_on = day_in(record, "DATE", until=day)
        return ROW.read(record, SPELT, **words, rating_published_on=published_on, value_status="published")

    return tidy(kept, rated, drift=[*drift, *unmapped(sheet, COMPILED)], ignored=ignored)


def _day(edition: str) -> date:
    """Return the day that a file is about; of a month, its first: every rating of the lists held is older."""
    return first_day(edition) if re.fullmatch(r"\d{4}-\d\d", edition) else day_of(edition)


def _about_trusts(rows: Iterator[Row], places: dict[str, int]) -> tuple[list[Record], int]:
    """Return the rows about an NHS provider as a whole, and how many others there are."""
    records: list[Record] = []
    others: Counter[str] = Counter()
    for number, found in rows:
        cells = {name: found[place] if place < len(found) else "" for name, place in places.items()}
        kind, group, question = (normal(cells[name]) for name in [*HEADERS][2:5])
        if (kind, group) == (TRUST, WHOLE) and question in QUESTIONS:
            records.append(Record(SHEET, number, cells, {}))
        else:
            others[kind[:40] if len(others) < 10 else "others"] += 1
    if not records:
        seen = ", ".join(map(repr, others)) or "no row"
        raise StructureError(
            f"sheet {SHEET!r}: expected rows of an 'NHS Healthcare Organisation' rated 'Overall', found none among {others.total()} (types: {seen})"
        )
    return records, others.total()


def _rated(record: Record, day: date) -> dict[str, Any]:
    word = normal(record.optional("Latest Rating") or "")
    if word not in RATINGS and word not in UNRATED:
        known = ", ".join(filter(None, (*RATINGS, *UNRATED)))
        raise ValueError(f"column 'Latest Rating': expected one of {known}, found {word[:40]!r}")
    published_on = day_in(record, "Publication Date", until=day)
    status = UNRATED.get(word, "published")
    return ROW.read(record, rating=RATINGS.get(word), rating_published_on=published_on, value_status=status)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `cqc_rating`."""
    days = [_day(edition) for edition in frame["edition"]]
    dated = over(frame, list(zip(days, days, strict=True)))
    return {"cqc_rating": dated.assign(as_of_date=dated["period_end"])}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the NHS providers that have a rating, by file and question."""
    rated = frame.groupby(["edition", "question"])["rating"].agg(["count", "size"])
    return [
        counted(f"NHS providers rated {question}, {edition}", held, size, PROSE["unrated"], "not published")
        for (edition, question), held, size in rated.itertuples()
    ]


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Return the edition of a link: `01_July_2026_Latest_ratings.ods` is 2026-07-01. Raises ValueError for no day."""
    return date(int(match["year"]), month_number(match["month"]) or 0, int(match["day"])).isoformat(), ""


def _upload(match: re.Match[str]) -> int:
    """Return how new a link is among those of a day: a file uploaded again under the same name ends in _0, then _1."""
    return int(match["upload"]) + 1 if match["upload"] else 0


WELL_LED, OVERALL = {"question": "well_led"}, {"question": "overall"}
SOURCE = Source(
    "cqc",
    PROSE,
    lists_others=True,
    editions=Editions(("day", "month")),
    remotes=(Remote(LANDING_PAGE, link=LINK, name=_name, version=_upload),),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    once=tuple(KEY),
    overlap=Overlap(key=(*KEY, "rating_published_on"), columns=("rating",), differing=0.02),
    expectations=(
        expectations.row_count("about_two_rows_per_trust", (300, 700)),
        expectations.unique("a_provider_has_one_rating_per_question", KEY),
        expectations.distinct("about_as_many_providers_as_there_are_trusts", KEY[0], (170, 350)),
        expectations.exactly("both_questions_are_there", "question", ["overall", "well_led"]),
        expectations.filled("most_trusts_are_rated", "rating", 0.8),
        expectations.distinct("ratings_differ", "rating", (3, 4)),
        expectations.filled("most_ratings_have_a_date", "rating_published_on", 0.8, severity="WARN"),
    ),
    guards=(
        # years may lie between two files that are held: shifted ratings agree no better than by chance
        *guards.usual("rating", words=0.15, by=("question",)),
        guards.follows(
            "well_led_goes_with_overall", "rating", (WELL_LED, OVERALL), 0.5, ranks=BEST_LAST, groups=()
        ),
        guards.no_copy(0.98, column="rating", ranks=BEST_LAST, groups=("question",)),
        guards.dates_advance("rating_published_on", by=("question",)),
        guards.not_stale("rating_published_on", 150),
        guards.no_repeat(("rating", "rating_published_on", "org_name_as_published"), 1, by=("question",)),
        guards.even("both_questions_are_of_the_same_trusts", ("question",), 0.9),
        guards.nobody_gone(),
        guards.everybody_open(),
    ),
)
