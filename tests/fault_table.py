"""Tests of faults are named after them, `test_f07_...`. At the end a table says what became of each: `make faults`.

A plugin of tests/conftest.py, not a conftest.py of the folder: where workers run the tests, reports arrive at the process
that started them, which reads no folder.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

NAMED = re.compile(r"::test_(f\d{2,3})_")
LONGEST = 60
"""Seconds that surviving a fault may take."""
_reports: dict[str, list[pytest.TestReport]] = defaultdict(list)


def known() -> dict[str, str]:
    """Return what goes wrong, by fault, as docs/reliability.md has it."""
    page = (Path(__file__).parents[1] / "docs/reliability.md").read_text("utf-8")
    return dict(re.findall(r"^\| (F\d{2,3}) \| ([^|]+) \|", page, re.MULTILINE))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    named = NAMED.search(report.nodeid)
    if named and (report.when == "call" or not report.passed):
        _reports[named[1].upper()].append(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each fault with what became of its tests and how long the slowest took."""
    if not _reports:
        return
    terminalreporter.section("faults")
    as_expected = 0
    for fault, what in known().items():
        reports = _reports.get(fault, [])
        outcome, seconds = _became(reports)
        as_expected += outcome == "as expected"
        terminalreporter.line(f"{fault}  {outcome:<12} {seconds:5.1f} s  {len(reports):3} tests  {what}")
    terminalreporter.line(f"{as_expected} of {len(known())} as expected")


def _became(reports: list[pytest.TestReport]) -> tuple[str, float]:
    seconds = max((report.duration for report in reports), default=0.0)
    if not reports:
        return "not run", seconds
    if not all(report.passed for report in reports):
        return "FAILED", seconds
    return ("as expected" if seconds <= LONGEST else "too slow"), seconds
