"""Staging: a file is judged once, a refused one changes nothing, and every state of a source is described in words."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from conftest import OVERALL_SHEET, PILLAR_SHEET, dma_workbook, epr_workbook, ods_report
from releases import everything_below
from tiny_source import (
    BETTER,
    FAILING_A_CHECK,
    GOOD,
    RENAMED,
    SENTENCE,
    TABLE,
    Tiny,
    answer,
    arrive,
    fail,
    scores,
)

from assets.catalogue import sources
from assets.contract.expectations import Expectation
from assets.contract.frozen_editions import Descriptor, frozen_editions, write_frozen
from assets.contract.parsed import Parsed, Rejected, StructureError
from pipelines.judging import file_verdicts
from pipelines.orchestration import refresh_steps
from pipelines.staging import source_status, staged_tables
from pipelines.storage import code_version
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path / "asked")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def freeze(tiny: Tiny, root: Path, monkeypatch: pytest.MonkeyPatch, content: bytes = GOOD) -> None:
    """Freeze an edition of the artificial source outside the repository."""
    parsed = tiny.parse(content, "2024")
    described = Descriptor(
        source="tiny",
        edition="2024",
        part="",
        title="",
        publisher="",
        landing_page="",
        file_url="",
        publisher_file_name="frozen.csv",
        licence="",
        attribution="",
        sha256="f" * 64,
        bytes=1,
        retrieved_on="2024-01-01",
        published_on="",
        origin="frozen",
        how="made for a test",
        rows_in=parsed.rows_in,
        rows=len(parsed.rows),
        rejected=(),
        ignored=(),
        drift=(),
    )
    write_frozen(described, parsed, TABLE, root)
    monkeypatch.setattr(file_verdicts, "frozen_editions", lambda name: frozen_editions(name, root))
    tiny.log.unlink()


# --- one file of an edition after the other


def test_the_newest_accepted_file_of_an_edition_is_staged(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, day=1)
    arrive(home, BETTER, day=2)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert [judged.accepted for judged in done.judged] == [True, True]
    assert scores(tiny.source, home) == [3333, 4444, 5555]


def test_a_publisher_who_goes_back_to_an_older_file_is_followed(tiny: Tiny, home: Home) -> None:
    for day, content in enumerate((GOOD, BETTER, GOOD), start=1):
        arrive(home, content, day=day)
    refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [1111, 2222]


def test_editions_and_parts_are_staged_side_by_side(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, edition="2024", part="a")
    arrive(home, b"code,score\nX44,4444\n", edition="2024", part="b")
    arrive(home, BETTER, edition="2025", part="a")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [1111, 2222, 3333, 4444, 4444, 5555]
    assert [(one.copy.edition, one.copy.part) for one in done.manifest.used] == [
        ("2024", "a"),
        ("2024", "b"),
        ("2025", "a"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (RENAMED, "expected column 'score', found"),
        (FAILING_A_CHECK, "check a_code_is_there_once failed: 2 of 2 values unexpected"),
        (b"", "expected a CSV file, found empty"),
    ],
    ids=["structure", "check", "empty"],
)
def test_a_refused_newest_file_keeps_the_last_good_one_and_says_so_in_one_sentence(
    tiny: Tiny, home: Home, content: bytes, problem: str
) -> None:
    arrive(home, GOOD, day=1)
    arrive(home, content, day=2, name="newer.csv")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [1111, 2222]
    assert done.status == "refused"
    assert done.why.startswith("Reading tiny 2025 (newer.csv): ")
    assert problem in done.why
    assert done.why.endswith(SENTENCE)
    assert done.why.count(SENTENCE) == 1
    assert "\n" not in done.why


def test_a_good_file_after_a_refused_one_ends_the_refusal(tiny: Tiny, home: Home) -> None:
    for day, content in enumerate((GOOD, RENAMED, BETTER), start=1):
        arrive(home, content, day=day)
    answer(home, "fresh")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert (done.status, done.why) == ("fresh", "")
    assert scores(tiny.source, home) == [3333, 4444, 5555]


def test_a_refused_edition_does_not_hide_a_good_older_one(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, edition="2024", day=1)
    arrive(home, RENAMED, edition="2025", day=2)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [1111, 2222]
    assert done.status == "refused"
    assert "2025" in done.why


def test_a_source_with_nothing_good_is_refused_and_stages_an_empty_table(tiny: Tiny, home: Home) -> None:
    arrive(home, RENAMED)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "refused"
    assert done.manifest.used == ()
    assert read_parquet(staged_tables.staged_path("tiny", home)).num_rows == 0


def test_a_source_with_nothing_good_does_not_claim_that_a_good_file_is_in_use(tiny: Tiny, home: Home) -> None:
    arrive(home, RENAMED)
    assert "last good one stays" not in refresh_steps.stage(tiny.source, sources(), home).why


def test_a_refused_day_is_forgotten_once_a_later_day_is_good(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, edition="2026-01-01", day=1)
    arrive(home, RENAMED, edition="2026-01-02", day=2)
    arrive(home, BETTER, edition="2026-01-03", day=3)
    answer(home, "fresh")
    assert refresh_steps.stage(tiny.source, sources(), home).status == "fresh"


# --- judged once


def test_the_same_bytes_are_parsed_and_judged_only_once(
    tiny: Tiny, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, content in enumerate((GOOD, RENAMED, BETTER), start=1):
        arrive(home, content, day=day)
    first = refresh_steps.stage(tiny.source, sources(), home)
    before = everything_below(home.verdicts), everything_below(home.parsed), everything_below(home.staged)
    for asks in ("submit", "validate"):
        monkeypatch.setattr(staged_tables, asks, None, raising=False)  # to be called now is an error
    second = refresh_steps.stage(tiny.source, sources(), home)
    assert tiny.calls == {GOOD: 1, RENAMED: 1, BETTER: 1}
    assert (
        everything_below(home.verdicts),
        everything_below(home.parsed),
        everything_below(home.staged),
    ) == before
    assert [judged.newly for judged in first.judged] == [True, True, True]
    assert [judged.newly for judged in second.judged] == [False, False, False]


def test_bytes_that_come_back_are_not_parsed_again(tiny: Tiny, home: Home) -> None:
    for day, content in enumerate((GOOD, BETTER, GOOD), start=1):
        arrive(home, content, day=day)
    refresh_steps.stage(tiny.source, sources(), home)
    assert tiny.calls == {GOOD: 1, BETTER: 1}


def test_a_verdict_read_back_is_the_verdict_given(tiny: Tiny, home: Home) -> None:
    rejected = b"code,score\n" + b"".join(b"X%02d,1\n" % n for n in range(30)) + b"x!,1\n"
    for day, content in enumerate((rejected, FAILING_A_CHECK, RENAMED), start=1):
        arrive(home, content, day=day)
    given = refresh_steps.stage(tiny.source, sources(), home)
    again = refresh_steps.stage(tiny.source, sources(), home)
    assert again.judged == given.judged
    assert again.manifest == given.manifest
    assert given.judged[0].rejected
    assert given.judged[1].checks


def test_another_version_of_the_parser_reads_again(
    tiny: Tiny, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(home, GOOD)
    refresh_steps.stage(tiny.source, sources(), home)
    monkeypatch.setattr(code_version, "of_parser", lambda _: "another version")
    refresh_steps.stage(tiny.source, sources(), home)
    assert tiny.calls == {GOOD: 2}


def test_another_expectation_judges_again(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    assert refresh_steps.stage(tiny.source, sources(), home).judged[0].accepted
    rule = Expectation(
        "many_rows", "expect_table_row_count_to_be_between", {"min_value": 3333}, "Artificial."
    )
    stricter = replace(tiny.source, expectations=(rule,))
    done = refresh_steps.stage(stricter, sources(), home)
    assert done.status == "refused"
    assert "check many_rows failed: 2 rows" in done.why


def test_parsed_rows_that_were_deleted_are_made_again(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    refresh_steps.stage(tiny.source, sources(), home)
    for folder in (home.parsed, home.staged):
        for path in folder.iterdir():
            path.unlink()
    refresh_steps.stage(tiny.source, sources(), home)
    assert scores(tiny.source, home) == [1111, 2222]


def test_a_damaged_archive_is_not_held_against_the_file_for_ever(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    blob = home.archive.root / "blobs" / hashlib.sha256(GOOD).hexdigest()
    blob.write_bytes(GOOD[:-5])
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "refused"
    assert "is damaged" in done.why
    blob.write_bytes(GOOD)
    assert refresh_steps.stage(tiny.source, sources(), home).judged[0].accepted


# --- rows rejected, parsers that break


def file_with(rejected: int, rows: int = 100) -> bytes:
    good = "".join(f"X{number:03d},1111\n" for number in range(rows - rejected))
    bad = "X99,much\n" * rejected
    return f"code,score\n{good}{bad}".encode()


def test_five_of_a_hundred_rows_may_be_rejected_and_are_counted(tiny: Tiny, home: Home) -> None:
    arrive(home, file_with(rejected=5))
    (judged,) = refresh_steps.stage(tiny.source, sources(), home).judged
    assert judged.accepted
    assert (judged.rows_in, judged.rows_used, judged.rows_staged, len(judged.rejected)) == (100, 95, 95, 5)
    assert judged.rejected[0] == Rejected(
        "", 97, "cell", "column 'score': expected a number, found 'much'", "X99 | much"
    )


def test_six_of_a_hundred_rejected_rows_refuse_the_file_and_name_the_first(tiny: Tiny, home: Home) -> None:
    arrive(home, file_with(rejected=6))
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "refused"
    assert (
        "expected at most 5% of rows to be rejected, found 6 of 100, the first in row 96 (column 'score'"
        in done.why
    )


@pytest.mark.parametrize(
    "error",
    [
        (RecursionError, "too deep"),
        (KeyError, "artificial"),
        (ZeroDivisionError,),
        (AssertionError, "odd\nindeed"),
        (SystemExit, 0),
    ],
)
def test_a_parser_that_raises_an_odd_exception_is_an_error_of_the_source(
    tiny: Tiny, home: Home, error: tuple[Any, ...]
) -> None:
    arrive(home, GOOD, day=1)
    arrive(home, BETTER, day=2)
    tiny.does[BETTER] = partial(fail, *error)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "refused"
    assert f"the parser stopped with {error[0].__name__}" in done.why
    assert "\n" not in done.why
    assert scores(tiny.source, home) == [1111, 2222]


def test_all_problems_of_a_file_are_reported_at_once(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    tiny.does[GOOD] = partial(
        fail, StructureError, ["expected this, found that", "expected more, found less"]
    )
    assert (
        "expected this, found that; expected more, found less; "
        in refresh_steps.stage(tiny.source, sources(), home).why
    )


def of_another_table(content: bytes, edition: str) -> Parsed:
    where = {"source_sheet": "", "source_row": [2]}
    return Parsed(pd.DataFrame({"org_code": ["look-alike"], "score": [9999.0], **where}), 1)


def test_rows_outside_the_definition_of_the_table_refuse_the_file(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    why = refresh_steps.stage(replace(tiny.source, parse=of_another_table), sources(), home).why
    assert "column 'org_code': expected text like" in why
    assert "column 'score': expected at most 9000, found 9999" in why


# --- the state of a source


def test_a_source_is_never_fetched_before_its_first_file_and_says_why(tiny: Tiny, home: Home) -> None:
    assert refresh_steps.stage(tiny.source, sources(), home).status == "never_fetched"
    answer(home, "failed", "it answered 404")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert (done.status, done.why) == ("never_fetched", "it answered 404")


def test_without_a_network_a_release_says_the_same_of_a_source_as_one_that_asked_nobody(
    tiny: Tiny, home: Home
) -> None:
    asked_nobody = refresh_steps.stage(tiny.source, sources(), home)
    answer(home, "no_network", "neither a.example nor b.example can be reached")  # whichever failed first
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.why == "no network: no file has arrived yet"
    assert source_status.at_publication(done.status, done.why) == source_status.at_publication(
        asked_nobody.status, asked_nobody.why
    )


@pytest.mark.parametrize("status", ["fresh", "unchanged"])
def test_a_source_is_as_its_publisher_answered_and_needs_no_excuse(
    tiny: Tiny, home: Home, status: str
) -> None:
    arrive(home, GOOD)
    answer(home, status)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert (done.status, done.why) == (status, "")


def test_an_answer_of_long_ago_is_stale_here_and_says_since_when_but_dates_no_release(
    tiny: Tiny, home: Home
) -> None:
    arrive(home, GOOD)
    answer(home, "unchanged", ago=tiny.source.max_age + timedelta(days=2))
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "stale"
    assert re.match(r"the publisher answered last on \d{4}-\d\d-\d\d, longer ago than", done.why)
    assert source_status.at_publication(done.status, done.why) == ("fresh", "")


def test_a_source_whose_publisher_did_not_answer_is_stale_and_says_why(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    answer(home, "failed", "the artificial publisher is gone")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert (done.status, done.why) == ("stale", "the artificial publisher is gone")


@pytest.mark.parametrize(
    ("status", "says"), [("not_attempted", ""), ("no_network", source_status.NO_NETWORK)]
)
def test_a_source_that_nobody_was_asked_about_is_stale_and_says_why(
    tiny: Tiny, home: Home, status: str, says: str
) -> None:
    arrive(home, GOOD)
    answer(home, status, "neither a.example nor b.example can be reached")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert (done.status, done.why) == ("stale", f"{says}{source_status.UNCHECKED}")


def test_a_run_that_asks_nobody_keeps_the_last_answer(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD)
    answer(home, "failed", "the artificial publisher is gone")
    answer(home, "not_attempted")
    assert refresh_steps.stage(tiny.source, sources(), home).why == "the artificial publisher is gone"


@pytest.mark.parametrize("status", ["not_attempted", "no_network"])
def test_a_source_with_frozen_editions_only_is_frozen(
    tiny: Tiny, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    freeze(tiny, tmp_path / "frozen", monkeypatch)
    answer(home, status)
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "frozen"
    assert done.why.endswith(source_status.FROZEN)
    assert tiny.calls == {}
    by_hand = replace(tiny.source, remotes=())
    assert refresh_steps.stage(by_hand, sources(), home).why == source_status.BY_HAND
    switched = replace(by_hand, pages=tiny.source.remotes, switch="VISIT")
    assert refresh_steps.stage(switched, sources(), home).why.startswith(
        "its pages are visited only where VISIT=1;"
    )


def test_a_frozen_edition_is_the_last_good_one_under_a_refused_file(
    tiny: Tiny, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(tiny, tmp_path / "frozen", monkeypatch)
    arrive(home, RENAMED, edition="2024")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "refused"
    assert [one.copy.origin for one in done.manifest.used] == ["frozen"]
    assert scores(tiny.source, home) == [1111, 2222]


def test_a_fetched_file_takes_the_place_of_a_frozen_edition(
    tiny: Tiny, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(tiny, tmp_path / "frozen", monkeypatch)
    arrive(home, BETTER, edition="2024")
    answer(home, "fresh")
    done = refresh_steps.stage(tiny.source, sources(), home)
    assert done.status == "fresh"
    assert scores(tiny.source, home) == [3333, 4444, 5555]


def test_the_summary_of_a_source_counts_what_is_in_use(tiny: Tiny, home: Home) -> None:
    arrive(home, GOOD, edition="2024")
    arrive(home, BETTER, edition="2025")
    answer(home, "fresh")
    done = refresh_steps.stage(tiny.source, sources(), home)
    summary = source_status.summary(tiny.source, done.manifest, done.status, done.why, since="2027-01-01")
    assert json.loads(json.dumps(summary)) == {
        "source": "tiny",
        "edition": "2025",
        "rows": 5,
        "status": "fresh",
        "since": "2027-01-01",
        "why": "",
    }


# --- bad files of real sources


def without(sheet: str) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        del book[sheet]

    return change


def renamed(sheet: str, to: str) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet].title = to

    return change


def with_header(sheet: str, cell: str, text: str | None) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = text

    return change


DMA, EPR, ODS = ("dma", "2025", ""), ("epr", "2024-10-01", ""), ("ods", "2026-07-08", "etr")
EPR_SHEET = "EPR Suppliers 01.10.24"
BAD: dict[str, tuple[tuple[str, str, str], Callable[[], bytes], str]] = {
    "dma sheet missing": (
        DMA,
        lambda: dma_workbook(without(OVERALL_SHEET)),
        f"expected one sheet {OVERALL_SHEET!r}, found 0 among",
    ),
    "dma sheet renamed": (
        DMA,
        lambda: dma_workbook(renamed(PILLAR_SHEET, "SC - 2025 Pillars")),
        f"expected one sheet {PILLAR_SHEET!r}, found 0 among 'Introduction ', 'SC - 2025 Pillars'",
    ),
    "dma column renamed": (
        DMA,
        lambda: dma_workbook(with_header(PILLAR_SHEET, "F11", "Well-Led")),
        f"sheet {PILLAR_SHEET!r}, row 11: expected column 'Well Led', found 'Well-Led', which may be its new name",
    ),
    "dma column missing": (
        DMA,
        lambda: dma_workbook(with_header(OVERALL_SHEET, "G11", None)),
        f"sheet {OVERALL_SHEET!r}, row 11: expected column '2024 Average', found no column like it",
    ),
    "epr sheet renamed": (
        EPR,
        lambda: epr_workbook(renamed(EPR_SHEET, "Suppliers")),
        f"expected one sheet {EPR_SHEET!r}, found 0 among 'Suppliers'",
    ),
    "epr column renamed": (
        EPR,
        lambda: epr_workbook(with_header(EPR_SHEET, "D1", "Supplier")),
        f"sheet {EPR_SHEET!r}, row 1: expected column 'Supplier (Primary EPR)', found ",
    ),
    "ods column missing": (
        ODS,
        lambda: b"\r\n".join(line.rpartition(b",")[0] for line in ods_report().splitlines()),
        "expected 24 or 27 columns in every row, found 26",
    ),
}


@pytest.mark.parametrize(("where", "content", "problem"), BAD.values(), ids=BAD)
def test_a_bad_file_of_a_real_source_is_refused_and_the_last_good_edition_stays(
    home: Home, where: tuple[str, str, str], content: Callable[[], bytes], problem: str
) -> None:
    name, edition, part = where
    source = sources()[name]
    unchecked = replace(source, expectations=())  # what a check says is tested elsewhere
    before = refresh_steps.stage(unchecked, sources(), home)
    rows = read_parquet(staged_tables.staged_path(name, home))
    file_name = "artificial.csv" if name == "ods" else "artificial.xlsx"
    arrive(home, content(), source=name, edition=edition, part=part, day=2, name=file_name)
    done = refresh_steps.stage(unchecked, sources(), home)
    assert done.status == "refused"
    label = " ".join(filter(None, (edition, part)))
    assert done.why.startswith(f"Reading {name} {label} ({file_name}): ")
    assert problem in done.why
    assert done.why.endswith(SENTENCE)
    assert done.manifest.used == before.manifest.used
    assert read_parquet(staged_tables.staged_path(name, home)).equals(rows)
    assert rows.num_rows > 100
