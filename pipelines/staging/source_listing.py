"""The listing of `digital-maturity sources`: the current state of a source, as a record for programs or lines to read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from assets.contract.periods import first_day
from assets.contract.source import Source
from pipelines.judging import decisions
from pipelines.judging.file_verdicts import Candidate, copies
from pipelines.staging.source_status import aged
from pipelines.storage.home import Home

UNKNOWN = "not refreshed yet"


@dataclass(frozen=True)
class Listing:
    """A source: its state now and since when, its editions by origin, decisions, last answers and next due date.

    `due_on` is the ISO day by which a newer file is expected; `next_expected` says the same in words. Unknown texts are
    empty.
    """

    source: str
    title: str
    publisher: str
    status: str
    since: str
    why: str
    editions: dict[str, list[str]]
    withdrawn: list[str]
    acknowledged: list[str]
    fetched_by: str
    last_asked: str
    last_success: str
    last_failure: str
    next_expected: str
    due_on: str
    overdue: bool
    cadence: str
    licence: str
    landing_page: str

    def record(self) -> dict[str, Any]:
        """Return the fields for JSON; an unknown text is null."""
        return {name: None if value == "" else value for name, value in asdict(self).items()}

    def row(self) -> dict[str, str]:
        """Return the fields for CSV: lists joined by semicolons, true and false in lower case."""
        return {name: _flat(value) for name, value in asdict(self).items()}

    def lines(self) -> dict[str, str]:
        """Return the lines for readers, by the label that begins each line."""
        never = "never" if self.fetched_by == "network" else "never: files are added by hand"
        decided = {"withdrawn": "; ".join(self.withdrawn), "acknowledged": "; ".join(self.acknowledged)}
        return {
            "status": ": ".join(filter(None, (self.status, self.why))),
            **({"since": self.since} if self.since else {}),
            "editions": _flat(self.editions) or "none",
            **{kind: files for kind, files in decided.items() if files},
            "last asked": self.last_asked or never,
            "last success": self.last_success or never,
            "last failure": self.last_failure or "none",
            "next expected": self.next_expected + (" (overdue)" if self.overdue else ""),
            "cadence": self.cadence,
            "licence": self.licence,
            "announced": self.landing_page or "nowhere",
        }


def listing(source: Source, home: Home, today: date) -> Listing:
    """Return the listing of a source in a home whose archive and status are on this machine."""
    last_run = {line["source"]: line for line in home.read_status("run").get("sources", [])}
    now = last_run.get(source.name, {"status": UNKNOWN, "why": ""})
    answer = home.read_status(source.name)
    status, why = aged(source, answer.get("last_success") or "", now["status"], now["why"])
    held = [copy for copy, _ in copies(source, home)]
    due = _due(source, held)
    return Listing(
        source=source.name,
        title=source.title,
        publisher=source.publisher,
        status=status,
        since=now.get("since", "")
        if status == now["status"]
        else _too_long_ago(source, answer["last_success"]),
        why=why,
        editions=_by_origin(held),
        **_decided(source, home),
        fetched_by="network" if source.remotes else "hand",
        last_asked=answer.get("last_asked") or "",
        last_success=answer.get("last_success") or "",
        last_failure=answer.get("last_failure") or "",
        next_expected=f"by {due}" if isinstance(due, date) else due,
        due_on=str(due) if isinstance(due, date) else "",
        overdue=isinstance(due, date) and due < today,
        cadence=source.cadence,
        licence=source.licence,
        landing_page=source.landing_page,
    )


def _too_long_ago(source: Source, answered_at: str) -> str:
    """Return the time from which on the last answer of a publisher was too long ago."""
    return (datetime.fromisoformat(answered_at) + source.max_age).isoformat(timespec="seconds")


def _decided(source: Source, home: Home) -> dict[str, Any]:
    """Return the decisions about files by kind: edition, part, hash, who decided, when and why."""
    return {
        kind: [
            f"{' '.join(filter(None, (one.edition, one.part)))} {one.sha256[:12]} by {one.by} on {one.decided_at[:10]} ({one.why})"
            for one in found.values()
        ]
        for kind, found in decisions.in_force(source.name, home).items()
    }


def _by_origin(held: Sequence[Candidate]) -> dict[str, list[str]]:
    """Return the distinct editions held by origin, in the order of the files."""
    editions: dict[str, dict[str, None]] = {}
    for copy in held:
        editions.setdefault(copy.origin, {})[copy.edition] = None
    return {origin: list(found) for origin, found in editions.items()}


def _due(source: Source, held: Sequence[Candidate]) -> date | str:
    """Return the day by which a newer file is due, from the age its series may reach, or a sentence if none is due."""
    if not source.remotes:
        return "whenever a file is added by hand"
    if not held:
        return "at the next refresh with a network"
    if source.cadence.startswith("closed"):
        return "nothing: the series is closed"
    newest = max(copy.published_on[:10] or copy.retrieved_on[:10] for copy in held)
    return first_day(newest) + source.max_age


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{origin} {', '.join(editions)}" for origin, editions in value.items())
    if isinstance(value, list):
        return "; ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
