"""How complete a release is, and why data are missing: the answer to "why is this trust not in that table?".

Each gap has one of the reasons in `assets.contract.notes.COVERAGE`. Sources report what only they know; everything else
is counted here from the files in use, the organisations of the day and the facts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from assets.contract.notes import Coverage
from assets.contract.remote import Remote
from assets.contract.source import Source
from pipelines.integration.frames import Frames
from pipelines.staging.staged_tables import Staged

NAMED = ["edition", "org_name_as_published"]
"""The columns that identify the organisation of a fact, as published."""
MOST_CODES = 100
"""Most trusts that a row lists; a longer list would not be read."""
OPEN = (
    "Trusts with a row, of those open on the last day the edition is about; a row without a value says why in "
    "value_status."
)
ELSEWHERE = "Their row is under the code of a predecessor or successor: look for current_org_code."
WITHOUT = "They were open, and the files of the edition that are here hold no row of theirs."
SINCE = (
    "Their rows stay under the code of the time; current_org_code is who took over, null where nobody did."
)
CLOSED = "They closed before the last day the edition is about; their rows are kept as published."
NOT_YET = "They opened after the last day the edition is about: the file reports an earlier year under today's code."


def coverage(
    staged: Mapping[str, Staged],
    organisations: Frames,
    facts: Frames,
    unmatched: list[dict[str, Any]],
    outside: Mapping[tuple[str, str], int],
) -> list[dict[str, Any]]:
    """Return the rows of `coverage`: what sources report, what is missing, and which trusts the fact tables have."""
    named = _named(facts)
    present = _presences(facts, _Trusts(organisations))
    rows = [
        (name, row)
        for name, one in staged.items()
        for row in (
            *_own(one, _published(one, named.get(name, []), unmatched)),
            *_never_fetched(one),
            *_left_out(one),
            *_others(name, outside),
            *_unmatched(name, unmatched),
            *_facts(one.source, present.get(name, [])),
        )
    ]
    return [{"source": name, **vars(row)} for name, row in rows]


def _own(one: Staged, rows: pd.DataFrame) -> Iterable[Coverage]:
    """Return what a source reports about its own rows."""
    return one.source.coverage(rows) if len(rows) else ()


def _named(facts: Frames) -> dict[str, list[pd.DataFrame]]:
    """Return by source the editions and names that its published facts are about."""
    found: dict[str, list[pd.DataFrame]] = {}
    for frame in facts.values():
        if len(frame) and {"source", *NAMED} <= {*frame.columns}:
            for source, rows in frame[["source", *NAMED]].drop_duplicates().groupby("source"):
                found.setdefault(str(source), []).append(rows[NAMED])
    return found


def _published(one: Staged, found: list[pd.DataFrame], unmatched: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the staged rows of organisations that have a published fact in the same edition.

    The counts of a source then equal those of a reader of the fact tables: a row whose organisation is unmatched or not
    a trust is staged but not published. A source without facts about organisations keeps all its rows, and rows that
    name no organisation (a board's own scores) are kept.
    """
    name, key = one.source.name, NAMED
    if not len(one.rows):
        return one.rows
    known = pd.concat(found).drop_duplicates() if found else pd.DataFrame(columns=key)
    if not {*key} <= {*one.rows.columns} or not (
        len(known) or any(row["source"] == name for row in unmatched)
    ):
        return one.rows
    published = pd.MultiIndex.from_frame(one.rows[key]).isin(pd.MultiIndex.from_frame(known))
    return one.rows[published | one.rows["org_name_as_published"].isna()].reset_index(drop=True)


