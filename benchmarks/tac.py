"""What reading a year of provider accounts costs, beside the bare library: `python -m benchmarks.tac [--scale S] [--slow]`.

A pair of workbooks with the layout and the size of 2023/24 (481,140 and 1,006,040 rows) is written into a temporary
folder: real codes and names of trusts, artificial amounts, marked as such. Each reading is a process of its own:
seconds of the reading and peak memory of the process. Amounts are compared cell by cell before a time counts. `--slow`
adds pandas with openpyxl, which takes minutes at full scale.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import escape

from assets.editions import frozen_editions, read_frozen
from assets.sources import ods, tac
from benchmarks.refresh import ROOT, machine

EDITION = "2023/24"
FILES = {"trusts": (66, 7290), "foundation_trusts": (140, 7186)}
"""Providers and rows of each, as in 2023/24."""
RUNS = 3
MOST_RATIO = 1.3
LEAST_FASTER = 15
MOST_MIB = 1536
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEETS = ("List of Providers", "All data")
HEADERS = ("OrganisationName", "WorkSheetName", "TableID", "MainCode", "RowNumber", "SubCode", "Total")


@dataclass(frozen=True)
class Reading:
    """One process: seconds of the reading, peak memory in MiB, and what it found."""

    seconds: float
    peak_mib: float
    found: str


def codes(rows: int) -> list[tuple[str, int, str, int, str]]:
    """Return the cells of a provider: every used one, spread among others of the same sheets."""
    used = [
        (f"TAC{measure.sheet[1:]}", measure.tables[at], measure.main_code(period), 12, measure.sub_code)
        for measure in tac.MEASURES.values()
        for at, period in enumerate(tac.PERIODS)
    ]
    sheets = sorted({(cell[0], cell[2]) for cell in used})
    others = [
        (*(sheet := sheets[i % len(sheets)])[:1], 1 + i % 6, sheet[1], i % 180, f"OTH{i // len(sheets):04d}")
        for i in range(rows - len(used))
    ]
    step = len(others) // len(used)
    mixed = []
    for place, cell in enumerate(used):
        mixed += [*others[place * step : (place + 1) * step], cell]
    return mixed + others[len(used) * step :]


def artificial(provider: int, place: int) -> int:
    """Return the artificial amount of a cell."""
    return (provider * 7919 + place * 31) % 90_000


def write(path: Path, providers: Sequence[tuple[str, str]], rows: int) -> None:
    """Write a workbook as a spreadsheet program does: text in a shared table, numbers in place."""
    shared: dict[str, int] = {}
    listed = [["Full name of Provider", "NHS code", "Region", "Sector", "Comments "]]
    listed += [[name, code, "Artificial region", "Acute", "ARTIFICIAL AMOUNTS"] for code, name in providers]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for number, lines in enumerate((listed, _accounts(providers, rows)), start=1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
                part.write(f'{XML}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for row, line in enumerate(lines, start=1):
                    part.write(_row(row, line, shared))
                part.write(b"</sheetData></worksheet>")
        strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
        archive.writestr("xl/sharedStrings.xml", f'{XML}<sst xmlns="{MAIN}">{strings}</sst>')
        for name, text in _parts().items():
            archive.writestr(name, XML + text)


def _accounts(providers: Sequence[tuple[str, str]], rows: int) -> Iterator[Sequence[Any]]:
    yield HEADERS
    cells = codes(rows)
    for number, (_, name) in enumerate(providers):
        for place, cell in enumerate(cells):
            yield (name, *cell, artificial(number, place))


def _row(row: int, line: Sequence[Any], shared: dict[str, int]) -> bytes:
    cells = []
    for column, value in zip("ABCDEFG", line, strict=False):
        if isinstance(value, str):
            cells.append(f'<c r="{column}{row}" t="s"><v>{shared.setdefault(value, len(shared))}</v></c>')
        else:
            cells.append(f'<c r="{column}{row}"><v>{value}</v></c>')
    return f'<row r="{row}">{"".join(cells)}</row>'.encode()


def _parts() -> dict[str, str]:
    """Return the small parts of a workbook that say which sheets it has."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(SHEETS, start=1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/{what}" Target="{target}"/>'
        for n, what, target in (
            (1, "worksheet", "worksheets/sheet1.xml"),
            (2, "worksheet", "worksheets/sheet2.xml"),
            (3, "sharedStrings", "sharedStrings.xml"),
        )
    )
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{kind}.{what}+xml"/>'
        for part, what in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("worksheets/sheet2", "worksheet"),
            ("sharedStrings", "sharedStrings"),
        )
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
    }


def real_trusts(most: int) -> list[tuple[str, str]]:
    """Return codes and names of real trusts, from the frozen lists."""
    found: dict[str, str] = {}
    for frozen in frozen_editions("ods"):
        rows = read_frozen(frozen, ods.SOURCE.table).rows
        for code, name in zip(rows["org_code"], rows["name"], strict=True):
            if name not in found.values():
                found.setdefault(code, name)
    return list(found.items())[:most]


