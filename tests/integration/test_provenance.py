"""Every published fact says where it came from and why a number is missing, in the release that is made offline."""

from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from provenance import defects, fact_tables, missing_together
from releases import DATABASE, ask, copy_of, offline_home
from together import every

from pipelines.storage.home import Home

TABLES = fact_tables()


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the home of the release that every test shares."""
    return offline_home(tmp_path_factory.getbasetemp())


@every("name", TABLES)
def test_every_fact_says_where_it_came_from_and_why_a_number_is_missing(home: Home, name: str) -> None:
    assert list(defects(home.latest, TABLES[name])) == []


def test_the_release_has_facts_to_look_at(home: Home) -> None:
    filled = {name for name in TABLES if ask(home.latest, f"select 1 from {name} limit 1")}
    assert filled >= {"maturity_score", "denominator", "digital_funding", "medical_records_cost"}


@every("name", TABLES)
def test_every_fact_table_has_the_columns_that_say_it(name: str) -> None:
    expected = {"source", "edition", "period_start", "period_end", "source_file_sha256", "source_sheet"}
    assert expected | {"source_row", "evidence_grade", "value_status"} <= set(TABLES[name].c.keys())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("source_file_sha256 = repeat('a', 64)", "source_file does not list the file, in 1 rows of eric"),
        ("edition = '1999/00'", "source_file does not list the file"),
        ("source_row = 0", "rows count from 1"),
        ("period_end = null", "period_end is empty"),
        ("period_end = '1999-01-01'", "the period ends before it begins"),
        ("onsite_gbp = null, offsite_gbp = null, total_gbp = null", "missing, and yet published"),
    ],
)
def test_a_fact_that_does_not_say_it_is_found(home: Home, tmp_path: Path, change: str, words: str) -> None:
    own = copy_of(home, tmp_path / "home")
    with duckdb.connect(str(own.latest.resolve() / DATABASE)) as connection:
        connection.execute("create table changed as from medical_records_cost")
        connection.execute("drop table medical_records_cost")
        connection.execute("alter table changed rename to medical_records_cost")
        connection.execute(
            f"update medical_records_cost set {change} where edition = '2023/24' and org_code = "
            "(select min(org_code) from medical_records_cost where edition = '2023/24' and value_status = 'published')"
        )
    found = list(defects(own.latest, TABLES["medical_records_cost"]))
    assert any(words in reported for reported in found), found


def test_a_figure_that_tells_when_it_is_null_may_be_missing_beside_others() -> None:
    def figure(name: str, comment: str) -> sa.Column[float]:
        return sa.Column(name, sa.Double, comment=comment, nullable=True, info={"unit": "GBP"})

    table = sa.Table(
        "artificial", sa.MetaData(), figure("reported", "null before 2022/23"), figure("silent", "A sum.")
    )
    assert missing_together(table) == [["silent"], ["reported", "silent"]]
