"""One test over many values that reports the problems of all, instead of a test for each value."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import pytest

LONGEST = 2000
"""Characters of a problem that are shown."""


def every(argument: str, values: Iterable[Any], label: Callable[[Any], str] = str) -> Callable[..., Any]:
    """Return the decorator that runs a test for all values of an argument and fails with every problem, by label.

    `values` may be pairs where `argument` names two arguments with a comma between, as for `parametrize`.
    """
    names = [name.strip() for name in argument.split(",")]
    cases = [(label(value), value if len(names) > 1 else (value,)) for value in values]

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def over_all(**fixtures: Any) -> None:
            assert cases, f"there is no {argument}: this test would show nothing"
            problems = {}
            for name, case in cases:
                try:
                    test(**fixtures, **dict(zip(names, case, strict=True)))
                except Exception as error:
                    problems[name] = f"{type(error).__name__}: {error}"[:LONGEST]
            if problems:
                pytest.fail("\n".join(f"{name}: {problem}" for name, problem in problems.items()))

        signature = inspect.signature(test)
        kept = [one for name, one in signature.parameters.items() if name not in names]
        over_all.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return over_all

    return decorate
