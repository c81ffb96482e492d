"""Kinds of values that several commands take: paths, addresses, days, sources, tables and releases, with their shell completion."""

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

import assets.sources
from assets.contract.errors import UsageError, shortened

T = TypeVar("T")
Completion = Callable[[click.Context, click.Parameter, str], list[str]]


class FilePath(click.Path):
    """A path that is completed by the shell; whoever opens the file says what is wrong with it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path without a look at the disk; fail for an empty one, which would be the working folder."""
        if value == "":
            self.fail("expected a path, found nothing", param, ctx)
        return Path(value)


class WebAddress(click.ParamType[str]):
    """An address that may be published: http or https, with a host and without a password; or empty, for none."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address; fail with an example of one, and never show a password."""
        if value and not _is_of_the_web(value):
            found = "one with a user name" if "@" in value else repr(shortened(value))
            expected = (
                "an address such as https://example.org/page, without a user name, a password or a space"
            )
            self.fail(f"expected {expected}, found {found}", param, ctx)
        return str(value)


def _is_of_the_web(text: str) -> bool:
    try:
        parts = urlsplit(text)
        sound = (
            parts.scheme in {"http", "https"}
            and parts.hostname
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except ValueError:  # half an IPv6 address, or a port that is none
        return False
    return bool(sound) and text.isprintable() and " " not in text


class Day(click.ParamType[date]):
    """A day as 2019-04-01."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day; fail with an example of one."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a day like 2019-04-01, found {value!r}", param, ctx)


def known(name: str, found: Mapping[str, T]) -> T:
    """Return what is found under the name of a source; raise UsageError with the nearest names or all."""
    if name not in found:
        near = get_close_matches(name.lower(), found)
        expected = f"one of {', '.join(found)}"
        advice = f"did you mean {' or '.join(near)}?" if near else "correct the name."
        raise UsageError(f"Looking for source {name!r}: expected {expected}; {advice}")
    return found[name]


def completed(values: Callable[[], Iterable[str]]) -> Completion:
    """Return a completion from the values that there are; none where they cannot be read, as before a first release."""

    def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [value for value in values() if value.startswith(incomplete)]
        except Exception:
            return []

    return complete


def source_names() -> list[str]:
    """Return the names of all sources from the names of their modules, which import heavy libraries."""
    return [module.name for module in pkgutil.iter_modules(assets.sources.__path__)]


def table_names() -> list[str]:
    """Return the tables of the latest release and the word `organisation`, as `explain` takes them."""
    from pipelines.queries.release_query import query

    _, rows = query("select table_name from duckdb_tables() order by table_name")
    return sorted({"organisation", *(row[0] for row in rows)})


def release_names() -> list[str]:
    """Return the names of the releases in the home."""
    from pipelines.storage.home import Home

    return ["latest", *Home.default().release_names()]


def source_argument(help_text: str = "source, as `sources` names it") -> Callable[[Any], Any]:
    """Return the argument SOURCE."""
    return click.argument("source", metavar="SOURCE", help=help_text, shell_complete=completed(source_names))


def by_option(function: Any) -> Any:
    """Add the option for who decides."""
    return click.option(
        "--by",
        default="",
        metavar="WHO",
        help="who decides (default: the maintainer of this home)",
    )(function)
