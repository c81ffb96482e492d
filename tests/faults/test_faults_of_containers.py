"""F22 to F38: files that are broken, hostile or something else. Each goes through staging, and its parser is a child.

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
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import test_cqc
import test_dspt
from archives import SHEET, encrypted, repacked, text_cell, understated, with_rows
from conftest import (
    EPR_SHEET,
    FUNDING_HEADERS,
    FUNDING_ROWS,
    PILLAR_SHEET,
    dma_workbook,
    epr_workbook,
    funding_register,
    ods_report,
    put,
    register,
)
from opendocuments import document, packed
from tiny_source import BETTER, GOOD, SENTENCE, Tiny, arrive, fail, scores

from assets.source import Parsed, sources
from pipelines import parsing, refresh, staging
from pipelines.arrow import read_parquet
from pipelines.home import Home
from pipelines.parsing import Limits

DMA, EPR, ODS = ("dma", "2025", ""), ("epr", "2024-10-01", ""), ("ods", "2026-07-08", "etr")
CQC, DSPT = ("cqc", "2026-07-01", ""), ("dspt", "2023-10-17", "")
FUNDING = ("funding", "2026-07", "")
PAGE = b"<!DOCTYPE html><html><head><title>Later</title></head><body><table><tr><td>1</td></tr></table></body></html>"
UNSAFE = "expected a spreadsheet that is safe to unpack, found "
DAMAGED = "expected a readable xlsx workbook, found a damaged one ("


@dataclass
class Stage:
    """A home, and what became of a file that arrived in it."""

    home: Home
    tiny: Tiny

    def refused(self, where: tuple[str, str, str], content: bytes, problem: str) -> None:
        """Have a file arrive after the last good one of a source; it must be refused and nothing else change."""
        source, edition, part = where
        before = self.rows(source)
        arrive(self.home, content, source=source, edition=edition, part=part, day=2, name="file")
        started = time.monotonic()
        done = self.staged(source)
        assert time.monotonic() - started < 60
        assert (done.status, problem in done.why) == ("refused", True), done.why
        assert done.why.startswith(f"Reading {source} {edition} ")
        assert done.why.endswith(SENTENCE)
        assert "\n" not in done.why
        assert self.rows(source).equals(before)
        self.others_go_on()

    def read(self, where: tuple[str, str, str], content: bytes) -> staging.Judged:
        """Have a file arrive that must be accepted; return what was found in it."""
        source, edition, part = where
        arrive(self.home, content, source=source, edition=edition, part=part, day=2, name="file")
        judged = self.staged(source).judged[-1]
        assert judged.accepted, judged.problems
        return judged

    def staged(self, source: str) -> refresh.StagedSource:
        """Stage a source; what its checks say is tested elsewhere."""
        return refresh.stage(replace(sources()[source], expectations=()), self.home)

    def rows(self, source: str) -> pa.Table:
        """Return the rows of a source before anything bad arrives."""
        if source == "cqc" and not self.home.archive.vintages("cqc"):  # no edition of it is frozen
            arrive(self.home, test_cqc.ratings(), source="cqc", edition=CQC[1], name="good.ods")
        self.staged(source)
        return read_parquet(staging.staged_path(source, self.home))

    def others_go_on(self) -> None:
        """Have another source staged in the same home."""
        arrive(self.home, GOOD)
        assert refresh.stage(self.tiny.source, self.home).judged[-1].accepted
        assert scores(self.tiny.source, self.home) == [1111, 2222]

    def refused_tiny(self, problem: str, *, kept: bool) -> None:
        """Have the artificial source read a file on which its parser does what it was told; twice, unless `kept`."""
        arrive(self.home, GOOD, day=1)
        arrive(self.home, BETTER, day=2)
        for _ in range(2):
            done = refresh.stage(self.tiny.source, self.home)
            assert (done.status, problem in done.why) == ("refused", True), done.why
            assert scores(self.tiny.source, self.home) == [1111, 2222]
        assert self.tiny.calls[BETTER] == (1 if kept else 2)
        assert not list(self.home.parsed.glob(".*"))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(Home(tmp_path / "home"), Tiny(tmp_path / "asked"))


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
    content = bomb(300)
    assert len(content) < 400_000
    stage.refused(DMA, content, f"{UNSAFE}300 MiB once unpacked, more than 200 times what is packed")


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
    monkeypatch.setattr(parsing, "LIMITS", Limits(processor=1))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(10, 400_000))
    content = with_rows(epr_workbook(), rows)
    slow = replace(stage.tiny.source, parse=with_openpyxl)
    arrive(stage.home, content)
    started = time.monotonic()
    (judged,) = refresh.stage(slow, stage.home).judged
    assert judged.problems == ("the parser took more than 1 s of processor time",)
    assert time.monotonic() - started < 60
    assert not refresh.stage(slow, stage.home).judged[0].newly


def busy() -> None:
    while True:
        pass


def test_f23_an_endless_loop_is_a_fault_of_the_file_for_good(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "LIMITS", Limits(processor=1))
    stage.tiny.does[BETTER] = busy
    stage.refused_tiny("the parser took more than 1 s of processor time", kept=True)


def test_f23_a_parser_stopped_by_the_clock_says_nothing_about_the_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "LIMITS", Limits(clock=2))
    stage.tiny.does[BETTER] = partial(time.sleep, 600)
    stage.refused_tiny("the parser was stopped after 2 s by the clock of this machine", kept=False)


def test_f23_one_endless_comment_is_given_up_early(stage: Stage) -> None:
    content = packed(document(f"<!--{'a' * (20 << 20)}-->"))
    stage.refused(CQC, content, "expected XML in short pieces, found one of more than 8 MiB")


def test_f23_one_endless_comment_before_a_sheet_is_given_up_early(stage: Stage) -> None:
    content = repacked(dma_workbook(), {SHEET: lambda xml: b"<!--" + b"a" * (20 << 20) + b"-->" + xml})
    stage.refused(DMA, content, f"{UNSAFE}part {SHEET!r} without content in its first 1 MiB")


# Document types

LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
ELSEWHERE = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", SHEET, "xl/styles.xml", "docProps/core.xml", "_rels/.rels"]
)
@pytest.mark.parametrize("doctype", [LAUGHS, ELSEWHERE], ids=["multiplies", "elsewhere"])
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
    stage.refused(
        EPR, content, "the parser ended with signal 6 (SIGABRT): the file is damaged or made to do harm"
    )


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
def test_f25_whatever_ends_a_parser_is_told_and_kept_where_it_is_the_files_fault(
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
    "many": (lambda: many(100_000), "parts, more than 10,000"),
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


# Files that are something else

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("where", "content", "problem"),
    [
        (DMA, OLE, "expected an xlsx workbook, found xls;"),
        (DMA, OLE + "EncryptedPackage".encode("utf-16-le"), "expected an xlsx workbook, found encrypted;"),
        (DMA, test_cqc.ratings(), "expected an xlsx workbook, found ods;"),
        (DMA, b"Region,ICS\nA,B\n", "expected an xlsx workbook, found text;"),
        (ODS, epr_workbook(), "expected a CSV file, found xlsx;"),
        (ODS, b"%PDF-1.7", "expected a CSV file, found pdf;"),
        (CQC, epr_workbook(), "expected an OpenDocument spreadsheet, found xlsx;"),
    ],
    ids=["xls", "password", "ods", "csv", "xlsx as csv", "pdf as csv", "xlsx as ods"],
)
def test_f30_one_format_under_the_name_of_another_is_refused_by_its_own(
    stage: Stage, where: tuple[str, str, str], content: bytes, problem: str
) -> None:
    stage.refused(where, content, problem)


def test_f30_a_format_that_a_source_supports_is_read_under_any_name(stage: Stage) -> None:
    content = test_dspt.workbook()
    assert stage.read(("dspt", "2019-06-18", ""), content).rows_staged == 3


@pytest.mark.parametrize("where", [DMA, ODS, CQC], ids=["xlsx", "csv", "ods"])
def test_f31_a_page_saved_as_a_table_is_refused(stage: Stage, where: tuple[str, str, str]) -> None:
    stage.refused(where, PAGE, "found html")


# Workbooks with more than values


def test_f32_macros_links_and_hidden_sheets_change_no_value_and_hidden_sheets_are_listed(
    stage: Stage,
) -> None:
    plain = dma_workbook()
    link = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    parts = [("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro"), ("xl/externalLinks/externalLink1.xml", link)]
    macros = repacked(plain, more=parts)
    judged = stage.read(DMA, macros)
    assert "sheet '2025 Pillar Summary (ICB PC)' is hidden" in judged.ignored
    own = {"edition", "source_file_sha256"}
    found = read_parquet(staging.staged_path("dma", stage.home)).to_pandas().drop(columns=list(own))
    arrive(stage.home, plain, source="dma", day=3)
    stage.staged("dma")
    assert found.equals(
        read_parquet(staging.staged_path("dma", stage.home)).to_pandas().drop(columns=list(own))
    )


def test_f33_formulas_without_a_kept_value_are_missing_keys_and_the_file_is_refused(stage: Stage) -> None:
    def compute(book: openpyxl.Workbook) -> None:
        for row in range(2, 6):
            book[EPR_SHEET][f"A{row}"] = f'="R"&"{row}A"'

    stage.refused(EPR, epr_workbook(compute), "expected a value, found an empty cell")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_f34_an_error_in_a_key_rejects_its_row_and_too_many_refuse_the_file(stage: Stage, error: str) -> None:
    def fill(rejected: int) -> bytes:
        def change(book: openpyxl.Workbook) -> None:
            for row in range(6, 102):
                code = error if row < 6 + rejected else f"R{row:03d}"[:5]
                book[EPR_SHEET].append([code, f"ARTIFICIAL {row} NHS TRUST", "Acute", "Artificial"])

        return epr_workbook(change)

    stage.refused(
        EPR, fill(6), "expected at most 5% of rows to be rejected, found 6 of 100, the first in row 6"
    )
    arrive(stage.home, fill(5), source="epr", edition=EPR[1], day=3)
    judged = stage.staged("epr").judged[-1]
    assert (judged.accepted, judged.rows_in, len(judged.rejected)) == (True, 100, 5)


def test_f34_an_error_instead_of_a_score_is_never_a_number(stage: Stage) -> None:
    stage.refused(
        DMA, dma_workbook(put(PILLAR_SHEET, "F12", "#N/A")), "expected a number, found an empty cell"
    )


# Text in other encodings and dialects


def curly(encoding: str) -> bytes:
    rows = [list(row) for row in FUNDING_ROWS]
    rows[0][3] = "St Artificial\u2019s NHS Trust"
    return register(FUNDING_HEADERS, rows).decode().encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "drift"),
    [("cp1252", ("not utf-8-sig: read as cp1252",)), ("utf-8", ()), ("utf-8-sig", ())],
)
def test_f35_the_declared_encoding_comes_first_then_cp1252_and_is_told(
    stage: Stage, encoding: str, drift: tuple[str, ...]
) -> None:
    judged = stage.read(FUNDING, curly(encoding))
    assert (judged.rows_in, judged.drift) == (5, drift)
    rows = read_parquet(staging.staged_path("funding", stage.home))
    assert "St Artificial\u2019s NHS Trust" in rows["org_name_as_published"].to_pylist()


@pytest.mark.parametrize("content", [curly("utf-16"), curly("utf-16-le"), curly("utf-8") + b"\x81\x8d,,,\n"])
def test_f35_what_is_in_no_known_encoding_is_refused(stage: Stage, content: bytes) -> None:
    stage.refused(FUNDING, content, "expected ")


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
@pytest.mark.parametrize("where", [FUNDING, ODS], ids=["with a header", "without"])
def test_f36_another_delimiter_is_refused(
    stage: Stage, where: tuple[str, str, str], delimiter: bytes
) -> None:
    content = funding_register() if where is FUNDING else ods_report(width=24)
    stage.refused(where, content.replace(b",", delimiter), "expected ")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"], ids=["crlf", "cr", "lf"])
def test_f36_line_ends_of_any_system_and_within_quotes_give_the_same_rows(stage: Stage, end: str) -> None:
    rows = [list(row) for row in FUNDING_ROWS]
    rows[0][3] = "First Artificial\nNHS Trust"
    text = register(FUNDING_HEADERS, rows).decode().replace("\n", end)
    assert stage.read(FUNDING, text.encode()).rows_in == 5


# Files with next to nothing in them

NOTHING: dict[str, tuple[tuple[str, str, str], Callable[[], bytes], str]] = {
    "no bytes of a workbook": (DMA, lambda: b"", "expected an xlsx workbook, found empty"),
    "no bytes of a report": (ODS, lambda: b"", "expected a CSV file, found empty"),
    "a header": (FUNDING, lambda: funding_register([]), "expected at least one usable data row, found none"),
    "a header in a sheet": (
        EPR,
        lambda: epr_workbook(lambda book: book[EPR_SHEET].delete_rows(2, 10)),
        "expected at least one usable data row, found none",
    ),
}


@pytest.mark.parametrize(("where", "content", "problem"), NOTHING.values(), ids=NOTHING)
def test_f37_a_file_without_rows_is_refused(
    stage: Stage, where: tuple[str, str, str], content: Callable[[], bytes], problem: str
) -> None:
    stage.refused(where, content(), problem)


def test_f37_a_file_with_one_row_is_refused_by_a_check_of_its_source(stage: Stage) -> None:
    one = epr_workbook(lambda book: book[EPR_SHEET].delete_rows(3, 10))
    arrive(stage.home, one, source="epr", edition=EPR[1], day=2)
    done = refresh.stage(sources()["epr"], stage.home)
    assert done.status == "refused"
    assert "check about_as_many_trusts_as_there_are failed: 1 rows" in done.why
    assert [one.copy.origin for one in done.manifest.used] == ["frozen"]


def test_f38_a_sheet_filled_to_the_last_row_is_refused_as_cut(stage: Stage) -> None:
    last = "".join(
        text_cell(f"{c}1048576", t) for c, t in zip("ABCD", ("RX9", "LAST", "Acute", "X"), strict=True)
    )
    content = with_rows(epr_workbook(), f'<row r="1048576">{last}</row>')
    stage.refused(
        EPR, content, f"sheet {EPR_SHEET!r}: expected fewer than 1,048,576 rows, found it full: it may be cut"
    )
