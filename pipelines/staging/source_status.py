"""The state of a source: the last answer of its publisher, and the files in use.

The live state (`status/`) is updated by every run. A release holds the state at publication, which does not depend on
the clock: a publisher that had nothing new is `fresh` too.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Literal

from assets.contract.source import Source
from pipelines.fetching.archive_update import Outcome
from pipelines.staging.staged_tables import Manifest
from pipelines.storage.home import Home

Status = Literal["fresh", "unchanged", "frozen", "stale", "refused", "never_fetched"]
BAD: tuple[Status, ...] = ("stale", "refused")
"""States that somebody has to look at."""
NO_NETWORK = "no network: "
NOTHING = "no file has arrived yet"
LONG_AGO = "the publisher answered last on "
FROZEN = "no file has been fetched; the frozen editions of the project are in use"
UNCHECKED = "the publisher has not been checked since the files arrived; refresh with a network"
BY_HAND = "there is no address to fetch from; the editions held are in use until a file is added by hand"

SWITCHED_OFF = "its pages are visited only where {switch}=1; the editions held are in use until then, or until a file is added by hand"


def record(outcome: Outcome, home: Home) -> None:
    """Store the answer of a publisher, with its last success and failure; without a new answer the last one stays."""
    known = home.read_status(outcome.source)
    if outcome.status == "not_attempted" and known:
        return
    last = {name: known.get(name, "") for name in ("last_asked", "last_success", "last_failure")}
    if outcome.status != "not_attempted":
        last["last_asked"] = outcome.checked_at
    if outcome.status in {"fresh", "unchanged"}:
        last["last_success"] = outcome.checked_at
    elif outcome.status in {"failed", "no_network"}:
        last["last_failure"] = f"{outcome.checked_at}: {outcome.why}"
    new = [f"{vintage.edition} {vintage.part}".strip() for vintage in outcome.new]
    home.write_status(outcome.source, {**asdict(outcome), "new": new, **last})


def live(source: Source, manifest: Manifest, home: Home) -> tuple[Status, str]:
    """Return the state of a source and why it is not fresh (empty where it is)."""
    answer = home.read_status(source.name)
    answered, why = answer.get("status", "not_attempted"), str(answer.get("why", ""))
    if manifest.refused:
        return "refused", " ".join(manifest.refused)
    if not manifest.used:
        return "never_fetched", f"{NO_NETWORK}{NOTHING}" if answered == "no_network" else why or NOTHING
    if answered in {"fresh", "unchanged"}:
        return aged(source, str(answer.get("last_success", "")), answered, "")
    if answered == "failed":
        return "stale", why
    return _unchecked(source, manifest, answered)


def aged(source: Source, answered_at: str, status: Status, why: str) -> tuple[Status, str]:
    """Return a state and its reason; fresh or unchanged becomes stale if the publisher was silent for longer than its editions are apart."""
    day = answered_at[:10]
    if (
        day
        and status in {"fresh", "unchanged"}
        and datetime.now(UTC).date() - date.fromisoformat(day) > source.max_age
    ):
        return "stale", f"{LONG_AGO}{day}, longer ago than its editions are apart; refresh with a network"
    return status, why


def _unchecked(source: Source, manifest: Manifest, answered: str) -> tuple[Status, str]:
    """Return the state of a source whose publisher was not contacted, or could not be reached."""
    network = NO_NETWORK if answered == "no_network" else ""
    if all(judged.copy.origin in {"frozen", "transcribed"} for judged in manifest.used):
        if source.remotes:
            return "frozen", f"{network}{FROZEN}"
        return "frozen", SWITCHED_OFF.format(switch=source.switch) if source.pages else BY_HAND
    return ("stale", f"{network}{UNCHECKED}") if source.remotes else ("unchanged", "")


def at_publication(status: Status, why: str) -> tuple[str, str]:
    """Return the state and its reason for a release: without anything that held only on the day of the run."""
    if status == "unchanged" or why.startswith(LONG_AGO):
        return "fresh", ""
    return status, why.removeprefix(NO_NETWORK)


def summary(source: Source, manifest: Manifest, status: Status, why: str, *, since: str) -> dict[str, Any]:
    """Return one line of the table that a refresh prints at its end; `since` is the run in which the state came about."""
    editions = [judged.copy.edition for judged in manifest.used]
    return {
        "source": source.name,
        "edition": max(editions, default=""),
        "rows": sum(judged.rows_staged for judged in manifest.used),
        "status": status,
        "since": since,
        "why": why,
    }
