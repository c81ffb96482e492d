"""B6: what becomes of faulty files: refused, read aright, served wrong, or the end of the reader.

The truth behind every file is the sound one. A contender that gives every trust as the sound file has it read it
aright, also where it lists the rows it left out; one that gives anything else without a word has served wrong data.
Ours goes from the archive through its checks and guards to the code of each trust; the others are careful scripts.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import BASELINES, ROOT, Table, Target
from benchmarks.place import Place

REFUSED, RIGHT, WRONG, DIED = "refused", "right", "wrong data served", "crash or hang"
OUTCOMES = (REFUSED, RIGHT, WRONG, DIED)
NOT_READ = "not read"
OURS = "ours"
READERS = {"pandas and openpyxl": "openpyxl", "pandas and calamine": "calamine", "DuckDB": "duckdb"}
SUFFIXES = {"epr": ".xlsx", "eric": ".csv"}
ABOUT = (
    "Two sound files, a workbook of suppliers and a CSV of costs with the rows of frozen editions, and faults of "
    "docs/reliability.md done to them, each read in a child with limits of memory and time."
)
Answer = tuple[str, Any]
"""`served` and rows, `refused` and why, or `died` and how."""


def ours(home: Path, files: Sequence[str], out: Path) -> None:
    """Have the product take in each file after its last good one; run in a process of its own."""
    found = [_safely(home / str(at), *file.split(":", 1)) for at, file in enumerate(files)]
    out.write_text(json.dumps(found), "utf-8")


def _safely(home: Path, kind: str, path: str) -> Answer:
    """Return what becomes of a file; what no step of a refresh catches would end a run."""
    try:
        return _taken_in(home, kind, path)
    except Exception as error:
        return "died", f"{type(error).__name__}: {error}"


def _taken_in(home: Path, kind: str, path: str) -> Answer:
    from assets.catalogue import sources
    from benchmarks.faults import EDITIONS
    from pipelines.orchestration import refresh_steps
    from pipelines.storage.home import Home
    from tests.tiny_source import arrive

    arrive(Home(home), Path(path).read_bytes(), source=kind, edition=EDITIONS[kind], day=2, name="file")
    done = refresh_steps.stage(sources()[kind], sources(), Home(home))
    newest = done.judged[-1]
    return (
        ("served", _rows(kind, Home(home), reported=bool(newest.rejected)))
        if newest.accepted
        else ("refused", done.why)
    )


def _rows(kind: str, home: Any, *, reported: bool) -> dict[str, Any]:
    """Return the rows of the file whose trust is certain; `reported` whether others were listed instead."""
    from assets.catalogue import sources
    from assets.organisations import model
    from benchmarks.faults import AMOUNTS, EDITIONS
    from pipelines.integration.resolver import Resolver
    from pipelines.staging import staged_tables
    from pipelines.storage.parquet import read_parquet, to_pandas
    from tests.tac_workbook import ods_rows

    table, columns = {
        "epr": ("epr_supplier", ["org_code", "org_name_as_published", "supplier"]),
        "eric": ("medical_records_cost", ["org_code", *AMOUNTS]),
    }[kind]
    staged = to_pandas(read_parquet(staged_tables.staged_path(kind, home)))
    mine = staged[staged["edition"] == EDITIONS[kind]].reset_index(drop=True)
    resolver = Resolver(model.build(ods_rows()))
    rows, unmatched = resolver.resolve(sources()[kind].facts(mine)[table], sources()[kind], table)
    kept = rows[columns].astype(object)
    return {
        "rows": kept.where(kept.notna(), None).to_numpy().tolist(),
        "reported": reported or bool(unmatched),
    }


def benchmark(place: Place) -> Iterable[Table]:
    """Yield the scores, and what became of each file."""
    from benchmarks.faults import SUPPLIERS, faults

    folder, files = place.fresh("faults"), []
    fed = faults()
    for at, (kind, content) in enumerate(fed.values()):
        path = folder / f"{at}{SUFFIXES[kind]}"
        path.write_bytes(content)
        files.append(f"{kind}:{path}")
    found = {name: _reported(name, folder, files) for name in [OURS, *installed()]}
    if not find_excel():
        found["DuckDB"] = [
            (NOT_READ, "") if kind == SUPPLIERS else one
            for (kind, _), one in zip(fed.values(), found["DuckDB"], strict=True)
        ]
    scored = {
        name: dict(zip(fed, scores(reported, list(fed.values())), strict=True))
        for name, reported in found.items()
    }
    yield summary(scored)
    yield Table(
        "B6 Result for each file",
        "Right: every trust as in the sound file, or rows left out and listed. A file of which no row is served, and all are listed, counts as refused.",
        ("file", *scored),
        [[name, *(reported[name] for reported in scored.values())] for name in fed],
    )


def summary(scored: Mapping[str, Mapping[str, str]]) -> Table:
    """Return how often each contender did what with the faulty files; the sound ones must be right."""
    counted = {
        name: Counter(one for file, one in found.items() if not file.startswith("sound"))
        for name, found in scored.items()
    }
    sound = [one for found in scored.values() for file, one in found.items() if file.startswith("sound")]
    if {*sound} - {RIGHT, NOT_READ}:
        raise RuntimeError(f"Reading sound files: expected every contender to read them, found {sound}.")
    rows = [
        [name, *(str(count[outcome]) for outcome in (*OUTCOMES, NOT_READ))] for name, count in counted.items()
    ]
    mine = counted[OURS]
    bad = mine[WRONG] + mine[DIED]
    notes = [f"{name} is not installed, so it is no contender" for name in READERS if name not in scored]
    if not find_excel():
        notes.append(
            "DuckDB reads no workbook here: its extension for them is not installed and nothing is downloaded"
        )
    return Table(
        "B6 Survival of faulty files",
        ABOUT,
        ("contender", *OUTCOMES, NOT_READ),
        rows,
        [Target("ours: no wrong data, no crash", f"{bad} of {mine.total()}", bad == 0)],
        notes,
    )


def installed() -> list[str]:
    """Return the contenders that are installed."""
    return [name for name in READERS if name != "pandas and calamine" or find_spec("python_calamine")]


def find_excel() -> bool:
    """Tell whether DuckDB can read workbooks here, without a download."""
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            "select installed from duckdb_extensions() where extension_name = 'excel'"
        ).fetchone()
    return bool(found and found[0])


def _reported(name: str, folder: Path, files: Sequence[str]) -> list[Answer]:
    """Return what a contender says of each file."""
    out = folder / "answer.json"
    call = f"from benchmarks.b6_survival import Path, ours; ours(Path({str(folder / 'homes')!r}), {list(files)!r}, Path({str(out)!r}))"
    command = (
        ["-c", call] if name == OURS else [str(BASELINES / "read_faulty.py"), READERS[name], str(out), *files]
    )
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Feeding faults to {name}: expected exit code 0, found {done.stderr[-2000:]}")
    return [(state, found) for state, found in json.loads(out.read_text("utf-8"))]


def scores(reported: Sequence[Answer], fed: Sequence[tuple[str, bytes]]) -> list[str]:
    """Return what became of each file by the truth of its kind: what was served of the sound one, which comes first."""
    truth: dict[str, Any] = {}
    outcomes = []
    for (state, what), (kind, _) in zip(reported, fed, strict=True):
        if state == "served":
            truth.setdefault(kind, what)
        outcomes.append(_score(state, what, truth.get(kind)))
    return outcomes


def _score(state: str, what: Any, truth: Any) -> str:
    if state != "served":
        return {"refused": REFUSED, "died": DIED}.get(state, NOT_READ)
    rows, right = _cells(what), _cells(truth)
    listed = isinstance(what, dict) and what["reported"]
    if listed and not rows:
        return REFUSED
    return RIGHT if rows == right or (listed and not rows - right) else WRONG


def _cells(reported: Any) -> Counter[str]:
    rows = reported["rows"] if isinstance(reported, dict) else reported
    return Counter(json.dumps([float(c) if isinstance(c, int) else c for c in row]) for row in rows)
