"""Published tables that were renamed or replaced: each stays as a view for one release of the project.

To rename a table, add a line to `DEPRECATED` and remove it in the release after the next. Views are in the databases
(DuckDB, SQLite, PostgreSQL), not among the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa


@dataclass(frozen=True)
class Deprecated:
    """A former table: its name, the table that holds its rows today, and the version that replaced it.

    `columns` maps each former column to its current name; empty if the names are the same. `where` is the condition on
    the rows that the former table held; empty for all of them.
    """

    name: str
    replacement: str
    version: str
    columns: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def comment(self) -> str:
        """The sentence that says what to use instead."""
        return f"Deprecated since version {self.version} and gone in the next: use {self.replacement}."


DEPRECATED: tuple[Deprecated, ...] = (
    Deprecated(
        "gde_cohort",
        "exemplars_then_and_now",
        "0.3.0",
        columns={
            "cohort": "cohort",
            "care_setting": "care_type",
            **{
                same: same
                for same in ("edition", "period", "measure", "n_scores", "n_same_body", "mean_score")
            },
            **{
                same: same
                for same in ("standard_deviation", "lowest", "lower_quartile", "median", "upper_quartile")
            },
            **{same: same for same in ("highest", "caveat")},
        },
        where="instrument = 'DMA' AND population = 'all_scores' AND care_type <> 'all'",
    ),
)
"""Tables of the previous version that are now published under another name."""


def view(former: Deprecated, replacement: sa.Table) -> str:
    """Return the statement that creates the view; raise ValueError for a column that the replacement lacks."""
    columns = dict(former.columns) or {column.name: column.name for column in replacement.columns}
    missing = sorted(set(columns.values()) - set(replacement.columns.keys()))
    if missing:
        raise ValueError(
            f"Keeping the deprecated table {former.name}: expected columns of {replacement.name}, found {', '.join(missing)}; correct assets/tables/deprecated.py."
        )
    selected = ", ".join(f'"{today}" AS "{before}"' for before, today in columns.items())
    rows = f" WHERE {former.where}" if former.where else ""
    return f'CREATE VIEW "{former.name}" AS SELECT {selected} FROM "{replacement.name}"{rows}'  # noqa: S608 - names from the metadata
