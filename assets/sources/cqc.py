"""Care Quality Commission ratings of NHS trusts: overall and well-led, as on the day of each monthly file.

The file holds the latest ratings of everyone the commission rates: 26 MB zipped, about 1 GB of XML. It is read as a
stream, in the memory of one row, and only the ratings that the commission gave a trust as a whole are kept. A trust's
rating is never worked out from the ratings of its locations: the commission rates the trust itself.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from xml.parsers import expat

import pandas as pd
import sqlalchemy as sa

from assets.columns import column, provenance, reading, staged, table
from assets.sniff import sniff
from assets.source import (
    OGL,
    OGL_ATTRIBUTION,
    Caveat,
    Coverage,
    Expectation,
    Facts,
    Parsed,
    Rejected,
    Remote,
    Source,
    StructureError,
)
from assets.structure import CELL_LIMIT, Record, Sheet, find_table, normal, tidy
from assets.workbook import DAMAGE

LANDING_PAGE = "https://www.cqc.org.uk/about-us/transparency/using-cqc-data"
LINK = r"(?P<day>\d{1,2})[_ ](?P<month>[a-z]+)[_ ](?P<year>\d{4})[_ ]Latest[_ ]ratings\.ods$"
MONTHS = "january february march april may june july august september october november december"
SHEET = "Providers"
HEADERS = (
    "Provider ID",
    "Provider Name",
    "Provider Type",
    "Service / Population Group",
    "Domain",
    "Latest Rating",
    "Publication Date",
)
OLDER = {"Domain": "Key Question"}
"""The header that a column had in older files."""
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

CHUNK = 1 << 20
MOST_INFLATED = 3 << 30
"""Bytes that the content of the file may unpack to; a real one comes to about 1 GB."""
LONGEST_TOKEN = 8 << 20
"""Bytes that the reader may hold back while waiting for the end of one tag, text or comment."""
MOST_COLUMNS = 100
"""Cells of a row that are read; the last one is usually repeated to the edge of the sheet."""
MOST_REPEATED = 1_000
"""Times that one row with content may be repeated; empty ones are repeated to the end of the sheet."""
DEEPEST_HEADER = 50

_T = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_X = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_O = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_CELLS = (f"{_T}table-cell", f"{_T}covered-table-cell")
_BLANKS = {f"{_X}s": " ", f"{_X}tab": "\t", f"{_X}line-break": "\n"}
_ROWS_OF_A_SHEET = 1 << 20
"""Rows that a spreadsheet can hold: content in the last one was probably cut there."""


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
            "rating", sa.Text, "Rating; null where there is none.", nullable=True, allowed=RATINGS.values()
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
    [
        *reading(),
        *_ratings(),
        column("open_on_snapshot", sa.Boolean, "Whether the organisation was open on the day of the file."),
        column("as_of_date", sa.Date, "Day the file is about."),
        *provenance(),
    ],
    key=["org_code", "question", "edition"],
    layer="facts",
    expectations=(
        Expectation(
            "almost_every_rated_trust_was_open",
            "expect_column_mean_to_be_between",
            {"column": "open_on_snapshot", "min_value": 0.95, "max_value": 1},
            "The file lists providers that are registered; ratings of closed trusts are of another day.",
            "WARN",
        ),
    ),
)


class _Reader:
    """Follows the XML of an OpenDocument spreadsheet and keeps the rows of one sheet until they are fetched.

    Handlers are switched off inside other sheets: most of the file is one of them.
    """

    def __init__(self, sheet: str) -> None:
        self.sheet = normal(sheet)
        self.names: list[str] = []
        self._rows: list[tuple[int, int, list[str]]] = []
        self._number = 0
        self._times = 1
        self._row: list[str] = []
        self._cell: list[str] = []
        self._held = 0
        self._span = 1
        self._value: str | None = None
        self._paragraphs = 0
        self._aside = 0
        self._inside = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._between

    def feed(self, chunk: bytes, fed: int) -> Iterator[tuple[int, list[str]]]:
        """Read on and yield the rows completed; `fed` counts all bytes so far, no bytes mean the end."""
        self.parser.Parse(chunk, not chunk)
        if fed - max(self.parser.CurrentByteIndex, 0) > LONGEST_TOKEN:
            raise StructureError(
                [f"expected XML in short pieces, found one of more than {LONGEST_TOKEN >> 20} MiB"]
            )
        for number, times, row in self._rows:
            yield from ((number + again, row) for again in range(times))
        self._rows.clear()

    def _doctype(self, *_: object) -> None:
        raise StructureError(["expected XML without a document type, found <!DOCTYPE"])

    def _between(self, name: str, attributes: dict[str, str]) -> None:
        if name != f"{_T}table":
            return
        found = attributes.get(f"{_T}name", "")[:CELL_LIMIT]
        self.names.append(found)
        self._inside = normal(found) == self.sheet and sum(normal(n) == self.sheet for n in self.names) == 1
        self.parser.StartElementHandler = self._start if self._inside else None
        self.parser.EndElementHandler = self._end if self._inside else self._end_of_another
        self.parser.CharacterDataHandler = self._text if self._inside else None

    def _end_of_another(self, name: str) -> None:
        if name == f"{_T}table":
            self.parser.EndElementHandler = None
            self.parser.StartElementHandler = self._between

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            self._cell, self._held = [], 0
            self._span = _times(attributes.get(f"{_T}number-columns-repeated", "1"))
            self._value = attributes.get(f"{_O}date-value")
        elif name == f"{_T}table-row":
            self._row = []
            self._times = _times(attributes.get(f"{_T}number-rows-repeated", "1"))
        elif name == f"{_O}annotation":
            self._aside += 1
        elif name == f"{_X}p":
            self._paragraphs += 1
        elif name in _BLANKS:
            self._text(_BLANKS[name])
        elif name == f"{_T}table":
            raise StructureError(
                [f"expected rows in sheet {SHEET!r}, found a table in row {self._number + 1}"]
            )

    def _text(self, data: str) -> None:
        if self._paragraphs and not self._aside and self._held <= CELL_LIMIT:
            self._cell.append(data[: CELL_LIMIT + 1])
            self._held += len(data)

    def _end(self, name: str) -> None:
        if name in _CELLS:
            text = self._value[:10] if self._value else "".join(self._cell).rstrip(" \n")
            self._row += [text] * min(self._span, MOST_COLUMNS - len(self._row))
        elif name == f"{_X}p":
            self._text(" ")
            self._paragraphs -= 1
        elif name == f"{_T}table-row":
            self._end_row()
        elif name == f"{_O}annotation":
            self._aside -= 1
        elif name == f"{_T}table":
            self._end_of_another(name)
            self.parser.CharacterDataHandler = None

    def _end_row(self) -> None:
        first = self._number + 1
        self._number += self._times
        if not any(text.strip() for text in self._row):
            return
        if self._times > MOST_REPEATED:
            raise StructureError(
                [
                    f"sheet {SHEET!r}, row {first}: expected a row at most {MOST_REPEATED} times, found it {self._times} times"
                ]
            )
        if self._number >= _ROWS_OF_A_SHEET:
            raise StructureError(
                [
                    f"sheet {SHEET!r}: expected fewer than {_ROWS_OF_A_SHEET} rows, found it full: it may be cut"
                ]
            )
        self._rows.append((first, self._times, self._row))


def _times(text: str) -> int:
    """Return how often a cell or row is repeated."""
    if not re.fullmatch(r"[1-9]\d{0,6}", text, re.ASCII):
        raise StructureError([f"expected a number of repeats, found {text[:40]!r}"])
    return int(text)


def _rows(content: bytes, reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the sheet that `reader` looks for, with their numbers. Raises StructureError."""
    found = sniff(content)
    if found not in {"ods", "zip"}:
        raise StructureError(
            [f"expected an OpenDocument spreadsheet, found {found}; download the file again"]
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [part for part in archive.infolist() if part.filename == "content.xml"]
            if len(parts) != 1:
                raise StructureError([f"expected one content.xml in the spreadsheet, found {len(parts)}"])
            if parts[0].file_size > MOST_INFLATED:
                raise StructureError(
                    [
                        f"expected content of at most {MOST_INFLATED >> 20} MiB, found {parts[0].file_size >> 20} MiB"
                    ]
                )
            fed = 0
            with archive.open(parts[0]) as stream:
                while chunk := stream.read(CHUNK):
                    fed += len(chunk)
                    yield from reader.feed(chunk, fed)
            yield from reader.feed(b"", fed)
    except DAMAGE as error:
        raise StructureError(
            [
                f"expected a readable OpenDocument spreadsheet, found a damaged one ({error}); download the file again"
            ]
        ) from error


class _Providers:
    """Takes the rows of the sheet one by one and keeps those about an NHS provider as a whole."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.others = 0
        self.types: Counter[str] = Counter()
        self.header: list[str] = []
        self._places: dict[str, int] = {}
        self._head: list[list[str]] = []

    def take(self, number: int, row: list[str]) -> None:
        """Take one row in: a banner, the header or data."""
        if not self._places:
            self._head += [row] if len(self._head) < DEEPEST_HEADER else []
            self._places = _places(row)
            self.header = row if self._places else []
            return
        cells = {name: row[place] if place < len(row) else "" for name, place in self._places.items()}
        kind, group, question = (normal(cells[name]) for name in HEADERS[2:5])
        if (kind, group) == (TRUST, WHOLE) and question in QUESTIONS:
            self.records.append(Record(SHEET, number, cells, {}))
            return
        self.others += 1
        if len(self.types) < 10:
            self.types[cells[HEADERS[2]].strip()[:40]] += 1

    def check(self, names: list[str]) -> None:
        """Raise StructureError where the sheet, its header or every row that is wanted is missing."""
        held = [name for name in names if normal(name) == normal(SHEET)]
        if len(held) != 1:
            listed = ", ".join(map(repr, names[:20]))
            raise StructureError(
                [f"expected one sheet {SHEET!r}, found {len(held)} among {listed or 'none'}"]
            )
        if not self._places:
            find_table(Sheet(SHEET, self._head, []), HEADERS)
        if not self.records:
            seen = ", ".join(map(repr, self.types)) or "no row"
            raise StructureError(
                [
                    f"sheet {SHEET!r}: expected rows of an 'NHS Healthcare Organisation' rated 'Overall', found none among {self.others} (types: {seen})"
                ]
            )


def _places(row: list[str]) -> dict[str, int]:
    """Return where the columns of the contract are; nothing where the row is not the header."""
    found = [normal(cell) for cell in row]
    names = {name: name if normal(name) in found else OLDER.get(name, name) for name in HEADERS}
    if not all(normal(name) in found for name in names.values()):
        return {}
    doubled = [name for name in names.values() if found.count(normal(name)) > 1]
    if doubled:
        raise StructureError(
            [f"sheet {SHEET!r}: expected column {name!r} once, found it twice" for name in doubled]
        )
    return {name: found.index(normal(spelt)) for name, spelt in names.items()}


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of `edition` (an ISO date): a row per NHS provider and question. Raises StructureError."""
    try:
        day = date.fromisoformat(edition)
    except ValueError as error:
        raise StructureError([f"expected an edition like 2026-07-01, found {edition[:40]!r}"]) from error
    reader, providers = _Reader(SHEET), _Providers()
    for number, row in _rows(content, reader):
        providers.take(number, row)
    providers.check(reader.names)
    columns = {normal(name) for name in (*HEADERS, *OLDER.values())}
    spare = [name.strip() for name in providers.header if name.strip() and normal(name) not in columns]
    ignored = [
        f"{providers.others} rows of sheet {SHEET!r} are about other providers, services or questions",
        *(f"sheet {name!r} is not about providers" for name in reader.names if normal(name) != normal(SHEET)),
        *([f"columns of sheet {SHEET!r} that are not published: {', '.join(spare)}"] if spare else []),
    ]
    drift = [
        f"sheet {SHEET!r} is spelt {name!r}"
        for name in reader.names
        if name != SHEET and normal(name) == normal(SHEET)
    ]
    return _once(
        tidy(providers.records, lambda r: _rated(r, day), drift=drift, ignored=ignored), providers.records
    )


def _rated(record: Record, day: date) -> list[dict[str, Any]]:
    code = record.text("Provider ID")
    if not re.fullmatch(PROVIDER, code):
        raise ValueError(f"column 'Provider ID': expected a code like {PROVIDER}, found {code[:40]!r}")
    published = record.optional("Latest Rating")
    word = normal(published or "")
    if word not in RATINGS and word not in UNRATED:
        known = ", ".join(filter(None, (*RATINGS, *UNRATED)))
        raise ValueError(f"column 'Latest Rating': expected one of {known}, found {word[:40]!r}")
    return [
        {
            "org_code_as_published": code,
            "org_name_as_published": record.text("Provider Name"),
            "question": QUESTIONS[normal(record.text("Domain"))],
            "rating": RATINGS.get(word),
            "rating_as_published": published,
            "rating_published_on": _published_on(record, day),
            "value_status": UNRATED.get(word, "published"),
        }
    ]


def _published_on(record: Record, day: date) -> date | None:
    """Return the day a rating was published, typed as a date or written dd/mm/yyyy; it is not after the file."""
    text = record.optional("Publication Date")
    if text is None:
        return None
    layout = "%Y-%m-%d" if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else "%d/%m/%Y"
    found = record.day("Publication Date", layout)
    if found > day:
        raise ValueError(f"column 'Publication Date': expected a day until {day}, found {found}")
    return found


def _once(parsed: Parsed, records: list[Record]) -> Parsed:
    """Return one row per provider and question: rows that differ are all rejected, repeats but for the first."""
    raw = {record.row: record.raw for record in records}
    rejected = list(parsed.rejected)
    for (code, question), rows in parsed.rows.groupby(["org_code_as_published", "question"], sort=False):
        same = len(rows.drop_duplicates(["rating_as_published", "rating_published_on"])) == 1
        rule = "duplicate" if same else "conflict"
        reason = f"expected one rating of {code} for {question}, found {len(rows)}, {'the same' if same else 'which differ'}"
        spare = rows["source_row"].tolist()[same:]
        rejected += [Rejected(SHEET, row, rule, reason, raw[row]) for row in spare]
    dropped = [one.row for one in rejected]
    kept = parsed.rows[~parsed.rows["source_row"].isin(dropped)].reset_index(drop=True)
    rejected.sort(key=lambda one: one.row)
    return Parsed(kept, parsed.rows_in, tuple(rejected), parsed.drift, parsed.ignored)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `cqc_rating`."""
    day = pd.Series([date.fromisoformat(edition) for edition in frame["edition"]], index=frame.index)
    return {"cqc_rating": frame.assign(as_of_date=day, period_start=day, period_end=day, resolve_on=day)}


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the NHS providers that have a rating, by file and question."""
    return [
        Coverage(
            f"NHS providers rated {question}, {edition}",
            held := int(rows["rating"].notna().sum()),
            len(rows),
            "complete" if held == len(rows) else "not rated",
            "A provider that is new, or that the commission does not rate as a whole, has no rating.",
        )
        for (edition, question), rows in frame.groupby(["edition", "question"])
    ]


def name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the edition of a link: `01_July_2026_Latest_ratings.ods` is 2026-07-01."""
    months = MONTHS.split()
    month = match["month"].lower()
    if month not in months:
        return None
    try:
        return date(int(match["year"]), months.index(month) + 1, int(match["day"])).isoformat(), ""
    except ValueError:
        return None


SOURCE = Source(
    name="cqc",
    title="Care Quality Commission ratings of NHS trusts",
    publisher="Care Quality Commission",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution=OGL_ATTRIBUTION.format(publisher="Care Quality Commission"),
    cadence="monthly",
    max_age=timedelta(days=62),
    evidence_grade="regulator",
    lists_others=True,
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    remotes=(Remote(LANDING_PAGE, link=LINK, name=name),),
    expectations=(
        Expectation(
            "about_two_rows_per_trust",
            "expect_table_row_count_to_be_between",
            {"min_value": 300, "max_value": 700},
            "About 200 trusts are rated, each overall and for being well led.",
        ),
        Expectation(
            "a_provider_has_one_rating_per_question",
            "expect_compound_columns_to_be_unique",
            {"column_list": ["org_code_as_published", "question"]},
            "The file holds the latest rating only.",
        ),
        Expectation(
            "about_as_many_providers_as_there_are_trusts",
            "expect_column_unique_value_count_to_be_between",
            {"column": "org_code_as_published", "min_value": 170, "max_value": 350},
            "About 200 trusts are open.",
        ),
        Expectation(
            "both_questions_are_there",
            "expect_column_distinct_values_to_equal_set",
            {"column": "question", "value_set": ["overall", "well_led"]},
            "A file without one of them has changed its words.",
        ),
        Expectation(
            "most_trusts_are_rated",
            "expect_column_values_to_not_be_null",
            {"column": "rating", "mostly": 0.8},
            "A trust without a rating is the exception.",
        ),
        Expectation(
            "ratings_differ",
            "expect_column_unique_value_count_to_be_between",
            {"column": "rating", "min_value": 3, "max_value": 4},
            "One rating everywhere is a broken column.",
        ),
        Expectation(
            "most_ratings_have_a_date",
            "expect_column_values_to_not_be_null",
            {"column": "rating_published_on", "mostly": 0.8},
            "A rating is read with its date.",
            "WARN",
        ),
    ),
    caveats=(
        Caveat(
            "cqc_of_the_trust_itself",
            "cqc_rating",
            "These are ratings of a trust as a whole, given by the commission; they are not worked out from its locations, and the commonest rating of its locations is no substitute.",
        ),
        Caveat(
            "cqc_dated",
            "cqc_rating",
            "A file shows the latest rating of each trust, whenever it was given: read each with rating_published_on.",
        ),
        Caveat(
            "cqc_is_context",
            "cqc_rating",
            "Ratings say nothing of digital maturity: they are context, not an outcome of it.",
        ),
    ),
)
