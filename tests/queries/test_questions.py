"""The questions of docs/questions.md: each query runs as `query` does, its answer is the one shown, and it is quick.

`python tests/queries/test_questions.py HOME` writes the answers anew, from the latest release below HOME. Queries whose sources
wait for a first download are proved on rows made by hand, and run on artificial rows of every source.
"""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import answers
import duckdb
import pytest
from artificial import database_of_everything
from releases import DATABASE, offline_home

from assets.catalogue import sources
from pipelines.queries.release_query import CLOSED

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
TEXT = PAGE.read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
QUERIES = {
    f"{number}-{place}": query
    for number, section in SECTIONS.items()
    for place, query in enumerate(answers.questions(section), start=1)
}
every_query = pytest.mark.parametrize(("sql", "answer"), QUERIES.values(), ids=QUERIES)
COMPARE = re.compile(r"```sql compare\n(.*?)```", re.DOTALL)
WAITS = re.compile(r"\*Waits\s+for\*(.*?)\.\n\n", re.DOTALL)
Row = dict[str, Any]


def ask(sql: str, database: Path) -> str:
    """Return the answer of a query as the page shows it."""
    with duckdb.connect(str(database), config=CLOSED) as connection:
        return shown(connection, sql)


def shown(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    result = connection.execute(sql)
    return answers.table([column[0] for column in result.description], result.fetchall())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the database of the release that every test shares and none changes; open, as each opening takes longer than a question."""
    path = offline_home(tmp_path_factory.getbasetemp()).latest.resolve() / DATABASE
    with duckdb.connect(str(path), config=CLOSED):
        yield path


# --- the page


def test_there_are_thirty_questions_in_order_and_each_is_asked() -> None:
    assert [*SECTIONS] == [str(number) for number in range(1, 31)]
    assert {name.split("-")[0] for name in QUERIES} == {*SECTIONS}


@every_query
def test_the_answer_on_the_page_is_the_answer(sql: str, answer: str, database: Path) -> None:
    found = ask(sql, database)
    assert answer == found, "write the answers anew: python tests/queries/test_questions.py HOME"


@every_query
def test_an_answer_takes_less_than_a_tenth_of_a_second(sql: str, answer: str, database: Path) -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert ask_again.execute(sql).fetchall() or answer.count("\n") == 2
        return time.perf_counter() - began

    with duckdb.connect(str(database), config=CLOSED) as ask_again:
        assert any(seconds() < 0.1 for _ in range(5))


def test_an_answer_is_empty_only_where_a_source_has_never_been_fetched(database: Path) -> None:
    with duckdb.connect(str(database), config=CLOSED) as connection:
        waiting = """
            select source from source_status where status = 'never_fetched'
            union select source from coverage where subject = 'why a table has no rows'
        """
        never = {name for (name,) in connection.execute(waiting).fetchall()}
    for number, section in SECTIONS.items():
        named = {name for found in WAITS.findall(section) for name in re.findall(r"`(\w+)`", found)}
        empty = [answer for _, answer in answers.questions(section) if answer.count("\n") == 2]
        assert named <= {*sources()}, number
        assert bool(named & never) >= bool(empty), number
        assert bool(named & never) == bool(named), f"question {number} waits for nothing any more"


NOT_HELD = (
    "IT capital itself is not held until the accounts are fetched; until then a release has amortisation of intangible assets, payments of eleven "
    "trusts, and central awards. "
)


def test_what_is_asked_of_it_capital_begins_with_what_is_held(database: Path) -> None:
    asked = {
        number: " ".join(section.split("\n\n")[1].split())
        for number, section in SECTIONS.items()
        if re.search(
            r"it_capital_\w+|\bit_spend(_restated)?\b", "".join(q for q, _ in answers.questions(section))
        )
        and "tac" in "".join(WAITS.findall(section))
    }
    assert {"2", "9", "11", "12", "14", "18"} <= asked.keys()
    assert [number for number, text in asked.items() if not text.startswith(NOT_HELD)] == ["20"]
    with duckdb.connect(str(database), config=CLOSED) as connection:
        paying = "select count(distinct org_code) from it_spend_over_25k"
        assert connection.execute(paying).fetchone() == (11,)
        assert connection.execute("select count(*) from it_spend").fetchone() == (0,)


@pytest.mark.parametrize("command", answers.commands(TEXT))
def test_the_commands_of_the_page_work(command: str, database: Path) -> None:
    assert answers.run(command, database.parents[2]).strip()


def test_two_releases_are_compared_as_the_page_says(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (script,) = COMPARE.findall(TEXT)
    before, latest = (tmp_path / "data" / "releases" / name for name in ("BEFORE", "latest"))
    before.mkdir(parents=True)
    (before / DATABASE).write_bytes(database.read_bytes())
    latest.symlink_to(database.parent)
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        assert connection.execute(script).fetchall() == []
    with duckdb.connect(str(before / DATABASE)) as connection:
        connection.execute(
            "update maturity_score set score = 1.11 where org_code = 'RJE' and measure = 'well_led'"
        )
        connection.execute("delete from maturity_score where org_code = 'RX8' and measure = 'well_led'")
    with duckdb.connect() as connection:
        found = connection.execute(script).fetchall()
    assert [(code, measure, old) for code, _, _, measure, old, _ in found] == [
        ("RJE", "well_led", 1.11),
        ("RX8", "well_led", None),
    ]


# --- every source held: on artificial rows


@pytest.fixture(scope="module")
def artificial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a database of artificial rows of every source that waits, with the analysis tables made from them."""
    path = database_of_everything(tmp_path_factory.getbasetemp())
    with duckdb.connect(str(path), config=CLOSED):
        yield path


@every_query
def test_every_question_has_an_answer_once_its_sources_are_held(
    sql: str, answer: str, artificial: Path
) -> None:
    lines = ask(sql, artificial).splitlines()
    assert len(lines) > 2
    assert lines[0] == answer.splitlines()[0]


def test_the_panel_and_what_is_left_over_are_all_the_spend(artificial: Path) -> None:
    lines = ask(QUERIES["9-2"][0], artificial).splitlines()[2:]
    assert {line.split(" | ")[-1] for line in lines} == {"0 |"}


# --- on rows made by hand


@pytest.fixture
def by_hand(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return the tables of a release, empty and without rules, to put a few columns of a few rows into."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as released (read_only)")
        found = connection.execute("select table_name from duckdb_tables() where database_name = 'released'")
        for (name,) in found.fetchall():
            connection.execute(f'create table "{name}" as from released."{name}" limit 0')
        yield connection


def put(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row], **same: Any) -> None:
    """Put rows into a table; columns that are not given are missing."""
    for row in rows:
        names = ", ".join({**same, **row})
        places = ", ".join("?" for _ in {**same, **row})
        connection.execute(
            f"insert into {table} ({names}) values ({places})",
            [*{**same, **row}.values()],
        )


