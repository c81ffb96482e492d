"""`digital-maturity withdraw`: set the newest file of an edition aside, or undo that."""

from typing import Any

from pipelines.commands.command_line import command as declared
from pipelines.commands.decision import decide, decision_parameters


@declared(
    "withdraw",
    "set the newest file of an edition aside: it is kept, listed and not used",
    'digital-maturity withdraw epr 2024-10-01 --why "the reply was corrected by the publisher"',
    'digital-maturity withdraw nof 2025/26-Q1 --part acute --undo --why "the file was right after all"',
)
@decision_parameters(undo="use the file that was withdrawn last again")
def command(source: str, edition: str, part: str, undo: bool, **reason: Any) -> int:  # noqa: FBT001 - click passes by name
    """Record that a file is withdrawn, or no longer."""
    return decide("withdrawn", "withdraw", (source, edition, part), (reason["why"], reason["by"]), undo=undo)
