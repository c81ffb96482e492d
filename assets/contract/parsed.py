"""The result of parsing a file: tidy rows, rejected rows and notes, or why its layout is not the expected one."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from assets.contract.errors import RefusedError


class StructureError(RefusedError, ValueError):
    """A file does not have the layout its source promises: the problem found, or all of them, each one sentence."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Rejected:
    """A row that was read and not staged: its place, the rule it broke, and its raw content."""

    sheet: str
    row: int
    rule: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Parsed:
    """What `parse` returns: tidy rows (the staged table without edition and sha256), rejected rows, and notes.

    `rows_in` counts the publisher's data rows. A publisher's row may become several staged rows, so `rows_used`
    counts the publisher's rows that were staged; rows_in = rows_used + len(rejected), always. `drift` lists tolerated
    oddities, `ignored` the sheets that were not read and why.
    """

    rows: pd.DataFrame
    rows_in: int
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def rows_used(self) -> int:
        """The number of the publisher's rows that became staged rows; `lines` counts them where rows are sums."""
        if "lines" in self.rows:
            return int(self.rows["lines"].sum())
        return int(self.rows[["source_sheet", "source_row"]].drop_duplicates().shape[0])

    def __post_init__(self) -> None:
        """Refuse a parser that lost a row."""
        if self.rows_in != self.rows_used + len(self.rejected):
            raise StructureError(
                [
                    f"read {self.rows_in} rows but staged {self.rows_used} and rejected {len(self.rejected)}; correct the parser"
                ]
            )


def few(names: Sequence[str]) -> str:
    """Name the first five, and count the others."""
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
