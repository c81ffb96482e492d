"""The state of a source: what its publisher answered last, and what is in use.

Live state (`status/`) follows every run. A release holds the state at publication, told without a clock: `fresh` also
for a publisher that had nothing new.
"""

from dataclasses import asdict
from typing import Any, Literal

from assets.source import Source
from pipelines.home import Home
from pipelines.refreshing import Outcome
from pipelines.staging import Manifest

Status = Literal["fresh", "unchanged", "frozen", "stale", "refused", "never_fetched"]
NO_NETWORK = "no network: "
FROZEN = "no file has been fetched; the frozen editions of the project are in use"
UNASKED = "the publisher has not been asked since the files came; refresh with a network"
BY_HAND = "has no address to fetch from; the editions held are in use until a file is added by hand"


def record(outcome: Outcome, home: Home) -> None:
    """Keep what a publisher answered; a source that was not asked keeps its last answer."""
    known = home.read_status(outcome.source)
    if outcome.status != "not_attempted" or not known:
        new = [f"{vintage.edition} {vintage.part}".strip() for vintage in outcome.new]
        home.write_status(outcome.source, {**asdict(outcome), "new": new})


def live(source: Source, manifest: Manifest, home: Home) -> tuple[Status, str]:
    """Return the state of a source and why it is not fresh (empty where it is)."""
    answer = home.read_status(source.name)
    answered, why = answer.get("status", "not_attempted"), str(answer.get("why", ""))
    if manifest.refused:
        return "refused", " ".join(manifest.refused)
    if not manifest.used:
        return "never_fetched", why or "no file has arrived yet"
    if answered in {"fresh", "unchanged"}:
        return answered, ""
    if answered == "failed":
        return "stale", why
    return _unasked(source, manifest, answered, why)


def _unasked(source: Source, manifest: Manifest, answered: str, why: str) -> tuple[Status, str]:
    """Return the state of a source whose publisher was not asked, or not reached by anyone here."""
    if all(judged.copy.origin in {"frozen", "transcribed"} for judged in manifest.used):
        return (
            "frozen",
            f"{NO_NETWORK if answered == 'no_network' else ''}{FROZEN}" if source.remotes else BY_HAND,
        )
    return ("stale", why or UNASKED) if source.remotes else ("unchanged", "")


def at_publication(status: Status, why: str) -> tuple[str, str]:
    """Return the state and its reason as a release tells them: without what was only so on the day of the run."""
    return "fresh" if status == "unchanged" else status, why.removeprefix(NO_NETWORK)


def summary(source: Source, manifest: Manifest, status: Status, why: str) -> dict[str, Any]:
    """Return one line of the table that a refresh ends with."""
    editions = [judged.copy.edition for judged in manifest.used]
    return {
        "source": source.name,
        "edition": max(editions, default=""),
        "rows": sum(judged.rows_staged for judged in manifest.used),
        "status": status,
        "why": why,
    }
