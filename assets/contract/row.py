"""A row of a publisher's table, declared once: header, reader, unit, limits, staged column and published column.

A field with a header is read from the cell under it; the parser of its source computes a field without one. Each is a
column of the staged table and, through `Row.fact`, of the fact table that publishes it. What it means stands in the
prose of its source (`assets.contract.prose`), or in `comment`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa

from assets.contract.columns import FINANCIAL_YEAR, ORG_CODE, column, provenance, reading, staged, table
from assets.contract.expectations import Expectation
from assets.contract.prose import NO_PROSE, Prose

CODE, NAME = "org_code_as_published", "org_name_as_published"
YES_NO = {"yes": True, "no": False}
Limits = tuple[float, float | None]
"""Smallest and largest value; None if there is no largest."""


class Cells(Protocol):
    """The cells of one data row by header, as `assets.reading.structure.Record` reads them."""

    @property
    def cells(self) -> Mapping[str, str]:
        """The text of every cell."""

    def text(self, header: str) -> str:
        """Return the text of a cell; raise ValueError if it is empty."""

    def optional(self, header: str) -> str | None:
        """Return the text of a cell, or None if it is empty."""

    def code(self, header: str) -> str:
        """Return an ODS code; raise ValueError for anything else."""

    def number(self, header: str, minimum: float, maximum: float) -> float:
        """Return a number between two limits; raise ValueError for anything else."""

    def one_of(self, header: str, values: Mapping[str, Any]) -> Any:
        """Return the value that the word in a cell stands for; raise ValueError for an unknown word."""

    def day(self, header: str, layout: str) -> date:
        """Return a date written in a layout; raise ValueError for anything else."""


Read = Callable[[Any, str], Any]
"""Reads the cell under a header: it gets the `Cells` of a row and the header; a ValueError rejects the row."""


@dataclass(frozen=True)
class Field:
    """One column: its name and type, the publisher's header, its reader, its meaning, and the other arguments of `column`."""

    name: str
    type_: Any
    header: str = ""
    read: Read | None = None
    comment: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)

    def column(self) -> sa.Column[Any]:
        """Return a new column, because each table needs its own. Raises ValueError where nothing says what it means."""
        if not self.comment:
            raise ValueError(
                f"Defining column {self.name!r}: expected its meaning, found none; add it under columns in the file of prose."
            )
        return column(self.name, self.type_, self.comment, header=self.header or None, **self.info)


Declared = str | Field | sa.Column[Any]
"""A column of a table of facts: the name of a field of the row, a field, or a column of the contract."""


