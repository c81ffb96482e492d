"""How many of the trusts in a file are known: the trusts it names against those that can be resolved.

Names shifted against their codes, emptied codes and a column of another register leave rows with trusts that are in no
list. Without this check they would end up in `unmatched_organisation` while the source stays fresh. A file is not
compared with another edition here: real editions differ in how many of their rows are about unlisted organisations.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from assets import organisations
from assets.contract.columns import METADATA
from assets.contract.guards import KNOWN_TRUSTS
from assets.contract.source import Source
from assets.organisations.curation import CURATED, curated
from assets.organisations.names import Match
from pipelines.integration import resolver
from pipelines.integration.boards import about_boards
from pipelines.integration.resolver import Question, Resolver, questions
from pipelines.judging import early_verdicts, file_verdicts, guard_results, kept_verdicts
from pipelines.judging.expectation_results import LONGEST_TEXT, MOST_FAILING, CheckResult
from pipelines.judging.file_verdicts import Verdict
from pipelines.staging import staged_tables
from pipelines.storage import code_version
from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home
from pipelines.storage.parquet import to_pandas

ORGANISATIONS = "ods"
"""The source with the lists of all trusts."""
MOST_UNMATCHED = 0.05
"""Most unlisted trusts, as a share of the trusts a file claims to be about; frozen editions have none."""
MOST_RENAMED = 0.2
"""Most trusts with a known code and an unlisted name, as a share: 4 of 239 (1.7 %) in the self-assessment of 2015/16,
and all of them if the names are from another column."""
LEAST_NAMED = 20
"""Least number of trusts for which the share with an unknown name is meaningful."""
EXAMPLES = 3
NHS_TRUST = re.compile(r"\bNHS (?:FOUNDATION )?TRUST\b", re.IGNORECASE)
NAME, CODE, DAY = "org_name_as_published", "org_code_as_published", "resolve_on"


@dataclass(frozen=True)
class Known:
    """Every organisation of the accepted lists: `since` is the first day they cover, `digest` identifies the lists."""

    resolver: Resolver
    since: date
    digest: str

    def match(self, source: str, question: Question) -> Match:
        """Return the organisation of a question; a code that is only in the curated successions matches without a name."""
        code = question[2] if question else None
        if code in _former() and code not in self.resolver.codes:
            return Match(code, "code")
        return self.resolver.match(source, question)


@dataclass(frozen=True)
class Lists:
    """The accepted lists of trusts of a home."""

    source: Source
    files: tuple[Verdict, ...]
    home: Home

    @classmethod
    def of(cls, sources: Mapping[str, Source], home: Home) -> "Lists | None":
        """Return the lists of a home, after judging any that have no verdict; None where there is none."""
        source = sources.get(ORGANISATIONS)
        if source is None:
            return None
        found = guard_results.judge_all(source, home)
        early_verdicts.note(found, home)
        used = staged_tables.select(source, found).used
        return cls(source, used, home) if used else None

    @property
    def digest(self) -> str:
        """A digest of all that decides which organisation is known, besides the rows of a file."""
        named = [f"{one.copy.key}-{one.copy.place}" for one in self.files]
        return hashlib.sha256("\n".join([*named, _code()]).encode()).hexdigest()

    @property
    def known(self) -> Known:
        """Return the organisations of the lists; the last few are kept in memory."""
        paths = tuple(file_verdicts.parsed_path(self.source, one.copy, self.home) for one in self.files)
        return _known(_Rows(self.digest, self.source.table, paths))


def judged(source: Source, found: Sequence[Verdict], lists: Lists | None, home: Home) -> list[Verdict]:
    """Return the files of a source, whose parsed rows are in `home`, with the check of known trusts."""
    if lists is None or not names_trusts(source):
        return list(found)
    return [_with_result(one, _result(source, one, lists, home)) for one in found]


def names_trusts(source: Source) -> bool:
    """Return whether the rows of a source name organisations that must be in the lists."""
    return source.name != ORGANISATIONS and NAME in source.table.columns


@dataclass(frozen=True)
class _Rows:
    """The parsed rows of the lists; the digest alone decides whether they are equal, whatever their paths."""

    digest: str
    table: sa.Table = field(compare=False)
    paths: tuple[Path, ...] = field(compare=False)


@lru_cache(maxsize=3)
def _known(lists: _Rows) -> Known:
    from assets.contract.periods import seen
    from assets.organisations import model

    rows = to_pandas(staged_tables.together(lists.paths, lists.table))
    since = min(seen(edition)[0] for edition in set(rows["edition"]))
    return Known(Resolver(model.build(rows)), since, lists.digest)


@cache
def _code() -> str:
    """Return a digest of the code and the curated tables that a match depends on."""
    folder = Path(organisations.__file__ or "").parent
    code = [*sorted(folder.glob("*.py")), Path(resolver.__file__), Path(__file__)]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in code))
    return " ".join([digest.hexdigest(), *(curated(name).sha256 for name in CURATED)])


@cache
def _former() -> frozenset[str]:
    """Return the codes of predecessors in the curated successions, even if they are in no list."""
    return frozenset(str(row["predecessor_code"]) for row in curated("succession").rows)


def _with_result(one: Verdict, result: CheckResult | None) -> Verdict:
    if result is None:
        return one
    [excused] = one.excused([result])
    return replace(one, checks=(*one.checks, excused), accepted=one.accepted and excused.success)


def _result(source: Source, one: Verdict, lists: Lists, home: Home) -> CheckResult | None:
    """Return the result of one file, from an earlier verdict if nothing it depends on has changed."""
    if not one.accepted:
        return None
    depends_on = f"{code_version.of_parser(source.name)} {lists.digest}"
    name = hashlib.sha256(depends_on.encode()).hexdigest()[:32]
    path = home.verdicts / f"{one.copy.key}-{one.copy.place}-trusts-{name}.json"
    kept = kept_verdicts.stored(path)
    if isinstance(kept, dict) and "result" in kept:
        return CheckResult.from_dict(kept["result"]) if kept["result"] else None
    rows = staged_tables.together([file_verdicts.parsed_path(source, one.copy, home)], source.table)
    result = measured(source, to_pandas(rows), lists.known)
    content = {"result": result.as_dict() if result else None}
    write_atomically(path, json.dumps(content, ensure_ascii=False).encode())
    return result


def measured(source: Source, rows: pd.DataFrame, trusts: Known) -> CheckResult | None:
    """Return how many trusts of the staged rows of one file are known; None if no row claims to be about a trust."""
    try:
        claims = list(dict.fromkeys(_claims(source, rows, trusts)))
    except Exception:  # the trial build reports what is wrong
        return None
    if not claims:
        return None
    matches: dict[tuple[str, str], Match] = {}
    for question in claims:
        trust = (question[2] or "", question[0])
        if trust not in matches or matches[trust].org_code is None:  # known on one day is known
            matches[trust] = trusts.match(source.name, question)
    return _check(matches)


def _claims(source: Source, rows: pd.DataFrame, trusts: Known) -> Iterator[tuple[str, date, str | None, str]]:
    """Yield the organisations, each with its day, of rows that claim to be about a trust in a time the lists cover."""
    for table, frame in source.facts(rows[_claiming(source, rows, trusts)]).items():
        if NAME in frame and DAY in frame and not about_boards(METADATA.tables[table]):
            for question in questions(frame):
                if question is not None and question[1] >= trusts.since:
                    yield question


def _claiming(source: Source, rows: pd.DataFrame, trusts: Known) -> "pd.Series[bool]":
    if source.claims is not None:
        return source.claims(rows)
    if not source.lists_others:
        return pd.Series([True] * len(rows), index=rows.index)
    named = rows[NAME].astype("str").str.contains(NHS_TRUST, na=False)
    return named | rows[CODE].isin(trusts.resolver.trusts)


def _check(matches: Mapping[tuple[str, str], Match]) -> CheckResult:
    """Return the result for trusts (code, name), each with its match."""
    total, unmatched = len(matches), [trust for trust, match in matches.items() if match.org_code is None]
    renamed = [
        trust
        for trust, match in matches.items()
        if match.org_code and match.reason and match.matched_by == "code"
    ]
    share = len(unmatched) / total
    lost = share > MOST_UNMATCHED and (len(unmatched) > 1 or total == 1)
    strange = total >= LEAST_NAMED and len(renamed) > MOST_RENAMED * total
    examples = unmatched[:EXAMPLES] or renamed[:EXAMPLES]
    shown = "; ".join(f"{' '.join(filter(None, trust))!r}: {matches[trust].reason}" for trust in examples)
    counted = f"{total - len(unmatched)} of the {total} trusts of this file are in the lists of trusts"
    limit = f"{share:.1%} are not (at most {MOST_UNMATCHED:.0%})"
    if renamed:
        limit += f", {len(renamed)} have a name that no list has (at most {MOST_RENAMED:.0%})"
    return CheckResult(
        check=KNOWN_TRUSTS.check,
        expectation_type=KNOWN_TRUSTS.type,
        severity=KNOWN_TRUSTS.severity,
        success=not (lost or strange),
        outcome="failed" if lost or strange else "passed",
        observed=f"{counted}, {limit}{f', such as {shown}' if shown else ''}"[:LONGEST_TEXT],
        failing=tuple(code or name for code, name in [*unmatched, *renamed][:MOST_FAILING]),
        why=KNOWN_TRUSTS.why,
    )