def _never_fetched(one: Staged) -> Iterator[Coverage]:
    """Yield each edition whose file has never been accepted, and where the file would come from."""
    used = [judged.copy for judged in one.manifest.used]
    held = {(copy.edition, copy.part) for copy in used}
    own = {(copy.edition, copy.part) for copy in used if not copy.compiled_by}
    missing: dict[str, list[Remote]] = {}
    for remote in one.source.remotes:
        # what a re-user compiled is no file of a series that the publisher names
        if not _is_held(remote, held if remote.name is None else own, one.source):
            missing.setdefault(remote.edition or "", []).append(remote)
    for edition, remotes in missing.items():
        places = "; ".join(_place(remote) for remote in remotes)
        row = Coverage(
            f"files of {edition}" if edition else "editions on offer",
            0,
            len(remotes) if edition else None,
            "never fetched",
            f"To come from {places}. No file of it has been accepted yet; source_status says how the source is.",
            edition=edition,
        )
        yield from (replace(row, table_name=table) for table in _tables(one.source) or [""])


def _is_held(remote: Remote, held: set[tuple[str, str]], source: Source) -> bool:
    if remote.edition is not None:
        return (remote.edition, remote.part) in held
    if remote.name is None:
        return any(part == remote.part for _, part in held)
    by_address = {(other.edition, other.part) for other in source.remotes if other.edition is not None}
    # pages of editions may offer no more than the files whose addresses are known
    return bool(held - by_address) or (remote.file is not None and set() < by_address <= held)


def _place(remote: Remote) -> str:
    place = f"a link on {remote.url}" if remote.link else remote.url
    return f"{place} ({remote.part})" if remote.part else place


def _tables(source: Source) -> list[str]:
    """Return the tables a source fills, as far as its definition says before its first file."""
    return sorted({caveat.table for caveat in source.caveats} | source.absent.keys())


def _left_out(one: Staged) -> Iterator[Coverage]:
    """Yield the refused files, and the number of refused rows of the other files."""
    for copy, why in zip(one.manifest.refused_files, one.manifest.refused, strict=True):
        file = " ".join(filter(None, ("file", copy.part, copy.sha256[:12])))
        yield Coverage(file, 0, 1, "refused", why, edition=copy.edition)
    for judged in one.manifest.used:
        if judged.rejected:
            copy = judged.copy
            yield Coverage(
                " ".join(filter(None, ("rows of the file", copy.part, copy.sha256[:12]))),
                judged.rows_used,
                judged.rows_in,
                "refused",
                "rejected_row lists each row that is left out, and why.",
                edition=copy.edition,
            )


def _others(source: str, outside: Mapping[tuple[str, str], int]) -> Iterator[Coverage]:
    for (name, edition), count in sorted(outside.items()):
        if name == source:
            yield Coverage(
                "organisations that are no trusts",
                0,
                count,
                "not in scope",
                "The file lists them, this project is about NHS trusts: they are counted and left out.",
                edition=edition,
            )


_DOUBTS = {
    "unmatched": (
        "organisations that could not be identified",
        "unmatched",
        "Name or code fits no trust for certain: unmatched_organisation lists them with the nearest.",
    ),
    "name_disagrees": (
        "organisations under a name that no list has",
        "complete",
        "Their facts are kept under the code published beside the name: unmatched_organisation lists them.",
    ),
    "curated": (
        "organisations under a curated resolution",
        "complete",
        "Their code or name is printed wrongly: unmatched_organisation says what was meant, and why.",
    ),
}
"""Subject, status and explanation of organisations in doubt, by their status in `unmatched_organisation`."""


def _unmatched(source: str, unmatched: list[dict[str, Any]]) -> Iterator[Coverage]:
    counted = Counter(
        (row["table_name"], row["edition"], row["status"]) for row in unmatched if row["source"] == source
    )
    for (table, edition, doubt), count in sorted(counted.items()):
        subject, status, why = _DOUBTS[doubt]
        held = 0 if status == "unmatched" else count
        yield Coverage(subject, held, count, status, why, edition=edition, table_name=table)


