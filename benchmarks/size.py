"""What many more names, facts, organisations and files than today's would cost: `python -m benchmarks.size [mark ...]`.

Each mark is a cold process with artificial rows: organisations are those of the frozen lists, repeated under artificial codes.

- `names`: 5,000 misprinted names among 13,000 and among 300,000.
- `facts`: a million rows of payments joined to organisations and written.
- `organisations`: 300,000 organisations, and 64,000 rows of the security toolkit in each of 8 snapshots.
- `files`: files of payments of one trust, a month each: guards compare each with others, and none may cost more than before.

Printed are seconds, seconds of processor time and the peak memory of what the mark is about, and the mark.
"""

import argparse
import hashlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.catalogue import Catalogue, published
from assets.organisations.names import Name, NameIndex
from assets.organisations.organisation_tables import ORGANISATIONS
from assets.sources.spend25k.trusts import edition_of
from benchmarks.everyone import DIGITS
from benchmarks.harness import machine
from pipelines.integration.layers import Workshop
from pipelines.integration.lineage import NOTES, layer_of
from pipelines.integration.working_set import WorkingSet
from pipelines.staging.staged_tables import Manifest, Staged
from pipelines.storage.parquet import read_parquet, to_pandas

if TYPE_CHECKING:
    from pipelines.judging.file_verdicts import Verdict
    from pipelines.storage.home import Home