# Reading, in a process of its own


def bare(path: Path) -> Any:
    """Read both sheets with the library alone, as columns."""
    import fastexcel

    reader = fastexcel.read_excel(path.read_bytes())
    reader.load_sheet(SHEETS[0]).to_arrow()
    return reader.load_sheet(SHEETS[1]).to_arrow()


def parsed(path: Path) -> Any:
    """Read the workbook as the product does."""
    return tac.parse(path.read_bytes(), EDITION).rows


def slow(path: Path) -> Any:
    """Read the accounts the way most people do."""
    import pandas as pd

    return pd.read_excel(path, sheet_name=SHEETS[1], engine="openpyxl")


READERS = {"fastexcel alone": bare, "parse": parsed, "pandas and openpyxl": slow}


def child(reader: str, path: Path, providers: int, rows: int) -> None:
    """Read, then compare every used amount with what was written, and print what it took as JSON."""
    import resource

    started = time.perf_counter()
    answer = READERS[reader](path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, peak, compared(reader, answer, providers, rows)]))


def compared(reader: str, answer: Any, providers: int, rows: int) -> str:
    """Return how many used cells were right; stop where one was not."""
    wanted = {
        number * rows + place + 2: float(artificial(number, place))
        for number in range(providers)
        for place, cell in enumerate(codes(rows))
        if not cell[4].startswith("OTH")
    }
    if reader == "parse":
        got = dict(zip(answer["source_row"], answer["amount"], strict=True))
    else:
        totals = answer["Total"].tolist() if reader.startswith("pandas") else answer["Total"].to_pylist()
        got = {row: totals[row - 2] for row in wanted}
    if got != wanted:
        wrong = [row for row in {*wanted, *got} if wanted.get(row) != got.get(row)]
        raise SystemExit(
            f"{reader}: {len(wrong)} amounts differ from what was written, first in row {min(wrong)}"
        )
    return f"{len(got)} amounts right"


def measure(reader: str, path: Path, providers: int, rows: int) -> Reading:
    """Read a workbook in a child process."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.tac",
        "--child",
        reader,
        str(path),
        str(providers),
        str(rows),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Reading(*json.loads(done.stdout))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table: a line for each file and reader."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=float, default=1.0, help="share of the providers to write")
    options.add_argument("--slow", action="store_true", help="read with pandas and openpyxl, too (once)")
    options.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = options.parse_args(arguments)
    if chosen.child:
        reader, path, providers, rows = chosen.child
        child(reader, Path(path), int(providers), int(rows))
        return 0
    print(machine())
    with TemporaryDirectory() as folder:
        missed = [
            line
            for part, (providers, rows) in FILES.items()
            for line in report(
                Path(folder), part, max(1, round(providers * chosen.scale)), rows, slow=chosen.slow
            )
        ]
    print("; ".join(missed) or "every target met")
    return bool(missed)


def report(folder: Path, part: str, providers: int, rows: int, *, slow: bool) -> list[str]:
    """Measure one file, print its lines and return the targets missed."""
    path = folder / f"{part}.xlsx"
    write(path, real_trusts(providers), rows)
    print(
        f"\n{part}: {providers * rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB; median of {RUNS} runs"
    )
    readings: dict[str, list[Reading]] = {"fastexcel alone": [], "parse": []}
    for _ in range(RUNS):  # by turns, so that a busy machine is busy for both
        for reader, found in readings.items():
            found.append(measure(reader, path, providers, rows))
    if slow:
        readings["pandas and openpyxl"] = [measure("pandas and openpyxl", path, providers, rows)]
    path.unlink()
    seconds = {reader: statistics.median(r.seconds for r in found) for reader, found in readings.items()}
    for reader, found in readings.items():
        peak = max(reading.peak_mib for reading in found)
        ratio = seconds[reader] / seconds["fastexcel alone"]
        print(f"{reader:<20} {seconds[reader]:>7.2f} s {ratio:>6.2f}x {peak:>6.0f} MiB  {found[0].found}")
    peak = max(reading.peak_mib for reading in readings["parse"])
    targets = {
        f"{part}: within {MOST_RATIO}x of fastexcel alone": seconds["parse"]
        <= MOST_RATIO * seconds["fastexcel alone"],
        f"{part}: at most {MOST_MIB} MiB": peak <= MOST_MIB,
    }
    if slow:
        faster = seconds["pandas and openpyxl"] >= LEAST_FASTER * seconds["parse"]
        targets[f"{part}: {LEAST_FASTER}x faster than pandas and openpyxl"] = faster
    return [f"MISSED {target}" for target, met in targets.items() if not met]


if __name__ == "__main__":
    sys.exit(main())
