"""Which organisation a fact is about: found by its code or name on the day, never guessed.

Three kinds of doubt are published in `unmatched_organisation`: facts that are left out, facts kept under a code whose
published name is in no list, and facts kept under the code of a curated resolution.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from assets.contract.columns import METADATA
from assets.contract.source import Source
from assets.organisations import model
from assets.organisations.names import Match, Name, normalise, without_code
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.organisations.resolutions import key_of, resolutions
from assets.tables.about_data import CURATED, DISAGREES, UNMATCHED
from pipelines.integration.boards import about_boards, place_boards
from pipelines.integration.compact import SLICE
from pipelines.integration.frames import Frames

SHOWN = [
    "org_code",
    "org_name",
    "current_org_code",
    "current_org_name",
    "organisation_type",
    "region",
    "icb_code",
]
"""The columns about its organisation that a fact shows."""
IDENTIFIERS = ("org_name_as_published", "resolve_on", "org_code_as_published", "edition")
"""The columns by which an organisation is found."""
KNOWN = ["org_name", "region", "icb_code", "in_scope", "open_date", "close_date"]
"""The columns of an organisation that facts need."""
Question = tuple[str, date, str | None, str] | None
"""The name, the day, an optional code and the edition of an organisation; None for a row that is not about one."""


@dataclass(frozen=True)
class Placed:
    """The rows whose organisation is certain, some at a time, and a row of `unmatched_organisation` for each that is not."""

    unmatched: list[dict[str, Any]]
    slices: Callable[[], Iterator[pd.DataFrame]]


class Resolver:
    """Finds the organisation of each fact, and the columns to show with it.

    `noted` are the rows of `unmatched_organisation` about facts that were kept: their name disagrees, or they are curated.
    """

    def __init__(self, organisations: Frames) -> None:
        self._index = model.name_index(organisations["organisation_name"])
        self._organisations = _by_code(organisations["organisation"], KNOWN)
        self._today = _by_code(organisations["organisation_current_main"], ["current_org_code"])
        self._names: dict[str, list[Name]] = {}
        for name in self._index.names():
            self._names.setdefault(name.org_code, []).append(name)
        self._types: dict[str, str] = {}
        self._typed: list[pd.DataFrame] = []
        self.outside: Counter[tuple[str, str]] = Counter()
        self.noted: list[dict[str, Any]] = []

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all organisations in the lists."""
        return frozenset(map(str, self._organisations))

    @property
    def trusts(self) -> list[str]:
        """The codes of the trusts this project is about."""
        return [str(code) for code, known in self._organisations.items() if known["in_scope"]]

    def learn_types(self, rows: pd.DataFrame) -> None:
        """Add the broad types of organisations; the newest wins."""
        self._typed.append(rows[rows["scheme"] == "primary_type"])
        broad = pd.concat(self._typed).sort_values(["as_of_date", "source", "edition"])
        self._types.update(zip(broad["org_code"], broad["type"], strict=True))

    def resolve(
        self, frame: pd.DataFrame, source: Source, table: str
    ) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
        """Return the rows whose organisation is certain, with the columns about it, and a row for each unmatched one."""
        placed = self.place(frame, source, table)
        return pd.concat(placed.slices()), placed.unmatched

    def place(self, frame: pd.DataFrame, source: Source, table: str) -> Placed:
        """Find the organisation of each row, once for each name, day, code and edition.

        `frame` has `org_name_as_published`, `resolve_on` (missing if the row is not about one organisation) and an
        optional `org_code_as_published`. Rows of a table about boards are matched by the name of the board.
        """
        defined = METADATA.tables[table]
        if about_boards(defined):
            kept, unmatched = place_boards(frame, source, table)
            return Placed(unmatched, lambda: iter([kept]))
        rows = self._in_scope(frame, source).assign(source=source.name)
        if "evidence_grade" not in rows:
            rows = rows.assign(evidence_grade=source.evidence_grade)
        columns = dict(enumerate(_identifiers(rows)))
        number = pd.DataFrame(columns).groupby([*columns], dropna=False, sort=False).ngroup()
        numbers, each = number.to_numpy(), rows[~number.duplicated()]
        distinct = questions(each)
        matches = [self.match(source.name, question) for question in distinct]
        both = list(zip(distinct, matches, strict=True))
        certain = np.array([q is None or m.org_code is not None for q, m in both], dtype=bool)
        shown = pd.DataFrame([self._shown(q, m) for q, m in both], columns=SHOWN)
        if defined.info["layer"] == ORGANISATIONS:
            shown = shown[["org_code", "org_name"]]
        doubted = [place for place, match in enumerate(matches) if match.reason]
        facts = np.bincount(numbers)
        entries = _doubts(each.iloc[doubted], [(*both[place], facts[place]) for place in doubted], table)
        self.noted += [entry for entry in entries if entry["status"] != UNMATCHED]

        def slices() -> Iterator[pd.DataFrame]:
            for start in range(0, max(len(rows), 1), SLICE):
                some, number = rows.iloc[start : start + SLICE], numbers[start : start + SLICE]
                keep = certain[number]
                about = shown.take(number[keep]).set_axis(some.index[keep])
                kept = some[keep].drop(columns=[name for name in about if name in some])
                yield self._completed(pd.concat([kept, about], axis=1), defined)

        return Placed([entry for entry in entries if entry["status"] == UNMATCHED], slices)

    def _completed(self, kept: pd.DataFrame, table: sa.Table) -> pd.DataFrame:
        """Return rows with their organisation, and whether it was open, if the table says so."""
        if "org_code_as_published" in table.columns and "org_code_as_published" not in kept:
            kept["org_code_as_published"] = None  # a source that publishes names only
        if "open_on_snapshot" in table.columns:
            kept["open_on_snapshot"] = self._were_open(kept, "as_of_date")
        if "open_all_period" in table.columns:
            kept["open_all_period"] = self._were_open(kept, "period_start") & self._were_open(
                kept, "period_end"
            )
        return kept

    def _were_open(self, rows: pd.DataFrame, day: str) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Return whether the organisation of each row was open on its day."""
        number = rows.groupby(["org_code", day], dropna=False, sort=False).ngroup()
        each = rows.loc[~number.duplicated(), ["org_code", day]].itertuples(index=False)
        return np.array([self._open(*one) for one in each], dtype=bool)[number]

    def match(self, source: str, question: Question) -> Match:
        """Return the organisation of a curated resolution, else the one on which code and name agree.

        A row that is not about one organisation has no question and no match.
        """
        if question is None:
            return Match(None)
        name, day, code, edition = question
        resolution = resolutions().get(key_of(source, edition, code, name)) if code else None
        if resolution is None:
            return self._index.resolve(name, day, code=code)
        bearer = self._index.resolve(name, day).org_code
        candidates = self._index.shown([bearer]) if bearer else self._index.nearest(name)
        return Match(resolution.org_code, "curated", resolution.reason, candidates)

    def _in_scope(self, frame: pd.DataFrame, source: Source) -> pd.DataFrame:
        """Return the rows about trusts and count the others, if a source lists organisations of all kinds."""
        if not source.lists_others:
            return frame
        known = frame["org_code_as_published"].isin(self.trusts)
        others = frame[~known].drop_duplicates(["edition", "org_code_as_published"])
        self.outside.update((source.name, edition) for edition in others["edition"])
        return frame[known]

    def _open(self, code: str, day: date) -> bool:
        known = self._organisations[code]
        return bool(
            known["open_date"] <= day and (pd.isna(known["close_date"]) or known["close_date"] >= day)
        )

    def _shown(self, question: Question, match: Match) -> tuple[str | None, ...]:
        if question is None or match.org_code is None:
            return (None,) * len(SHOWN)
        name = self._name_on(match.org_code, question[0], question[1])
        return match.org_code, name, *self._today_of(match.org_code)

    def _today_of(self, code: str) -> tuple[str | None, ...]:
        """Return the columns about the organisation of today."""
        today = self._today[code]["current_org_code"]
        current = None if pd.isna(today) else today
        known = self._organisations.get(current or "", {})
        more = (known.get(name) for name in ("region", "icb_code"))
        return current, known.get("org_name"), self._types.get(current or ""), *more

    def _name_on(self, code: str, published: str, day: date) -> str:
        """Return the name on the day: the published one if it can have been valid, else the newest valid one."""
        names = [name for name in self._names[code] if name.kind == "official"]
        wanted = normalise(without_code(published, code))
        valid = [name for name in names if name.valid_on(day)]
        same = [name for name in valid if normalise(name.name) == wanted]
        earlier = [name for name in names if name.valid_from is None or name.valid_from <= day]
        return (same or valid or earlier or names[:1])[-1].name


def _by_code(rows: pd.DataFrame, columns: list[str]) -> dict[str, dict[str, Any]]:
    cells = zip(*(rows[name].tolist() for name in ["org_code", *columns]), strict=True)
    return {code: dict(zip(columns, values, strict=True)) for code, *values in cells}


def _doubts(
    rows: pd.DataFrame, doubtful: Iterable[tuple[Question, Match, Any]], table: str
) -> list[dict[str, Any]]:
    """Return a row of `unmatched_organisation` for each doubtful organisation, with its number of facts.

    `rows` holds the first row of each doubtful question; `doubtful` holds the question, its match and its number of facts.
    """
    counted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row, (question, match, facts) in zip(rows.itertuples(index=False), doubtful, strict=True):
        code = (question[2] if question else None) or ""
        key = (row.source, row.edition, row.org_name_as_published, code)
        entry = counted.setdefault(
            key,
            {
                "source": row.source,
                "edition": row.edition,
                "table_name": table,
                "org_name_as_published": row.org_name_as_published,
                "org_code_as_published": code,
                "resolve_on": row.resolve_on,
                "status": _status(match),
                "org_code": match.org_code,
                "facts": 0,
                "reason": match.reason,
                # a code that stands in place of a name suggests nobody
                "candidates": "" if row.org_name_as_published == code else "; ".join(match.candidates),
            },
        )
        entry["facts"] += int(facts)
    return list(counted.values())


def _status(match: Match) -> str:
    if match.org_code is None:
        return UNMATCHED
    return CURATED if match.matched_by == "curated" else DISAGREES


def questions(rows: pd.DataFrame) -> list[Question]:
    """Return the name, day, optional code and edition by which the organisation of each row is found."""
    names, days, codes, editions = (column.astype(object) for column in _identifiers(rows))
    fields = zip(names, days, codes.where(codes.notna(), None), editions, days.notna(), strict=True)
    return [(name, day, code, edition) if known else None for name, day, code, edition, known in fields]


def _identifiers(rows: pd.DataFrame) -> list["pd.Series[Any]"]:
    """Return the columns by which organisations are found: all values are missing where there is no such column."""
    return [rows[name] if name in rows else pd.Series(index=rows.index, dtype=object) for name in IDENTIFIERS]
