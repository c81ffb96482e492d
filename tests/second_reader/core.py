"""What a second reader expects of the published facts, and the comparison with what is there.

A reader module reads a publisher's file in its own way and yields `Expected` facts. `compare` finds the published row
of each through its provenance (file, sheet, row) and key, compares it cell by cell, and reports both ways: an expected
fact that is not published, and a published fact that no file holds. Nothing here or in the reader modules imports
`assets` or `pipelines`: a mistake of the product cannot be repeated by importing it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
TOLERANCE = 1e-9
KEYS: dict[str, tuple[str, ...]] = {
    "cyber_incident": ("edition", "incident", "org_code"),
    "cqc_rating": ("edition", "org_code", "question"),
    "deflator": ("edition", "fy_end_year"),
    "denominator": ("edition", "measure", "period_end", "org_code"),
    "digital_funding": ("edition", "programme", "wave", "org_name_as_published"),
    "dspt_history": ("edition", "org_code", "publication"),
    "dspt_status": ("edition", "org_code"),
    "emram_validation": ("edition", "org_code", "model", "stage"),
    "epr_event": ("edition", "event", "event_date", "supplier"),
    "epr_group": ("edition", "org_code"),
    "epr_supplier": ("edition", "org_code"),
    "fdp_status": ("edition",),
    "financial_position": ("edition", "financial_year", "org_code"),
    "icb_fdp_status": ("edition",),
    "icb_score": ("edition", "measure", "period"),
    "it_asset": ("edition", "org_code"),
    "it_spend": ("edition", "org_code"),
    "it_spend_over_25k": ("edition", "org_code", "month", "category"),
    "maturity_score": ("edition", "care_setting", "period", "measure"),
    "medical_records_cost": ("edition", "financial_year", "org_code"),
    "organisation": ("org_code",),
    "organisation_name": ("org_code", "name"),
    "organisation_geography": ("edition", "relation"),
    "organisation_succession": ("predecessor_code", "successor_code"),
    "organisation_type": ("edition", "scheme", "org_code"),
    "oversight_segment": ("edition", "org_code"),
    "programme_candidate": ("edition", "programme", "role", "org_code"),
    "programme_membership": ("edition", "programme", "role", "org_code"),
    "programme_pairing": ("edition", "programme", "org_code", "exemplar_org_code"),
}
"""What tells the facts of one row of a file apart, by table; the file, the sheet and the row are part of every key."""

NAMES = frozenset(
    {
        *("name", "org_name", "org_name_as_published", "kind", "postcode"),
        *("org_code", "partner_org_code", "region", "region_code", "icb_code"),
        *("source_url", "accreditation_url"),
    }
)
"""Columns that say who, where and by which article. The others are figures, statuses, categories, days and years."""


@dataclass(frozen=True)
class Place:
    """Where a fact is read: the file by its SHA-256 and its name, the sheet ('' in a CSV file), the row from 1."""

    sha256: str
    file: str
    sheet: str
    row: int

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet!r}" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}"


@dataclass(frozen=True)
class Expected:
    """A fact as the second reader reads it: where, which one, the value of each column, and the header it is under."""

    table: str
    place: Place
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    """Whether the product may leave the fact out: its row is listed as rejected or unmatched."""


@dataclass(frozen=True)
class Difference:
    """One cell, or one whole row, that is not what the publisher's file says."""

    source: str
    table: str
    key: tuple[Any, ...]
    column: str
    place: str
    header: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        header = f" under {self.header!r}" if self.header else ""
        return (
            f"{self.table} {self.key}, column {self.column}: found {self.found!r} in the release, "
            f"expected {self.expected!r} from {self.place}{header}"
        )


