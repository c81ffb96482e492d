"""Judging before it is asked for: while one source is staged, the files of the next are checked by other processes.

Only for a run whose steps share a process. What was begun counts only for the very files and rules it was begun for.
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


class _Begun(NamedTuple):
    source: Source
    held: list[str]
    answer: Future[list[Judged]]


_BEGUN: dict[tuple[Path, str], _Begun] = {}


def begin(sources: Iterable[Source], home: Home) -> None:
    """Begin to judge, one source after the other, what has no verdict yet; `judged` waits for its source.

    Where nobody waits any more, because a step has failed, the thread ends with the process.
    """
    in_turn = sorted(
        sources, key=lambda source: source.name != ORGANISATIONS
    )  # files are judged beside its lists
    begun = [
        _Begun(source, _held(source, home), Future())
        for source in in_turn
        if file_verdicts.unjudged(source, home)
    ]
    _BEGUN.update({(home.root, one.source.name): one for one in begun})

    def work() -> None:
        for one in begun:
            try:
                one.answer.set_result(acceptance.judge_all(one.source, home))
            except BaseException as error:  # whoever waits is told
                one.answer.set_exception(error)

    threading.Thread(target=work, name="judging ahead", daemon=True).start()


def judged(source: Source, home: Home) -> list[Judged]:
    """Return every file of a source with its verdict, oldest first, waiting for what was begun."""
    begun = _BEGUN.pop((home.root, source.name), None)
    if begun is not None and begun.source is source and begun.held == _held(source, home):
        return begun.answer.result()
    return acceptance.judge_all(source, home)


def _held(source: Source, home: Home) -> list[str]:
    """Name the files a source has."""
    return [f"{copy.key}-{copy.place}" for copy, _ in file_verdicts.copies(source, home)]
