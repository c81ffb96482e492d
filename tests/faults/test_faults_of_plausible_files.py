"""F67, F68, F77, F79, F82: files that every check of their own accepts, and what a power cut leaves.

Lists are laid out as the publishers lay them out, from the frozen editions: the same trusts, so that identity is real.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import EPR_SHEET, ods_report, staged_rows
from few_sources import few_catalogue, few_home, judge_few, leave_out_the_explorer
from releases import copy_of, judge_all
from tiny_source import GOOD, Tiny, arrive, scores

from assets.catalogue import sources
from assets.contract.source import Source
from assets.sources.epr import TRUST_TYPES
from pipelines.cli import main
from pipelines.integration import acceptance, audit, fallback
from pipelines.integration.fallback import Aside
from pipelines.judging import decisions
from pipelines.orchestration import refresh_steps
from pipelines.publishing import release
from pipelines.publishing.previous_release import Before, DamagedReleaseError
from pipelines.storage.archive import Vintage
from pipelines.storage.home import VARIABLE, Home, PointerError


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture
def home(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home without a release in which the frozen files of a few sources are judged, made the default."""
    own = Home(tmp_path / "home")
    judge_few(own, base)
    monkeypatch.setenv(VARIABLE, str(own.root))
    return own


def suppliers(*, sheet: str = EPR_SHEET, shift: int = 0, news: bool = False, renamed: int = 0) -> bytes:
    """Return the frozen list of EPR suppliers as the publisher's workbook, names shifted against codes.

    With `news` the first trust has another supplier: a later list that repeats every value is refused as an earlier one.
    The first few are `renamed`: no list has their names.
    """
    rows = staged_rows("epr").fillna("").to_dict("records")
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(["Organisation Code", "Organisation", "Trust Type (Primary)", "Supplier (Primary EPR)"])
    types = {kind: words for words, kind in TRUST_TYPES.items()}
    for number, row in enumerate(rows):
        name = rows[(number + shift) % len(rows)]["org_name_as_published"]
        name = f"ARTIFICIAL QUARTZ {number} HOSPITALS NHS TRUST" if number < renamed else name
        supplier = row["supplier"] if row["has_epr"] else "No EPR -  in process of getting one"
        supplier = "Artificial" if news and number == 0 else supplier
        page.append([row["org_code_as_published"], name, types[row["trust_type"]], supplier])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def trusts(*, opened_again: int = 0) -> bytes:
    """Return the newest frozen list of trusts as the publisher's report, some closed ones open again."""
    listed = staged_rows("ods")
    rows = []
    for row in listed[listed["edition"] == "2026-07-08"].astype(object).to_dict("records"):
        closed = row["close_date"] is not None and row["close_date"] == row["close_date"]
        again = closed and opened_again > 0
        opened_again -= again
        rows.append(
            {
                "code": row["org_code"],
                "name": row["name"],
                "region": row["region_code"] or "",
                "geography": row["icb_code"] or "",
                "gor": row["gor_code"],
                "open": f"{row['open_date']:%Y%m%d}",
                "close": f"{row['close_date']:%Y%m%d}" if closed and not again else "",
            }
        )
    return ods_report(rows)


def vintage(source: str, edition: str, content: bytes, *, part: str = "", name: str = "list.xlsx") -> Vintage:
    return Vintage(
        source=source, edition=edition, part=part, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content),
        origin="ingested", url="", final_url="", publisher_file_name=name,
        retrieved_at=datetime.now(UTC).isoformat(timespec="seconds"), published_at="", etag="", last_modified="",
        licence="artificial", how="made for a test",
    )  # fmt: skip


# --- what is typed beside a file


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (["epr", "--edition", "2024-10-01", "--part", "foo"], "--part"),
        (["ods", "--edition", "latest", "--part", "x"], "--edition"),
        (["ods", "--edition", "20260708", "--part", "etr"], "--edition"),
        (["epr", "--edition", "1024-10-01"], "--edition"),
        (["epr", "--edition", "9999-12-31"], "--edition"),
        (["eric", "--edition", "2099/00"], "--edition"),
        (["epr", "--edition", ""], "--edition"),
        (["epr", "--edition", "2024-10-01\n"], "--edition"),
        (["epr", "--edition", "2" * 300], "--edition"),
        (["epr", "--edition", "2024-10-01", "--retrieved-on", "2099-01-01"], "--retrieved-on"),
        (["epr", "--edition", "2024-10-01", "--published-on", "nonsense"], "--published-on"),
        (["epr", "--edition", "2024-10-01", "--retrieved-on", "2024-01-01"], "--edition"),
    ],
)  # fmt: skip
def test_f77_names_and_days_that_cannot_be_are_refused_at_ingest(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], option: str
) -> None:
    (tmp_path / "file").write_bytes(GOOD)
    source, *options = given
    assert main(["ingest", source, str(tmp_path / "file"), *options]) == 1
    message = capsys.readouterr().err
    assert f"correct {option}" in message
    assert message.count("\n") == 1
    assert message.strip().isprintable()
    assert home.archive.vintages(source) == []


