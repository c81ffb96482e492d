"""The page of mutations and limits, made from the cases and from what the guards find in the real editions.

`PYTHONPATH=tests python -m mutations.page` writes it; a test compares the table of cases with it.
"""

import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from assets.catalogue import sources
from mutations.case import Case
from mutations.judging import home_beside, judged
from pipelines.judging import guard_results
from pipelines.judging.file_verdicts import Verdict

PAGE = Path(__file__).parents[2] / "docs/mutations.md"
HEAD = """# What a file must agree with

`python -m mutations.page` writes this page from the cases in `tests/mutations`, which tests judge one by one. Each case is a
publisher's file rebuilt from the frozen facts, or the publisher's own file, with one change.

"""
MEASURED = """
## Limits, and the values they lie between

For each check: the value closest to its limit among the frozen editions (each beside the edition before) and the new editions that
must pass, the value of the mutations, and the limit. Quarters of `nof` and files of `cqc` are artificial here, because no edition of
them is frozen. The publisher's own four quarters of 2025/26 have a rank correlation of at least 0.858 (average score) and 0.844
(segment), and the ratings of October 2018 and March 2019 agree beyond chance by at least 0.802. A correlation or an agreement must not
be below its limit, a share or a nearness to other rows not above it, a ratio not outside it. Limits of a ratio are wider the more years
lie between two editions.

| source | check | real editions, worst | mutated, farthest | limit |
| --- | --- | --- | --- | --- |
"""
LIMIT = re.compile(r"(?P<limit>(?:at least|at most) [\d.%]+|[\d.]+ to [\d.]+) expected")
VALUES = (
    re.compile(r"(?:rank correlation(?: of the steps from row to row)?|beyond chance|median) (-?\d+\.\d+)"),
    re.compile(r"(\d+\.\d+) times as near"),
    re.compile(r"(\d+%) of the values|in (\d+%) of|, (\d+) days before"),
    re.compile(r"^(\d+) of (\d+)"),
)
"""How a check says what it compares with its limit, the more particular ways first."""


def every_case() -> Iterator[Case]:
    """Yield the cases of every source, as they are made from frozen facts."""
    for name in sorted(sources()):
        if (Path(__file__).parent / f"{name}.py").exists():
            yield from import_module(f"mutations.{name}").CASES


def table() -> str:
    """Return the table of all cases."""
    lines = ["| source | fault | file | result | caught by |", "| --- | --- | --- | --- | --- |"]
    for case in every_case():
        caught = ", ".join(f"`{check}`" for check in case.checks) or case.why
        lines.append(f"| {case.source} | {case.fault} | {case.name} | {case.expected} | {caught} |")
    return "\n".join(lines) + "\n"


def measured() -> str:
    """Return the table of limits: what the real editions and the mutations come to."""
    with tempfile.TemporaryDirectory() as folder:
        real = list(_real(Path(folder)))
        wrong = [_judged(case, Path(folder)) for case in every_case() if case.expected == "refused"]
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    limits: dict[tuple[str, str], str] = {}
    for side, files in (("real", real), ("wrong", wrong)):
        for one in files:
            for check in one.checks:
                for reported in check.observed.split("beside "):
                    limit, value = LIMIT.search(reported), _value(reported)
                    if limit and value is not None:
                        key = (one.copy.source, check.check)
                        limits.setdefault(key, limit["limit"])
                        found.setdefault(key, {"real": [], "wrong": []})[side].append(value)
    lines = []
    for key, values in sorted(found.items()):
        lower = limits[key].startswith("at least")
        worst = (min if lower else max)(values["real"], default=None)
        far = (min if lower else max)(values["wrong"], default=None)
        shown = ["-" if value is None else f"{value:g}" for value in (worst, far)]
        if "to" in limits[key] and values["real"]:
            shown[0] = f"{min(values['real']):g} to {max(values['real']):g}"
            shown[1] = f"{min(values['wrong']):g} to {max(values['wrong']):g}" if values["wrong"] else "-"
        lines.append(f"| {key[0]} | `{key[1]}` | {shown[0]} | {shown[1]} | {limits[key]} |")
    return "\n".join(lines) + "\n"


def _value(reported: str) -> float | None:
    """Return the number that a check compares with its limit."""
    said = reported.partition(": ")[2] if reported.startswith(("the earlier", "20")) else reported
    match = next(filter(None, (pattern.search(said) for pattern in VALUES)), None)
    if not match:
        return None
    if len(match.groups()) == 2:
        return round(float(match[1]) / max(1.0, float(match[2])), 3)
    text = next(group for group in match.groups() if group)
    return float(text.rstrip("%")) / (100 if text.endswith("%") else 1)


def _real(folder: Path) -> Iterator[Verdict]:
    for name in sorted({case.source for case in every_case()}):
        with home_beside(folder) as home:
            yield from guard_results.judge_all(replace(sources()[name], expectations=()), home)
    for case in every_case():
        if case.expected == "passes":
            yield _judged(case, folder)


def _judged(case: Case, folder: Path) -> Verdict:
    with home_beside(folder) as home:
        return judged(case, home)


def main() -> None:
    """Write the page. The cases import what pytest finds for the tests."""
    settings = tomllib.loads((PAGE.parents[1] / "pyproject.toml").read_text("utf-8"))
    sys.path.extend(
        str(PAGE.parents[1] / one) for one in settings["tool"]["pytest"]["ini_options"]["pythonpath"]
    )
    PAGE.write_text(HEAD + table() + MEASURED + measured(), "utf-8")
    sys.stdout.write(f"{PAGE}: {len(list(every_case()))} cases\n")


if __name__ == "__main__":
    main()
