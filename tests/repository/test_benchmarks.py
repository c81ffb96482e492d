"""The benchmarks compare what they time: their workbooks, scripts and scores are right. Nothing is timed here."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from answers import questions
from releases import offline_home

from assets.sources.tac.parse import parse
from benchmarks import b2_cold, b5_questions, compared, corpus, everyone, size
from benchmarks.__main__ import BENCHMARKS, page
from benchmarks.b6_survival import DIED, REFUSED, RIGHT, WRONG, ours, scores
from benchmarks.faults import faults
from benchmarks.harness import (
    BASELINES,
    QUICK,
    ROOT,
    Line,
    Run,
    Table,
    Target,
    by_turns,
    measure,
    plain,
    ratio,
)


def run(seconds: float, processor: float = 1.0) -> Run:
    return Run(seconds, processor, 11.0, 22.0)


def test_a_run_counts_the_processes_that_a_command_starts_and_leaves_behind() -> None:
    orphan = "import time; x = bytearray(99 << 20); sum(range(5_000_000))"
    found = measure(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {orphan!r}])",
        ]
    )
    assert found.peak_mib > 99
    assert found.processor > 0.05


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="expected exit code 0, found 3: artificial"):
        measure([sys.executable, "-c", "print('artificial'); raise SystemExit(3)"])


def test_contenders_take_turns_and_each_round_begins_with_another() -> None:
    asked: list[str] = []
    contenders = {name: lambda _, n=name: asked.append(n) or run(1) for name in "abc"}
    assert {name: len(runs) for name, runs in by_turns(contenders, 2).items()} == {"a": 2, "b": 2, "c": 2}
    assert "".join(asked) == "abcbca"


def test_a_ratio_is_of_medians_and_per_core_above_the_floor() -> None:
    lines = {
        "floor": Line("floor", (run(1, 1),)),
        "other": Line("other", (run(2, 3), run(2, 3), run(99, 99)), floor="floor"),
        "ours": Line("ours", (run(5, 5),), "other", per_core=True, floor="floor"),
    }
    assert ratio(lines["ours"], lines) == 2
    assert ratio(Line("ours", (run(5, 5),), "other"), lines) == 2.5


def test_a_page_says_what_is_missed_and_names_no_place_of_this_machine() -> None:
    found = Table(
        "B9 Artificial", "About.", ("what", "s"), [["ours", "1"]], [Target("at most 1 s", "2 s", met=False)]
    )
    text = page([found], QUICK)
    assert "- target at most 1 s: MISSED (2 s)" in text
    assert "0 met, 1 MISSED" in text
    assert str(ROOT) not in text + plain(found)


@pytest.mark.parametrize("part", corpus.FILES)
def test_the_product_reads_every_amount_of_a_workbook_made_for_a_benchmark(part: str, tmp_path: Path) -> None:
    (book,) = (one for one in corpus.books(tmp_path, 1, 0.0) if one.part == part)
    rows = parse(book.write().path.read_bytes(), book.edition, part).rows
    assert dict(zip(rows["source_row"], rows["amount"], strict=True)) == book.used()
    again = corpus.corrected(book, tmp_path / "corrected.xlsx")
    assert len(again.used().items() - book.used().items()) == 1


@pytest.mark.parametrize("name", b2_cold.SCRIPTS)
def test_every_cell_of_a_script_is_in_the_release(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    curated = ROOT / "assets" / "organisations" / "curated"
    command = [
        sys.executable,
        BASELINES / b2_cold.SCRIPTS[name],
        ROOT / "assets" / "frozen",
        curated,
        tmp_path,
    ]
    subprocess.run(command, check=True)
    release = offline_home(tmp_path_factory.getbasetemp()).latest
    assert compared.compare(tmp_path, release) > 20_000
    score = tmp_path / "maturity_score.csv"
    score.write_text(score.read_text("utf-8").replace("2.4", "4.2", 1), "utf-8")
    with pytest.raises(RuntimeError, match=r"maturity_score.*expected the same cells, found 1 others"):
        compared.compare(tmp_path, release)


def test_every_question_of_the_page_is_asked() -> None:
    text = b5_questions.PAGE.read_text("utf-8")
    assert len(b5_questions.questions()) == len(questions(text)) >= 32


def test_what_became_of_a_file_is_judged_by_the_sound_one() -> None:
    sound = [["AA1", 1], ["AA2", None]]
    found = [
        ("served", sound),
        ("served", [["AA2", None], ["AA1", 1.0]]),
        ("served", [["AA1", 1]]),
        ("served", {"rows": [["AA1", 1]], "reported": True}),
        ("served", {"rows": [["AA1", 9]], "reported": True}),
        ("served", {"rows": [], "reported": True}),
        ("refused", "why"),
        ("died", "SIGABRT"),
    ]
    assert scores(found, [("epr", b"")] * len(found)) == [
        RIGHT,
        RIGHT,
        WRONG,
        RIGHT,
        WRONG,
        REFUSED,
        REFUSED,
        DIED,
    ]


def test_seven_benchmarks_can_be_loaded() -> None:
    found = [import_module(f"benchmarks.{name}").benchmark for name in BENCHMARKS.values()]
    assert len(found) == 7


@pytest.mark.thorough
def test_the_product_serves_the_sound_files_that_faults_are_done_to(tmp_path: Path) -> None:
    sound = {kind: content for name, (kind, content) in faults().items() if name.startswith("sound")}
    for kind, content in sound.items():
        (tmp_path / kind).write_bytes(content)
    out = tmp_path / "answer.json"
    ours(tmp_path / "homes", [f"{kind}:{tmp_path / kind}" for kind in sound], out)
    assert [(state, len(found["rows"]) > 200) for state, found in json.loads(out.read_text("utf-8"))] == [
        ("served", True),
        ("served", True),
    ]


@pytest.mark.thorough
def test_organisations_are_repeated_with_all_that_is_said_of_them(tmp_path: Path) -> None:
    once, twice = (everyone.measured(tmp_path / str(times), times) for times in (1, 2))
    listed = 274 + 4  # trusts and care trusts
    curated = once["organisations"] - listed  # which are in no list: those are not repeated
    assert twice["organisations"] == 2 * listed + curated
    assert 1.9 * once["longest"] < twice["longest"] <= 2 * once["longest"]
    assert set(once["seconds"]) == {"notes", "organisations", "facts", "current", "marts", "load", "write"}


def test_artificial_organisations_have_codes_and_names_of_their_own() -> None:
    listed = size.listed(1_000)
    newest = listed[listed["edition"] == size.TODAY]
    assert len(newest) > 1_000
    assert newest["org_code"].is_unique
    assert newest["org_code"].str.fullmatch("[A-Z0-9]{3,6}").all()
    assert newest["name"].is_unique
