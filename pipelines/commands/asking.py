"""Commands that ask a release: `query`, `resolve`, `explain`, `verify`. They answer at once, with DuckDB alone."""

import argparse
import csv
import sys
from itertools import chain

from pipelines.commands.telling import DONE, REFUSED, print_table, say


def query(options: argparse.Namespace) -> int:
    """Print the answer to a SELECT."""
    from pipelines.queries.sql_sandbox import answer, as_json, on_screen

    header, rows = answer(options.sql)
    if options.format == "table":
        print_table(header, on_screen(rows))
    elif options.format == "json":
        sys.stdout.writelines(as_json(header, rows))
    else:
        csv.writer(sys.stdout, lineterminator="\n").writerows(chain([header], rows))
    return DONE


def resolve(options: argparse.Namespace) -> int:
    """Print or write the codes of names, or of a list of the user's own."""
    listed = bool(options.csv and options.column)
    if bool(options.names) == listed or (options.names and (options.csv or options.column or options.out)):
        options.wrong_usage("expected either NAMEs, or --csv FILE with --column C")
    from pipelines.queries.resolve_names import ADDED, answers

    if options.csv:
        return _resolve_list(options)
    answer = answers(options.on)
    rows = [(name, *answer(name)) for name in options.names]
    print_table(["name", *ADDED], rows)
    return DONE if all(row[1] for row in rows) else REFUSED


def _resolve_list(options: argparse.Namespace) -> int:
    from pipelines.queries.resolve_names import answers, read_list, resolve_list, write_list

    done = resolve_list(read_list(options.csv), options.column, answers(options.on))
    if options.out:
        write_list(options.out, done.content)
    else:
        sys.stdout.buffer.write(done.content)
        sys.stdout.buffer.flush()
    say(f"{done.rows} rows, {done.unmatched} of them unmatched.")
    return DONE


def explain(options: argparse.Namespace) -> int:
    """Print where a row came from, or the history of an organisation."""
    from pipelines.queries import changes_since, explain_row, organisation_history

    about_one = options.table == "organisation"
    if options.since and not about_one:
        options.wrong_usage("--since goes with `organisation CODE`")
    if options.since:
        print(changes_since.tell(options.key, options.since))
        return DONE
    print(
        organisation_history.tell(options.key)
        if about_one
        else explain_row.explain(options.table, options.key)
    )
    return DONE


def verify(options: argparse.Namespace) -> int:
    """Print what of a release is not as it was published."""
    from pipelines.queries.verify_release import differences, release_named, summary

    with release_named(options.release) as folder:
        wrong, count = differences(folder)
    for path, what in wrong.items():
        print(f"{path}: {what}")
    print(f"Release {folder.name}: {summary(wrong, count)}.")
    return REFUSED if wrong else DONE
