"""Small pieces of Markdown, as the pages of docs/ are written."""

import re
from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; nothing stands for a missing value."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str("" if value is None else value).replace("|", "\\|").split())


def anchor(heading: str) -> str:
    """Return what a link to a heading ends with, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(heading: str) -> str:
    """Return a link to a heading of the same page that is the name of something."""
    return f"[`{heading}`](#{anchor(heading)})"


def names(found: Iterable[str]) -> str:
    """Return names in a row, as code."""
    return ", ".join(f"`{name}`" for name in found)
