"""The pages that are generated from the project, in whole or between two marks."""

from collections.abc import Callable
from pathlib import Path

from tools.documents import caveats, commands, packages, readme, tables

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables.page,
    "caveats.md": caveats.page,
    "commands.md": commands.page,
    packages.PAGE: lambda: packages.redrawn((DOCS / packages.PAGE).read_text("utf-8")),
    readme.PAGE: lambda: readme.completed((DOCS / readme.PAGE).read_text("utf-8")),
}


def write() -> None:
    """Write every page again."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