def test_f67_words_that_a_spreadsheet_would_run_are_kept_without_their_sign(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "=cmd|' !A1.xlsx"
    file.write_bytes(suppliers())
    given = ["--edition", "2024-10-01", "--how", '=HYPERLINK("https://example.org")\x1b']
    assert main(["ingest", "epr", str(file), *given]) == 0
    [kept] = home.archive.vintages("epr")
    assert (kept.publisher_file_name, kept.how) == ("cmd|' !A1.xlsx", 'HYPERLINK("https://example.org")')


def test_f67_a_list_that_opens_closed_trusts_again_is_refused_at_ingest(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "etr.csv").write_bytes(trusts(opened_again=20))
    assert main(["ingest", "ods", str(tmp_path / "etr.csv"), "--edition", "2026-11-01", "--part", "etr"]) == 1
    assert "Reading ods 2026-11-01 etr (etr.csv): " in capsys.readouterr().err
    assert home.archive.vintages("ods") == []


# --- what got in behind its back


def test_f67_a_file_that_spoils_the_release_is_set_aside_until_it_is_withdrawn(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(few_home(base), tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    leave_out_the_explorer(monkeypatch)
    before = json.loads((home.latest / "datapackage.json").read_text())["inputs_sha256"]
    content = suppliers()
    home.archive.add(content, vintage("epr", "2024-10-01", content, part="foo"))
    found = replace(
        few_catalogue(), sources={**few_catalogue().sources, "epr": replace(sources()["epr"], editions=None)}
    )
    first = home.latest.resolve()
    assert refresh_steps.publish(found, home).outcome == "unchanged"  # what the files before make
    assert home.latest.resolve() == first
    assert release.published_inputs(home) == before
    lines = {line["source"]: line for line in home.read_status("run")["sources"]}
    assert {name for name, line in lines.items() if line["status"] == "refused"} == {"epr"}
    assert "2024-10-01 foo (list.xlsx): a release with this file fails (" in lines["epr"]["why"]
    assert "expected one row per org_code" in lines["epr"]["why"]
    assert lines["epr"]["rows"] == 209

    monkeypatch.setattr(audit, "audited", _never)  # nothing is tried again
    assert refresh_steps.publish(found, home).outcome == "unchanged"
    command = "withdraw epr 2024-10-01 --part foo --why TEXT"
    assert command in lines["epr"]["why"]
    assert main([*command.split()[:-1], "it repeats the list under another name"]) == 0
    assert "is withdrawn" in capsys.readouterr().out
    assert refresh_steps.publish(found, home).outcome == "unchanged"
    lines = {line["source"]: line for line in home.read_status("run")["sources"]}
    assert "refused" not in {line["status"] for line in lines.values()}
    assert main(["sources"]) == 0
    assert "it repeats the list under another name" in capsys.readouterr().out


def _never(*_: object) -> None:
    raise AssertionError("nothing is built")


@pytest.mark.parametrize("bad", [{3}, {0, 5}, {0, 1, 2, 3, 4, 5, 6}, {6}])
def test_f67_the_smallest_set_of_files_is_found_by_halves(bad: set[int]) -> None:
    files = [Aside("tiny", f"20{number:02}", "", "") for number in range(7)]
    asked: list[int] = []

    def wrong(aside: list[Aside]) -> str:
        asked.append(len(aside))
        left = [number for number in bad if files[number] not in [replace(one, why="") for one in aside]]
        return "; ".join(f"file {number}" for number in left)

    found = fallback._needed(files, [], wrong, why="some")
    assert [replace(one, why="") for one in found] == [files[number] for number in sorted(bad)]
    assert len(asked) <= 12


@pytest.mark.parametrize("error", [OSError(28, "full"), MemoryError(), KeyboardInterrupt(), DamagedReleaseError(Path("x"), "y")])  # fmt: skip
def test_f67_what_lies_with_this_machine_sets_no_file_aside(error: BaseException) -> None:
    assert not audit.is_fault_of_data(error)
    assert audit.is_fault_of_data(ValueError("any"))
    assert audit.is_fault_of_data(audit.AuditError({"a": ["b"]}))


# --- trusts that no list knows


@pytest.mark.parametrize("shift", [0, 1])
def test_f68_names_shifted_against_codes_are_refused_and_real_ones_are_not(base: Path, shift: int) -> None:
    content = suppliers(sheet="EPR Suppliers 01.10.25", shift=shift, news=True)
    file = vintage("epr", "2025-10-01", content)
    judged = acceptance.consider(content, file, few_catalogue(), few_home(base))
    assert not judged.problems
    assert judged.accepted is (shift == 0)
    [check] = [one for one in judged.checks if one.check == "trusts_are_known"]
    assert check.success is (shift == 0)
    assert check.observed.startswith("0 of the 209" if shift else "209 of the 209")
    assert not shift or "belong to different organisations" in judged.why_refused()


@pytest.mark.parametrize(("renamed", "accepted"), [(4, True), (60, False)])
def test_f68_a_few_names_that_no_list_has_are_kept_and_a_column_of_them_is_refused(
    base: Path, renamed: int, accepted: bool
) -> None:
    content = suppliers(sheet="EPR Suppliers 01.10.25", news=True, renamed=renamed)
    file = vintage("epr", "2025-10-01", content)
    judged = acceptance.consider(content, file, few_catalogue(), few_home(base))
    [check] = [one for one in judged.checks if one.check == "trusts_are_known"]
    assert (judged.accepted, check.success) == (accepted, accepted), judged.why_refused()
    assert f"{renamed} have a name that no list has (at most 20%)" in check.observed


def test_f68_the_last_good_list_stays_when_a_shifted_one_arrives(home: Home) -> None:
    content = suppliers(shift=1)
    home.archive.add(content, vintage("epr", "2024-10-01", content))
    done = refresh_steps.stage(sources()["epr"], sources(), home)
    assert done.status == "refused"
    assert " 0 of the 209 trusts of this file" in done.why
    assert [one.copy.origin for one in done.manifest.used] == ["frozen"]


@pytest.fixture(scope="module")
def all_judged(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home without a release in which every frozen file is judged."""
    own = Home(tmp_path_factory.mktemp("judged") / "home")
    judge_all(own, base)
    return own


@pytest.mark.parametrize("name", [name for name in sources() if name != "ods"])
def test_f68_every_frozen_edition_is_about_trusts_that_are_known(all_judged: Home, name: str) -> None:
    judged = acceptance.judge_all(sources()[name], sources(), all_judged)
    assert [one.copy.label for one in judged if not one.accepted] == []


def test_f68_consider_leaves_the_home_as_it_is(base: Path, home: Home) -> None:
    def look() -> set[str]:
        return {path.relative_to(home.root).as_posix() for path in home.root.rglob("*")}

    content = suppliers(shift=1)
    file = vintage("epr", "2024-10-01", content)
    acceptance.judge_all(sources()["epr"], sources(), home)
    before = look()
    assert not acceptance.consider(content, file, few_catalogue(), home).accepted
    assert look() == before
    words = decisions.words("acknowledged", decisions.Reason("an artificial reason"))
    judged = acceptance.consider(content, file, few_catalogue(), home, acknowledged=words)
    assert "acknowledged by" in next(c.observed for c in judged.checks if c.check == "trusts_are_known")


# --- what a power cut leaves


@pytest.mark.parametrize("left", [lambda whole: b"", lambda whole: whole[: len(whole) // 2], lambda whole: b"\0" * len(whole)])  # fmt: skip
def test_f79_caches_that_were_cut_are_made_again(
    home: Home, tmp_path: Path, left: Callable[[bytes], bytes]
) -> None:
    tiny = Tiny(tmp_path / "log")
    arrive(home, GOOD)
    for source in (tiny.source, sources()["epr"]):
        _heals(source, home, left)
    assert scores(tiny.source, home) == [1111, 2222]


def _heals(source: Source, home: Home, left: Callable[[bytes], bytes]) -> None:
    first = refresh_steps.stage(source, sources(), home)
    keys = {one.copy.key for one in first.judged}
    for folder in (home.verdicts, home.parsed, home.staged):
        for path in folder.iterdir():
            if path.name[:64] in keys or path.name.startswith(f"{source.name}."):
                path.write_bytes(left(path.read_bytes()))
    (home.root / "status").mkdir(exist_ok=True)
    (home.root / "status" / f"{source.name}.json").write_bytes(b"")
    again = refresh_steps.stage(source, sources(), home)
    assert again.judged == first.judged
    assert again.manifest.digest == first.manifest.digest


def test_f79_a_release_is_on_the_disk_before_anything_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def watch(number: int) -> None:
        synced.add(os.fstat(number).st_ino)
        fsync(number)

    monkeypatch.setattr(os, "fsync", watch)
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "table.csv").write_text("a\n")
    (tmp_path / "SHA256SUMS").write_text("")
    release.sync(tmp_path)
    assert {path.stat().st_ino for path in [tmp_path, *tmp_path.rglob("*")]} <= synced


# --- a pointer that leads elsewhere


@pytest.mark.parametrize("target", ["../../elsewhere", "latest", "loop"])
def test_f82_a_pointer_out_of_the_releases_or_to_itself_is_refused_and_nothing_is_to_be_removed(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    (home.releases / "20260101T000000Z").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    home.latest.symlink_to(target)
    (home.releases / "loop").symlink_to("latest")
    refused: list[Callable[[], Any]] = [
        lambda: Before.of(home.latest),
        lambda: release.published_inputs(home),
        lambda: release.publish(few_catalogue(), {}, home),
    ]
    for call in refused:
        with pytest.raises(PointerError, match="point it at one of 20260101T000000Z"):
            call()
    for command in (["verify"], ["query", "select 1"], ["resolve", "RM3"], ["prune", "--keep", "1"]):
        assert main(command) == 1
        message = capsys.readouterr().err
        assert "expected a link to a release beside it" in message
        assert "remove" not in message
        assert "delete" not in message
    assert (tmp_path / "elsewhere").exists()
    assert home.latest.is_symlink()
