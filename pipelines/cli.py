"""The command line `digital-maturity`.

`query`, `resolve` and `--help` must answer at once: Dagster, pandas, SQLAlchemy and Great Expectations are imported by
the commands that need them, never at the top.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

DONE, REFUSED, USAGE, BUSY = 0, 1, 2, 3
EXAMPLES = """examples:
  digital-maturity refresh
  digital-maturity sources
  digital-maturity query "select care_setting, avg(score) from maturity_score where measure = 'overall_comparable' group by 1"
  digital-maturity resolve "SALFORD ROYAL NHS FOUNDATION TRUST" --on 2019-01-01
  digital-maturity resolve --csv my-trusts.csv --column Provider --out my-trusts-with-codes.csv
  digital-maturity explain maturity_score "DMA|RM3|acute|2025|well_led"
  digital-maturity explain organisation R0A
  digital-maturity verify
"""


class CommandError(Exception):
    """A command cannot do what it was asked: one sentence for the user."""


class UsageError(CommandError):
    """A command was asked for something that is not there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused, 2 wrong usage, 3 another run is at work."""
    options = _parser().parse_args(arguments)
    if options.home:
        os.environ["DIGITAL_MATURITY_HOME"] = str(Path(options.home).absolute())
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if options.debug:
            raise
        print(f"digital-maturity: {error}", file=sys.stderr)
        return {"BusyError": BUSY, "UsageError": USAGE}.get(type(error).__name__, REFUSED)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--home", help="folder for archive and releases (default: DIGITAL_MATURITY_HOME or ./data)"
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser = argparse.ArgumentParser(
        prog="digital-maturity",
        description="Public, trust-level facts about digital maturity in the English NHS.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words, parents=[common])
        sub.set_defaults(command=run)
        return sub

    refresh = add("refresh", _refresh, "fetch, validate, join and publish a release")
    refresh.add_argument(
        "--offline", action="store_true", help="ask no publisher: archive and frozen editions only"
    )
    refresh.add_argument(
        "--source", action="append", default=[], metavar="S", help="ask only this publisher (repeatable)"
    )
    refresh.add_argument("--strict", action="store_true", help="exit 1 where a source is stale or refused")
    ingest = add("ingest", _ingest, "add a file downloaded by hand, through the same checks")
    ingest.add_argument("source")
    ingest.add_argument("file", type=Path)
    ingest.add_argument(
        "--edition", required=True, help="edition as the publisher names it, e.g. 2025, 2023/24, 2023-10-17"
    )
    ingest.add_argument("--part", default="", help="which file of the edition, where it has several")
    ingest.add_argument("--url", default="", help="address it was downloaded from")
    ingest.add_argument("--retrieved-on", type=_day, help="day it was downloaded (default: today)")
    ingest.add_argument("--published-on", default="", help="day it was published, where known")
    ingest.add_argument("--how", default="downloaded by hand", help="how it was come by")
    freeze = add("freeze", _freeze, "for maintainers: write a frozen edition from the archive")
    freeze.add_argument("source")
    freeze.add_argument("edition")
    add("sources", _sources, "each source: editions, state, last answer, licence")
    resolve = add("resolve", _resolve, "names or codes to ODS codes, never by guess")
    resolve.add_argument("names", nargs="*", metavar="NAME")
    resolve.add_argument("--csv", type=Path, metavar="FILE", help="a list of your own, instead of NAMEs")
    resolve.add_argument("--column", metavar="C", help="its column with names or codes")
    resolve.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write it (default: standard output)"
    )
    resolve.add_argument("--on", type=_day, help="day the name was in use (default: newest list of trusts)")
    resolve.set_defaults(wrong_usage=resolve.error)
    query = add("query", _query, "one read-only SELECT on the latest release")
    query.add_argument("sql")
    query.add_argument("--format", choices=["table", "csv", "json"], default="table")
    explain = add("explain", _explain, "where a published row came from; what became of an organisation")
    explain.add_argument("table", metavar="TABLE", help="table of the release, or `organisation`")
    explain.add_argument(
        "key", metavar="KEY", help="values of its key joined by |, or the code of the organisation"
    )
    explain.add_argument(
        "--since", metavar="RELEASE", help="what changed of the organisation after a release"
    )
    explain.set_defaults(wrong_usage=explain.error)
    verify = add("verify", _verify, "recompute every hash of a release")
    verify.add_argument("release", nargs="?", default="latest", metavar="RELEASE", help="default: latest")
    add("ui", _ui, "the Dagster user interface on http://127.0.0.1:3000")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a day like 2019-04-01, found {text!r}") from error


def _refresh(options: argparse.Namespace) -> int:
    from pipelines.home import Home
    from pipelines.lock import BusyError, held_by

    home = Home.default()
    holder = held_by(home.lock)
    if holder:
        raise BusyError(f"Another run is at work ({holder}); wait for it to end and try again.")
    _say("refreshing ...")
    if options.source:
        from assets.source import sources

        for name in options.source:
            _known(name, sources())
    status = _run_refresh(home, offline=options.offline, sources=options.source)
    _print(
        ["source", "edition", "rows", "status", "why"], [list(line.values()) for line in status["sources"]]
    )
    print(f"\n{status['outcome']}: {home.releases / status['release']}")
    bad = {line["status"] for line in status["sources"]} & {"stale", "refused"}
    return REFUSED if options.strict and bad else DONE


def _run_refresh(home: Any, *, offline: bool, sources: list[str]) -> dict[str, Any]:
    """Run the main job as the schedule does, and return how the run went."""
    home.prepare_dagster()
    if not home.verdicts.exists():  # everything is still to be checked: what does it may warm up meanwhile
        from pipelines import validator

        validator.start()
    import dagster as dg

    from pipelines.definitions import refresh
    from pipelines.lock import BusyError

    config = {
        "ops": {"archive": {"config": {"offline": offline, "sources": sources}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with dg.DagsterInstance.get() as instance:
        result = dg.execute_job(
            dg.reconstructable(refresh), instance, run_config=config, tags={"started_by": "command line"}
        )
    if not result.success:
        found = [event.event_specific_data for event in result.all_events if event.is_failure]
        told = [getattr(data, "error", None) for data in found]
        causes = [error.cause or error for error in told if error is not None]
        if any(cause.cls_name == BusyError.__name__ for cause in causes):
            raise BusyError(causes[0].message.partition(": ")[2].strip())
        raise CommandError(
            causes[0].message.strip() if causes else "the run failed; open the Dagster UI to see why"
        )
    status: dict[str, Any] = home.read_status("run")
    return status


def _ingest(options: argparse.Namespace) -> int:
    import hashlib

    from assets.source import sources
    from pipelines.archive import Vintage
    from pipelines.home import Home
    from pipelines.lock import exclusive

    source = _known(options.source, sources())
    if not options.file.is_file():
        raise UsageError(
            f"Reading {options.file}: expected a file, found {'a folder' if options.file.is_dir() else 'nothing'}; correct the path."
        )
    content = options.file.read_bytes()
    moment = (
        datetime.combine(options.retrieved_on, datetime.min.time(), UTC)
        if options.retrieved_on
        else datetime.now(UTC)
    )
    vintage = Vintage(
        source=source.name,
        edition=options.edition,
        part=options.part,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        origin="ingested",
        url=options.url,
        final_url=options.url,
        publisher_file_name=options.file.name,
        retrieved_at=moment.isoformat(timespec="seconds"),
        published_at=options.published_on,
        etag="",
        last_modified="",
        licence=source.licence,
        how=options.how,
    )
    home = Home.default()
    found = _judged(source, vintage, content, home)
    if not found.accepted:
        likeness = _looks_like(content, options.edition, source.name) if found.problems else ""
        raise CommandError(found.why_refused(kept=False) + likeness)
    with exclusive(home.lock, "digital-maturity ingest"):
        new = home.archive.add(content, vintage)
    print(
        f"{source.name} {options.edition}: {found.rows_in} rows, {len(found.rejected)} rejected; {'added' if new else 'already there, nothing changed'}."
    )
    return DONE


def _judged(source: Any, vintage: Any, content: bytes, home: Any) -> Any:
    """Judge a file before it is kept, in a scratch home of its own."""
    from tempfile import TemporaryDirectory

    from pipelines import staging
    from pipelines.home import Home

    with TemporaryDirectory(dir=_made(home.root)) as scratch:
        trial = Home(Path(scratch))
        trial.archive.add(content, vintage)
        copies = [
            (copy, origin) for copy, origin in staging.copies(source, trial) if copy.origin == "ingested"
        ]
        return staging.judge(source, *copies[0], trial)


def _looks_like(content: bytes, edition: str, tried: str) -> str:
    """Say which other source reads this content, where one does."""
    from assets.source import sources

    for name, source in sources().items():
        if name == tried:
            continue
        try:
            source.read(content, edition, "")
        except Exception:  # noqa: S112 - whatever it is, it is not a file of this source
            continue
        return f" It looks like a file of {name}: try `digital-maturity ingest {name}`."
    return ""


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _freeze(options: argparse.Namespace) -> int:
    from assets.source import sources
    from pipelines.freezing import freeze
    from pipelines.home import Home

    for path in freeze(_known(options.source, sources()), options.edition, Home.default()):
        print(path)
    return DONE


def _known(name: str, found: Any) -> Any:
    if name not in found:
        raise UsageError(
            f"Looking for source {name!r}: expected one of {', '.join(found)}; correct the name."
        )
    return found[name]


def _sources(options: argparse.Namespace) -> int:
    del options
    from assets.source import sources
    from pipelines.home import Home
    from pipelines.state import described

    home = Home.default()
    for source in sources().values():
        print(f"{source.name}: {source.title} ({source.publisher})")
        for word, told in described(source, home, datetime.now(UTC).date()).items():
            print(f"  {word:<15}{told}")
    return DONE


def _ui(options: argparse.Namespace) -> int:
    del options
    from pipelines.home import Home

    folder = Home.default().prepare_dagster()
    root = Path(__file__).resolve().parent.parent
    program = str(Path(sys.executable).with_name("dagster"))
    os.environ["DAGSTER_HOME"] = str(folder)
    os.execv(program, [program, "dev", "-w", str(root / "workspace.yaml"), "-h", "127.0.0.1", "-p", "3000"])  # noqa: S606 - replaces this process


def _resolve(options: argparse.Namespace) -> int:
    listed = bool(options.csv and options.column)
    if bool(options.names) == listed or (options.names and (options.csv or options.column or options.out)):
        options.wrong_usage("expected either NAMEs, or --csv FILE with --column C")
    from pipelines.resolving import ADDED, answers

    if options.csv:
        return _resolve_list(options)
    answer = answers(options.on)
    rows = [(name, *answer(name)) for name in options.names]
    _print(["name", *ADDED], rows)
    return DONE if all(row[1] for row in rows) else REFUSED


def _resolve_list(options: argparse.Namespace) -> int:
    from pipelines.resolving import answers, read_list, resolve_list, write_list

    done = resolve_list(read_list(options.csv), options.column, answers(options.on))
    if options.out:
        write_list(options.out, done.content)
    else:
        sys.stdout.buffer.write(done.content)
        sys.stdout.buffer.flush()
    print(f"{done.rows} rows, {done.unmatched} of them unmatched.", file=sys.stderr)
    return DONE


def _query(options: argparse.Namespace) -> int:
    from pipelines.answering import answer, as_json, on_screen

    header, rows = answer(options.sql)
    if options.format == "table":
        _print(header, on_screen(rows))
    elif options.format == "json":
        sys.stdout.writelines(as_json(header, rows))
    else:
        csv.writer(sys.stdout, lineterminator="\n").writerows(chain([header], rows))
    return DONE


def _explain(options: argparse.Namespace) -> int:
    from pipelines import explaining, history, since

    about_one = options.table == "organisation"
    if options.since and not about_one:
        options.wrong_usage("--since goes with `organisation CODE`")
    if options.since:
        print(since.tell(options.key, options.since))
        return DONE
    print(history.tell(options.key) if about_one else explaining.explain(options.table, options.key))
    return DONE


def _verify(options: argparse.Namespace) -> int:
    from pipelines.verifying import differences, folder_of, summary

    folder = folder_of(options.release)
    wrong, count = differences(folder)
    for path, what in wrong.items():
        print(f"{path}: {what}")
    print(f"Release {folder.name}: {summary(wrong, count)}.")
    return REFUSED if wrong else DONE


def _say(words: str) -> None:
    """Tell a person at a terminal what is going on."""
    if sys.stderr.isatty():
        print(words, file=sys.stderr)


def _print(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with aligned columns."""
    text = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(header), *text]) for place in range(len(header))]
    out = io.StringIO()
    for row in [list(header), ["-" * width for width in widths], *text]:
        out.write(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        )
    sys.stdout.write(out.getvalue())


if __name__ == "__main__":
    sys.exit(main())