class _Trusts:
    """Every trust by code: when it was open, and its successor today."""

    def __init__(self, organisations: Frames) -> None:
        known = organisations["organisation"]
        self.known = known[known["in_scope"].astype(bool)].set_index("org_code")
        today = organisations["organisation_current_main"]
        self.today = dict(zip(today["org_code"], today["current_org_code"], strict=True))
        self.newest: date = known["as_of_date"].max()

    def open_on(self, day: date) -> set[str]:
        """Return the trusts open on a day."""
        ended = self.known["close_date"]
        is_open = (self.known["open_date"] <= day) & (ended.isna() | (ended.fillna(day) >= day))
        return set(self.known.index[is_open])

    def opened_after(self, day: date) -> set[str]:
        """Return the trusts that opened after a day."""
        return set(self.known.index[self.known["open_date"] > day])

    def current(self, codes: set[str]) -> set[str]:
        """Return today's successors of some trusts."""
        return {self.today[code] for code in codes if not pd.isna(self.today.get(code))}


@dataclass(frozen=True)
class _Presence:
    """The trusts of one edition in one fact table, compared with those open on the last day it is about."""

    day: date
    present: set[str]
    expected: set[str]
    elsewhere: set[str]
    closed_since: set[str]
    not_yet: set[str]

    @property
    def closed(self) -> set[str]:
        """Trusts with a row that had closed by the day."""
        return self.present - self.expected - self.not_yet

    @property
    def without(self) -> set[str]:
        """Open trusts without a row under their own or a related code."""
        return self.expected - self.present - self.elsewhere


def _presence(rows: pd.DataFrame, trusts: _Trusts) -> _Presence:
    ends = rows["period_end"].dropna()
    day = min(ends.max(), trusts.newest) if len(ends) else trusts.newest
    present, expected = set(rows["org_code"]), trusts.open_on(day)
    related = trusts.current(present)
    missing = expected - present
    elsewhere = {code for code in missing if trusts.today.get(code) in related}
    since, not_yet = present & expected - trusts.open_on(trusts.newest), present & trusts.opened_after(day)
    return _Presence(day, present, expected, elsewhere, since, not_yet)


def _presences(facts: Frames, trusts: _Trusts) -> dict[str, list[tuple[str, str, _Presence]]]:
    """Return by source the presence of trusts in each fact table and edition, in order."""
    found: dict[str, list[tuple[str, str, _Presence]]] = {}
    for table, frame in sorted(facts.items()):
        if len(frame) and "org_code" in frame:
            known = frame.loc[frame["org_code"].notna(), ["source", "edition", "org_code", "period_end"]]
            for (source, edition), rows in known.groupby(["source", "edition"], sort=True):
                found.setdefault(str(source), []).append((table, str(edition), _presence(rows, trusts)))
    return found


def _facts(source: Source, present: Iterable[tuple[str, str, _Presence]]) -> Iterator[Coverage]:
    """Yield for each table and edition of a source how many trusts of the day have rows, and why others have none."""
    for table, edition, found in present:
        for row in _groups(found, source.absent.get(table)):
            yield replace(row, edition=edition, table_name=table)


def _groups(found: _Presence, absent: str | None) -> Iterator[Coverage]:
    day = f"trusts open on {found.day:%Y-%m-%d}"
    held, expected = len(found.present & found.expected), len(found.expected)
    status = "complete" if held == expected else "partial"
    yield Coverage(day, held, expected, status, OPEN)
    groups = (
        (f"{day} under another code", found.elsewhere, "merged away", ELSEWHERE),
        (
            f"{day} without a row",
            found.without,
            "not in scope" if absent else "not published",
            absent or WITHOUT,
        ),
        (f"{day} and closed since", found.closed_since, "complete", SINCE),
        (f"trusts closed by {found.day:%Y-%m-%d}", found.closed, "merged away", CLOSED),
        (f"trusts not yet open on {found.day:%Y-%m-%d}", found.not_yet, "not in scope", NOT_YET),
    )
    for subject, codes, reason, why in groups:
        if codes:
            yield Coverage(
                subject, len(codes & found.present), len(codes), reason, why, org_codes=_listed(codes)
            )


def _listed(codes: set[str]) -> str:
    return "; ".join(sorted(codes)) if len(codes) <= MOST_CODES else ""
