"""Which organisation a fact is about: found by its code or name on the day, never guessed.

Three kinds of doubt are published in `unmatched_organisation`: facts that are left out, facts kept under a code whose
published name is in no list, and facts kept under the code of a curated resolution.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from assets.contract.columns import METADATA
from assets.contract.source import Source
from assets.organisations import model
from assets.organisations.names import Match, Name, normalise, without_code
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.organisations.resolutions import key_of, resolutions
from assets.tables.about_data import CURATED, DISAGREES, UNMATCHED
from pipelines.integration.boards import about_boards, place_boards
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
Question = tuple[str, date, str | None, str] | None
"""The name, the day, an optional code and the edition of an organisation; None for a row that is not about one."""


class Resolver:
    """Finds the organisation of each fact, and the columns to show with it.

    `noted` are the rows of `unmatched_organisation` about facts that were kept: their name disagrees, or they are curated.
    """

    def __init__(self, organisations: Frames) -> None:
        self._index = model.name_index(organisations["organisation_name"])
        self._organisations = organisations["organisation"].set_index("org_code").to_dict("index")
        self._today = organisations["organisation_current_main"].set_index("org_code").to_dict("index")
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
        """Return the rows whose organisation is certain, with the columns about it, and a row for each unmatched one.

        `frame` has `org_name_as_published`, `resolve_on` (missing if the row is not about one organisation) and an
        optional `org_code_as_published`. Rows of a table about boards are matched by the name of the board.
        """
        if about_boards(METADATA.tables[table]):
            return place_boards(frame, source, table)
        rows = self._in_scope(frame, source).assign(source=source.name)
        if "evidence_grade" not in rows:
            rows = rows.assign(evidence_grade=source.evidence_grade)
        of_rows = questions(rows)
        answers = {question: self.match(source.name, question) for question in dict.fromkeys(of_rows)}
        certain = {
            question: self._shown(question, match)
            for question, match in answers.items()
            if question is None or match.org_code is not None
        }
        keep = np.array([question in certain for question in of_rows], dtype=bool)  # also without rows
        place = {question: number for number, question in enumerate(certain)}
        shown = pd.DataFrame(certain.values(), columns=SHOWN).take([place[q] for q in of_rows if q in place])
        shown.index = rows.index[keep]
        if METADATA.tables[table].info["layer"] == ORGANISATIONS:
            shown = shown[["org_code", "org_name"]]
        kept = pd.concat([rows[keep].drop(columns=[c for c in shown if c in rows]), shown], axis=1)
        if "org_code_as_published" in METADATA.tables[table].columns and "org_code_as_published" not in kept:
            kept["org_code_as_published"] = None  # a source that publishes names only
        if "open_on_snapshot" in METADATA.tables[table].columns:
            kept["open_on_snapshot"] = [
                self._open(code, day) for code, day in zip(kept["org_code"], kept["as_of_date"], strict=True)
            ]
        if "open_all_period" in METADATA.tables[table].columns:
            kept["open_all_period"] = [
                self._open(code, first) and self._open(code, last)
                for code, first, last in zip(
                    kept["org_code"], kept["period_start"], kept["period_end"], strict=True
                )
            ]
        doubted = [bool(answers[question].reason) for question in of_rows]
        entries = self._doubts(rows[doubted], answers, table) if any(doubted) else []
        self.noted += [entry for entry in entries if entry["status"] != UNMATCHED]
        return kept, [entry for entry in entries if entry["status"] == UNMATCHED]

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

    def _shown(self, question: Question, match: Match) -> dict[str, Any]:
        if question is None or match.org_code is None:
            return dict.fromkeys(SHOWN)
        today = self._today[match.org_code]
        current = today["current_org_code"] if not pd.isna(today["current_org_code"]) else None
        known = self._organisations.get(current or "", {})
        return {
            "org_code": match.org_code,
            "org_name": self._name_on(match.org_code, question[0], question[1]),
            "current_org_code": current,
            "current_org_name": known.get("org_name"),
            "organisation_type": self._types.get(current or ""),
            "region": known.get("region"),
            "icb_code": known.get("icb_code"),
        }

    def _name_on(self, code: str, published: str, day: date) -> str:
        """Return the name on the day: the published one if it can have been valid, else the newest valid one."""
        names = [name for name in self._names[code] if name.kind == "official"]
        wanted = normalise(without_code(published, code))
        valid = [name for name in names if name.valid_on(day)]
        same = [name for name in valid if normalise(name.name) == wanted]
        earlier = [name for name in names if name.valid_from is None or name.valid_from <= day]
        return (same or valid or earlier or names[:1])[-1].name

    def _doubts(self, rows: pd.DataFrame, answers: Mapping[Any, Match], table: str) -> list[dict[str, Any]]:
        """Return a row of `unmatched_organisation` for each organisation, with its number of facts."""
        counted: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row, question in zip(rows.itertuples(index=False), questions(rows), strict=True):
            match = answers[question]
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
            entry["facts"] += 1
        return list(counted.values())


def _status(match: Match) -> str:
    if match.org_code is None:
        return UNMATCHED
    return CURATED if match.matched_by == "curated" else DISAGREES


def questions(rows: pd.DataFrame) -> list[Question]:
    """Return the name, day, optional code and edition by which the organisation of each row is found."""
    names, days, codes = (
        rows.get(name, pd.Series(index=rows.index, dtype=object)).astype(object)
        for name in ("org_name_as_published", "resolve_on", "org_code_as_published")
    )
    editions = rows.get("edition", pd.Series("", index=rows.index))
    fields = zip(names, days, codes.where(codes.notna(), None), editions, days.notna(), strict=True)
    return [(name, day, code, edition) if known else None for name, day, code, edition, known in fields]
