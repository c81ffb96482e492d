"""Expectations: what passes, fails and cannot be tried, kept apart, in order, quietly and in plain Python."""

import json
import logging
import re
import socket
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
import sqlalchemy as sa

from assets.catalogue import sources
from assets.contract.expectations import Expectation, above, filled, like
from pipelines.judging.expectation_results import (
    CheckResult,
    expectation_class,
    suite_version,
    validate,
    verdict,
)
from pipelines.orchestration.asset_checks import asset_check_result, asset_check_spec

FRAME = pd.DataFrame(
    {
        "org_code": ["RA2", "RA3", "RA4", "RA4"],
        "year": [2023, 2024, 2024, 2025],
        "country": ["England"] * 4,
        "score": [1.5, 9.0, None, 0.5],
        "region": ["Y54", None, "Y99", "Y54"],
    },
    index=[7, 7, 8, 9],  # labels that are neither unique nor positions
)
KEY = ("org_code", "year")
ROOT = Path(__file__).parents[2]
VALID_NAME = re.compile(r"[A-Za-z0-9_]+")  # Dagster's own rule
ROWS = Expectation(
    "rows", "expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 9}, "one a trust"
)
SCORES = Expectation(
    "scores",
    "expect_column_values_to_be_between",
    {"column": "score", "min_value": 1, "max_value": 5},
    "a scale",
)
LOST = Expectation("lost", "expect_column_values_to_not_be_null", {"column": "lost"}, "there was one once")
UNIQUE = Expectation(
    "unique", "expect_compound_columns_to_be_unique", {"column_list": ("org_code", "country")}, "one row each"
)
MEAN = Expectation(
    "mean", "expect_column_mean_to_be_between", {"column": "score", "max_value": 2}, "not too good"
)
UNKNOWN = Expectation("unknown", "expect_column_values_to_be_betwen", {"column": "score"}, "a slip")
BAD_ARGUMENT = Expectation("bad_argument", "expect_column_values_to_be_unique", {"colum": "score"}, "a slip")
ALL = (LOST, SCORES, UNKNOWN, ROWS, UNIQUE, BAD_ARGUMENT, MEAN)


def run(
    *expectations: Expectation, frame: pd.DataFrame = FRAME, key: Sequence[str] = KEY
) -> list[CheckResult]:
    return validate(frame, expectations, key=key)


@pytest.fixture(scope="module")
def results() -> dict[str, CheckResult]:
    return {result.check: result for result in run(*ALL)}


def test_results_come_in_the_order_of_the_expectations_however_they_are_put(
    results: dict[str, CheckResult],
) -> None:
    assert list(results) == [expectation.check for expectation in ALL]
    assert [result.check for result in run(*reversed(ALL))] == [
        expectation.check for expectation in reversed(ALL)
    ]


def test_the_same_rule_under_two_names_is_two_results() -> None:
    assert [result.check for result in run(SCORES, replace(SCORES, check="again"))] == ["scores", "again"]


def test_what_passes_says_what_was_seen(results: dict[str, CheckResult]) -> None:
    assert results["rows"] == CheckResult(
        check="rows",
        expectation_type="expect_table_row_count_to_be_between",
        severity="ERROR",
        success=True,
        outcome="passed",
        observed="4 rows",
        failing=(),
        why="one a trust",
    )


def test_what_fails_names_the_rows_by_key(results: dict[str, CheckResult]) -> None:
    scores = results["scores"]
    assert (scores.outcome, scores.success) == ("failed", False)
    assert (
        scores.observed == "2 of 3 values unexpected (66.7 %), such as 9, 0.5"
    )  # a missing value is not a value
    assert scores.failing == ("RA3|2024", "RA4|2025")


def test_a_rule_about_several_columns_names_its_rows_too(results: dict[str, CheckResult]) -> None:
    seen = "2 of 4 rows unexpected (50.0 %), such as org_code 'RA4' and country 'England'"
    assert results["unique"].observed == seen
    assert results["unique"].failing == ("RA4|2024", "RA4|2025")


