"""Who succeeded whom: the extract of the succession reports, and the transcribed edges of later years."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from . import files
from .core import Expected


def extract(path: Path) -> Iterator[Expected]:
    """Yield every edge of the extract (all kinds of organisations): the day the successor starts."""
    for line in files.csv_lines(path):
        text = line.text("date").split(".")[0]
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        key = {"predecessor_code": line.text("old_code"), "successor_code": line.text("new_code")}
        yield Expected(
            "organisation_succession",
            files.place(path, line.row),
            key,
            {"stated_date": day},
            {},
            optional=True,
        )


def transcribed(path: Path) -> Iterator[Expected]:
    """Yield the transcribed edges that name a successor and a day: the first of the successor."""
    for line in files.csv_lines(path):
        day = line.text("succession_date")
        if line.text("successor_code") and day:
            key = {
                "predecessor_code": line.text("predecessor_code"),
                "successor_code": line.text("successor_code"),
            }
            values = {"succession_date": date.fromisoformat(day)}
            yield Expected("organisation_succession", files.place(path, line.row), key, values)
