"""From staged tables to the published ones: organisations, facts with the organisation resolved, tables about the data.

Plain functions over frames: no clock, no network, no database. What cannot be resolved for certain is not dropped and
not guessed: it is counted in `unmatched_organisation`.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from assets import about, facts
from assets.columns import METADATA, key_of, tables_of
from assets.organisations import model, tables
from assets.organisations.names import Match, Name, normalise
from assets.source import Source, sources
from pipelines.arrow import field_type
from pipelines.expectations import CheckResult
from pipelines.staging import Judged, Manifest

Frames = dict[str, pd.DataFrame]
EXCERPT = 120
OUT_OF_SCOPE = "The file lists them, this project is about NHS trusts: they are counted and left out."


@dataclass(frozen=True)
class Staged:
    """A source with its staged rows, the files they came from, and its state at publication."""

    source: Source
    rows: pd.DataFrame
    manifest: Manifest
    status: str
    why: str


def build(staged: Mapping[str, Staged]) -> Frames:
    """Return every published table that is not a mart and not a check result, by name."""
    organisations = model.build(staged["ods"].rows)
    resolver = Resolver(organisations)
    gathered: dict[str, list[pd.DataFrame]] = {name: [] for name in tables_of(facts.FACTS)}
    gathered["organisation_type"] = [organisations["organisation_type"]]
    unmatched: list[dict[str, Any]] = []
    coverage = _coverage(staged)
    mapped = [
        (one, name, frame)
        for one in staged.values()
        if len(one.rows)
        for name, frame in one.source.facts(one.rows).items()
    ]
    # Types first: every other fact shows the type of its organisation.
    for one, name, frame in sorted(mapped, key=lambda item: item[1] != "organisation_type"):
        resolved, missing = resolver.resolve(frame, one.source, name)
        gathered[name].append(resolved)
        unmatched += missing
        if name == "organisation_type":
            resolver.learn_types(resolved)
    coverage += [
        {
            "source": source,
            "subject": f"organisations that are no trusts, {edition}",
            "held": 0,
            "expected": count,
            "status": "not in scope",
            "why": OUT_OF_SCOPE,
        }
        for (source, edition), count in sorted(resolver.outside.items())
    ]
    # What a source used to find the organisation is not published; a column it forgot is found missing by the audit.
    made = {
        name: pd.concat(frames)[list(METADATA.tables[name].columns.keys())] if frames else _empty(name)
        for name, frames in gathered.items()
    }
    return {
        **organisations,
        **made,
        **_about(staged),
        "coverage": _frame("coverage", coverage),
        "unmatched_organisation": _frame("unmatched_organisation", unmatched),
    }


class Resolver:
    """Knows every organisation: tells which one a fact is about, and what to show beside it."""

    def __init__(self, organisations: Frames) -> None:
        self._index = model.name_index(organisations["organisation_name"])
        self._organisations = organisations["organisation"].set_index("org_code").to_dict("index")
        self._today = organisations["organisation_current_main"].set_index("org_code").to_dict("index")
        self._names: dict[str, list[Name]] = {}
        for name in self._index.names():
            self._names.setdefault(name.org_code, []).append(name)
        self._types: dict[str, str] = {}
        self.outside: Counter[tuple[str, str]] = Counter()

    def learn_types(self, rows: pd.DataFrame) -> None:
        """Take in the broad types of organisations, the newest last."""
        broad = rows[rows["scheme"] == "primary_type"].sort_values("as_of_date")
        self._types.update(zip(broad["org_code"], broad["type"], strict=True))

    def resolve(
        self, frame: pd.DataFrame, source: Source, table: str
    ) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
        """Return the rows whose organisation is certain, with what is shown beside it, and rows of unmatched ones.

        `frame` has `org_name_as_published`, `resolve_on` (missing: the row has no organisation, by nature) and maybe
        `org_code_as_published`.
        """
        rows = self._in_scope(frame, source).assign(source=source.name)
        if "evidence_grade" not in rows:
            rows = rows.assign(evidence_grade=source.evidence_grade)
        asked = [
            self._asked(row)
            for row in rows[["org_name_as_published", "resolve_on", *_code_column(rows)]].itertuples(
                index=False
            )
        ]
        answers = {
            question: self._index.resolve(question[0], question[1], code=question[2])
            for question in {q for q in asked if q}
        }
        matches = [answers[question] if question else Match(None) for question in asked]
        keep = [
            question is None or match.org_code is not None
            for question, match in zip(asked, matches, strict=True)
        ]
        shown = pd.DataFrame(
            [self._shown(q, m) for q, m, k in zip(asked, matches, keep, strict=True) if k],
            index=rows.index[keep],
        )
        kept = pd.concat([rows[keep].drop(columns=[c for c in shown if c in rows]), shown], axis=1)
        if "open_on_snapshot" in METADATA.tables[table].columns:
            kept["open_on_snapshot"] = [
                self._open(code, day) for code, day in zip(kept["org_code"], kept["as_of_date"], strict=True)
            ]
        left = pd.Series([not k for k in keep], index=rows.index)
        unmatched = self._unmatched(rows[left], answers, table) if left.any() else []
        return kept, unmatched

    def _in_scope(self, frame: pd.DataFrame, source: Source) -> pd.DataFrame:
        """Return the rows about known codes, and count the others, where a source lists organisations of all kinds."""
        if not source.lists_others:
            return frame
        trusts = [code for code, known in self._organisations.items() if known["in_scope"]]
        known = frame["org_code_as_published"].isin(trusts)
        others = frame[~known].drop_duplicates(["edition", "org_code_as_published"])
        self.outside.update((source.name, edition) for edition in others["edition"])
        return frame[known]

    def _asked(self, row: Any) -> tuple[str, date, str | None] | None:
        if pd.isna(row.resolve_on):
            return None
        code = getattr(row, "org_code_as_published", None)
        return row.org_name_as_published, row.resolve_on, None if code is None or pd.isna(code) else code

    def _open(self, code: str, day: date) -> bool:
        known = self._organisations[code]
        return bool(
            known["open_date"] <= day and (pd.isna(known["close_date"]) or known["close_date"] >= day)
        )

    def _shown(self, question: tuple[str, date, str | None] | None, match: Match) -> dict[str, Any]:
        if question is None or match.org_code is None:
            return dict.fromkeys(
                [
                    "org_code",
                    "org_name",
                    "current_org_code",
                    "current_org_name",
                    "organisation_type",
                    "region",
                    "icb_code",
                ]
            )
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
        """Return the listed name: the one published if it is one, else the newest that can have been valid."""
        names = [name for name in self._names[code] if name.kind == "official"]
        same = [name for name in names if normalise(name.name) == normalise(published)]
        valid = [name for name in names if name.valid_on(day)]
        return (same or valid or names)[-1].name

    def _unmatched(
        self, rows: pd.DataFrame, answers: Mapping[Any, Match], table: str
    ) -> list[dict[str, Any]]:
        counted: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows.itertuples(index=False):
            question = self._asked(row)
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
                    "facts": 0,
                    "reason": match.reason,
                    "candidates": "; ".join(match.candidates),
                },
            )
            entry["facts"] += 1
        return list(counted.values())


def _code_column(rows: pd.DataFrame) -> list[str]:
    return ["org_code_as_published"] if "org_code_as_published" in rows else []


def _coverage(staged: Mapping[str, Staged]) -> list[dict[str, Any]]:
    """Return what each source says of its coverage."""
    return [
        {"source": one.source.name, **vars(row)}
        for one in staged.values()
        if len(one.rows)
        for row in one.source.coverage(one.rows)
    ]


def _about(staged: Mapping[str, Staged]) -> Frames:
    """Return the tables about the data, but for checks and unmatched organisations."""
    everyone = list(staged.values())
    caveats = [
        {
            "source": one.source.name,
            "caveat": c.caveat,
            "table_name": c.table,
            "measure": c.measure,
            "text": c.text,
        }
        for one in everyone
        for c in one.source.caveats
    ]
    return {
        "source_status": _frame("source_status", [_status(one) for one in everyone]),
        "source_file": _frame(
            "source_file",
            [*(_file(judged) for one in everyone for judged in one.manifest.used), *_curated_files()],
        ),
        "rejected_row": _frame(
            "rejected_row",
            [row for one in everyone for judged in one.manifest.used for row in _rejected(judged)],
        ),
        "comparability": _frame(
            "comparability", [vars(row) for one in everyone for row in one.source.comparability]
        ),
        "caveat": _frame("caveat", caveats),
        "data_dictionary": _frame("data_dictionary", list(_dictionary())),
    }


def _status(one: Staged) -> dict[str, Any]:
    used = one.manifest.used
    source = one.source
    return {
        "source": source.name,
        "title": source.title,
        "publisher": source.publisher,
        "status": one.status,
        "why": one.why,
        "newest_edition": max((judged.copy.edition for judged in used), default=None),
        "editions": len({judged.copy.edition for judged in used}),
        "rows_staged": sum(judged.rows_staged for judged in used),
        "rows_rejected": sum(len(judged.rejected) for judged in used),
        "cadence": source.cadence,
        "landing_page": source.landing_page or None,
        "licence": source.licence,
        "attribution": source.attribution,
    }


def _file(judged: Judged) -> dict[str, Any]:
    copy = judged.copy
    return {
        "source": copy.source,
        "edition": copy.edition,
        "part": copy.part,
        "source_file_sha256": copy.sha256,
        "bytes": copy.bytes,
        "origin": copy.origin,
        "file_url": copy.file_url or None,
        "publisher_file_name": copy.publisher_file_name or None,
        "retrieved_on": copy.retrieved_on or None,
        "published_on": copy.published_on or None,
        "how": copy.how,
        "rows_in": judged.rows_in,
        "rows_used": judged.rows_used,
        "rows_rejected": len(judged.rejected),
        "ignored": "; ".join(judged.ignored),
        "drift": "; ".join(judged.drift),
    }


def _curated_files() -> Iterator[dict[str, Any]]:
    """Yield the curated tables of the organisation model: they are read like files of a source."""
    for name in model.CURATED:
        table = model.curated(name)
        yield {
            "source": "curated",
            "edition": name,
            "part": "",
            "source_file_sha256": table.sha256,
            "bytes": table.bytes,
            "origin": "transcribed",
            "publisher_file_name": f"assets/organisations/curated/{name}.csv",
            "how": "curated in the project; each row names its source and grade",
            "rows_in": len(table.rows),
            "rows_used": len(table.rows),
            "rows_rejected": 0,
            "ignored": "",
            "drift": "",
        }


def _rejected(judged: Judged) -> Iterator[dict[str, Any]]:
    for row in judged.rejected:
        yield {
            "source": judged.copy.source,
            "edition": judged.copy.edition,
            "source_file_sha256": judged.copy.sha256,
            "source_sheet": row.sheet,
            "source_row": row.row,
            "rule": row.rule,
            "reason": harmless(row.reason),
            "excerpt": redacted(row.raw),
        }


def redacted(raw: str) -> str:
    """Return the beginning of a rejected row, digits masked, controls shown, harmless in a spreadsheet and a page."""
    return harmless(re.sub(r"\d", "9", raw))[:EXCERPT]


def harmless(text: str) -> str:
    """Return `text` with controls spelt out and markup escaped; a first character that starts a formula is quoted."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    escaped = html.escape(shown, quote=False)
    return f"'{escaped}" if escaped[:1] in {"=", "+", "-", "@"} else escaped


