"""What reports have in common: a page that opens from disk, prints, needs no script, and ends with its queries."""

from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipelines.publishing.explorer.palette import COLOURS
from pipelines.publishing.report.answers import Answer, shown

FOLDER = files("pipelines.publishing.report")


def environment() -> Environment:
    """Return what fills templates: everything is escaped, and nothing may be missing."""
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["shown"] = shown
    return made


def document(body: Markup, queries: Iterable[Answer], title: str) -> str:
    """Return a report as one HTML file, with its queries and their rows at the end."""
    frame = environment().from_string((FOLDER / "frame.html").read_text("utf-8"))
    style = (FOLDER / "report.css").read_text("utf-8")
    for name, colour in COLOURS.items():
        style = style.replace(f"var(--{name})", colour)
    return frame.render(body=body, queries=list(queries), style=Markup(style), title=title)  # noqa: S704 - our own style