def test_a_missing_part_of_a_key_is_empty() -> None:
    (result,) = run(replace(SCORES, kwargs={"column": "score", "max_value": 5}), key=("org_code", "region"))
    assert result.failing == ("RA3|",)


def test_a_rule_about_a_whole_column_says_a_plain_number(results: dict[str, CheckResult]) -> None:
    assert (results["mean"].outcome, results["mean"].observed) == ("failed", "3.666666667")


def test_a_set_of_values_says_what_is_new_and_what_is_missing() -> None:
    arguments = {"column": "region", "value_set": frozenset({"Y54", "Y58", "Y56"})}
    (result,) = run(Expectation("regions", "expect_column_distinct_values_to_equal_set", arguments, "known"))
    assert result.observed == "unexpected: Y99; missing: Y56, Y58"


def test_at_most_twenty_rows_are_named_and_all_are_counted() -> None:
    frame = pd.DataFrame({"n": range(3_000)})
    (result,) = run(
        Expectation("n", "expect_column_values_to_be_null", {"column": "n"}, "none"), frame=frame, key=["n"]
    )
    assert result.observed == "3,000 of 3,000 values unexpected (100.0 %), such as 0, 1, 2"
    assert result.failing == tuple(map(str, range(20)))


def test_what_fails_names_three_different_values_with_their_rows_short_and_escaped() -> None:
    values = ["RA2", "bell\x07", "bell\x07", "y" * 99, None, "four", "five"]
    frame = pd.DataFrame({"code": values, "source_row": range(11, 18)})
    (result,) = run(like("codes", "code", "^RA"), frame=frame, key=["code"])
    long = "y" * 40
    assert result.observed == (
        f"5 of 6 values unexpected (83.3 %), such as 'bell\\x07' (row 12), '{long}' (row 14), 'four' (row 16)"
    )
    (empty,) = run(filled("codes", "code", 1), frame=frame, key=["code"])
    assert empty.observed == "1 of 7 values unexpected (14.3 %), such as no value (row 15)"


def test_a_rule_about_two_columns_names_both() -> None:
    days = {"closed": [date(2012, 4, 1)], "opened": [date(2014, 10, 1)], "source_row": [15]}
    (result,) = run(above("order", "closed", "opened"), frame=pd.DataFrame(days), key=["closed"])
    assert result.observed.endswith(", such as closed 2012-04-01 and opened 2014-10-01 (row 15)")


def test_what_passes_names_no_values() -> None:
    (result,) = run(replace(SCORES, kwargs={**SCORES.kwargs, "mostly": 0.3}))
    assert result.observed == "2 of 3 values unexpected (66.7 %)"


def test_a_rule_met_mostly_passes_and_still_names_the_rest() -> None:
    (result,) = run(replace(SCORES, kwargs={**SCORES.kwargs, "mostly": 0.3}))
    assert (result.outcome, result.failing) == ("passed", ("RA3|2024", "RA4|2025"))


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ("lost", 'The column "lost" in BatchData does not exist'),
        ("unknown", "the nearest are: expect_column_values_to_be_between"),
        ("bad_argument", "extra fields not permitted"),
    ],
)
def test_what_cannot_be_tried_is_neither_passed_nor_failed(
    results: dict[str, CheckResult], check: str, reason: str
) -> None:
    assert (results[check].outcome, results[check].success, results[check].failing) == ("raised", False, ())
    assert reason in results[check].observed


