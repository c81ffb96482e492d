"""Judging ahead: while one source is staged, the files of the next are parsed and checked by other processes.

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
    from collections.abc import Iterable, Mapping

    from assets.contract.source import Source
    from pipelines.judging.file_verdicts import Verdict
    from pipelines.storage.home import Home


class _Started(NamedTuple):
    source: Source
    held: list[str]
    answer: Future[list[Verdict]]


class BackgroundChecks:
    """The files of sources in a home that are being judged ahead, by source."""

    def __init__(self, sources: Mapping[str, Source], home: Home) -> None:
        self._sources = sources
        self._home = home
        self._started: dict[str, _Started] = {}

    def begin(self) -> None:
        """Start judging files without a verdict, one source after the other; `judged` waits for its source.

        If nothing waits any more because a step has failed, the thread ends with the process.
        """
        # Other files are checked against the lists of trusts, so the lists come first.
        in_turn = sorted(self._sources.values(), key=lambda source: source.name != ORGANISATIONS)
        started = [
            _Started(source, self._held(source), Future())
            for source in in_turn
            if file_verdicts.unjudged(source, self._home)
        ]
        self._started = {one.source.name: one for one in started}
        threading.Thread(target=self._work, args=(started,), name="judging ahead", daemon=True).start()

    def judged(self, source: Source) -> list[Verdict]:
        """Return every file of a source with its verdict, oldest first, after waiting for judging that was started."""
        started = self._started.pop(source.name, None)
        if started is not None and started.source is source and started.held == self._held(source):
            return started.answer.result()
        return acceptance.judge_all(source, self._sources, self._home)

    def _work(self, started: Iterable[_Started]) -> None:
        for one in started:
            try:
                one.answer.set_result(acceptance.judge_all(one.source, self._sources, self._home))
            except BaseException as error:  # raised where the answer is waited for
                one.answer.set_exception(error)

    def _held(self, source: Source) -> list[str]:
        """Name the files a source has."""
        return [f"{copy.key}-{copy.place}" for copy, _ in file_verdicts.copies(source, self._home)]
