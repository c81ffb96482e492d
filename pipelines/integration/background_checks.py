"""Judging in the background: while one source is staged, other processes check the files of the next.

Only for a run whose steps share a process. A result is used only for the same files and rules for which it was started.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from pipelines.integration import acceptance
from pipelines.integration.known_trusts import ORGANISATIONS
from pipelines.judging import file_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from assets.contract.source import Source
    from pipelines.judging.file_verdicts import Judged
    from pipelines.storage.home import Home


class _Started(NamedTuple):
    source: Source
    held: list[str]
    answer: Future[list[Judged]]


_STARTED: dict[tuple[Path, str], _Started] = {}


def begin(sources: Iterable[Source], home: Home) -> None:
    """Start judging files without a verdict, one source after the other; `judged` waits for its source.

    If nothing waits any more because a step has failed, the thread ends with the process.
    """
    in_turn = sorted(
        sources, key=lambda source: source.name != ORGANISATIONS
    )  # other files are checked against its lists
    started = [
        _Started(source, _held(source, home), Future())
        for source in in_turn
        if file_verdicts.unjudged(source, home)
    ]
    _STARTED.update({(home.root, one.source.name): one for one in started})

    def work() -> None:
        for one in started:
            try:
                one.answer.set_result(acceptance.judge_all(one.source, home))
            except BaseException as error:  # raised again in `judged`
                one.answer.set_exception(error)

    threading.Thread(target=work, name="judging ahead", daemon=True).start()


def judged(source: Source, home: Home) -> list[Judged]:
    """Return every file of a source with its verdict, oldest first, after waiting for judging that was started."""
    started = _STARTED.pop((home.root, source.name), None)
    if started is not None and started.source is source and started.held == _held(source, home):
        return started.answer.result()
    return acceptance.judge_all(source, home)


def _held(source: Source, home: Home) -> list[str]:
    """Return a name for each file of a source."""
    return [f"{copy.key}-{copy.place}" for copy, _ in file_verdicts.copies(source, home)]
