"""What a run says of itself on standard error: a line as each step ends, or a bar on a terminal."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import click
import dagster as dg

from pipelines.integration.lineage import LAYERS

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

WIDTH = 30
FOLLOWS = "Dependencies for step "
"""How Dagster's lines about steps after a failed one begin: the sentence of that step says enough."""
_bar: ContextVar[logging.Handler | None] = ContextVar("bar", default=None)
"""Shows the run of this process as a bar; a step in another process says a line."""


@dg.logger(None, "What steps say of themselves, plainly, on standard error: for the command line.")
def progress(_context: dg.InitLoggerContext) -> logging.Logger:
    """Return a logger of what steps say of themselves, or of when they begin and end."""
    bar = _bar.get()
    logger = logging.Logger("progress", logging.DEBUG if bar else logging.INFO)  # Dagster's events are debug
    logger.addHandler(bar or _lines())
    return logger


@contextmanager
def as_bar(steps: int) -> Iterator[None]:
    """Show the run of this process as a bar over so many steps, which says what is at work."""
    with click.progressbar(
        length=steps, file=sys.stderr, width=WIDTH, show_eta=False, show_pos=True, item_show_func=_at_work
    ) as shown:
        before = _bar.set(_Bar(shown))
        try:
            yield
        finally:
            _bar.reset(before)


def _at_work(step: str | None) -> str:
    return "" if not step else f"tables: {step}" if step in LAYERS else step


def _lines() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsSaid())
    handler.addFilter(lambda record: _about(record).get("dagster_event") is None)
    handler.addFilter(lambda record: not _said(record).startswith(FOLLOWS))
    return handler


class _AsSaid(logging.Formatter):
    """Lines of the steps alone."""

    def format(self, record: logging.LogRecord) -> str:
        return f"  {_said(record)}"


class _Bar(logging.Handler):
    """Moves a bar as steps end, and names the step that has begun."""

    def __init__(self, bar: "ProgressBar[str | None]") -> None:
        super().__init__()
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
