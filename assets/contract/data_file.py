"""The data files beside a source: tables that a person keeps, as CSV."""

import csv
from functools import cache
from pathlib import Path


@cache
def rows_beside(module: str, name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the CSV file `name` beside the file `module`, by header."""
    text = Path(module).with_name(name).read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
