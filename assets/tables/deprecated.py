"""Published tables that were renamed or replaced: each stays as a view for one release of the project.

To rename a table, add a line to `DEPRECATED`; take the line out in the release after the next. A view holds no rows of
its own. It is in the databases (DuckDB, SQLite, PostgreSQL), not among the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa


@dataclass(frozen=True)
class Deprecated:
    """A former table: its name, the table that holds its rows today, and the version that replaced it.

    `columns` leads from each former column to the column of today; empty where they have the same names.
    """

    name: str
    replacement: str
    version: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def comment(self) -> str:
        """Say what to use instead."""
        return f"Deprecated since version {self.version} and gone in the next: use {self.replacement}."


DEPRECATED: tuple[Deprecated, ...] = ()
"""Tables of the version before that are published under another name."""


def view(former: Deprecated, replacement: sa.Table) -> str:
    """Return the statement that creates the view; raise ValueError for a column that the replacement lacks."""
    columns = dict(former.columns) or {column.name: column.name for column in replacement.columns}
    missing = sorted(set(columns.values()) - set(replacement.columns.keys()))
    if missing:
        raise ValueError(
            f"Keeping the deprecated table {former.name}: expected columns of {replacement.name}, found {', '.join(missing)}; correct assets/tables/deprecated.py."
        )
    selected = ", ".join(f'"{today}" AS "{before}"' for before, today in columns.items())
    return f'CREATE VIEW "{former.name}" AS SELECT {selected} FROM "{replacement.name}"'  # noqa: S608 - names from the metadata