@dataclass
class Comparison:
    """What was compared, by table and source: facts, figures, names, and the differences."""

    facts: Counter[tuple[str, str]] = field(default_factory=Counter)
    figures: Counter[tuple[str, str]] = field(default_factory=Counter)
    names: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: "Comparison") -> None:
        """Take in another comparison."""
        self.facts.update(other.facts)
        self.figures.update(other.figures)
        self.names.update(other.names)
        self.differences += other.differences

    def count(self, table: str, source: str, columns: Iterable[str]) -> None:
        """Count one fact and the cells in which it was compared."""
        self.facts[table, source] += 1
        for column in columns:
            (self.names if column in NAMES else self.figures)[table, source] += 1

    @property
    def cells(self) -> int:
        """Return how many cells were compared in all."""
        return self.figures.total() + self.names.total()

    def report(self) -> str:
        """Return the counts as a Markdown table, a row per table and source and one for all."""
        wrong = Counter((one.table, one.source) for one in self.differences)
        rows = [
            (
                f"`{table}`",
                source,
                facts,
                self.figures[table, source],
                self.names[table, source],
                wrong[table, source],
            )
            for (table, source), facts in sorted(self.facts.items())
        ]
        sums = (self.facts.total(), self.figures.total(), self.names.total(), len(self.differences))
        lines = [
            "| table | source | facts | figures, statuses and days | names and codes | differences |",
            "| --- | --- | --: | --: | --: | --: |",
            *(
                f"| {table} | {source} | {' | '.join(f'{number:,}' for number in numbers)} |"
                for table, source, *numbers in [*rows, ("all", "", *sums)]
            ),
        ]
        return "\n".join(lines)


def compare(
    tables: Mapping[str, Sequence[Row]],
    expected: Iterable[Expected],
    *,
    source: str,
    by_place: bool = True,
    only: Callable[[Row], bool] = lambda row: True,
) -> Comparison:
    """Compare published rows with the facts that the second reader of a source expects, both ways.

    `tables` holds the published rows by table; of a table with a column `source`, only rows of `source` count, and of
    every table only rows for which `only` holds. Rows that are listed in `rejected_row` or `unmatched_organisation`
    need no fact. Without `by_place`, rows are found by their key alone: the table has a provenance of another kind.
    """
    wanted: dict[str, list[Expected]] = defaultdict(list)
    for one in expected:
        wanted[one.table].append(one)
    excused = {_place(row) for row in tables.get("rejected_row", ())}
    unmatched = _left_out(tables.get("unmatched_organisation", ()))
    result = Comparison()
    for table, facts in wanted.items():
        rows = [row for row in tables.get(table, ()) if row.get("source", source) == source and only(row)]
        left = {_key(table, row, by_place=by_place): row for row in rows}
        for fact in facts:
            where = (fact.place.sha256, fact.place.sheet, fact.place.row)
            row = left.pop((*(where if by_place else ()), *_names(table, fact.key)), None)
            if row is not None:
                result.count(table, source, fact.values)
                result.differences += _cells(source, fact, row)
            elif not fact.optional and where not in excused and _published(fact) not in unmatched:
                result.differences.append(_absent(source, fact))
        result.differences += [_surplus(source, table, row) for row in left.values()]
    return result


def _left_out(rows: Iterable[Row]) -> set[tuple[Any, ...]]:
    """Return edition and name of the organisations whose facts are left out; the others are only in doubt."""
    return {(row["edition"], row["org_name_as_published"]) for row in rows if row["status"] == "unmatched"}


def _published(fact: Expected) -> tuple[Any, ...]:
    return fact.key.get("edition"), fact.values.get("org_name_as_published")


def _place(row: Row) -> tuple[Any, ...]:
    return row["source_file_sha256"], row.get("source_sheet") or "", row["source_row"]


def _names(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(plain(row.get(name)) for name in KEYS[table])


def _key(table: str, row: Row, *, by_place: bool) -> tuple[Any, ...]:
    return (*(_place(row) if by_place else ()), *_names(table, row))


def _cells(source: str, fact: Expected, row: Row) -> Iterator[Difference]:
    for column, value in fact.values.items():
        found = row.get(column, "no such column")
        if not same(found, value):
            key = tuple(fact.key.values())
            header = fact.headers.get(column, "")
            yield Difference(source, fact.table, key, column, str(fact.place), header, found, value)


def _absent(source: str, fact: Expected) -> Difference:
    key = tuple(fact.key.values())
    return Difference(source, fact.table, key, "(the row)", str(fact.place), "", "no row", dict(fact.values))


def _surplus(source: str, table: str, row: Row) -> Difference:
    place = f"file {row.get('source_file_sha256')}, sheet {row.get('source_sheet')!r}, row {row.get('source_row')}"
    return Difference(source, table, _names(table, row), "(the row)", place, "", dict(row), "no row")


def plain(value: Any) -> Any:
    """Return a value in the form in which two readers can agree: no NaN, no time of day, no Decimal."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    return float(value) if isinstance(value, Decimal) else value


def same(found: Any, expected: Any) -> bool:
    """Tell whether two values agree: numbers to a billionth, everything else exactly."""
    left, right = plain(found), plain(expected)
    if _is_number(left) and _is_number(right):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(left) is type(right) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
