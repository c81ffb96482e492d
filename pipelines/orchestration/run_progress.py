"""What a run says of itself on standard error: a line as each step ends, or a bar on a terminal.

While steps run, Dagster writes standard error into a file and has `tail` repeat it, which may lose the last lines
(https://github.com/dagster-io/dagster/issues/23336). What is said here goes to standard error as it was before.
"""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

import click
import dagster as dg

from pipelines.integration.lineage import LAYERS

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

WIDTH = 30
FOLLOWS = "Dependencies for step "
"""How Dagster's lines about steps after a failed one begin: the sentence of that step says enough."""
_handler: ContextVar[logging.Handler | None] = ContextVar("handler", default=None)
"""Shows the run of this process; a step in another process says a line on its own standard error."""


@dg.logger(None, "What steps say of themselves, plainly, on standard error: for the command line.")
def progress(_context: dg.InitLoggerContext) -> logging.Logger:
    """Return a logger of what steps say of themselves, or, for the bar, of when they begin and end."""
    handler = _handler.get() or _Lines(sys.stderr)
    logger = logging.Logger("progress", handler.level)
    logger.addHandler(handler)
    return logger


@contextmanager
def shown(steps: int) -> Iterator[None]:
    """Show the run of this process on standard error: with `steps`, as a bar over so many steps, else in lines."""
    with ExitStack() as held:
        stream = held.enter_context(_standard_error())
        handler: logging.Handler = _Lines(stream)
        if steps:
            bar = click.progressbar(
                length=steps, file=stream, width=WIDTH, show_eta=False, show_pos=True, item_show_func=_at_work
            )
            handler = _Bar(held.enter_context(bar))
        held.callback(_handler.reset, _handler.set(handler))
        yield


@contextmanager
def _standard_error() -> Iterator[TextIO]:
    """Yield what standard error is now, whatever is put in its place later."""
    try:
        number = os.dup(sys.stderr.fileno())
    except io.UnsupportedOperation:  # it is no file, and nothing is put in the place of one
        yield sys.stderr
        return
    with os.fdopen(number, "wb", 0) as unbuffered:
        yield _Unfailing(unbuffered, sys.stderr.encoding, sys.stderr.errors, write_through=True)


class _Unfailing(io.TextIOWrapper):
    """A stream whose reader may leave: what cannot be said does not decide how a run ends."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)


def _at_work(step: str | None) -> str:
    return "" if not step else f"tables: {step}" if step in LAYERS else step


class _Lines(logging.StreamHandler[TextIO]):
    """Says what the steps say, and not what Dagster says of them."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.setLevel(logging.INFO)
        self.addFilter(lambda record: _about(record).get("dagster_event") is None)
        self.addFilter(lambda record: not _said(record).startswith(FOLLOWS))

    def format(self, record: logging.LogRecord) -> str:
        return f"  {_said(record)}"


class _Bar(logging.Handler):
    """Moves a bar as steps end, and names the step that has begun: from Dagster's events, which are debug."""

    def __init__(self, bar: "ProgressBar[str | None]") -> None:
        super().__init__(logging.DEBUG)
        self._shown = bar

    def emit(self, record: logging.LogRecord) -> None:
        event = _about(record).get("dagster_event")
        if event is None:
            return
        if event.is_step_start:
            self._shown.current_item = event.step_key
            self._shown.render_progress()
        elif event.is_step_success:
            self._shown.update(1, event.step_key)


def _said(record: logging.LogRecord) -> str:
    """Return a line as a step said it, without the run and the step before it."""
    return str(_about(record).get("orig_message", record.getMessage()))


def _about(record: logging.LogRecord) -> dict[str, Any]:
    """Return what Dagster knows about a line that it hands on."""
    return getattr(record, "dagster_meta", {})
