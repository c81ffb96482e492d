"""What reading a file gives: tidy rows, rejected rows and notes, or the reasons why it is not of the expected layout."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from assets.contract.errors import RefusedError


class StructureError(RefusedError, ValueError):
    """A file does not have the layout its source promises: every problem found, each one sentence."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Rejected:
    """A row that was read and not staged: where it was, which rule it broke, and the row as it was."""

    sheet: str
    row: int
    rule: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Parsed:
    """What `parse` returns: tidy rows (columns of the staged table less edition and sha256), the rest, and notes.

    `rows_in` counts the publisher's data rows; a publisher's row may become several staged rows, so `rows_used`
    counts the ones that were staged: rows_in = rows_used + len(rejected), always. `drift` lists tolerated oddities,
    `ignored` the sheets that were left unread and why.
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
