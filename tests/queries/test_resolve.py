"""`resolve`: a user's own list keeps every byte it had and gains six columns; names and lists get the same answers."""

import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from releases import ask, offline_home

from assets.sources import dma
from pipelines.cli import main
from pipelines.queries.resolve_names import ADDED, ListError, answers, resolve_list
from pipelines.storage.home import Home

KNOWN = {"First Trust": "R1A", "Café Trust": "R1C", "Two\r\nlines": "R1D"}
HEAD = ",".join(ADDED)
LIST = b"Provider,Note\r\nSALFORD ROYAL NHS FOUNDATION TRUST,a\r\nSalfrod Royal,b\r\nRM3,c\r\n"


def answer(name: str) -> tuple[str, ...]:
    """Answer as an index of three artificial names does."""
    code = KNOWN.get(name, "")
    if code:
        return code, code, " ".join(name.upper().split()), "name_on_date", "", ""
    return "", "", "", "", "unknown", "R1A First Trust; R1C Café, the"


def lines(content: bytes, column: str = "Provider") -> list[bytes]:
    return resolve_list(content, column, answer).content.splitlines(keepends=True)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = offline_home(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(found.root))
    return found


# A list keeps what it had


def test_rows_keep_their_order_and_gain_six_columns() -> None:
    done = resolve_list(b"Note,Provider\n2,Nobody\n1,First Trust\n2,Nobody\n", "Provider", answer)
    assert done.content.decode().splitlines() == [
        f"Note,Provider,{HEAD}",
        '2,Nobody,,,,,unknown,"R1A First Trust; R1C Café, the"',
        "1,First Trust,R1A,R1A,FIRST TRUST,name_on_date,,",
        '2,Nobody,,,,,unknown,"R1A First Trust; R1C Café, the"',
    ]
    assert (done.rows, done.unmatched) == (3, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_delimiter_quotes_and_line_ends_stay(encoding: str, delimiter: str, end: str) -> None:
    rows = [["Provider", '"Note"'], ["Café Trust", '"said ""no"""'], ['"Nobody"', "007"]]
    before = end.join(delimiter.join(row) for row in rows).encode(encoding)
    done = resolve_list(before, "Provider", answer)
    for old, new in zip(before.split(end.encode()), done.content.split(end.encode()), strict=True):
        assert new.startswith(old + delimiter.encode())
    after = list(csv.reader(io.StringIO(done.content.decode(encoding), newline=""), delimiter=delimiter))
    assert [row[2:] for row in after] == [list(ADDED), list(answer("Café Trust")), list(answer("Nobody"))]


def test_a_record_over_several_lines_is_one_row() -> None:
    before = b'Provider,Note\r\n"Two\r\nlines","x\ny"\r\nFirst Trust,z\r\n'
    done = resolve_list(before, "Provider", answer)
    assert (
        done.content
        == (
            f'Provider,Note,{HEAD}\r\n"Two\r\nlines","x\ny",R1D,R1D,TWO LINES,name_on_date,,\r\n'
            "First Trust,z,R1A,R1A,FIRST TRUST,name_on_date,,\r\n"
        ).encode()
    )
    assert (done.rows, done.unmatched) == (2, 0)


def test_a_short_row_is_filled_up_and_a_blank_line_stays_blank() -> None:
    assert lines(b"Note,Provider,Last\n\n1,First Trust\n2\n") == [
        f"Note,Provider,Last,{HEAD}\n".encode(),
        b"\n",
        b"1,First Trust,,R1A,R1A,FIRST TRUST,name_on_date,,\n",
        '2,,,,,,,unknown,"R1A First Trust; R1C Café, the"\n'.encode(),
    ]


def test_a_name_of_a_column_may_hold_another_delimiter() -> None:
    assert lines(b"Provider, old;Note\nFirst Trust;a, b\n", "Provider, old")[1].startswith(
        b"First Trust;a, b;R1A;"
    )


@pytest.mark.parametrize("column", ["provider", " PROVIDER "])
def test_a_column_is_found_in_any_case_unless_two_differ_in_case_alone(column: str) -> None:
    assert lines(b"Note,Provider\n1,First Trust\n", column)[1].startswith(b"1,First Trust,R1A,")
    assert lines(b"Note;Provider\n1;First Trust\n", column)[1].startswith(b"1;First Trust;R1A;")
    assert lines(b"provider,Provider\nFirst Trust,x\n", "provider")[1].startswith(b"First Trust,x,R1A,")
    with pytest.raises(ListError, match="expected one column 'PROVIDER', found 2 among"):
        resolve_list(b"provider,Provider\nFirst Trust,x\n", "PROVIDER", answer)


def test_a_list_without_rows_gains_its_header() -> None:
    assert resolve_list(b"Provider", "Provider", answer).content.decode() == f"Provider,{HEAD}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Trust;Note\na;b\n", "expected one column 'Provider', found 0 among 'Trust', 'Note'"),
        (b"Provider,Provider\na,b\n", "expected one column 'Provider', found 2"),
        (b"", "expected the names of its columns in the first line, found an empty line"),
        (b"\n\nProvider\na\n", "expected the names of its columns in the first line, found an empty line"),
        (b"Provider,matched_by,org_code\na,b,c\n", "found org_code, matched_by; rename or drop it first"),
        (b"Provider\na\nb,c\n", "expected 1 fields in row 2, found 2"),
        (b'Provider\n"a\n', "expected CSV, found unexpected end of data in line 2"),
        ("Provider\na\n".encode("utf-16"), "expected text in UTF-8 or Windows-1252, found neither"),
        (b"Provider\n\x81\n", "expected text in UTF-8 or Windows-1252, found neither"),
    ],
)
def test_a_list_of_another_shape_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ListError) as refused:
        resolve_list(content, "Provider", answer)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


