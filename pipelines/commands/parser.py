"""What the command line understands: each command, its options, and examples that a test parses."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipelines.commands import asking, keeping, running
from pipelines.commands.telling import EXIT_CODES

PROGRAM = "digital-maturity"
DESCRIPTION = "Public, trust-level facts about digital maturity in the English NHS."
EXAMPLES = (
    "digital-maturity refresh",
    "digital-maturity query \"select care_setting, avg(score) from maturity_score where measure = 'overall_comparable' group by 1\"",
    "digital-maturity explain organisation R0A",
    "digital-maturity verify",
)
Command = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; it loads no library."""
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=f"{_epilog(EXAMPLES)}\n\nexit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = _Commands(top)
    for add in (
        _refresh,
        _sources,
        _ingest,
        _withdraw,
        _acknowledge,
        _freeze,
        _query,
        _resolve,
        _explain,
        _verify,
        _data_docs,
        _ui,
    ):
        add(commands)
    return top


class _Commands:
    """The commands of a parser, each with the options that all have."""

    def __init__(self, top: argparse.ArgumentParser) -> None:
        self._all = top.add_subparsers(required=True, metavar="COMMAND")
        self._common = argparse.ArgumentParser(add_help=False)
        self._common.add_argument(
            "--home",
            metavar="DIR",
            help="folder or URL (s3://bucket/prefix) for archive and releases (default: DIGITAL_MATURITY_HOME or ./data)",
        )
        self._common.add_argument("--debug", action="store_true", help="show the traceback of an error")

    def add(self, name: str, run: Command, words: str, *examples: str) -> argparse.ArgumentParser:
        """Add a command that `run` does, described in `words`."""
        sub = self._all.add_parser(
            name,
            help=words,
            description=words[0].upper() + words[1:] + ".",
            epilog=_epilog(examples),
            parents=[self._common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=run, wrong_usage=sub.error)
        return sub


def _epilog(examples: tuple[str, ...]) -> str:
    return "\n  ".join(["examples:", *examples])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a day like 2019-04-01, found {text!r}") from error


def _refresh(commands: _Commands) -> None:
    sub = commands.add(
        "refresh",
        running.refresh,
        "fetch, validate, join and publish a release",
        "digital-maturity refresh",
        "digital-maturity refresh --offline",
        "digital-maturity refresh --source dma --source tac --strict",
    )
    sub.add_argument(
        "--offline", action="store_true", help="ask no publisher: archive and frozen editions only"
    )
    sub.add_argument(
        "--source", action="append", default=[], metavar="S", help="ask only this publisher (repeatable)"
    )
    sub.add_argument("--strict", action="store_true", help="exit 1 where a source is stale or refused")


def _sources(commands: _Commands) -> None:
    commands.add(
        "sources",
        keeping.sources,
        "each source: editions, state, last answer, licence",
        "digital-maturity sources",
    )


def _ingest(commands: _Commands) -> None:
    sub = commands.add(
        "ingest",
        keeping.ingest,
        "add a file downloaded by hand, through the same checks",
        "digital-maturity ingest epr suppliers.xlsx --edition 2024-10-01",
        'digital-maturity ingest dspt OrganisationSearch.csv --edition 2026-11-20 --retrieved-on 2026-11-20 --how "saved from the search page"',
    )
    sub.add_argument("source", metavar="SOURCE", help="source the file is of, as `sources` names it")
    sub.add_argument("file", metavar="FILE", type=Path, help="path of the file; it is copied, not moved")
    sub.add_argument(
        "--edition",
        required=True,
        metavar="E",
        help="edition as the publisher names it, e.g. 2025, 2023/24, 2023-10-17",
    )
    sub.add_argument(
        "--part", default="", metavar="P", help="which file of the edition, where it has several"
    )
    sub.add_argument("--url", default="", help="address it was downloaded from")
    sub.add_argument(
        "--retrieved-on", type=_day, metavar="DAY", help="day it was downloaded (default: today)"
    )
    sub.add_argument("--published-on", default="", metavar="DAY", help="day it was published, where known")
    sub.add_argument("--how", default="downloaded by hand", metavar="WORDS", help="how it was obtained")
    sub.add_argument(
        "--acknowledge",
        default="",
        metavar="WHY",
        help="accept what a guard refuses, and say why: the reason is published beside the check",
    )
    _add_by(sub)


def _add_by(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--by", default="", metavar="WHO", help="who decides (default: the maintainer of this home)"
    )


def _decision(sub: argparse.ArgumentParser, undo: str) -> None:
    """Add what every decision about a file of the archive takes."""
    sub.set_defaults(name=sub.prog.rpartition(" ")[2])
    sub.add_argument("source", metavar="SOURCE", help="source, as `sources` names it")
    sub.add_argument("edition", metavar="EDITION", help="edition of the file")
    sub.add_argument("--part", default="", metavar="P", help="part of the edition, where it has several")
    sub.add_argument("--why", required=True, metavar="TEXT", help="one sentence that explains it to others")
    _add_by(sub)
    sub.add_argument("--undo", action="store_true", help=undo)


def _withdraw(commands: _Commands) -> None:
    sub = commands.add(
        "withdraw",
        keeping.withdraw,
        "set the newest file of an edition aside: it is kept, listed and not used",
        'digital-maturity withdraw epr 2024-10-01 --why "the reply was corrected by the publisher"',
        'digital-maturity withdraw nof 2025/26-Q1 --part acute --undo --why "the file was right after all"',
    )
    _decision(sub, "use the file that was withdrawn last again")


def _acknowledge(commands: _Commands) -> None:
    sub = commands.add(
        "acknowledge",
        keeping.acknowledge,
        "record that the newest file of an edition is right although a guard refuses it",
        'digital-maturity acknowledge eric 2023/24 --why "the publisher revised the return, see its change notice"',
    )
    _decision(sub, "let the guards decide about the file again")


def _freeze(commands: _Commands) -> None:
    sub = commands.add(
        "freeze",
        keeping.freeze,
        "for maintainers: write a frozen edition from the archive",
        "digital-maturity freeze epr 2024-10-01",
    )
    sub.add_argument("source", metavar="SOURCE", help="source, as `sources` names it")
    sub.add_argument("edition", metavar="EDITION", help="edition held in the archive")


def _query(commands: _Commands) -> None:
    sub = commands.add(
        "query",
        asking.query,
        "one read-only SELECT on the latest release",
        'digital-maturity query "select org_code, org_name, region from trust_profile order by org_code"',
        'digital-maturity query "select * from caveat" --format csv',
    )
    sub.add_argument("sql", metavar="SQL", help="one SELECT; docs/tables.md lists tables and columns")
    sub.add_argument(
        "--format", choices=["table", "csv", "json"], default="table", help="how to print it (default: table)"
    )


def _resolve(commands: _Commands) -> None:
    sub = commands.add(
        "resolve",
        asking.resolve,
        "names or codes to ODS codes, never guessed",
        'digital-maturity resolve "SALFORD ROYAL NHS FOUNDATION TRUST" --on 2019-01-01',
        "digital-maturity resolve RM3 RW6",
        "digital-maturity resolve --csv my-trusts.csv --column Provider --out my-trusts-with-codes.csv",
    )
    sub.add_argument("names", nargs="*", metavar="NAME", help="name or code of an organisation")
    sub.add_argument("--csv", type=Path, metavar="FILE", help="a list of your own, instead of NAMEs")
    sub.add_argument("--column", metavar="C", help="its column with names or codes, in any case")
    sub.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    sub.add_argument(
        "--on", type=_day, metavar="DAY", help="day the name was in use (default: newest list of trusts)"
    )


def _explain(commands: _Commands) -> None:
    sub = commands.add(
        "explain",
        asking.explain,
        "where a published row came from; what became of an organisation",
        'digital-maturity explain maturity_score "DMA|RM3|acute|2025|well_led"',
        "digital-maturity explain organisation R0A",
        "digital-maturity explain organisation RM3 --since 20261123T060000Z",
    )
    sub.add_argument("table", metavar="TABLE", help="table of the release, or `organisation`")
    sub.add_argument(
        "key", metavar="KEY", help="values of its key joined by |, or the code of the organisation"
    )
    sub.add_argument("--since", metavar="RELEASE", help="what changed of the organisation after a release")


def _verify(commands: _Commands) -> None:
    sub = commands.add(
        "verify",
        asking.verify,
        "recompute every hash of a release",
        "digital-maturity verify",
        "digital-maturity verify 20261123T060000Z",
    )
    sub.add_argument("release", nargs="?", default="latest", metavar="RELEASE", help="default: latest")


def _data_docs(commands: _Commands) -> None:
    sub = commands.add(
        "data-docs",
        running.data_docs,
        "pages of Great Expectations about every check of every file in use (they load scripts from other sites)",
        "digital-maturity data-docs",
        "digital-maturity data-docs --source epr --out checks",
    )
    sub.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the pages (default: data-docs in the home)"
    )
    sub.add_argument(
        "--source", action="append", default=[], metavar="S", help="only this source (repeatable)"
    )


def _ui(commands: _Commands) -> None:
    commands.add(
        "ui", running.ui, "the Dagster user interface on http://127.0.0.1:3000", "digital-maturity ui"
    )
