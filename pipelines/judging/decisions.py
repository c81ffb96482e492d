"""Decisions of a maintainer about one file: to withdraw it, or to accept it although a guard refuses it.

Each decision is a small file under `decisions` in the archive, which is never changed, so that machines that share a
home share decisions. It identifies the file by source, edition, part and SHA-256: other bytes need a separate decision.
A decision is undone by a later one; the newest counts.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from assets.contract.edition_shape import harmless_name
from assets.contract.errors import RefusedError
from pipelines.judging.expectation_results import LONGEST_TEXT, CheckResult
from pipelines.storage.archive import DamagedArchiveError, Vintage, read_record
from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home

Kind = Literal["withdrawn", "acknowledged"]
FOLDER = "decisions"
SOMEBODY = "the maintainer of this home"
LEAST_REASON = 5
"""Least number of characters of a reason; fewer explain nothing."""


class DecisionError(RefusedError, ValueError):
    """A decision that cannot be recorded; the message is one sentence."""


@dataclass(frozen=True)
class Decision:
    """What was decided about a file, by whom, when (ISO 8601, UTC) and why; `undone` reverses the previous decision."""

    kind: Kind
    source: str
    edition: str
    part: str
    sha256: str
    why: str
    by: str
    decided_at: str
    undone: bool = False

    @property
    def words(self) -> str:
        """Who decided, and why."""
        return f"{self.kind} by {self.by} ({self.why})"


Key = tuple[str, str, str]
"""Edition, part and SHA-256."""


def in_force(source: str, home: Home) -> dict[Kind, dict[Key, Decision]]:
    """Return the decisions in force about files of a source, by kind and file."""
    found: dict[Kind, dict[Key, Decision]] = {"withdrawn": {}, "acknowledged": {}}
    for decision in sorted(_read(source, home), key=lambda one: (one.decided_at, one.undone)):
        held, key = found[decision.kind], (decision.edition, decision.part, decision.sha256)
        held.pop(key, None)
        if not decision.undone:
            held[key] = decision
    return found


def key_of(vintage: Vintage) -> Key:
    """Return the key by which a decision identifies a file."""
    return vintage.edition, vintage.part, vintage.sha256


@dataclass(frozen=True)
class Reason:
    """Why something was decided, and by whom."""

    why: str
    by: str = ""


def decide(kind: Kind, vintage: Vintage, reason: Reason, home: Home, *, undone: bool = False) -> Decision:
    """Record a decision about a file and return it. Raises DecisionError if the reason is too short."""
    decision = _made(kind, vintage, reason, undone=undone)
    earlier = [one.decided_at for one in _read(vintage.source, home)]
    decision = replace(decision, decided_at=_after(datetime.now(UTC), earlier))
    name = f"{''.join(filter(str.isalnum, decision.decided_at))}-{kind}-{vintage.sha256[:16]}.json"
    content = json.dumps(asdict(decision), indent=1, ensure_ascii=False).encode()
    write_atomically(_folder(vintage.source, home) / name, content)
    return decision


def words(kind: Kind, reason: Reason) -> str:
    """Return the text of a decision before it is recorded: what is decided, by whom and why."""
    return f"{kind} by {harmless_name(reason.by) or SOMEBODY} ({reason_of(reason.why, kind)})"


def _made(kind: Kind, vintage: Vintage, reason: Reason, *, undone: bool) -> Decision:
    where = (vintage.source, vintage.edition, vintage.part, vintage.sha256)
    by = harmless_name(reason.by) or SOMEBODY
    return Decision(kind, *where, reason_of(reason.why, kind), by, "", undone)


def reason_of(why: str, kind: Kind) -> str:
    """Return a reason in publishable form; raise DecisionError if it is too short."""
    reason = harmless_name(why)
    if len(reason) < LEAST_REASON:
        raise DecisionError(
            f"Recording that a file is {kind}: expected a reason that explains it to others, found {reason!r}; write one sentence."
        )
    return reason


Where = tuple[str, str, str]
"""Source, edition and part."""


def choose(kind: Kind, where: Where, home: Home, *, undo: bool = False) -> Vintage:
    """Return the file for a new decision: the newest of the edition and part that the decision would change.

    Raises DecisionError if the archive holds none.
    """
    source, edition, part = where
    held = [v for v in home.archive.vintages(source, part) if (v.edition, v.part) == (edition, part)]
    decided = in_force(source, home)[kind]
    fitting = [vintage for vintage in held if (key_of(vintage) in decided) == undo]
    if fitting:
        return fitting[-1]
    if held:
        found = f"none that is {kind}" if undo else f"none that is not {kind} already"
    else:
        editions = sorted(
            {" ".join(filter(None, (v.edition, v.part))) for v in home.archive.vintages(source)}
        )
        found = f"files of {', '.join(editions[-8:]) or 'no edition'}"
    raise DecisionError(
        f"Deciding about {' '.join(filter(None, where))}: expected a fetched or ingested file of it in the archive, found {found}; name one of them (frozen editions are part of the program and stay)."
    )


def excused(results: Iterable[CheckResult], decision: str) -> list[CheckResult]:
    """Return the results of guards, where a decision turns failed results into passed ones and is named in each."""
    return [
        result
        if result.success or not decision
        else replace(
            result,
            success=True,
            outcome="passed",
            observed=_short(f"{decision}; {result.observed}"),
        )
        for result in results
    ]


def _read(source: str, home: Home) -> list[Decision]:
    found = []
    for path in sorted(_folder(source, home).glob("[!.]*.json")):
        try:
            found.append(read_record(path, Decision, "decided_at"))
        except (ValueError, TypeError) as error:
            raise DamagedArchiveError(
                f"Reading {path}: expected a decision about a file, found {error}; move it out of the archive and decide again."
            ) from error
    return found


def _folder(source: str, home: Home) -> Path:
    return home.archive.root / FOLDER / source


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 4]} ..."


def _after(now: datetime, moments: list[str]) -> str:
    """Return the time of a decision: now, or just after the newest one if the clock was set back."""
    newest = max(map(datetime.fromisoformat, moments), default=now - timedelta(seconds=1))
    return max(now, newest + timedelta(microseconds=1)).isoformat(timespec="microseconds")
