"""The SQLite copy: the same tables, types, keys and meanings, the same bytes each time, and served by Datasette."""

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from formats import in_sqlite
from releases import offline_home, optional, tables_of
from together import every

from assets.catalogue import published
from assets.contract.columns import key_of
from pipelines.publishing.descriptors import TITLE
from pipelines.publishing.sqlite import QUESTIONS, datasette_metadata, write_sqlite
from pipelines.storage.parquet import field_type
from tools.canned_queries import canned

DATABASE = "digital_maturity"
TABLES = published().tables
every_table = every("name", TABLES)
KINDS = {
    "string": "TEXT",
    "date": "TEXT",
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "number": "REAL",
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    return tables_of(offline_home(tmp_path_factory.getbasetemp()).latest.resolve())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the copy of the release and what Datasette shows beside it."""
    made, release = tmp_path_factory.mktemp("sqlite"), offline_home(tmp_path_factory.getbasetemp()).latest
    for name in (f"{DATABASE}.sqlite", "metadata.json"):
        shutil.copyfile(release / name, made / name)
    return made


@pytest.fixture(scope="module")
def copy(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{folder / DATABASE}.sqlite?mode=ro", uri=True)) as connection:
        yield connection


@every_table
def test_a_table_has_the_columns_types_and_key_of_its_definition(copy: sqlite3.Connection, name: str) -> None:
    found = copy.execute(f'pragma table_info("{name}")').fetchall()
    assert [(column, kind, bool(required)) for _, column, kind, required, _, _ in found] == [
        (c.name, KINDS[field_type(c)], c.primary_key or not c.nullable) for c in TABLES[name].columns
    ]
    keys = sorted((place, column) for _, column, _, _, _, place in found if place)
    assert [column for _, column in keys] == key_of(TABLES[name])


def test_the_copy_has_these_tables_only_and_is_whole(copy: sqlite3.Connection) -> None:
    names = copy.execute("select name from sqlite_master where type = 'table'").fetchall()
    assert {name for (name,) in names} == set(TABLES)
    assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_the_dictionary_in_the_copy_says_what_every_column_means(copy: sqlite3.Connection) -> None:
    found = copy.execute("select table_name, column_name, description from data_dictionary").fetchall()
    assert sorted(found) == sorted((t.name, c.name, c.comment) for t in TABLES.values() for c in t.columns)


def test_a_code_like_a_number_stays_text(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    names = tables["organisation"]
    place = names.column_names.index("org_code")
    codes = pa.array(["5E1", *names["org_code"].to_pylist()[1:]])
    spoilt = names.set_column(place, names.schema.field(place), codes)
    write_sqlite(TABLES, {"organisation": spoilt}, tmp_path / "copy.sqlite")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as connection:
        found = connection.execute("select typeof(org_code) from organisation where org_code = '5E1'")
        assert found.fetchall() == [("text",)]


def test_the_same_tables_give_the_same_bytes(
    tables: dict[str, pa.Table], folder: Path, tmp_path: Path
) -> None:
    write_sqlite(TABLES, tables, tmp_path / "again.sqlite")
    assert (tmp_path / "again.sqlite").read_bytes() == (folder / f"{DATABASE}.sqlite").read_bytes()


def test_every_table_and_column_is_explained_to_datasette_with_unit_source_and_page(
    tables: dict[str, pa.Table],
) -> None:
    found = datasette_metadata(tables, "Artificial title", DATABASE)
    shown = found["databases"][DATABASE]["tables"]
    assert {name: list(one["columns"]) for name, one in shown.items()} == {
        name: [c.name for c in table.columns] for name, table in TABLES.items()
    }
    assert shown["trust_profile"]["columns"]["it_capital_narrow_gbp"].endswith("Unit: GBP.")
    assert shown["maturity_score"]["source"] == (
        "NHS England: Digital Maturity Assessment; NHS England: Digital Maturity Self-Assessment 2015/16 and 2017"
    )
    assert shown["dspt_status"]["source_url"].startswith("https://")
    assert "source_url" not in shown["maturity_score"]
    assert "source_url" not in shown["trust_profile"], "several sources have several pages"
    assert "NHS England: Digital Maturity Assessment; NHS England: " in shown["trust_profile"]["source"]
    assert found["license"] == "Open Government Licence v3.0"


def test_a_facet_is_a_column_with_a_few_values(tables: dict[str, pa.Table], folder: Path) -> None:
    shown = json.loads((folder / "metadata.json").read_text("utf-8"))["databases"][DATABASE]["tables"]
    found = {(name, facet) for name, one in shown.items() for facet in one["facets"]}
    assert ("maturity_score", "care_setting") in found
    assert not [pair for pair in found if not 2 <= len(tables[pair[0]][pair[1]].unique()) <= 30]


def test_the_canned_queries_are_the_questions_that_sqlite_answers_as_duckdb_does(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    release = offline_home(tmp_path_factory.getbasetemp()).latest.resolve()
    assert json.loads(QUESTIONS.read_text("utf-8")) == canned(release), "python -m tools.canned_queries HOME"


# --- Datasette


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """Serve the copy on loopback as the README says, for as long as these tests run."""
    optional("datasette")
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [
        sys.executable,
        "-m",
        "datasette",
        f"{DATABASE}.sqlite",
        "-m",
        "metadata.json",
        "-p",
        str(port),
    ]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.kill()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            got(f"{address}/-/versions.json")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("Datasette did not answer within 60 s")


def got(address: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(address, timeout=20) as answer:
        return str(answer.read().decode("utf-8"))


def test_datasette_shows_what_a_table_is_its_units_sources_and_licence(site: str) -> None:
    page = got(f"{site}/{DATABASE}/maturity_score")
    assert "Maturity score</h1>" in page
    assert "Digital maturity scores. Grain: instrument" in page
    assert "Unit: score on the scale of the instrument." in page
    assert "NHS England: Digital Maturity Assessment" in page
    assert "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/" in page
    assert TITLE in got(site)


def test_datasette_gives_a_row_as_json(site: str, tables: dict[str, pa.Table]) -> None:
    (row,) = json.loads(got(f"{site}/{DATABASE}/trust_profile.json?org_code=RJ1&_shape=array"))
    expected = next(row for row in tables["trust_profile"].to_pylist() if row["org_code"] == "RJ1")
    assert row == {name: in_sqlite(value) for name, value in expected.items()}


def test_datasette_shows_facets_and_questions(site: str) -> None:
    assert "care_setting" in json.loads(got(f"{site}/{DATABASE}/maturity_score.json"))["facet_results"]
    page = got(f"{site}/{DATABASE}/question_1")
    assert "Are former exemplars more mature today?" in page
    assert "It does not show an effect of the programme" in page
