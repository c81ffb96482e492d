"""The sources that the lists of README.md do not name yet, in a list of their own below them."""

from collections.abc import Iterator

from assets.catalogue import sources
from pipelines.integration.lineage import fact_tables
from tools.documents.markdown import between, names

PAGE = "../README.md"
MARKS = ("<!-- more sources -->", "<!-- /more sources -->")


def completed(page: str) -> str:
    """Return the page with a line for each source that it does not name outside of its two marks."""
    lines = "\n".join(_missing(between(page, MARKS, "")))
    return between(page, MARKS, f"\n\n{lines}\n\n" if lines else "\n")


def _missing(page: str) -> Iterator[str]:
    for name, source in sources().items():
        if f"`{name}`" not in page:
            yield f"- `{name}`: {source.title}, in {names(sorted(fact_tables(source)))}"
