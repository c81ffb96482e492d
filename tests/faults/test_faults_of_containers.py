"""F22 to F29: containers that are broken or hostile. Each goes through staging, and its parser is a child.

Every test asks the same: the source says in one sentence what is wrong, the last good rows stay, and another source
is staged as ever.
"""

import gzip
import io
import os
import signal
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from archives import SHEET, encrypted, repacked, text_cell, understated, with_rows
from conftest import (
    dma_workbook,
    epr_workbook,
    ods_report,
)
from opendocuments import document, packed
from stage import CQC, DMA, DSPT, EPR, ODS, Stage
from tiny_source import BETTER, arrive, fail

from assets.catalogue import sources
from assets.contract.parsed import Parsed
from pipelines import cli
from pipelines.judging import parser_process
from pipelines.judging.parser_process import Limits
from pipelines.orchestration import refresh_steps

UNSAFE = "expected a spreadsheet that is safe to unpack, found "
DAMAGED = "expected a readable xlsx workbook, found a damaged one ("


# Archives that unpack to too much


def bomb(mebibytes: int) -> bytes:
    blanks = b" " * (1 << 20)
    held = io.BytesIO(repacked(dma_workbook()))
    with (
        zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w") as part,
    ):
        for _ in range(mebibytes):
            part.write(blanks)
    return held.getvalue()


def test_f22_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused_by_its_directory(
    stage: Stage,
) -> None:
    content = bomb(100)
    assert len(content) < 130_000
    stage.refused(DMA, content, f"{UNSAFE}100 MiB once unpacked, more than 200 times what is packed")


def test_f22_one_whose_directory_lies_is_refused_while_it_unpacks(stage: Stage) -> None:
    stage.refused(DMA, understated(bomb(40), 1000), f"{DAMAGED}Bad CRC-32 for file ")


def test_f22_a_spreadsheet_that_unpacks_to_too_much_is_refused(stage: Stage) -> None:
    content = packed(document(f"<!--{' ' * (40 << 20)}-->"))
    stage.refused(CQC, content, f"{UNSAFE}40 MiB once unpacked, more than 200 times")


def test_f22_a_gzip_file_that_unpacks_to_too_much_is_refused(stage: Stage) -> None:
    content = gzip.compress(bytes(1) * (129 << 20), 1)
    stage.refused(DSPT, content, "expected a gzip file of at most 128 MiB once unpacked, found more")


# Parsers that do not end


def with_openpyxl(content: bytes, edition: str) -> Parsed:
    """Read every cell of a workbook with the slow reader, and find nothing."""
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return Parsed(None, sum(sheet.max_row for sheet in book))  # type: ignore[arg-type]


def test_f23_a_reader_that_a_file_keeps_busy_is_stopped_by_its_processor_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_process, "LIMITS", Limits(processor=1))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(10, 400_000))
    content = with_rows(epr_workbook(), rows)
    slow = replace(stage.tiny.source, parse=with_openpyxl)
    arrive(stage.home, content)
    started = time.monotonic()
    (judged,) = refresh_steps.stage(slow, sources(), stage.home).judged
    assert judged.problems == ("the parser took more than 1 s of processor time",)
    assert time.monotonic() - started < 60
    assert not refresh_steps.stage(slow, sources(), stage.home).judged[0].newly


def busy() -> None:
    while True:
        pass


def test_f23_an_endless_loop_is_a_fault_of_the_file_for_good(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_process, "LIMITS", Limits(processor=1))
    stage.tiny.does[BETTER] = busy
    stage.refused_tiny("the parser took more than 1 s of processor time", kept=True)


def test_f23_a_parser_stopped_by_the_clock_says_nothing_about_the_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_process, "LIMITS", Limits(clock=1))
    stage.tiny.does[BETTER] = partial(time.sleep, 600)
    stage.refused_tiny("the parser was stopped after 1 s by the clock of this machine", kept=False)


def test_f23_one_endless_comment_is_given_up_early(stage: Stage) -> None:
    content = packed(document(f"<!--{'a' * (20 << 20)}-->"))
    stage.refused(CQC, content, "expected XML in short pieces, found one of more than 8 MiB")


