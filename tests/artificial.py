"""Artificial rows of every source that waits for the publisher's files, so that no column of a mart is empty in tests.

Codes and names are those of real trusts, and every number is plainly artificial: a multiple of 11 made from the letters
of code, year and measure. Rows go the way that fetched ones go: from a staged table through the source's own mapping,
the resolver and the roll-up. They live in tests only; nothing here can reach a release.
"""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import pandas as pd
import pyarrow as pa
from filelock import FileLock
from releases import offline_home, shared_folder, tables_of

from assets.catalogue import published, sources
from assets.contract.columns import METADATA
from assets.contract.periods import financial_year
from assets.contract.source import reports
from assets.reading.structure import problems
from assets.sources.tac.compiled import ACCOUNTS
from assets.sources.tac.measures import MEASURES, WTE, due, used_in
from assets.tables import rollup
from assets.tables.current_tables import fact_of
from pipelines.integration import warehouse
from pipelines.integration.frames import Frames
from pipelines.integration.resolver import Resolver
from pipelines.storage.parquet import to_arrow, to_pandas

YEARS = range(2018, 2026)
"""Financial years, by the year they end in, that have accounts."""
COMPLETE = (2024, 2025)
"""Years in which every trust has accounts; in the others only those of LONG do."""
LONG = (
    "R0A",
    "R0B",
    "RA7",
    "RA3",
    "RBN",
    "RVY",
    "RGT",
    "RH5",
    "RA4",
    "RHA",
    "RJE",
    "RM3",
    "RW6",
    "RX1",
    "RY2",
    "TAJ",
)
"""Trusts with accounts of all their years: some merged (RA3, RA4, RVY), one split (RW6), one closed in 2026 (RY2)."""
TWICE = ("R1K", (2020, 2025))
"""A trust with two accounts in some years, as one that becomes a foundation trust has."""
INCOMPLETE = (("RHA", 2021), ("RY2", 2025))
"""Accounts without one of the components of IT spend, also the newest of a trust that another took over since."""
NO_RATING = "RX8"
MONTHS = tuple(f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13))
EVERYTHING = "everything.duckdb"

Row = dict[str, Any]
Kept = TypeVar("Kept")


def made(scale: float, *what: object) -> float:
    """Return an artificial number that is always the same: 11 to 99 times a scale, itself of ones only."""
    return (11 + crc32(" ".join(map(str, what)).encode()) % 89) * scale


def frames_of(tables: Mapping[str, pa.Table]) -> Frames:
    """Return the frames that a release was loaded from: every table but the marts."""
    return {name: to_pandas(rows) for name, rows in tables.items() if name not in published().marts}


def marts_of(frames: Frames, database: Path = Path(":memory:")) -> dict[str, pa.Table]:
    """Return the marts that DuckDB makes of frames in a new database."""
    engine = warehouse.duckdb_engine(database)
    with engine.begin() as connection:
        warehouse.create(connection, published().tables.values())
        warehouse.load(connection, frames)
        warehouse.build_marts(connection, published().marts)
        made = {name: warehouse.read(connection, table) for name, table in published().marts.items()}
    engine.dispose()
    return made


@cache
def everything(base: Path) -> Frames:
    """Return what marts are made from, artificial where a source waits. Shared: copy a frame before changing it."""
    return _once(base, "everything", lambda: filled(frames_of(tables_of(offline_home(base).latest))))


@cache
def marts_of_everything(base: Path) -> dict[str, pa.Table]:
    """Return the marts of `everything`. Shared: pa.Table never changes."""
    database = shared_folder(base) / EVERYTHING
    return _once(base, "marts-of-everything", lambda: marts_of(everything(base), database))


def database_of_everything(base: Path) -> Path:
    """Return the database of `everything` and its marts, which the workers of this test session share. Only read it."""
    marts_of_everything(base)
    return shared_folder(base) / EVERYTHING


def _once(base: Path, name: str, make: Callable[[], Kept]) -> Kept:
    """Return what `make` makes, from a file that the workers of this test session share: one makes it."""
    path = shared_folder(base) / f"{name}.pickle"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
    found: Kept = pickle.loads(path.read_bytes())  # noqa: S301 - written above
    return found


def filled(released: Mapping[str, pd.DataFrame]) -> Frames:
    """Return the frames of a release with artificial facts of the sources that wait, on the trusts of then and today."""
    resolver = Resolver(dict(released))
    resolver.learn_types(released["organisation_type"])
    gathered: dict[str, list[pd.DataFrame]] = {}
    for name, table, rows in _mapped(list(_trusts(released["organisation"]))):
        defined = METADATA.tables[table]
        resolved, unmatched = resolver.resolve(rows, sources()[name], table)
        assert unmatched == []
        fitting = to_pandas(to_arrow(resolved[list(defined.columns.keys())], defined))
        assert problems(fitting, defined) == []
        # what is held of such a source gives way, as it does to the publisher's own files
        others = released[table][~released[table]["source"].isin(_STAGED)]
        gathered.setdefault(table, [others]).append(fitting)
    facts = {
        table: pd.concat([f for f in frames if len(f)], ignore_index=True)
        for table, frames in gathered.items()
    }
    rolled = rollup.build(
        {**released, **facts}, reports(sources().values()), [fact_of(name) for name in published().current]
    )
    return {**released, **facts, **rolled}


