"""CSV files and spreadsheets: what one would run is never published, what one would change is reported."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from few_sources import few_catalogue, few_home
from releases import ask, copy_of, offline_home, rows_made, tables_of

from assets.contract.columns import column, table
from pipelines.integration import audit, build_tables
from pipelines.integration.build_tables import Made
from pipelines.integration.spreadsheet_safety import spreadsheet_checks
from pipelines.orchestration import refresh_steps
from pipelines.storage import code_version

ARTIFICIAL = table(
    "artificial",
    "Artificial.",
    [
        column("code", sa.Text, "Artificial."),
        column("is_open", sa.Boolean, "Artificial."),
        column("text", sa.Text, "Artificial.", nullable=True),
        column("number", sa.Integer, "Artificial.", nullable=True),
    ],
    key=["code", "is_open"],
    layer="facts",
    metadata=sa.MetaData(),
)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


def outcomes(*texts: str | None) -> list[tuple[str, str, tuple[str, ...]]]:
    rows = pa.table(
        {
            "code": [f"R{n}" for n in range(len(texts))],
            "is_open": [False] * len(texts),
            "text": pa.array(texts, pa.string()),
            "number": [-n for n in range(len(texts))],
        }
    )
    return [(c.severity, c.observed, c.failing) for c in spreadsheet_checks(rows, ARTIFICIAL)]


@pytest.mark.parametrize(
    "text",
    [
        "5E1",
        "1e10",
        "MAR1",
        "SEPT2",
        "1-2",
        "1/2/2023",
        "0123",
        "1234567890123456",
        " RA1",
        "2023-10-17",
        "2010/11",
        "2020-04",
        "2-Sep",
        "1 March 2023",
        "12:30",
        "1.50",
        "(5)",
        "TRUE",
    ],
)
def test_text_that_a_spreadsheet_would_show_otherwise_is_reported_with_its_key(text: str) -> None:
    run, changed = outcomes("RA1", text, None)
    assert run == ("ERROR", "no such text", ())
    assert changed == ("WARN", f"text: 1, such as {text!r}", ("R1|false",))


@pytest.mark.parametrize(
    "text",
    ["RA1", "G6V2S", "2025", "2023/24", "2009/00", "123456789012345", "1.5", "E54000048", "Marston 5", ""],
)
def test_text_that_looks_the_same_in_a_spreadsheet_is_not_reported(text: str) -> None:
    assert {observed for _, observed, _ in outcomes(text)} == {"no such text"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-", "-x", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_an_error(text: str) -> None:
    run, _ = outcomes("RA1", text)
    assert run == ("ERROR", f"text: 1, such as {text!r}", ("R1|false",))


def test_a_negative_number_that_a_check_observed_is_only_a_number() -> None:
    assert outcomes("-0.25", "-3")[0][1] == "no such text"


def test_no_more_than_twenty_keys_are_listed_and_all_are_counted() -> None:
    _, (_, observed, failing) = outcomes(*["5E1"] * 30)
    assert observed == "text: 30, such as '5E1'"
    assert failing == tuple(f"R{n}|false" for n in range(20))


def test_no_text_of_a_release_begins_like_a_formula_whatever_way_it_came(released: Path) -> None:
    dangerous = [
        (name, field, value)
        for name, rows in tables_of(released).items()
        for field in rows.column_names
        if pa.types.is_string(rows[field].type)
        for value in rows[field].unique().to_pylist()
        if value and re.match(r"[=+\-@\t\r]", value)
    ]
    assert dangerous == []


def test_a_number_is_never_quoted_in_a_csv_file(released: Path) -> None:
    quoted = re.compile(r'(^|,)"-?\d+(\.\d+)?"(,|$)', re.MULTILINE)
    assert [
        path.name for path in (released / "csv").iterdir() if quoted.search(path.read_text("utf-8"))
    ] == []


def test_what_a_spreadsheet_would_change_is_published_as_a_warning_of_each_table(released: Path) -> None:
    found = ask(
        released,
        "select severity, outcome, observed, failing_keys from check_result where table_name = 'epr_supplier' and checked = 'csv' order by severity",
    )
    assert [row[:2] for row in found] == [("ERROR", "passed"), ("WARN", "failed")]
    assert found[1][2] == "edition: 209, such as '2024-10-01'"
    assert found[1][3].split("; ")[0] == "R0A|2024-10-01"


def test_a_formula_that_slipped_through_fails_the_audit_and_the_last_release_stays(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "home")
    facts = build_tables.facts

    def poisoned(*given: Any) -> dict[str, Made]:
        made = facts(*given)
        supplier = rows_made(made["epr_supplier"])
        supplier.loc[supplier.index[0], "org_name_as_published"] = "=HYPERLINK(1)"
        return {**made, "epr_supplier": Made(supplier)}

    monkeypatch.setattr(build_tables, "facts", poisoned)
    monkeypatch.setattr(code_version, "of_tables", lambda: "artificial")
    monkeypatch.setattr(code_version, "of_release", lambda: "artificial")
    before = own.latest.resolve()
    with pytest.raises(
        audit.AuditError, match=r"table epr_supplier: check no_text_runs_in_a_spreadsheet failed"
    ):
        refresh_steps.publish(few_catalogue(), own)
    assert own.latest.resolve() == before
