"""What is wrong with a home as a whole: a run that failed, a latest release that is damaged, too much on the disk.

`digital-maturity sources --strict` and a sensor read it; `record_run` is called by whatever runs the main job.
"""

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from assets.contract.errors import UsageError
from pipelines.storage.disk_errors import writing
from pipelines.storage.home import Home
from pipelines.storage.lock import held_by
from pipelines.storage.release_hashes import damage, listed

MOST = "DIGITAL_MATURITY_MOST_GB"
"""The environment variable with the size in GB that a home may reach before it is reported."""
USUAL_MOST = 20.0
LAST_RUN = "last_run"


@dataclass(frozen=True)
class Condition:
    """A home: when its last run began and ended, its latest release, its size, and each problem by its name."""

    run_began_at: str
    run_ended_at: str
    release: str
    bytes: int
    most_bytes: int
    problems: dict[str, dict[str, str]]

    def record(self) -> dict[str, Any]:
        """Return the fields for JSON; an unknown text is null."""
        return {name: None if value == "" else value for name, value in asdict(self).items()}


def record_run(home: Home, began_at: str, *, ended: bool, error: str = "") -> None:
    """Store that a run began, or that it ended, with the sentence of what ended it; other machines see it too."""
    ended_at = now() if ended else ""
    with writing("the status of the run", home.root):
        home.write_status(
            LAST_RUN, {"began_at": began_at, "ended_at": ended_at, "error": error}, at_once=True
        )


def now() -> str:
    """Return the time as the status of a home has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def condition(home: Home) -> Condition:
    """Return the condition of a home. Of a release in an object store, only files that were written again are downloaded."""
    run = {name: str(text) for name, text in home.read_status(LAST_RUN).items()}
    release = home.latest_name() if home.release_names() else ""
    size, most = _size(home), _most()
    found = {
        "failed_run": (run.get("ended_at") or run.get("began_at", ""), _failure(run, home)),
        "damaged_release": ("", _damage(release, home)),
        "growth": ("", _growth(size, most)),
    }
    problems = {name: {"since": since, "why": why} for name, (since, why) in found.items() if why}
    return Condition(run.get("began_at", ""), run.get("ended_at", ""), release, size, most, problems)


def _failure(run: dict[str, str], home: Home) -> str:
    """Return why the last run failed; empty if it did not, or is at work."""
    if run.get("began_at") and not run.get("ended_at"):
        return "" if home.store or held_by(home.lock) else "its process ended without recording a result"
    return run.get("error", "")


def _damage(release: str, home: Home) -> str:
    """Return which files of a release are not as they were published; empty where all are."""
    if not release:
        return ""
    wrong = home.store.damaged(release) if home.store else damage(home.releases / release)
    if not wrong:
        return ""
    return f"release {release} is not as it was published: {listed(wrong)}; `digital-maturity refresh` publishes it anew, or says what to do"


def _growth(size: int, most: int) -> str:
    """Return that a home is too large; empty where it is not."""
    if size <= most:
        return ""
    return f"the home takes {size / 1e9:.1f} GB, more than the limit of {most / 1e9:g} GB; remove old releases with `digital-maturity prune --keep N`"


def _size(home: Home) -> int:
    """Return the bytes of every file in a home; a file that is removed meanwhile does not count."""
    total = 0
    for folder, _, names in os.walk(home.root):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - thousands of files
            except FileNotFoundError:
                continue
    return total


def _most() -> int:
    """Return how many bytes a home may have. Raises UsageError."""
    written = os.environ.get(MOST, "")
    try:
        most = float(written or USUAL_MOST)
    except ValueError:
        most = 0.0
    if not 0 < most < float("inf"):
        raise UsageError(
            f"Reading {MOST}: expected a number of GB above 0, found {written!r}; correct it or unset it."
        )
    return int(most * 1e9)
