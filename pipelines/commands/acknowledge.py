"""`digital-maturity acknowledge`: record that a file is right although a guard refuses it, or undo that."""

from typing import Any

from pipelines.commands.command_line import command as declared
from pipelines.commands.decision import decide, decision_parameters


@declared(
    "acknowledge",
    "record that the newest file of an edition is right although a guard refuses it",
    'digital-maturity acknowledge eric 2023/24 --why "the publisher revised the return, see its change notice"',
)
@decision_parameters(undo="let the guards decide about the file again")
def command(source: str, edition: str, part: str, undo: bool, **reason: Any) -> int:  # noqa: FBT001 - click passes by name
    """Record that a file is acknowledged, or no longer."""
    return decide(
        "acknowledged", "acknowledge", (source, edition, part), (reason["why"], reason["by"]), undo=undo
    )