def test_f23_one_endless_comment_before_a_sheet_is_given_up_early(stage: Stage) -> None:
    content = repacked(dma_workbook(), {SHEET: lambda xml: b"<!--" + b"a" * (20 << 20) + b"-->" + xml})
    stage.refused(DMA, content, f"{UNSAFE}part {SHEET!r} without content in its first 1 MiB")


# Document types

LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
ELSEWHERE = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'


PARTS = ("xl/workbook.xml", SHEET, "xl/styles.xml", "docProps/core.xml", "_rels/.rels")


@pytest.mark.parametrize(
    ("part", "doctype"),
    [
        *(pytest.param(part, LAUGHS, id=f"multiplies-{part}") for part in PARTS),
        pytest.param(PARTS[0], ELSEWHERE, id=f"elsewhere-{PARTS[0]}"),
        *(
            pytest.param(part, ELSEWHERE, id=f"elsewhere-{part}", marks=pytest.mark.thorough)
            for part in PARTS[1:]
        ),
    ],
)
def test_f24_a_document_type_in_any_part_is_refused(stage: Stage, part: str, doctype: bytes) -> None:
    content = repacked(dma_workbook(), {part: lambda xml: doctype + xml})
    stage.refused(DMA, content, f"{UNSAFE}a document type in part {part!r}")


@pytest.mark.parametrize(
    "hide",
    [
        lambda xml: b"<!--" + b"a" * 5000 + b"-->" + LAUGHS + xml,
        lambda xml: (LAUGHS + xml).decode().encode("utf-16"),
    ],
    ids=["far behind a comment", "in another encoding"],
)
def test_f24_a_hidden_document_type_is_found(stage: Stage, hide: Callable[[bytes], bytes]) -> None:
    stage.refused(DMA, repacked(dma_workbook(), {SHEET: hide}), f"{UNSAFE}a document type in part {SHEET!r}")


@pytest.mark.parametrize("doctype", [LAUGHS, ELSEWHERE], ids=["multiplies", "elsewhere"])
def test_f24_a_document_type_in_a_spreadsheet_is_refused(stage: Stage, doctype: bytes) -> None:
    content = packed(document(prolog=doctype.decode()))
    stage.refused(CQC, content, "expected XML without a document type, found <!DOCTYPE")


# Parsers that die

FAR = f'<row r="1048576">{text_cell("XFD1048576", "far")}</row>'


def test_f25_a_cell_at_the_far_corner_ends_the_child_and_not_the_run(stage: Stage) -> None:
    content = with_rows(epr_workbook(), FAR)
    assert len(content) < 8_000
    stage.refused(EPR, content, "the parser ended with signal 6 (SIGABRT): the file is damaged or malicious")


def test_f25_a_file_ingested_by_hand_ends_no_process_but_the_childs(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(stage.home.root))
    file = tmp_path / "far.xlsx"
    file.write_bytes(with_rows(epr_workbook(), FAR))
    assert cli.main(["ingest", "epr", str(file), "--edition", EPR[1]]) == 1
    assert "the parser ended with signal 6 (SIGABRT)" in capsys.readouterr().err


def test_f25_a_sheet_that_states_so_many_cells_is_not_opened(stage: Stage) -> None:
    content = repacked(epr_workbook(), {SHEET: lambda xml: xml.replace(b'"A1:D5"', b'"A1:XFD1048576"')})
    stage.refused(EPR, content, f"{UNSAFE}cells A1:XFD1048576 in part {SHEET!r}, more than 134,217,728")


