"""Every published cell is what the publisher's file says, by a reader that shares no code with the product.

`pytest -s tests/second_reader` prints what was compared. The counts stand in docs/reliability.md, and are checked here.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import conftest
import pyarrow.parquet as pq
import pytest
import tac_workbook
import test_cyber_incident
import test_deflator
import test_dspt
import test_dspt_history
import test_emram
import test_epr_event
import test_epr_group
import test_eric
import test_fdp
import test_financial_position
import test_kh03
import test_nof
import test_spend25k_reading
import test_tac_compiled
from real_files import GATHERED_FACTS, PUBLISHER_FILES
from releases import offline_home

from assets.catalogue import sources
from assets.contract.columns import tables_of
from assets.contract.parsed import StructureError
from assets.tables.facts import FACTS

from . import (
    core,
    deflator,
    dma,
    dspt,
    epr,
    epr_group,
    eric,
    events,
    fdp,
    files,
    financial_position,
    kh03,
    nof,
    ods,
    reader,
    spend25k,
    tac,
    tac_compiled,
    transcribed,
)
from .core import Comparison, Expected, Row, compare

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORDS = ROOT / "assets/sources/spend25k/words.csv"
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- second reader: begin -->", "<!-- second reader: end -->"
LEAST_CELLS = 60_000
LISTED = ("rejected_row", "unmatched_organisation")
INGESTED = {
    "eric/ERIC - 2024_25 - Trust data.csv": ("eric", "2024/25", "", lambda path: eric.publisher(path, 2024)),
    "deflator/GDP_Deflators_Budget_March_2020_update.xlsx": (
        *("deflator", "2020-03", ""),
        lambda path: deflator.facts(path, "2020-03"),
    ),
}
"""Files that no release holds yet and that the product reads: source, edition, part and reader."""
REFUSED = {
    "deflator/GDP_Deflators_Budget_March_2020_update.xlsx": "footnotes under its table fill two columns"
}
"""Files that the product may still refuse, with what it cannot read."""


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of the offline release, read from its Parquet files."""
    release = offline_home(tmp_path_factory.getbasetemp()).latest
    return {
        name: pq.read_table(path).to_pylist()
        for name in (*core.KEYS, *LISTED, *tables_of(FACTS))
        if (path := release / "parquet" / f"{name}.parquet").exists()
    }


@cache
def readings() -> tuple[reader.Reading, ...]:
    """Return what the second reader expects of every publisher's file."""
    return tuple(reader.everything(PUBLISHER_FILES, GATHERED_FACTS, WORDS))


@pytest.fixture(scope="session")
def comparison(publisher_files: Path, tables: Mapping[str, list[Row]]) -> Comparison:
    """Return the comparison of the release, and of what is ingested by hand, with the publishers' files."""
    found = reader.compare_all(tables, readings())
    for name in INGESTED:
        found.add(ingested(publisher_files / name, name))
    found.add(beds_beside_publisher(publisher_files))
    return found


def beds_beside_publisher(publisher_files: Path) -> Comparison:
    """Compare the compiled table of beds with the publisher's own file."""
    folder = publisher_files / "kh03"
    own = kh03.published(folder / "KH03-Available-Overnight-only.csv", kh03.AVAILABLE)
    own |= kh03.published(folder / "KH03-Occupied-Overnight-only.csv", kh03.OCCUPIED)
    return kh03.beside_publisher(own, kh03.compiled(folder / "kh03_quarterly_2018-19_to_2024-25_derived.csv"))


def ingested(path: Path, name: str) -> Comparison:
    """Compare the facts the product makes of a file, before organisations are resolved, with the second reader's."""
    source, edition, part, read = INGESTED[name]
    try:
        rows = product_facts(source, path, edition, part)
    except StructureError:
        assert name in REFUSED, f"the product refuses {name}"
        return Comparison()
    return compare(rows, read(path), source=source)


