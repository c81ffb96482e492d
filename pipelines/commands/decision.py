"""What `withdraw` and `acknowledge` share: their arguments, and a decision about the newest file of an edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.exit_codes import DONE
from pipelines.commands.parameters import by_option, known, source_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.judging.decisions import Kind


def decision_parameters(undo: str) -> Callable[[Any], Any]:
    """Return the decorator that adds the parameters of a decision; `undo` is the help of that option."""

    def decorate(function: Any) -> Any:
        for parameter in (
            click.option("--undo", is_flag=True, help=undo),
            by_option,
            click.option(
                "--why", required=True, metavar="TEXT", help="one sentence that explains it to others"
            ),
            click.option("--part", default="", metavar="P", help="part of the edition, where it has several"),
            click.argument("edition", metavar="EDITION", help="edition of the file"),
            source_argument(),
        ):
            function = parameter(function)
        return function

    return decorate


def decide(
    kind: Kind, command: str, where: tuple[str, str, str], reason: tuple[str, str], *, undo: bool
) -> int:
    """Record a decision of `command` about the newest file of a source, edition and part; `reason` is why and by whom."""
    from assets.catalogue import sources
    from pipelines.judging import decisions
    from pipelines.storage.home import Home
    from pipelines.storage.lock import exclusive

    name, edition, part = where
    home, source = Home.default(), known(name, sources())
    stated = decisions.Reason(*reason)
    decisions.reason_of(stated.why, kind)
    with exclusive(home.lock, f"digital-maturity {command}"), home.shared():
        vintage = decisions.choose(kind, (source.name, edition, part), home, undo=undo)
        decisions.decide(kind, vintage, stated, home, undone=undo)
    file = " ".join(filter(None, (source.name, vintage.edition, vintage.part)))
    now = f"no longer {kind}" if undo else kind
    print(
        f"{file} ({vintage.publisher_file_name or vintage.sha256[:12]}, retrieved {vintage.retrieved_at[:10]}) is {now}; the next `digital-maturity refresh` takes that into account."
    )
    return DONE