@pytest.mark.parametrize(
    ("does", "problem", "kept"),
    [
        (os.abort, "the parser ended with signal 6 (SIGABRT)", True),
        (partial(signal.raise_signal, signal.SIGSEGV), "the parser ended with signal 11 (SIGSEGV)", True),
        (partial(os._exit, 3), "the parser ended its process with status 3", True),
        (partial(bytearray, 3 << 30), "the parser needed more than 2048 MiB of memory", True),
        (partial(fail, KeyboardInterrupt), "the parser stopped with KeyboardInterrupt", True),
        (partial(signal.raise_signal, signal.SIGKILL), "was ended from outside (SIGKILL)", False),
        (partial(fail, OSError, "no space left"), "no space left", False),
    ],
    ids=["abort", "segfault", "exit", "memory", "interrupt", "killed", "disk"],
)
def test_f25_whatever_ends_a_parser_is_reported_and_kept_where_it_is_the_files_fault(
    stage: Stage, does: Callable[[], object], problem: str, kept: bool
) -> None:
    stage.tiny.does[BETTER] = does
    stage.refused_tiny(problem, kept=kept)


# Archives with odd members


def member(name: str, *, packing: int = zipfile.ZIP_STORED, mode: int = 0o100644) -> zipfile.ZipInfo:
    described = zipfile.ZipInfo(name)
    described.create_system, described.compress_type, described.external_attr = 3, packing, mode << 16
    return described


def many(count: int) -> bytes:
    return repacked(dma_workbook(), more=((f"xl/{n}.xml", b"") for n in range(count)))


MEMBERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nested": (
        lambda: repacked(dma_workbook(), more=[("xl/inner.zip", epr_workbook())]),
        f"{UNSAFE}an archive within it, 'xl/inner.zip'",
    ),
    "many": (lambda: many(10_001), "parts, more than 10,000"),
    "twice": (lambda: repacked(dma_workbook(), more=[(SHEET, b"<a/>")]), f"{UNSAFE}part {SHEET!r} 2 times"),
    "encrypted": (lambda: encrypted(dma_workbook()), "encrypted"),
    "bzip2": (
        lambda: repacked(dma_workbook(), more=[(member("xl/odd", packing=zipfile.ZIP_BZIP2), b"odd")]),
        f"{UNSAFE}part 'xl/odd' packed in a way that no spreadsheet is",
    ),
}


@pytest.mark.parametrize(("content", "problem"), MEMBERS.values(), ids=MEMBERS)
def test_f26_an_archive_with_members_that_no_workbook_has_is_refused(
    stage: Stage, content: Callable[[], bytes], problem: str
) -> None:
    stage.refused(DMA, content(), problem)


def test_f26_a_damaged_member_is_refused(stage: Stage) -> None:
    content = bytearray(dma_workbook())
    content[content.index(b"xl/worksheets/sheet2.xml") + 400] ^= 0x10
    stage.refused(DMA, bytes(content), DAMAGED)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil",
        "/abs",
        "C:\\evil",
        "..\\..\\evil",
        "xl/../../../evil",
        "a\0b",
        member("xl/link", mode=0o120777),
    ],
    ids=str,
)
def test_f27_a_member_named_like_a_path_is_refused_and_written_nowhere(
    stage: Stage, name: str | zipfile.ZipInfo, tmp_path: Path
) -> None:
    plain = "xl/a_b.xml" if name == "a\0b" else name
    content = repacked(dma_workbook(), more=[(plain, b"evil")]).replace(b"xl/a_b.xml", b"xl/a\0b.xml")
    stage.refused(DMA, content, ", a path or a link")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "asked"}
    assert not [path for path in tmp_path.rglob("*") if path.name in {"evil", "abs", "link"}]


# Files cut short


@pytest.mark.parametrize(
    ("kept", "problem"),
    [
        (-30, "expected 27 columns in every row, found 19 in row 3, the last: the file is cut"),
        (-9, "the file is cut"),
        (-3, "cut"),
    ],
)
def test_f28_a_csv_file_cut_in_the_middle_of_a_row_is_refused(stage: Stage, kept: int, problem: str) -> None:
    stage.refused(ODS, ods_report()[:kept], problem)


@pytest.mark.parametrize(
    ("kept", "problem"),
    [
        (slice(-40), f"{DAMAGED}File is not a zip file)"),
        (slice(4000), "expected an xlsx workbook, found a damaged or cut archive; download the file again"),
    ],
)
def test_f29_a_workbook_cut_short_is_refused_in_one_sentence(stage: Stage, kept: slice, problem: str) -> None:
    stage.refused(DMA, dma_workbook()[kept], problem)
