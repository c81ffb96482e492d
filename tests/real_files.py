"""The publishers' own files, which the repository may not hold, and the tests that are left out where they are missing.

A plugin of tests/conftest.py. A test that reads these files takes the fixture `publisher_files` or `gathered_facts`, or
has the marker `real_files`. Where there are none, one line at the end says how many tests were left out. What such a
test shows of the product, another shows with a file of the same layout that is made by hand or from frozen facts.
"""

import os
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "DIGITAL_MATURITY_PUBLISHER_FILES"
BESIDE = Path(__file__).parents[2] / "shared" / "publisher-files"
PUBLISHER_FILES = Path(os.environ.get(VARIABLE) or BESIDE)
GATHERED_FACTS = PUBLISHER_FILES.parent / "facts"
"""Tables that the repository was begun with: names, codes and successions gathered from other publications."""
MARKER = "real_files"
_LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def publisher_files() -> Path:
    """Return the folder of the publishers' own files."""
    return PUBLISHER_FILES


@pytest.fixture(scope="session")
def gathered_facts() -> Path:
    """Return the folder of the facts that were gathered by hand."""
    return GATHERED_FACTS


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}: reads publishers' own files, which are not in the repository"
    )


def missing(item: pytest.Item) -> bool:
    """Return whether a test reads files that are not here."""
    fixtures = getattr(item, "fixturenames", ())
    if "gathered_facts" in fixtures and not GATHERED_FACTS.is_dir():
        return True
    reads = "publisher_files" in fixtures or item.get_closest_marker(MARKER) is not None
    return reads and not PUBLISHER_FILES.is_dir()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose files are missing."""
    left_out = [item for item in items if missing(item)]
    config.stash[_LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not missing(item)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass on how many were left out to the process that started this one, if one did."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the number from a worker; all collect the same tests."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report the number of tests left out and how to run them."""
    if number := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.line(
            f"{number} tests were left out: they read publishers' own files, and {PUBLISHER_FILES} does not exist. "
            f"Download them from the addresses that the descriptors in assets/frozen give, and set {VARIABLE} to their folder."
        )
