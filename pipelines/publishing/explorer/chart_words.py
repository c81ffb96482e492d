"""What the national charts show, in words made from their rows: for those who hear a page or read it without pictures."""

from collections.abc import Iterator
from typing import Any

from pipelines.publishing.explorer.grid import Grid


def spread_words(spread: Grid) -> str:
    """Return how the scores of each care setting lie."""
    lines = [f"{_plain(row['care_setting'])}: {row['providers']} scores {_lie(row)}" for row in _rows(spread)]
    return f"Comparable scores of 1 to 5. {'; '.join(lines)}."


def cohort_words(cohorts: Grid) -> str:
    """Return how the scores of each care setting and cohort lie."""
    lines = [f"{row['assessed']}: {row['n_scores']} scores {_lie(row)}" for row in _rows(cohorts)]
    return f"Comparable scores of 1 to 5. {'; '.join(lines)}."


def change_words(counts: Grid) -> str:
    """Return how many scores rose and fell in each care setting, and by how much the one in the middle changed."""
    lines = [
        f"{row['care_setting']}: {row['rose']} rose, {row['fell']} fell, {row['unchanged']} unchanged, "
        f"median change {row['median_change']:+.2f}"
        for row in _rows(counts)
    ]
    return f"Changes of comparable scores. {'; '.join(lines)}."


def _rows(grid: Grid) -> Iterator[dict[str, Any]]:
    names = [column.name for column in grid.columns]
    yield from (dict(zip(names, row, strict=True)) for row in grid.rows)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _lie(row: dict[str, Any]) -> str:
    """Return the lowest, the highest, the median and the middle half of a row."""
    return (
        f"from {row['lowest']:.2f} to {row['highest']:.2f}, median {row['median']:.2f}, "
        f"the middle half {row['lower_quartile']:.2f} to {row['upper_quartile']:.2f}"
    )
