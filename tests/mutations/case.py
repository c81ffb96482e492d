"""A file that somebody might publish or add by mistake, what is held when it arrives, and what it must come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Content = Callable[[], bytes]
"""Makes a file when it is needed: none is made while tests are collected."""
Base = Literal["rebuilt", "real"]
"""What a file is made from: the frozen facts in the publisher's layout, or the publisher's own file in ../shared."""
Expected = Literal["refused", "warned", "passes", "undetectable"]
STRUCTURE = "structure"
"""Stands among the checks for a file that the parser itself refuses."""


@dataclass(frozen=True)
class Held:
    """A file that is in the home before, beside the frozen editions."""

    source: str
    edition: str
    part: str
    file: Content


@dataclass(frozen=True)
class Case:
    """One file. One of `checks` must catch it where it is to be refused or warned of; `name` is a sentence."""

    name: str
    fault: str
    source: str
    edition: str
    part: str
    held: tuple[Held, ...]
    file: Content
    expected: Expected
    checks: tuple[str, ...]
    why: str