# The command


def test_what_stays_unmatched_is_counted_and_gets_candidates_only(
    home: Home, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(LIST)
    assert main(["resolve", "--csv", str(path), "--column", "Provider", "--on", "2019-01-01"]) == 0
    out, err = capfdbinary.readouterr()
    head, salford, typo, code = out.split(b"\r\n")[:4]
    assert head == f"Provider,Note,{HEAD}".encode()
    today = b"RM3,RM3,NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST"
    assert salford == b"SALFORD ROYAL NHS FOUNDATION TRUST,a," + today + b",name_on_date,,"
    assert typo.startswith(b"Salfrod Royal,b,,,,,no organisation bears this name,RM3 ")
    assert code == b"RM3,c," + today + b",code,,"
    assert err == b"3 rows, 1 of them unmatched.\n"
    assert path.read_bytes() == LIST


def test_names_and_lists_get_the_same_answers(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "mine.csv", tmp_path / "out.csv"
    path.write_bytes(LIST)
    main(["resolve", "--csv", str(path), "--column", "Provider", "--out", str(out)])
    assert capsys.readouterr().out == ""
    names = [row["Provider"] for row in csv.DictReader(io.StringIO(LIST.decode()))]
    assert main(["resolve", *names]) == 1
    shown = capsys.readouterr().out.splitlines()[2:]
    listed = [
        [row["Provider"], *(row[name] for name in ADDED)]
        for row in csv.DictReader(io.StringIO(out.read_text()))
    ]
    assert [line.split() for line in shown] == [" ".join(row).split() for row in listed]


def test_a_code_says_what_it_is_today_and_that_it_was_split(home: Home) -> None:
    answer_of = answers(None)
    fields = dict(zip(ADDED, answer_of("RW6"), strict=True))
    assert (fields["org_code"], fields["current_org_code"]) == ("RW6", "RM3")
    assert fields["current_org_name"] == "NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST"
    assert fields["note"] == (
        "RW6 was split into RM3 NORTHERN CARE ALLIANCE NHS FOUNDATION TRUST since 2021-10-01 and R0A MANCHESTER "
        "UNIVERSITY NHS FOUNDATION TRUST since 2021-10-01; the first is its main successor"
    )
    assert dict(zip(ADDED, answer_of("RM3"), strict=True))["note"] == ""
    closed = dict(zip(ADDED, answer_of("RGZ"), strict=True))
    assert (closed["current_org_code"], closed["current_org_name"]) == ("", "")
    assert "names no trust as successor" in closed["note"]


def test_a_name_of_a_closed_trust_is_no_name_of_today(home: Home) -> None:
    liverpool = "Royal Liverpool and Broadgreen University Hospitals NHS Trust"
    assert answers(date(2018, 1, 1))(liverpool)[:4] == (
        "RQ6",
        "REM",
        "LIVERPOOL UNIVERSITY HOSPITALS NHS FOUNDATION TRUST",
        "name_on_date",
    )
    for day in (None, date(2019, 10, 1)):
        assert answers(day)(liverpool)[3] == "name_any_date"
    assert answers(date(2019, 9, 30))(liverpool)[3] == "name_on_date"
    assert (
        answers(date(2019, 3, 31))("South Tyneside and Sunderland NHS Foundation Trust")[3] == "name_any_date"
    )
    assert (
        answers(date(2019, 4, 1))("South Tyneside and Sunderland NHS Foundation Trust")[3] == "name_on_date"
    )


def test_every_provider_of_the_digital_maturity_assessment_is_matched(
    home: Home, publisher_files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = publisher_files / "dma" / "dma_2024_2025_results_data_file.xlsx"
    providers = sorted(set(dma.parse(book.read_bytes(), "2025").rows["org_name_as_published"].dropna()))
    path, out = tmp_path / "providers.csv", tmp_path / "out.csv"
    path.write_text("".join(f'"{name}"\n' for name in ["Provider", *providers]), "utf-8")
    assert (
        main(["resolve", "--csv", str(path), "--column", "Provider", "--on", "2025-05-01", "--out", str(out)])
        == 0
    )
    assert capsys.readouterr().err == "204 rows, 0 of them unmatched.\n"
    found = {
        row["Provider"]: row["org_code"] for row in csv.DictReader(out.open(newline="", encoding="utf-8"))
    }
    sql = "select distinct org_name_as_published, org_code from maturity_score where source = 'dma'"
    assert found == dict(ask(home.latest, sql))


def test_a_list_that_is_not_there_is_reported_in_one_sentence(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resolve", "--csv", "nowhere.csv", "--column", "Provider"]) == 1
    text = capsys.readouterr().err
    assert (
        "Reading the list 'nowhere.csv': expected a file, found nothing (No such file or directory)" in text
    )
    assert text.count("\n") == 1


def test_a_folder_is_no_list_and_no_place_for_one(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(LIST)
    found = "found a folder", "found none (Is a directory)"
    both = (["--csv", str(tmp_path)], ["--csv", str(path), "--out", str(tmp_path)])
    for asked, what in zip(both, found, strict=True):
        assert main(["resolve", *asked, "--column", "Provider"]) == 1
        reported = capsys.readouterr()
        assert reported.out == ""
        assert f"the list '{tmp_path}': expected a " in reported.err
        assert what in reported.err


@pytest.mark.parametrize("day", ["2019-13-01", "yesterday", ""])
def test_a_day_that_is_none_is_wrong_usage(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolve", "RM3", "--on", day]) == 2
    assert f"expected a day like 2019-04-01, found {day!r}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["RM3", "--csv", "x", "--column", "y"], ["--csv", "x"], ["RM3", "--out", "y"]]
)
def test_names_and_a_list_exclude_each_other(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resolve", *arguments]) == 2
    assert "expected either NAMEs, or --csv FILE with --column C" in capsys.readouterr().err


def test_resolving_a_list_imports_nothing_slow(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(LIST)
    program = (
        "import json, sys; from pipelines.cli import main;"
        f"main(['resolve', '--csv', {str(path)!r}, '--column', 'Provider', '--out', {str(tmp_path / 'out')!r}]);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=True
    )
    slow = {"pandas", "sqlalchemy", "dagster", "great_expectations", "pyarrow", "numpy"}
    assert not slow & set(json.loads(done.stdout))