def _trusts(organisations: pd.DataFrame) -> Iterator[Row]:
    """Yield the organisations that are trusts, with the financial years they were open at the end of or during."""
    for trust in organisations[organisations["in_scope"]].to_dict("records"):
        closed = trust["close_date"]
        last = YEARS[-1] if pd.isna(closed) else closed.year + (closed >= date(closed.year, 4, 1))
        opened = trust["open_date"]
        first = opened.year + (opened >= date(opened.year, 4, 1))
        yield {
            "org_code_as_published": trust["org_code"],
            "org_name_as_published": trust["org_name"],
            "years": [year for year in YEARS if first <= year <= last],
            "is_open": bool(trust["is_current"]),
        }


def _mapped(trusts: list[Row]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield rows of the published tables with the source they are of, not yet resolved."""
    for name, rows in _STAGED.items():
        defined = sources()[name].table
        staged = _as_staged(list(rows(trusts)), sources()[name].table)
        assert problems(staged, defined) == []
        for table, found in sources()[name].facts(staged).items():
            yield name, table, found


def _as_staged(rows: Sequence[Row], defined: Any) -> pd.DataFrame:
    """Return rows with their places, as if read from one artificial file an edition."""
    placed = [
        {
            **row,
            "source_file_sha256": f"{crc32(row['edition'].encode()):064x}",
            "source_sheet": "ARTIFICIAL",
            "source_row": place,
        }
        for place, row in enumerate(rows, start=1)
    ]
    return to_pandas(to_arrow(pd.DataFrame(placed, columns=defined.columns.keys()), defined))


def _who(trust: Row) -> Row:
    return {name: trust[name] for name in ("org_code_as_published", "org_name_as_published")}


def _tac(trusts: Sequence[Row]) -> Iterator[Row]:
    for trust in trusts:
        code = trust["org_code_as_published"]
        for year in trust["years"]:
            if year not in COMPLETE and code not in (*LONG, TWICE[0]):
                continue
            yield from _accounts(trust, year)
            if code == TWICE[0] and year in TWICE[1]:
                name = trust["org_name_as_published"].replace(" NHS TRUST", " NHS FOUNDATION TRUST")
                yield from _accounts({**trust, "org_name_as_published": name}, year)


def _accounts(trust: Row, year: int) -> Iterator[Row]:
    """Yield the cells of one year's accounts: of the current year, and one restated of the year before."""
    code = trust["org_code_as_published"]
    for measure, period, table_id in due(year - 1).values():
        cell = MEASURES[measure]
        left_out = measure == "software_additions" and (code, year) in INCOMPLETE
        if left_out or (period == "PY" and measure != "it_equipment_additions"):
            continue
        found = year - (period == "PY")
        yield {
            **_who(trust),
            "edition": financial_year(year - 1),
            "layout": ACCOUNTS,
            "measure": measure,
            "period": period,
            "financial_year": financial_year(found - 1),
            "main_code": cell.main_code(period),
            "sub_code": cell.sub_code,
            "table_id": table_id,
            "amount": _amount(code, found, measure) + (11 if period == "PY" else 0),
            "measure_unit": cell.unit,
            "rows_of_provider": 11,
        }


def _amount(code: str, year: int, measure: str) -> float:
    """Return an amount in thousands of pounds, or staff: money of the whole trust is larger than that of IT."""
    if MEASURES[measure].unit == WTE:
        return made(1.25, code, year, measure)
    return made(
        11_111 if measure in used_in("denominator") or measure == "operating_expenses" else 11,
        code,
        year,
        measure,
    )


def _dqmi(trusts: Sequence[Row]) -> Iterator[Row]:
    """Yield two data sets: all months of trusts of LONG, one month of the others, one also with diagnostic imaging."""
    for trust in trusts:
        code = trust["org_code_as_published"]
        for month in MONTHS if code in LONG else MONTHS[-1:]:
            if not trust["is_open"]:
                continue
            for edition in (month, f"{month}-did") if month == MONTHS[-1] else (month,):
                for dataset in ("APC", "OP"):
                    yield _index(trust, month, edition, dataset)


def _index(trust: Row, month: str, edition: str, dataset: str) -> Row:
    code = trust["org_code_as_published"]
    return {
        **_who(trust),
        "edition": edition,
        "reporting_month": month,
        "org_type_as_published": "ARTIFICIAL",
        "dataset": dataset,
        "lines": 11,
        "items_expected": 11,
        "completeness": 0.55,
        "coverage": 1.0,
        "provider_score": None if code == NO_RATING else made(1.01, code, edition),
        "dataset_score": made(1.01, code, edition, dataset),
        "items_suppressed": 0,
        "provider_score_status": "x" if code == NO_RATING else "published",
        "dataset_score_status": "published",
        "provider_score_experimental": 11.0,
        "dataset_score_experimental": 11.0,
    }


_STAGED = {"tac": _tac, "dqmi": _dqmi}
