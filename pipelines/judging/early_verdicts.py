"""Files of the lists of trusts that were judged for another source, before their own step reports them.

A run reports the checks of each file once, in the step of its source. Other sources need the verdicts on the lists
earlier. Files judged for them are noted here until the step of the lists reports them.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipelines.judging.file_verdicts import Verdict
from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home


def note(judged: Iterable[Verdict], home: Home) -> None:
    """Note the newly judged files."""
    for one in judged:
        if one.newly:
            write_atomically(_path(one, home), b"")


def taken_up(judged: Iterable[Verdict], home: Home) -> list[Verdict]:
    """Return files, with the noted ones marked as newly judged, and delete the notes."""
    done = []
    for one in judged:
        noted = _path(one, home)
        done.append(replace(one, newly=True) if noted.exists() else one)
        noted.unlink(missing_ok=True)
    return done


def _path(one: Verdict, home: Home) -> Path:
    return home.verdicts / "unreported" / f"{one.copy.key}-{one.copy.place}"