def answer_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return the rows of an answer, cells between blanks and nothing as a dash."""
    lines = shown(connection, QUERIES[name][0]).splitlines()[2:]
    return [" ".join(cell.strip() or "-" for cell in line[1:-1].split("|")) for line in lines]


ACUTE = {"instrument": "DMA", "measure": "overall_comparable", "period": "2025", "care_setting": "acute"}
ASSESSED = {"period_start": date(2025, 4, 1), "period_end": date(2025, 6, 30)}


def test_2_shares_of_expenses_have_their_spread_and_leave_out_who_has_none(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    shares = [1, 2, 3, 4, None]
    put(
        by_hand,
        "trust_year",
        [{"it_capital_pct_of_operating_expenses": share} for share in shares],
        financial_year="2023/24",
    )
    assert answer_of(by_hand, "2-1") == ["2023/24 4 2.500 1.291 1.750 2.500 3.250"]


def test_5_a_rating_published_after_the_assessment_is_none_of_that_day(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    put(
        by_hand,
        "maturity_score",
        [{"org_code": code, "score": score} for code, score in (("AA1", 2), ("AA2", 3), ("AA3", 4))],
        **ACUTE,
        **ASSESSED,
    )
    ratings = [
        ("AA1", "inadequate", date(2020, 1, 1), "1"),
        ("AA1", "good", date(2025, 6, 30), "1"),
        ("AA1", "outstanding", date(2025, 7, 1), "2"),
        ("AA2", "good", date(2024, 1, 1), "1"),
        ("AA3", "good", date(2025, 7, 1), "2"),
    ]
    names = ("org_code", "rating", "rating_published_on", "edition")
    put(by_hand, "cqc_rating", [dict(zip(names, row, strict=True)) for row in ratings], question="well_led")
    put(
        by_hand,
        "cqc_rating",
        [{"org_code": "AA3", "rating": "inadequate", "rating_published_on": date(2024, 1, 1)}],
        question="overall",
    )
    assert answer_of(by_hand, "5-1") == [
        "DMA 2025 good 2 2.500 0.707 2.250 2.500 2.750",
        "DMA 2025 no rating of that day is held 1 4.000 - 4.000 4.000 4.000",
    ]


def test_9_the_panel_has_trusts_of_every_year_with_all_they_took_over_and_no_leased_it(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    def year(code: str | None, end: int, narrow: int, leased: int | None = None, **more: Any) -> Row:
        found = {"financial_year": str(end), "fy_end_year": end, "narrow_gbp": narrow}
        return {
            "current_org_code": code,
            "leased_it_additions_gbp": leased,
            "allocation": "whole",
            **found,
            **more,
        }

    rows = [
        year("AA1", 2022, 100),
        year("AA1", 2023, 150, 30),
        year("AA2", 2022, 300),
        year("AA2", 2023, 300, 0),
    ]
    rows += [year("AA3", 2023, 7000), year("AA1", 2019, 5)]
    rows += [year(None, end, 11, allocation="closed") for end in (2022, 2023)]
    rows += [
        year("AA4", end, 40, constituents_missing="AA5" if end == 2022 else None) for end in (2022, 2023)
    ]
    put(by_hand, "it_spend_current", rows)
    assert answer_of(by_hand, "9-1") == ["2022 2 400 150 200 250", "2023 2 420 165 210 255"]
    put(by_hand, "it_spend", [{"financial_year": "2022", "narrow_gbp": 451}])
    assert answer_of(by_hand, "9-2")[1] == "2022 451 440 11 0"


def test_11_amounts_per_head_and_per_bed_are_counted_apart(by_hand: duckdb.DuckDBPyConnection) -> None:
    rows = [(100, None), (200, 1000), (400, 3000)]
    put(
        by_hand,
        "trust_year",
        [{"it_capital_real_gbp_per_wte": wte, "it_capital_real_gbp_per_bed": bed} for wte, bed in rows],
        financial_year="2024/25",
        prices_of="2025/26",
        it_capital_narrow_real_gbp=1,
    )
    assert answer_of(by_hand, "11-1") == ["2024/25 2025/26 3 150.00 200.00 300.00 2 1500.00 2000.00 2500.00"]


def test_12_software_is_bought_and_made_and_nil_or_half_known_is_no_share(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    names = ("software_additions_gbp", "it_intangible_additions_gbp", "it_equipment_additions_gbp")
    rows = [(30, 10, 60), (60, 0, 40)]
    same = {"financial_year": "2023/24"}
    put(
        by_hand,
        "it_spend",
        [dict(zip(names, row, strict=True)) for row in rows],
        **same,
        nil_or_not_reported=False,
    )
    put(by_hand, "it_spend", [dict.fromkeys(names, 0)], **same, nil_or_not_reported=True)
    put(by_hand, "it_spend", [{names[2]: 11}], **same, nil_or_not_reported=False)
    assert answer_of(by_hand, "12-1") == ["2023/24 2 100 100 45.0 50.0 55.0"]


def test_13_months_with_a_missed_submission_or_of_another_index_are_left_out(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    put(by_hand, "maturity_score", [{"org_code": "AA1", "score": 2}], **ACUTE, **ASSESSED)
    put(by_hand, "maturity_score", [{"org_code": "AA2", "score": 3}], **ACUTE, **ASSESSED)
    months = [(date(2024, 3, 1), 11), (date(2024, 4, 1), 60), (date(2025, 3, 1), 70), (date(2025, 4, 1), 80)]
    plain = {"dataset": "all", "with_diagnostic_imaging": False, "missed_submission": False}
    for code, extra in (("AA1", 0), ("AA2", 10)):
        rows = [{"period_start": day, "score": score + extra} for day, score in months]
        put(by_hand, "dqmi_score", rows, org_code=code, **plain)
    wrong = [{**plain, "missed_submission": True}, {**plain, "with_diagnostic_imaging": True}]
    wrong += [{**plain, "dataset": "APC"}]
    put(by_hand, "dqmi_score", wrong, org_code="AA1", period_start=date(2025, 1, 1), score=1)
    assert answer_of(by_hand, "13-1") == [
        "twelve before 1 1 65.00 - 65.00 65.00 65.00",
        "twelve before 4 1 75.00 - 75.00 75.00 75.00",
        "twelve from its start 1 1 80.00 - 80.00 80.00 80.00",
        "twelve from its start 4 1 90.00 - 90.00 90.00 90.00",
    ]


def test_14_only_opposite_quarters_of_maturity_and_capital_are_listed(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    trusts = {"AA1": (1, 0.9), "AA2": (2, 0.2), "AA3": (3, 0.5), "AA4": (4, 0.8), "AA5": (5, 0.1)}
    for code, (score, share) in trusts.items():
        put(by_hand, "maturity_score", [{"org_code": code, "score": score}], **ACUTE)
        spent = {"fy_end_year": 2025, "it_capital_pct_over_three_years": share}
        put(by_hand, "trust_year", [{"org_code": code, "org_display_name": "X", **spent}])
    put(by_hand, "maturity_score", [{"org_code": "AA6", "score": 0}], **ACUTE)
    put(by_hand, "trust_year", [{"org_code": "AA6", "fy_end_year": 2025}])
    assert answer_of(by_hand, "14-1") == [
        "less mature, much capital X AA1 1.000 0.9000",
        "mature, little capital X AA5 5.000 0.1000",
    ]


def test_18_restatements_are_in_order_of_size_whichever_way_and_staff_are_not_money(
    by_hand: duckdb.DuckDBPyConnection,
) -> None:
    units, sizes = ("GBP", "WTE"), range(-12, 13, 2)
    rows = [
        {"measure_unit": unit, "difference": size, "org_code": "AA1"} for unit, size in product(units, sizes)
    ]
    put(by_hand, "it_spend_restated", rows)
    found = [float(line.split()[6]) for line in answer_of(by_hand, "18-1")]
    assert [abs(size) for size in found] == [12, 12, 10, 10, 8, 8, 6, 6, 4, 4]


def test_20_who_is_in_is_listed_and_everyone_is_counted_once(by_hand: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"org_code": "AA1", "is_included": True, "acute_subtype": "large"},
        {"org_code": "AA2", "is_included": False, "excluded_because": "its subtype is specialist"},
        {"org_code": "AA3", "is_included": None, "waits_for": "tac"},
        {"org_code": "AA4", "is_included": True, "acute_subtype": "large"},
    ]
    put(by_hand, "acute_2024_25", rows)
    assert [line.split()[1] for line in answer_of(by_hand, "20-1")] == ["AA1", "AA4"]
    assert answer_of(by_hand, "20-2") == [
        "True - - large - 2 AA1 AA4",
        "False its subtype is specialist - - - 1 AA2",
        "- - tac - - 1 AA3",
    ]


def test_21_limits_come_from_months_next_to_each_other(by_hand: duckdb.DuckDBPyConnection) -> None:
    months = [(1, 50, False), (2, 52, False), (3, 50, False), (4, 1, True), (5, 90, False)]
    rows = [
        {"reporting_month": f"2025-0{month}", "period_start": date(2025, month, 1), "score": score}
        | {"missed_submission": missed}
        for month, score, missed in months
    ]
    put(by_hand, "dqmi_score", rows, org_code="RJE", dataset="all", with_diagnostic_imaging=False)
    limits = "60.50 55.18 65.82"
    assert answer_of(by_hand, "21-4") == [
        f"2025-01 50.00 {limits} True",
        f"2025-02 52.00 {limits} True",
        f"2025-03 50.00 {limits} True",
        f"2025-05 90.00 {limits} True",
    ]


if __name__ == "__main__":
    home = Path(sys.argv[1])
    answers.write(PAGE, lambda sql: ask(sql, (home / "releases" / "latest" / DATABASE).resolve()))
