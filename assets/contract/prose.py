"""The prose of a source, from the file `<source>.yml` beside its module: description, tables, caveats, reasons.

Beside the reasons stand the values that its files are known to hold.

```yaml
about:                         # and licence, attribution and landing page, unless they are the defaults
  title: NHS Oversight Framework: segments and league tables
  publisher: NHS England
  cadence: quarterly
  max_age_days: 150            # the age from which the newest edition is stale
  evidence_grade: regulator    # how well founded its facts are, unless they say so themselves
tables:                        # what each table of the source is; its staged table is <source>_staged
  oversight_segment: "NHS Oversight Framework: segment and rank. Grain: organisation x quarter (edition)."
columns:                       # what a column means, in the staged table and where it is published, or in one table
  segment: Oversight segment of the trust in the quarter, as published.
  oversight_segment.quarter: Quarter of the financial year that the segment is about.
caveats:                       # by table and name; a mapping for a caveat about one measure
  oversight_segment:
    nof_is_context: Oversight segments say nothing about digital maturity.
    nof_ranks: {measure: league_rank, text: Ranks are among the trusts of one league table.}
comparability:                 # instrument, measure and period; a list stands for each of its values
  - {of: [NOF, segment, any], with: [DMA, overall_comparable, any], comparable: no, why: Context is not an outcome.}
whys:                          # reasons of checks, guards and rules by name, and of coverage
  a_trust_is_ranked_once: A trust is in a league once.
known:                         # values that files hold, by the guard that compares them, edition and key
  segment_is_as_known:
    2025/26-Q1: {RCF: 1, RP5: 4}
```
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import yaml

from assets.contract.notes import Caveat, Comparability

PARTS = ("about", "tables", "columns", "caveats", "comparability", "whys", "known")
ABOUT = (
    *("title", "publisher", "cadence", "landing_page", "licence", "attribution"),
    *("max_age_days", "evidence_grade"),
)
"""The keys of the description of a source; the first three are required."""
COMPARED = ("instrument", "measure", "period", "with_instrument", "with_measure", "with_period")
ANSWERS = {"yes": True, "no": False}
Explained = TypeVar("Explained")


@dataclass(frozen=True)
class Prose:
    """The prose of a source: its description, its tables and columns, its caveats, what may be compared, reasons by name."""

    file: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()
    comparability: tuple[Comparability, ...] = ()
    whys: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, Mapping[str, float | str]]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return a reason; raise ValueError if the file has none with that name."""
        if name not in self.whys:
            raise _unreadable(self.file or "of the source", f"a reason under whys for {name!r}", "none")
        return self.whys[name]

    def purpose(self, table: str) -> str:
        """Return what a table is; raise ValueError if the file does not say."""
        if table not in self.tables:
            raise _unreadable(self.file or "of the source", f"under tables what {table} is", "nothing")
        return self.tables[table]

    def meaning(self, table: str, column: str) -> str:
        """Return what a column of a table means; empty if the file does not say."""
        return self.columns.get(f"{table}.{column}") or self.columns.get(column, "")

    def explained(self, rules: Iterable[Explained]) -> tuple[Explained, ...]:
        """Return expectations or guards with their reasons: a rule without one gets the reason named after its check.

        A guard that compares known values gets those under its check, unless it has its own.
        """
        return tuple(self._explained(rule) for rule in rules)

    def _explained(self, rule: Any) -> Any:
        more: dict[str, Any] = {} if rule.why else {"why": self[rule.check]}
        if getattr(rule, "kind", "") == "known" and not rule.known:
            if rule.check not in self.known:
                raise _unreadable(
                    self.file or "of the source", f"values under known for {rule.check!r}", "none"
                )
            more["known"] = self.known[rule.check]
        return replace(rule, **more)


NO_PROSE = Prose()
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader of YAML that is written in C, where the library has it: reading all prose takes 0.01 s instead of 0.14 s."""


def beside(module: str) -> Prose:
    """Read the prose beside the file `module`: `<module>.yml`, or `<package>.yml` in a package.

    Raises ValueError with one sentence that says what to correct.
    """
    own = Path(module).with_suffix(".yml")
    path = own if own.exists() else own.with_name(f"{own.parent.name}.yml")
    try:
        parts = _plain(yaml.compose(path.read_text("utf-8"), Loader=LOADER), path.name)
    except yaml.YAMLError as error:
        raise _unreadable(path.name, "YAML", " ".join(str(error).split())) from error
    if not isinstance(parts, dict) or (unknown := sorted(parts.keys() - set(PARTS))):
        found = ", ".join(unknown) if isinstance(parts, dict) else "something else"
        raise _unreadable(path.name, f"a mapping with {', '.join(PARTS)}", found)
    about = parts.get("about", {})
    if (unknown := about.keys() - set(ABOUT)) or (absent := set(ABOUT[:3]) - about.keys()):
        found = f"{min(unknown)!r}" if unknown else f"no {min(absent)}"
        raise _unreadable(
            path.name, f"under about {', '.join(ABOUT[:3])}, optionally {', '.join(ABOUT[3:])}", found
        )
    try:
        return Prose(
            path.name,
            about,
            parts.get("tables", {}),
            parts.get("columns", {}),
            tuple(_caveats(parts.get("caveats", {}))),
            tuple(each for entry in parts.get("comparability", []) for each in _compared(**entry)),
            parts.get("whys", {}),
            _values(parts.get("known", {})),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path.name, "entries as assets/contract/prose.py shows them", str(error)) from error


def _unreadable(file: str, expected: str, found: str) -> ValueError:
    return ValueError(f"Reading the prose {file}: expected {expected}, found {found}; correct the file.")


def _plain(node: yaml.Node | None, file: str) -> Any:
    """Return a YAML node as dicts, lists and texts (never numbers or dates); refuse a duplicate name."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(_plain(key, file), _plain(value, file)) for key, value in node.value]
        names = [name for name, _ in pairs]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise _unreadable(file, f"{doubled[0]!r} once", "it twice")
        return dict(pairs)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, file) for one in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else {}


def _values(found: Any) -> Any:
    """Return texts that are numbers as numbers: whole ones without a decimal point."""
    if isinstance(found, dict):
        return {name: _values(value) for name, value in found.items()}
    if re.fullmatch(r"-?\d+", found):
        return int(found)
    return float(found) if re.fullmatch(r"-?\d+\.\d+", found) else found


def _caveats(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[Caveat]:
    for table, named in tables.items():
        for name, found in named.items():
            measure, text = (
                (found.get("measure", ""), found["text"]) if isinstance(found, dict) else ("", found)
            )
            yield Caveat(name, table, text, measure)


def _compared(**entry: Any) -> Iterator[Comparability]:
    """Yield a comparison for each combination of values from lists."""
    of, other, comparable, why = (entry.pop(name) for name in ("of", "with", "comparable", "why"))
    if entry or len(of) != 3 or len(other) != 3:
        raise ValueError(f"a comparison of {of} with {other}")
    for values in product(*([each] if isinstance(each, str) else each for each in (*of, *other))):
        compared: dict[str, Any] = dict(zip(COMPARED, values, strict=True))
        yield Comparability(**compared, comparable=ANSWERS[comparable], why=why)