TODAY = "2026-07-08"
CATEGORIES = (
    *("it_capital", "it_hardware", "it_network", "it_services", "it_software"),
    "telecoms",
    "not_it",
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTER_OF = str.maketrans("0123456789", "GHIJKLMNOP")
SEED = 1
FEW_AND_MANY = (200, 2_000)
MOST_GROWTH = 1.5


@dataclass(frozen=True)
class Mark:
    """Most seconds of processor time and MiB that a part of a mark may take; 0 is not judged."""

    seconds: float = 0
    mib: float = 0


def report(what: str, begun: tuple[float, float], mark: Mark) -> float:
    """Print what was used since `begun`, and whether that meets the mark; return the seconds of processor time."""
    seconds, processor = (now - then for now, then in zip(clocks(), begun, strict=True))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    limits = [
        f"at most {mark.seconds:g} s" if mark.seconds else "",
        f"at most {mark.mib:g} MiB" if mark.mib else "",
    ]
    met = processor <= (mark.seconds or processor) and mib <= (mark.mib or mib)
    judged = f"{' and '.join(filter(None, limits))}: {'met' if met else 'MISSED'}" if any(limits) else ""
    print(
        f"{what:<64} {seconds:>7.1f} s {processor:>7.1f} s of processor {mib:>6.0f} MiB  {judged}", flush=True
    )
    return processor


def clocks() -> tuple[float, float]:
    """Return seconds by the clock and seconds of processor time of this process."""
    return time.perf_counter(), time.process_time()


# What is measured


def listed(count: int) -> pd.DataFrame:
    """Return the staged lists of trusts; the newest has so many more organisations under artificial codes."""
    from tests.tac_workbook import ods_rows

    rows = ods_rows()
    newest = rows[rows["edition"] == TODAY]
    more = [
        newest.assign(
            org_code=[code_of(number * len(newest) + place) for place in range(len(newest))],
            name=newest["name"] + f" {place_name(number)}",
            source_row=newest["source_row"] + number * len(newest),
        )
        for number in range(1, 1 + count // len(newest))
    ]
    return pd.concat([rows, *more], ignore_index=True)


def code_of(number: int) -> str:
    """Return an artificial code of six characters."""
    digits = ""
    for _ in range(5):
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return f"X{digits}"


def place_name(number: int) -> str:
    """Return a word that stands for a number."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:8].translate(LETTER_OF).upper()


def staged(name: str, rows: pd.DataFrame | Callable[[], pd.DataFrame], **changed: object) -> Staged:
    """Return rows as the staged table of a source."""
    source = replace(published().sources[name], **changed)  # type: ignore[arg-type]
    return Staged(source, rows, Manifest(name, (), ()), "frozen", "")


def made(root: Path, table: str, ods: Staged, other: Staged) -> Callable[[], list[str]]:
    """Make the organisations of a list; return what makes a fact table of a source."""
    both = {one.source.name: one for one in (ods, other)}
    catalogue = Catalogue({name: one.source for name, one in both.items()}, published().tables)
    workshop = Workshop(catalogue, both, WorkingSet(root))
    for layer in (NOTES, ORGANISATIONS):
        workshop.make(layer, workshop.tables_in(layer))
    return lambda: workshop.make(layer_of(table), [table])


def names(_: Path) -> None:
    """Measure misprinted names, among all of a list."""
    for count in (13_000, 300_000):
        rows = listed(count).drop_duplicates("org_code")
        index = NameIndex(
            Name(code, name, None, None) for code, name in rows[["org_code", "name"]].itertuples(index=False)
        )
        random, every = Random(SEED), rows["name"].tolist()  # noqa: S311 - misprints, no secrets
        unknown = [misprinted(random.choice(every), random) for _ in range(5_000)]
        begun = clocks()
        index.nearest("ARTIFICAL NAME")
        report(f"the index of {len(every):,} names", begun, Mark())
        begun = clocks()
        found = [index.resolve(name, date(2026, 1, 1)).candidates for name in unknown]
        report(
            f"{len(unknown):,} unknown names, {sum(map(bool, found)):,} of them near others", begun, Mark(3)
        )


def misprinted(name: str, random: Random) -> str:
    """Return a name with two letters exchanged for others."""
    letters = list(name)
    for _ in range(2):
        letters[random.randrange(len(letters))] = random.choice(LETTERS)
    return "".join(letters)


def facts(root: Path) -> None:
    """Measure a million payments of the trusts of today."""
    lists = listed(0)
    today = lists[lists["edition"] == TODAY]
    months = pd.period_range("1982-07", "2025-12", freq="M")
    keys = pd.MultiIndex.from_product([today["org_code"], months])
    code, month = keys.get_level_values(0), pd.PeriodIndex(keys.get_level_values(1))
    begin, end = ({one: getattr(one, side).date() for one in months} for side in ("start_time", "end_time"))
    rows = pd.DataFrame(
        {
            "org_code_as_published": code.astype("str"),
            "org_name_as_published": today.set_index("org_code")["name"].reindex(code).array,
            "month": month.astype("str"),
            "category": "",
            "is_it": True,
            "amount_gbp": 25_000.25,
            "lines": 1,
            "classified_pct": 100.0,
            "caution": "",
            "fy_end_year": 2020,
            "edition": month.year.astype("str"),
            "period_start": month.map(begin),
            "period_end": month.map(end),
            "resolve_on": month.map(begin),
            "source_file_sha256": "0" * 64,
            "source_sheet": "",
            "source_row": range(1, 1 + len(keys)),
            "value_status": "e",
        }
    )
    path, table = root / "payments.parquet", "it_spend_over_25k"
    with pq.ParquetWriter(path, pa.Schema.from_pandas(rows)) as writer:
        for category in CATEGORIES:
            writer.write_table(pa.Table.from_pandas(rows.assign(category=category)))
    del rows, keys, code, month
    given = staged("spend25k", lambda: to_pandas(read_parquet(path)), facts=lambda rows: {table: rows})
    make = made(root, table, staged("ods", lists), given)
    begun = clocks()
    make()
    report(f"{WorkingSet(root).count(table):,} payments joined and written", begun, Mark(25, 1024))


def organisations(root: Path) -> None:
    """Measure 300,000 organisations, of which 64,000 have a security standard in each of 8 snapshots."""
    lists = listed(300_000)
    first = lists[lists["edition"] == TODAY].iloc[:64_000]
    rows = pd.concat(
        pd.DataFrame(
            {
                "org_code_as_published": first["org_code"],
                "org_name_as_published": first["name"],
                "status_as_published": "22/23 Standards Met",
                "status": "standards_met",
                "standard_year": "2022/23",
                "published_on": date(2023, 6, 26),
                "sector": "NHS Trust",
                "organisations_in_list": 64_000,
                "edition": f"2026-07-{day:02}",
                "source_file_sha256": f"{day:064}",
                "source_sheet": "",
                "source_row": range(1, 1 + len(first)),
            }
        )
        for day in range(1, 9)
    )
    begun = clocks()
    make = made(root, "dspt_status", staged("ods", lists), staged("dspt", rows.reset_index(drop=True)))
    report(f"{lists['org_code'].nunique():,} organisations made and written", begun, Mark())
    make()
    count = WorkingSet(root).count("dspt_status")
    report(f"and {count:,} of {len(rows):,} rows of the security toolkit", begun, Mark(90))


def files(root: Path) -> None:
    """Measure the guards on files of one trust, first few, then ten times as many: time a file must not grow."""
    from pipelines.judging.guard_results import guarded
    from pipelines.storage.home import Home

    took = []
    for count in FEW_AND_MANY:
        home = Home(root / str(count))
        alone = parsed(home, count)
        begun = clocks()
        accepted = sum(one.accepted for one in guarded(published().sources["spend25k"], alone, home))
        took.append(
            report(f"guards on {count:,} files of a trust, {accepted:,} accepted", begun, Mark()) / count
        )
    growth = took[-1] / took[0]
    print(
        f"{growth:.2f} times as long a file, at most {MOST_GROWTH:g}: {'met' if growth <= MOST_GROWTH else 'MISSED'}"
    )


def parsed(home: "Home", count: int) -> list["Verdict"]:
    """Write the parsed rows of so many files of a trust, a month each, and return them as accepted when alone."""
    from assets.contract.frozen_editions import frozen_editions, read_frozen
    from pipelines.judging.file_verdicts import Candidate, Verdict, parsed_path
    from pipelines.storage.parquet import to_arrow, write_parquet

    source = published().sources["spend25k"]
    real = read_frozen(frozen_editions(source.name)[0], source.table).rows
    real = real[real["publisher_file_sha256"] == real["publisher_file_sha256"].iloc[0]]
    found = []
    for number in range(count):
        month, key = f"{1800 + number // 12}-{1 + number % 12:02}", f"{number:064x}"
        edition = edition_of(month)
        copy = Candidate(
            source.name, edition, f"RVR.{month}", key, key, 1, "fetched", "", "", "", "", "artificial"
        )
        rows = real.assign(month=month, edition=edition, source_file_sha256=key, publisher_file_sha256=key)
        write_parquet(to_arrow(rows, source.table), parsed_path(source, copy, home))
        found.append(Verdict(copy, accepted=True, problems=(), checks=()))
    return found


MARKS = {one.__name__: one for one in (names, facts, organisations, files)}


def main() -> None:
    """Print the marks, each measured in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("marks", nargs="*", default=list(MARKS), metavar="mark")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        with TemporaryDirectory() as folder:
            MARKS[options.marks[0]](Path(folder))
        return
    print(machine(), flush=True)
    for mark in options.marks:
        subprocess.run([sys.executable, "-m", "benchmarks.size", mark, "--here"], check=True)


if __name__ == "__main__":
    main()