class Row:
    """The fields of a row, in the order of the staged table; `prose` says what they and their tables mean."""

    def __init__(self, *fields: Field, prose: Prose = NO_PROSE) -> None:
        self.prose = prose
        self.fields = {one.name: one for one in fields}

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the cells that make a row, in the order of the fields."""
        return tuple(dict.fromkeys(one.header for one in self.fields.values() if one.header))

    def read(
        self, cells: Cells, spelt: Mapping[str, str] | None = None, /, **worked_out: Any
    ) -> dict[str, Any]:
        """Return the tidy row of a data row, in the order of the fields: `worked_out` values, else the values read.

        `spelt` maps headers to their spelling in the file. Raises ValueError, which rejects the row.
        """
        spelt = spelt or {}
        found: dict[str, Any] = {}
        for name, one in self.fields.items():
            if name in worked_out:
                found[name] = worked_out[name]
            elif one.read:
                found[name] = one.read(cells, spelt.get(one.header, one.header))
        return found

    def columns(self, *names: str, without: Iterable[str] = ()) -> list[sa.Column[Any]]:
        """Return columns for a fact table: `names`, or all except `without` and the code and name as published."""
        left_out = {CODE, NAME, *without}
        return [self._column(self.fields[one]) for one in names or self.fields if one not in left_out]

    def staged(
        self, source: str, purpose: str = "", *, key: tuple[str, ...] = (), own_headers: bool = False
    ) -> sa.Table:
        """Define the staged table of a source (see `assets.contract.columns.staged`).

        With `own_headers` the headers are this project's own and are left out.
        """
        fields = [replace(one, header="") if own_headers else one for one in self.fields.values()]
        name = f"{source}_staged"
        columns = [self._column(one, name) for one in fields]
        return staged(source, purpose or self.prose.purpose(name), columns, key=key)

    def fact(self, name: str, columns: Iterable[Declared], **more: Any) -> sa.Table:
        """Define a fact table: who a row is about, columns of the source (see `table`), where the row came from."""
        return self.table(name, [*reading(), *columns, *provenance()], **more)

    def table(
        self,
        name: str,
        columns: Iterable[Declared],
        *,
        key: Iterable[str],
        expectations: Iterable[Expectation] = (),
    ) -> sa.Table:
        """Define a table of facts: fields of the row, by name, fields of the table only, and columns of the contract."""
        own = [self.fields[one] if isinstance(one, str) else one for one in columns]
        made = [self._column(one, name) if isinstance(one, Field) else one for one in own]
        rules = self.prose.explained(expectations)
        return table(name, self.prose.purpose(name), made, key=[*key], layer="facts", expectations=rules)

    def _column(self, one: Field, table: str = "") -> sa.Column[Any]:
        return replace(one, comment=self.prose.meaning(table, one.name) or one.comment).column()


def given(name: str, type_: Any, header: str = "", *, comment: str = "", **info: Any) -> Field:
    """Declare a column that the parser computes, from `header`; `info` holds other arguments of `column`."""
    return Field(name, type_, header, None, comment, info)


def made(name: str, type_: Any, header: str, read: Read, *, comment: str = "", **info: Any) -> Field:
    """Declare a column with a reader of its source; `info` holds other arguments of `column`."""
    return Field(name, type_, header, read, comment, info)


YEARS = (
    given("financial_year", sa.Text, comment="Financial year, April to March.", pattern=FINANCIAL_YEAR),
    given("fy_end_year", sa.Integer, comment="Year in which the financial year ends.", minimum=2000),
)
"""The columns of a fact table about financial years."""


def org_code(
    header: str, *, name: str = CODE, optional: bool = False, comment: str = "ODS code as published."
) -> Field:
    """Declare the column of the ODS code."""
    info = {"nullable": optional, "pattern": ORG_CODE}

    def read(cells: Cells, header: str) -> str | None:
        return None if optional and cells.optional(header) is None else cells.code(header)

    return Field(name, sa.Text, header, read, comment, info)


def org_name(header: str, *, comment: str = "Trust as published.", **info: Any) -> Field:
    """Declare the column of the name."""
    return text(NAME, header, comment=comment, **info)


def text(
    name: str, header: str, *, missing: str | None = None, like: str = "", comment: str = "", **info: Any
) -> Field:
    """Declare a column of text; with `missing`, an empty cell and that word mean no value.

    With `like`, a description of the expected text, a text that does not match `pattern` rejects its row.
    """
    pattern = re.compile(info["pattern"]) if like else None

    def read(cells: Cells, header: str) -> str | None:
        found = cells.text(header) if missing is None else _filled(cells, header, missing)
        if pattern and found is not None and not pattern.fullmatch(found):
            raise ValueError(f"column {header!r}: expected {like}, found {found[:40]!r}")
        return found

    return Field(name, sa.Text, header, read, comment, {"nullable": missing is not None, **info})


def word(name: str, header: str, words: Mapping[str, Any], *, comment: str = "", **info: Any) -> Field:
    """Declare a column of known words: `words` maps the publisher's word (in normal form) to the project's word."""
    allowed = tuple(dict.fromkeys(words.values()))

    def read(cells: Cells, header: str) -> Any:
        return cells.one_of(header, words)

    return Field(name, sa.Text, header, read, comment, {"allowed": allowed, **info})


def number(  # noqa: PLR0913 - the facts of a column are keyword arguments
    name: str,
    header: str,
    unit: str,
    limits: Limits,
    *,
    missing: str | None = None,
    most: float = float("inf"),
    whole: bool = False,
    comment: str = "",
    **info: Any,
) -> Field:
    """Declare a column of numbers in `unit` within `limits`; they are not added up or averaged unless `info` says so.

    `most` is the largest plausible value if `limits` have no largest. With `whole` they are whole numbers; with
    `missing`, an empty cell and that word mean no value.
    """
    least, largest = limits
    highest = most if largest is None else largest

    def read(cells: Cells, header: str) -> float | None:
        if missing is not None and cells.cells.get(header, "").strip().lower() in {"", missing.lower()}:
            return None
        found = cells.number(header, least, highest)
        if whole and not found.is_integer():
            raise ValueError(f"column {header!r}: expected a whole number, found {found:g}")
        return int(found) if whole else found

    kind = sa.Integer if whole else sa.Double
    known = {"nullable": missing is not None, "unit": unit, "minimum": least, "maximum": largest}
    known["aggregation"] = "none"
    return Field(name, kind, header, read, comment, {**known, **info})


def whole(name: str, header: str, unit: str, limits: Limits, **more: Any) -> Field:
    """Declare a column of whole numbers; see `number`."""
    return number(name, header, unit, limits, whole=True, **more)


def day(name: str, header: str, layout: str, *, optional: bool = False, comment: str = "") -> Field:
    """Declare a column of days in a layout (strptime); an `optional` cell may be empty."""

    def read(cells: Cells, header: str) -> date | None:
        return None if optional and cells.optional(header) is None else cells.day(header, layout)

    return Field(name, sa.Date, header, read, comment, {"nullable": optional})


def flag(name: str, header: str, *, missing: str = "", comment: str = "") -> Field:
    """Declare a column of yes and no; an empty cell and the word `missing` mean no value."""

    def read(cells: Cells, header: str) -> bool | None:
        found = _filled(cells, header, missing)
        if found is not None and found.lower() not in YES_NO:
            raise ValueError(f"column {header!r}: expected Yes or No, found {found[:40]!r}")
        return None if found is None else YES_NO[found.lower()]

    return Field(name, sa.Boolean, header, read, comment, {"nullable": True})


def _filled(cells: Cells, header: str, missing: str) -> str | None:
    """Return the text of a cell, or None if it is empty or holds the word for no value."""
    found = cells.optional(header)
    return None if found is None or found.lower() == missing.lower() else found