@pytest.mark.parametrize(
    ("type_", "arguments"),
    [
        ("expect_column_values_to_match_regex", {"column": "org_code", "regex": "("}),
        ("expect_column_max_to_be_between", {"column": "lost", "max_value": 1}),
        ("expect_column_max_to_be_between", {"column": "org_code", "max_value": 1}),
        ("expect_column_pair_values_to_be_equal", {"column_A": "org_code", "column_B": "lost"}),
        ("expect_compound_columns_to_be_unique", {"column_list": ["org_code", "lost"]}),
    ],
)
def test_an_exception_inside_the_library_is_reported_and_spares_the_others(
    type_: str, arguments: dict
) -> None:
    raised, passed = run(Expectation("raises", type_, arguments, "a slip"), ROWS)
    assert (raised.outcome, passed.outcome) == ("raised", "passed")
    assert raised.observed not in {"", "None"}


def test_a_frame_without_rows_meets_what_is_said_about_rows() -> None:
    scores, rows = run(SCORES, ROWS, frame=FRAME.iloc[:0])
    assert (scores.outcome, scores.observed) == ("passed", "0 of 0 values unexpected (0.0 %)")
    assert (rows.outcome, rows.observed) == ("failed", "0 rows")


def test_no_expectations_no_results() -> None:
    assert run() == []


def test_the_frame_is_left_as_it_was() -> None:
    before = FRAME.copy(deep=True)
    run(*ALL)
    pd.testing.assert_frame_equal(FRAME, before)


def test_results_are_plain_python_and_come_back_from_json(results: dict[str, CheckResult]) -> None:
    for result in results.values():
        assert CheckResult.from_dict(json.loads(json.dumps(result.as_dict()))) == result
        assert type(result.success) is bool


def test_an_error_refuses_the_data_whether_failed_or_raised(results: dict[str, CheckResult]) -> None:
    assert verdict([results["rows"]])
    assert not verdict([results["rows"], results["scores"]])
    assert not verdict([results["rows"], results["lost"]])


def test_a_warning_does_not_refuse_the_data() -> None:
    warned = run(*(replace(expectation, severity="WARN") for expectation in ALL))
    assert {result.outcome for result in warned} == {"passed", "failed", "raised"}
    assert verdict(warned)


def test_an_unknown_expectation_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(
        ValueError, match=r"has no 'expect_colum_to_exist'; the nearest are: expect_column_to_exist"
    ):
        expectation_class("expect_colum_to_exist")
    with pytest.raises(ValueError, match="nothing like it"):
        expectation_class("zzz")


def test_suite_version_is_the_same_for_the_same_and_another_for_any_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def table(**kwargs: object) -> sa.Table:
        column = sa.Column(
            "score", **{"type_": sa.Float(), "nullable": False, "info": {"unit": "points"}, **kwargs}
        )
        return sa.Table("t", sa.MetaData(), column)

    version = suite_version([ROWS, SCORES], table())
    assert version == suite_version((ROWS, SCORES), table())
    others = [
        suite_version([ROWS], table()),
        suite_version([replace(ROWS, why="in other words"), SCORES], table()),
        suite_version([replace(ROWS, severity="WARN"), SCORES], table()),
        suite_version([replace(ROWS, check="other"), SCORES], table()),
        suite_version([replace(ROWS, kwargs={"min_value": 2, "max_value": 9}), SCORES], table()),
        suite_version([replace(ROWS, type="expect_table_column_count_to_be_between"), SCORES], table()),
        suite_version([ROWS, SCORES], table(type_=sa.Integer())),
        suite_version([ROWS, SCORES], table(nullable=True)),
        suite_version([ROWS, SCORES], table(info={"unit": "percent"})),
    ]
    monkeypatch.setattr("pipelines.judging.expectation_results._library", lambda: "9.9")
    others.append(suite_version([ROWS, SCORES], table()))
    assert len({version, *others}) == 1 + len(others)


