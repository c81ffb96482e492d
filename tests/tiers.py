"""The tier of every test, by what it uses: `unit`, `release` or `system`. A plugin of tests/conftest.py.

A test, its fixtures and the functions of the suite that they name are looked through. What starts a program, a server, a
browser or a cluster, or has files parsed and judged in child processes, is `system`; so are the folders of `SYSTEM`. What reads the release that all tests share is `release`, everything else `unit`. So no list of tests is kept,
and a test changes its tier with what it does.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
SYSTEM = ("faults", "mutations")
"""Folders of tests that judge and refresh as a run does."""
PROGRAMS = frozenset({"subprocess", "multiprocessing", "playwright", "socketserver"})
"""Modules whose use starts a program or a server."""
JUDGING = frozenset(
    {"acceptance", "file_verdicts", "guard_results", "parser_process", "refresh_steps", "validator"}
)
"""Modules of the product whose use parses and checks files in child processes."""
STARTS = frozenset(
    {"refresh_offline", "sync_playwright", "postgresql", "publishing", "execute_in_process", "stdio_client"}
)
"""Names of what refreshes a home or starts a server."""
RELEASE = frozenset({"offline_home", "few_home"})
ORDER = ("unit", "release", "system")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its tier, and put the files with only unit tests first: one worker then makes the release."""
    files: dict[Path, int] = {}
    for item in items:
        if isinstance(item, pytest.Function):
            found = tier(item)
            item.add_marker(found)
            files[item.path] = max(files.get(item.path, 0), ORDER.index(found))
    items.sort(key=lambda item: files.get(item.path, 0))


def tier(item: pytest.Function) -> str:
    """Return the tier of a test."""
    if item.path.relative_to(HERE).parts[0] in SYSTEM:
        return "system"
    info = item._fixtureinfo
    fixtures = [definitions[-1].func for definitions in info.name2fixturedefs.values()]
    return max((_of(function) for function in [item.function, *fixtures]), key=ORDER.index)


@cache
def _of(function: Callable[..., Any]) -> str:
    """Return the tier of what a function and the functions of the suite that it names do."""
    names = {name for one in _reached(_plain(function)) for name in _names(one)}
    if names & (PROGRAMS | JUDGING | STARTS):
        return "system"
    return "release" if names & RELEASE else "unit"


def _plain(function: Any) -> FunctionType | None:
    """Return the Python function behind a method or a cache."""
    function = getattr(function, "__wrapped__", getattr(function, "__func__", function))
    return function if isinstance(function, FunctionType) else None


def _reached(first: FunctionType | None) -> Iterator[FunctionType]:
    """Yield a function and every function of the suite that it names, directly or not, except those that make the release."""
    seen, todo = set(), [first]
    while todo:
        function = todo.pop()
        if function is None or function in seen or not _of_the_suite(function.__code__):
            continue
        seen.add(function)
        yield function
        for name in _names(function):
            found = None if name in RELEASE else function.__globals__.get(name)
            parts = vars(found).values() if isinstance(found, type) else [found]
            todo += [_plain(part) for part in parts]


def _of_the_suite(code: CodeType) -> bool:
    return code.co_filename.startswith(f"{HERE}/")


@cache
def _names(function: FunctionType) -> frozenset[str]:
    """Return the names of globals, attributes and modules that a function uses, in what is nested in it too."""
    found: set[str] = set()
    todo = [function.__code__]
    while todo:
        code = todo.pop()
        found.update(code.co_names)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    held = (function.__globals__.get(name) for name in found)
    modules = {one.__name__.partition(".")[0] for one in held if isinstance(one, ModuleType)}
    return frozenset(found | modules)