def check_rows(table: str, checked: str, results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """Return the rows of `check_result` for the checks of one table."""
    return [
        {
            "table_name": table,
            "checked": checked,
            "check_name": result.check,
            "expectation_type": result.expectation_type,
            "severity": result.severity,
            "outcome": result.outcome,
            "observed": result.observed,
            "failing_keys": "; ".join(result.failing),
            "why": result.why,
        }
        for result in results
    ]


def check_results(staged: Mapping[str, Staged], checks: Mapping[str, list[CheckResult]]) -> pd.DataFrame:
    """Return `check_result`: the checks of the files in use, and those of the tables of the release."""
    rows = [row for name, results in checks.items() for row in check_rows(name, "release", results)]
    for one in staged.values():
        for judged in one.manifest.used:
            copy = judged.copy
            checked = " ".join(filter(None, (copy.edition, copy.part, copy.sha256[:12])))
            rows += check_rows(one.source.table.name, checked, judged.checks)
    return _frame("check_result", rows)


def _dictionary() -> Iterator[dict[str, Any]]:
    for table in METADATA.tables.values():
        keys = key_of(table)
        for position, defined in enumerate(table.columns, start=1):
            yield {
                "table_name": table.name,
                "column_name": defined.name,
                "position": position,
                "type": field_type(defined),
                "is_key": defined.name in keys,
                "may_be_null": bool(defined.nullable),
                "description": defined.comment,
                "unit": defined.info.get("unit"),
                "aggregation": defined.info.get("aggregation"),
                "allowed_values": "; ".join(defined.info["allowed"]) if "allowed" in defined.info else None,
            }


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else _empty(table)


def _empty(table: str) -> pd.DataFrame:
    return pd.DataFrame({c.name: [] for c in METADATA.tables[table].columns})


def published_tables() -> dict[str, sa.Table]:
    """Return every published table by name, organisations first, then facts, marts and tables about the data."""
    import assets.marts

    sources()  # a source may define a fact table that only it feeds
    order = (tables.ORGANISATIONS, facts.FACTS, assets.marts.MARTS, about.ABOUT)
    found = sorted(METADATA.tables.values(), key=lambda t: (order.index(t.info["layer"]), t.name))
    return {table.name: table for table in found}