def test_suite_version_is_the_same_in_every_process_though_sets_are_not() -> None:
    code = (
        "import sqlalchemy as sa\n"
        "from assets.contract.source import Expectation\n"
        "from pipelines.judging.expectation_results import suite_version\n"
        "rule = Expectation('c', 'expect_x', {'value_set': frozenset('abcdefgh')}, 'w')\n"
        "print(suite_version([rule], sa.Table('t', sa.MetaData())))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_importing_the_module_imports_nothing_heavy() -> None:
    code = (
        "import sys, pipelines.judging.expectation_results\n"
        "print({'great_expectations', 'dagster', 'pandas', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "set()"


def test_nothing_is_printed_logged_or_warned(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with caplog.at_level(logging.WARNING):
        run(*ALL)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert list(recwarn) == []


def test_warnings_of_others_still_show_after_the_library_was_imported() -> None:
    run(ROWS)
    with pytest.warns(UserWarning, match="still here"):
        warnings.warn("still here", stacklevel=1)


def test_no_host_is_contacted_and_no_file_is_written_from_the_first_import_on(tmp_path: Path) -> None:
    code = """
import sys

def tell(event, details):
    opened_to_write = event == "open" and set(str(details[1])) & set("wax+")
    if event in {"socket.connect", "socket.getaddrinfo", "os.mkdir"} or opened_to_write:
        print(event, details)

import pandas as pd
from assets.contract.source import Expectation
from pipelines.judging.expectation_results import validate

sys.addaudithook(tell)
rule = Expectation("rows", "expect_table_row_count_to_be_between", {"min_value": 9}, "why")
lost = Expectation("lost", "expect_column_values_to_not_be_null", {"column": "lost"}, "why")
print([result.outcome for result in validate(pd.DataFrame({"a": [1]}), [rule, lost], key=["a"])])
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("['failed', 'raised']\n", "")
    assert list(tmp_path.iterdir()) == []


def test_no_socket_is_connected_by_anything_tried_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, results: dict[str, CheckResult]
) -> None:
    connected: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: connected.append(address))
    monkeypatch.chdir(tmp_path)
    assert run(*ALL) == list(results.values())
    assert connected == []
    assert list(tmp_path.iterdir()) == []


def test_results_reach_dagster_and_never_block(results: dict[str, CheckResult]) -> None:
    spec = asset_check_spec("ods_candidate", replace(UNIQUE, severity="WARN"))
    assert (spec.name, spec.blocking, spec.description) == ("unique", False, "one row each")
    found = asset_check_result("ods_candidate", replace(results["unique"], severity="WARN"))
    assert (found.check_name, found.asset_key, found.passed) == (
        "unique",
        dg.AssetKey("ods_candidate"),
        False,
    )
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert found.metadata["failing"].value == ["RA4|2024", "RA4|2025"]
    assert asset_check_result("ods_candidate", results["lost"]).severity is dg.AssetCheckSeverity.ERROR


def test_dagster_keeps_every_result() -> None:
    @dg.asset(check_specs=[asset_check_spec("numbers", expectation) for expectation in ALL])
    def numbers() -> dg.MaterializeResult:
        return dg.MaterializeResult(
            check_results=[asset_check_result("numbers", result) for result in run(*ALL)]
        )

    done = dg.materialize([numbers])
    assert done.success
    assert [check.check_name for check in done.get_asset_check_evaluations()] == [rule.check for rule in ALL]


def test_every_expectation_of_every_source_is_real() -> None:
    for source in sources().values():
        columns = pd.DataFrame({column.name: [] for column in source.table.columns})
        specs = [asset_check_spec(source.name, rule) for rule in source.expectations]
        assert len({spec.name for spec in specs}) == len(specs), f"{source.name}: a check name is used twice"
        for rule, result in zip(
            source.expectations, run(*source.expectations, frame=columns, key=()), strict=True
        ):
            assert VALID_NAME.fullmatch(rule.check), f"{source.name}: {rule.check!r} is no Dagster name"
            assert rule.why, f"{source.name}: {rule.check} says no why"
            expectation_class(rule.type)(**rule.kwargs)
            assert "does not exist" not in result.observed, f"{source.name}: {rule.check}: {result.observed}"
