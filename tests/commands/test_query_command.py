"""`query`: where the SELECT comes from, each row as lines, and what an unknown name probably means."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.cli import main
from pipelines.storage.home import VARIABLE


@pytest.fixture(autouse=True)
def _release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a release of one small table the default."""
    folder = tmp_path / "releases" / "20260101T060000Z"
    folder.mkdir(parents=True)
    (folder.parent / "latest").symlink_to(folder.name)
    with duckdb.connect(str(folder / "digital_maturity.duckdb")) as connection:
        connection.execute(
            "create table trust_profile as select 'R1A' as org_code, 'Börse' as org_name, 1.5 as score"
        )
        connection.execute("insert into trust_profile values ('R1B', null, 2.5)")
        connection.execute("create table score as select 'R1A' as org_code, 7 as points")
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def standard_input(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("option", ["-f", "--file"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_select_is_read_from_a_file(
    option: str, mark: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "q.sql"
    path.write_bytes(
        mark + "-- Börse\nselect org_code\nfrom trust_profile\nwhere org_name = 'Börse';\n".encode()
    )
    assert main(["query", option, str(path), "--format", "csv"]) == 0
    assert capsys.readouterr().out == "org_code\nR1A\n"


@pytest.mark.parametrize("sql", ["-- a comment\nselect 1 as one", "--comment\nselect 1 as one", "-- a comment\r\nselect 1 as one"])  # fmt: skip
def test_a_select_may_begin_with_a_comment(sql: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "one\n1\n"


@pytest.mark.parametrize(
    "column", ["age(date '2026-11-30', date '2019-08-15')", "[interval 1 year]", "{'a': interval 1 year}",
               "timestamp_ns '2026-11-30 00:00:00.123456789'"],
)  # fmt: skip
def test_a_value_that_would_be_altered_is_refused(column: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", f"select 1 as one, {column} as two"]) == 1
    assert re.search(r"found \S*(INTERVAL|TIMESTAMP_NS)\S* in two; cast it to varchar\.", capsys.readouterr().err.replace("(a ", "("))  # fmt: skip
    assert main(["query", f"select cast({column} as varchar) as two"]) == 0


def test_lists_and_structures_are_json_and_bytes_hexadecimal(capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select [1.5, null]::decimal(2, 1)[] as l, {'a': date '2020-01-31'} as s, '\\x00\\xFF'::blob as b, 1.10::decimal(4, 2) as d"
    assert main(["query", sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out == 'l,s,b,d\n"[1.5, null]","{""a"": ""2020-01-31""}",00ff,1.10\n'
    assert main(["query", sql, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"l": [1.5, None], "s": {"a": "2020-01-31"}, "b": "00ff", "d": 1.1}
    ]


def test_a_decimal_that_no_number_of_json_holds_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "select 0.12345678901234567890::decimal(30, 20) as d", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"d": "0.12345678901234567890"}]


def test_a_pivot_without_values_says_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    pivot = "select * from (pivot score on org_code {} using sum(points))"
    assert main(["query", pivot.format("")]) == 1
    assert "name the values of a PIVOT: ON column IN (...)" in capsys.readouterr().err
    assert main(["query", pivot.format("in ('R1A')"), "--format", "csv"]) == 0


def test_a_database_that_is_open_elsewhere_is_not_called_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "releases" / "latest" / "digital_maturity.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert main(["query", "select 1"]) == 1
        assert f"found that process {other.pid} holds it open" in capsys.readouterr().err
        other.communicate(b"\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_the_answer_is_in_utf_8_whatever_the_locale_is(encoding: str) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "query", "select 'Börse' as place", "--format", "csv"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode() == "place\nBörse\n"


@pytest.mark.parametrize("arguments", [["-"], ["-f", "-"], ["--file=-"]])
def test_a_select_is_read_from_standard_input(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    standard_input(b"select 1 as one", monkeypatch)
    assert main(["query", *arguments, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "one\n1\n"


@pytest.mark.parametrize("arguments", [[], ["select 1", "-f", "q.sql"], ["-", "-f", "-"]])
def test_no_select_or_two_are_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", *arguments]) == 2
    assert "expected one SELECT, either as SQL or with --file FILE" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, found in (
        (tmp_path / "none.sql", "nothing (No such file"),
        (tmp_path, "a folder"),
        ("/dev/zero", "a device"),
        ("a\0b", "a name that no file can have"),
    ):
        assert main(["query", "-f", str(path)]) == 2
        assert f"expected a file in UTF-8, found {found}" in capsys.readouterr().err
    standard_input(b"select '\xff'", monkeypatch)
    assert main(["query", "-"]) == 2
    assert "expected a file in UTF-8, found other bytes" in capsys.readouterr().err


def test_a_row_is_printed_as_lines_of_names_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "select * from trust_profile order by org_code", "--format", "vertical"]) == 0
    assert capsys.readouterr().out == (
        "org_code: R1A\norg_name: Börse\nscore:    1.5\n\norg_code: R1B\norg_name:\nscore:    2.5\n"
    )


def test_no_row_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "select 1 as one where false", "--format", "vertical"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("sql", "end"),
    [
        ("select * from trust_profil", "; did you mean trust_profile?"),
        ("select * from TRUST_PROFIL", "; did you mean trust_profile?"),
        ("select org_nam from trust_profile", "; did you mean org_name?"),
        ("select t.org_nam from trust_profile as t", "; did you mean org_name?"),
        ("select trust_profil.score from trust_profile", "; did you mean trust_profile?"),
        ("select org_code from trust_profile order by scor", "; did you mean score?"),
        ("select points from score join trust_profile using (org_cod)", "; did you mean org_code?"),
        ("select avgg(score) from trust_profile", "; did you mean avg?"),
        ("select artificial from trust_profile", "not found in FROM clause."),
        ('select points from score where org_code = "R1A"', "; write a text in single quotes: 'R1A'."),
        ("selct points from score", "; did you mean select?"),
        ("select points form score where points = 7", "."),
        ("select points", "FROM clause is missing."),
        ("select cast('org_nam' as int)", "to INT32."),
        ('select from where "org_nam"', "."),
    ],
)
def test_an_unknown_name_in_a_select_is_answered_with_the_nearest_one(
    sql: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", sql]) == 1
    error = capsys.readouterr().err
    assert error.startswith("digital-maturity: Asking the release: ")
    assert error.endswith(f"{end}\n")
    assert ("did you mean" in error) == ("did you mean" in end)
    assert error.count("\n") == 1


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


LONG = "select org_code, repeat('word ', 40) as text, 1.23456789 as mean from trust_profile order by 1"


@pytest.mark.parametrize("form", ["table", "vertical"])
def test_on_a_terminal_an_answer_fits(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["query", LONG, "--format", form]) == 0
    assert max(map(len, terminal.getvalue().splitlines())) <= 60
    assert ("…" in terminal.getvalue()) == (form == "table")
    assert ("Cut to fit: text. Rounded: mean." in capsys.readouterr().err) == (form == "table")


@pytest.mark.parametrize("form", ["table", "vertical", "csv", "json"])
def test_elsewhere_nothing_is_shortened(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", LONG, "--format", form]) == 0
    found = capsys.readouterr()
    assert "word " * 39 + "word" in found.out
    assert "1.23456789" in found.out
    assert not found.err


NUMBERS = (
    "select 1 as a, 2 as a, 3 as a_1, 'nan'::double as n, '-infinity'::float as i, [1, 'nan'::double] as l, "
    "{'x': 'infinity'::double} as s, map {date '2020-01-01': 'nan'::double} as m, 'infinity'::date as d"
)


def test_f88_json_has_each_column_once_and_null_for_what_is_no_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert main(["query", NUMBERS, "--format", "json"]) == 0
    [row] = json.loads(capsys.readouterr().out, parse_constant=refused)
    assert row == {
        "a": 1, "a_2": 2, "a_1": 3, "n": None, "i": None, "l": [1.0, None], "s": {"x": None}, "m": {"2020-01-01": None},
        "d": "9999-12-31",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["table", "csv", "json", "vertical"])
def test_f88_a_reader_who_has_seen_enough_ends_the_query_in_silence(form: str) -> None:
    query = f"{sys.executable} -m pipelines.cli query 'from range(90000)' --format {form}"
    script = f"{query} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.splitlines()[1:], done.stderr) == (["0"], "")


HOSTILE = "\x1b[31m\x9b31m\u202e\u2066\x07"


@pytest.mark.parametrize("form", ["table", "vertical", "csv", "json"])
def test_f89_nothing_in_an_answer_controls_a_terminal(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["query", f"select '{HOSTILE}' as one, 'x' as \"{HOSTILE}\"", "--format", form]) == 0
    assert main(["query", f'select "{HOSTILE}" from score', "--format", form]) == 1
    shown = terminal.getvalue() + capsys.readouterr().err
    assert not {*HOSTILE} & {*shown} - {*"[31m"}
    assert "[31m" in shown


@pytest.mark.parametrize("arguments", [["resolve", HOSTILE], ["explain", "organisation", HOSTILE], ["explain", HOSTILE, "x"], [HOSTILE], ["ingest", "epr", HOSTILE, "--edition", HOSTILE], ["discover", HOSTILE]])  # fmt: skip
def test_f89_no_message_controls_a_terminal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) > 0
    shown = capsys.readouterr()
    assert not {*HOSTILE} & {*(shown.out + shown.err)} - {*"[31m"}
