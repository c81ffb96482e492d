"""The workbook in columns: its sheets are read as Arrow, none twice, and a hidden one never.

The columns are found by their headers in row 1, in either spelling. A million rows never become objects of Python.
"""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from assets.contract.parsed import StructureError
from assets.reading.spreadsheet import open_workbook
from assets.reading.structure import Sheet

HEADERS = {
    "organisationname": "OrganisationName",
    "worksheetname": "WorkSheetName",
    "tableid": "TableID",
    "maincode": "MainCode",
    "rownumber": "RowNumber",
    "subcode": "SubCode",
    "total": "Total",
    "valuenumber": "Total",
}
"""The seven columns by their headers without blanks and capitals, in both spellings."""
READ = {
    "OrganisationName": "string",
    "TableID": "string",
    "MainCode": "string",
    "SubCode": "string",
    "Total": "float",
}
_SPELT = {**READ, "Organisation Name": "string", "Value number": "float"}
"""Headers as they are known: where one is spelt otherwise, its sheet is read again."""


class Book:
    """A workbook whose visible sheets are found by name; `drift` lists what is spelt otherwise or new."""

    def __init__(self, content: bytes) -> None:
        self._opened = open_workbook(content)
        self.names, self.hidden = self._opened.visible, self._opened.hidden
        self.drift: list[str] = []

    def spelt(self, wanted: str) -> str:
        """Return the visible sheet called `wanted`, whatever its case, blanks and punctuation."""
        found = [name for name in self.names if solid(name) == solid(wanted)]
        if len(found) != 1:
            listed = ", ".join(repr(name) for name in self.names)
            raise StructureError(f"expected one sheet {wanted!r}, found {len(found)} among {listed}")
        if found[0] != wanted:
            self.drift.append(f"sheet {wanted!r} is spelt {found[0]!r}")
        return found[0]

    def with_sequels(self, wanted: str) -> list[str]:
        """Return the sheet called `wanted` and those that go on where it is full."""
        first = self.spelt(wanted)
        return [first, *(n for n in self.names if n != first and solid(n).startswith(solid(wanted)))]

    def text(self, name: str) -> Sheet:
        """Return a small sheet as rows of text."""
        cells = self._load(name, header_row=None, dtypes="string").to_pydict().values()
        return Sheet(name, [[cell or "" for cell in row] for row in zip(*cells, strict=True)], [])

    def columns(self, name: str) -> pa.Table:
        """Return the columns in `READ` of a sheet, by our names; row 1 is the header, so row i here is row i + 2."""
        found: dict[str, str] = {}
        seen: dict[str, None] = {}

        def wanted(info: Any) -> bool:
            seen[info.name] = None
            header = HEADERS.get(solid(info.name), "")
            return found.setdefault(header, info.name) == info.name and header in READ

        batch = self._load(name, use_columns=wanted, dtypes=_SPELT)
        found.pop("", None)
        self._verify_headers(name, found, list(seen))
        exact = {found[header]: kind for header, kind in READ.items()}
        if exact.keys() - _SPELT.keys():
            batch = self._load(name, use_columns=list(exact), dtypes=exact)
        return pa.table({header: batch.column(found[header]) for header in READ})

    def amounts_as_text(self, name: str) -> list[str | None]:
        """Return the column of amounts as text: only where a cell is no number."""
        batch = self._load(name, dtypes="string")
        header = next(h for h in batch.schema.names if HEADERS.get(solid(h)) == "Total")
        return list(batch.column(header).to_pylist())

    def _load(self, name: str, **how: Any) -> pa.RecordBatch:
        if hidden := self._opened.hidden_parts.get(name):
            what = f"{len(hidden.rows)} rows and {len(hidden.columns)} columns"
            raise StructureError(
                f"sheet {name!r}: expected all rows and columns shown, found {what} hidden; download the file again"
            )
        goes_on = any(other != name and solid(other).startswith(solid(name)) for other in self.names)
        return self._opened.load(name, goes_on=goes_on, eager=True, **how)

    def _verify_headers(self, name: str, found: dict[str, str], seen: Sequence[str]) -> None:
        """Refuse a sheet without the seven columns, or with one of them twice; note the others."""
        listed = ", ".join(repr(header) for header in seen)
        problems = [
            f"sheet {name!r}, row 1: expected column {header!r}, found {listed}"
            for header in dict.fromkeys(HEADERS.values())
            if header not in found
        ]
        others = [header for header in seen if header not in found.values()]
        problems += [
            f"sheet {name!r}, row 1: expected column {header!r} once, found it again"
            for header in others
            if solid(re.sub(r"_\d+$", "", header)) in HEADERS
        ]
        if problems:
            raise StructureError(problems)
        known = {*HEADERS.values(), *_SPELT}
        self.drift += [
            f"sheet {name!r}: column {header!r} is spelt {spelt!r}"
            for header, spelt in found.items()
            if spelt not in known
        ]
        self.drift += [
            f"sheet {name!r}: column {header!r} is new and not published"
            for header in others
            if not header.startswith("__UNNAMED__")
        ]


def solid(name: str) -> str:
    """Return the form in which sheet names and headers are compared here: letters and digits only."""
    return re.sub(r"[\W_]+", "", name.lower())
