"""docs/caveats.md: caveats of tables, and what may be compared, from the sources."""

from collections.abc import Iterator

from assets.catalogue import sources
from assets.contract.notes import Caveat, Comparability
from assets.contract.source import Source
from tools.documents.markdown import link, table

INTRO = """# Caveats

What a reader must know before using a table, by source, and which scores may be compared. In a release these are the
tables `caveat` (with a row for every table derived from the one named here) and `comparability`. Generated from the
sources by `python -m tools.documents`; a test fails when it differs. How numbers are made: [methodology](methodology.md).
"""
COMPARED = ("of", "with", "comparable", "why")


def page() -> str:
    """Return the page."""
    found = [source for source in sources().values() if source.caveats or source.comparability]
    contents = table(("source", "what"), [(link(source.name), source.title) for source in found])
    return "\n".join([INTRO, contents, *(_section(source) for source in found)])


def _section(source: Source) -> str:
    return "\n".join([f"## `{source.name}`\n", f"{source.title}, {source.publisher}.\n", *_parts(source)])


def _parts(source: Source) -> Iterator[str]:
    for caveat in source.caveats:
        yield f"- **{caveat.caveat}** ({_about(caveat)}): {caveat.text}"
    yield ""
    if source.comparability:
        yield table(COMPARED, map(_compared, source.comparability))


def _about(caveat: Caveat) -> str:
    place = f"[`{caveat.table}`](tables.md#{caveat.table})"
    return f"{place}, `{caveat.measure}`" if caveat.measure else place


def _compared(row: Comparability) -> tuple[str, ...]:
    one = f"{row.instrument} {row.period} `{row.measure}`"
    other = f"{row.with_instrument} {row.with_period} `{row.with_measure}`"
    return one, other, "yes" if row.comparable else "no", row.why