def product_facts(source: str, path: Path, edition: str, part: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return the facts the product makes of one file, as rows by table."""
    parsed = sources()[source].read(path.read_bytes(), edition, part)
    frame = parsed.rows.assign(edition=edition, source_file_sha256=files.sha256(path))
    made = sources()[source].facts(frame)
    return {
        table: [
            {"org_code": row.get("org_code_as_published"), **row}
            for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
        ]
        for table, rows in made.items()
    }


# The publishers' files


def test_every_published_cell_is_what_the_publishers_file_says(comparison: Comparison) -> None:
    print(f"\n{comparison.report()}")
    shown = "\n".join(str(one) for one in comparison.differences[:20])
    assert not comparison.differences, f"{len(comparison.differences)} differences:\n{shown}"
    assert comparison.figures.total() >= LEAST_CELLS


def test_every_fact_of_the_release_was_compared(
    comparison: Comparison, tables: Mapping[str, list[Row]]
) -> None:
    published = Counter(
        (name, row["source"]) for name in tables_of(FACTS) for row in tables.get(name, ()) if "source" in row
    )
    assert published.keys() <= comparison.facts.keys()
    left = {what: rows for what, rows in published.items() if comparison.facts[what] < rows}
    assert left == {}, "facts that no second reader reads"


def test_every_publishers_file_is_read_or_listed_with_the_reason(publisher_files: Path) -> None:
    folder = publisher_files
    read = {fact.place.file for one in readings() for fact in one.facts}
    read |= {Path(name).name for name in INGESTED} | {Path(name).name for name in reader.BESIDE}
    held = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    left = {path.as_posix() for path in held if path.name not in read}
    assert left == {path for path in left if any(Path(path).match(one) for one in reader.UNREAD)}
    assert all(any(path.match(one) for path in held) for one in reader.UNREAD)


def test_the_compiled_beds_agree_with_the_publishers_own_file(publisher_files: Path) -> None:
    found = beds_beside_publisher(publisher_files)
    assert found.differences == []
    assert found.cells >= 4_800


def test_the_page_on_reliability_states_what_is_compared(
    comparison: Comparison, pytestconfig: pytest.Config
) -> None:
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    stated, _, after = rest.partition(END)
    if pytestconfig.getoption("--update-totals") and not comparison.differences:
        PAGE.write_text(f"{before}{BEGIN}\n{comparison.report()}\n{END}{after}", "utf-8")
        stated = comparison.report()
    assert stated.strip() == comparison.report(), "run pytest tests/second_reader --update-totals and review"


# The reader itself


def test_the_reader_shares_no_code_with_the_product() -> None:
    modules = [path for path in HERE.glob("*.py") if not path.name.startswith("test_")]
    assert len(modules) > 10
    own = {"openpyxl", "python_calamine", *(path.stem for path in modules)}
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or alias.name for alias in node.names]
            else:
                continue
            for name in names:
                root = name.split(".")[0]
                assert root in own or root in sys.stdlib_module_names, f"{path.name} imports {name}"


# Files laid out like the publishers', which a fresh clone has


SMALL: dict[
    str, tuple[str, Callable[[], bytes], tuple[str, str, str], Callable[[Path], Iterable[Expected]]]
] = {
    "dma": ("dma.xlsx", conftest.dma_workbook, ("dma", "2025", ""), dma.facts),
    "epr": ("epr.xlsx", conftest.epr_workbook, ("epr", "2024-10-01", ""), epr.facts),
    "epr_event": ("events.csv", test_epr_event.events, ("epr_event", "2026-11", ""), events.records),
    "emram": ("emram.csv", test_emram.validations, ("emram", "2026-11", ""), events.validations),
    "cyber_incident": (
        "incidents.csv",
        test_cyber_incident.incidents,
        ("cyber_incident", "2026-11", "incidents"),
        events.incidents,
    ),
    "wannacry": (
        "wannacry.csv",
        test_cyber_incident.wannacry,
        ("cyber_incident", "2026-11", "wannacry"),
        events.wannacry,
    ),
    "fdp": ("fdp.csv", test_fdp.listed, ("fdp", "2026-06-17", ""), fdp.facts),
    "financial_position": (
        "positions.csv",
        lambda: test_financial_position.table(*test_financial_position.LINES[:-1]),
        ("financial_position", "2010/11", ""),
        financial_position.facts,
    ),
    "epr_group": ("groups.csv", test_epr_group.listed, ("epr_group", "2023-05-26", ""), epr_group.facts),
    "eric": (
        "eric.csv",
        test_eric.published,
        ("eric", "2018/19", ""),
        lambda path: eric.publisher(path, 2018),
    ),
    "eric compiled": (
        "compiled.csv",
        lambda: test_eric.compiled(*COMPILED),
        ("eric", "2017/18", ""),
        lambda path: eric.compiled(path, without=(2018,)),
    ),
    "kh03": (
        "kh03.csv",
        test_kh03.table,
        ("kh03", "2019/20", "compiled"),
        lambda path: of(kh03.facts(kh03.compiled(path)), "2019/20"),
    ),
    "dspt": (
        "dspt.csv",
        test_dspt.listed,
        ("dspt", "2023-10-17", ""),
        lambda path: dspt.facts(path, date(2023, 10, 17), ("R9A", "T9B")),
    ),
    "dspt of 2019": (
        "dspt.xlsx",
        test_dspt.workbook,
        ("dspt", "2019-06-17", ""),
        lambda path: dspt.facts(path, date(2019, 6, 17), ("R9A", "T9B", "R9C")),
    ),
    "dspt_history": (
        "dspt_history_RDY_2026-06-21.csv",
        test_dspt_history.table,
        ("dspt_history", "2026-06-21", "RDY"),
        dspt.history,
    ),
    "spend25k": (
        "BART 04 - July.csv",
        test_spend25k_reading.spreadsheet,
        ("spend25k", "2020/21", "R1H.2020-07"),
        lambda path: spend25k.facts(path, WORDS),
    ),
    "funding": ("funding.csv", conftest.funding_register, ("funding", "2026-07", ""), transcribed.funding),
    "gde": (
        "programmes.csv",
        conftest.programmes_register,
        ("gde", "2026-07", "programmes"),
        lambda path: transcribed.programmes(path, {}),
    ),
    "nof": ("nof.csv", test_nof.league, ("nof", "2025/26-Q3", "acute"), nof.facts),
    "deflator": (
        "deflator.xlsx",
        test_deflator.workbook,
        ("deflator", "2026-06", ""),
        lambda path: deflator.facts(path, "2026-06"),
    ),
    "tac": ("tac.xlsx", tac_workbook.sound, ("tac", "2023/24", "trusts"), lambda path: tac.facts(path, 2023)),
    "tac compiled": (
        "values.csv",
        lambda: test_tac_compiled.table(test_tac_compiled.lines()),
        ("tac", "2022/23", "compiled"),
        lambda path: tac_compiled.facts(path, reused=False),
    ),
}
"""Files by what they are like: name, bytes, what the product is given about them, and their second reader."""
COMPILED = (
    "R1A|FIRST ARTIFICIAL NHS TRUST, SECOND ARTIFICIAL NHS TRUST |2.0|1000001.0|Mixed|1000003.0",
    "R1C|SECOND ARTIFICIAL NHS TRUST|0.0|0.0|Not Applicable|0.0",
    "R1D|THIRD ARTIFICIAL NHS TRUST|0.0|0.0||0.0",
    "R1E|FOURTH ARTIFICIAL NHS TRUST|0.0|0.0|2. Electronic|0.0",
)


def of(facts: Iterable[Expected], edition: str) -> Iterator[Expected]:
    """Yield the facts of one edition."""
    return (fact for fact in facts if fact.key["edition"] == edition)


@pytest.mark.parametrize("name", SMALL)
def test_the_product_and_the_second_reader_agree_on_a_small_file(name: str, tmp_path: Path) -> None:
    file, content, (source, edition, part), read = SMALL[name]
    path = tmp_path / file
    path.write_bytes(content())
    expected = list(read(path))
    codes = {fact.key.get("org_code") for fact in expected}
    found = compare(
        product_facts(source, path, edition, part),
        expected,
        source=source,
        by_place=source != "tac",
        only=lambda row: source != "dspt" or row["org_code"] in codes,
    )
    assert [str(one) for one in found.differences] == []
    assert found.facts.total() == len(expected) > 0


def test_the_lists_of_trusts_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "etr.csv"
    path.write_bytes(conftest.ods_report())
    staged = sources()["ods"].read(path.read_bytes(), "2026-07-08", "etr").rows
    names = ["org_code", "name", "region_code", "icb_code", "open_date", "close_date"]
    rows = staged[names].astype(object).where(staged[names].notna(), None)
    read = [(one.code, one.name, one.region, one.icb, one.opened, one.closed) for one in ods.listed(path)]
    assert list(rows.itertuples(index=False, name=None)) == read


# What it finds


@pytest.fixture
def beds(tmp_path: Path) -> tuple[list[Expected], list[dict[str, Any]]]:
    """Return the facts of a small file of beds, and published rows that agree with them."""
    path = tmp_path / "kh03.csv"
    path.write_bytes(test_kh03.table())
    expected = list(kh03.facts(kh03.compiled(path)))
    return expected, [planted(fact) for fact in expected]


def planted(fact: Expected) -> dict[str, Any]:
    """Return the published row that a fact expects."""
    place = fact.place
    where = {"source_file_sha256": place.sha256, "source_sheet": place.sheet, "source_row": place.row}
    return {**fact.key, **fact.values, **where}


def found_in(expected: Iterable[Expected], rows: list[dict[str, Any]], **listed: Any) -> list[str]:
    """Return the differences between expected facts and published rows of beds, in words."""
    return [str(one) for one in compare({"denominator": rows, **listed}, expected, source="kh03").differences]


def test_a_changed_cell_is_found_with_its_table_key_file_and_row(
    beds: tuple[list[Expected], list[dict[str, Any]]],
) -> None:
    expected, rows = beds
    assert found_in(expected, rows) == []
    rows[0]["value"] += 0.001
    (sentence,) = found_in(expected, rows)
    assert sentence == (
        "denominator ('2019/20', 'available_general_and_acute_beds', datetime.date(2019, 6, 30), 'R1A'), "
        "column value: found 20.501 in the release, expected 20.5 from kh03.csv, row 3 "
        "under 'kh03_avail_ga_avg_beds'"
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [("value", None), ("value", "20.5"), ("value_status", "x"), ("fy_end_year", 2021), ("value", True)],
)
def test_a_missing_value_another_type_or_another_status_is_a_difference(
    beds: tuple[list[Expected], list[dict[str, Any]]], column: str, value: Any
) -> None:
    expected, rows = beds
    rows[0][column] = value
    assert len(found_in(expected, rows)) == 1


def test_a_row_too_few_and_a_row_too_many_are_differences(
    beds: tuple[list[Expected], list[dict[str, Any]]],
) -> None:
    expected, rows = beds
    assert "found 'no row'" in found_in(expected, rows[1:])[0]
    assert "expected 'no row'" in found_in(expected[1:], rows)[0]
    moved = [{**rows[0], "source_row": 99}, *rows[1:]]
    assert len(found_in(expected, moved)) == 2


def test_a_rejected_row_needs_no_fact(beds: tuple[list[Expected], list[dict[str, Any]]]) -> None:
    expected, rows = beds
    assert found_in(expected, rows[1:], rejected_row=[rows[0]]) == []
    doubted = {**rows[0], "status": "unmatched"}
    assert found_in(expected, rows[1:], unmatched_organisation=[doubted]) == []
    assert len(found_in(expected, rows[1:], unmatched_organisation=[{**doubted, "status": "curated"}])) == 1


def test_a_changed_cell_of_the_release_is_found(
    publisher_files: Path, tables: Mapping[str, list[Row]]
) -> None:
    one = next(reading for reading in readings() if reading.source == "epr")
    rows = [dict(row) for row in tables["epr_supplier"]]
    rows[7]["has_epr"] = not rows[7]["has_epr"]
    found = compare({**tables, "epr_supplier": rows}, one.facts, source="epr")
    assert [(d.table, d.column, d.found) for d in found.differences] == [
        ("epr_supplier", "has_epr", rows[7]["has_epr"])
    ]
