"""A huge spreadsheet read as a stream: what a cell holds, and files that are refused before they do harm."""

import tracemalloc

import pytest
from opendocuments import cell, document, line, packed, sheet

from assets.contract.parsed import StructureError
from assets.reading.opendocument import SheetStream

SHEET = "Providers"
HEADER = ("Code", "Rating")


def raw(*lines: str) -> bytes:
    """Return a file with a header and rows written by hand."""
    return packed(document(sheet("Locations", line(["other"])), sheet(SHEET, line(HEADER), *lines)))


def rows(content: bytes) -> list[tuple[int, list[str]]]:
    """Return the rows under the header, without the empty cells at their end."""
    found = [
        (number, [*"|".join(cells).rstrip("|").split("|")]) for number, cells in SheetStream(content, SHEET)
    ]
    return found[1:]


def test_repeated_cells_and_rows_are_counted() -> None:
    empty = '<table:table-row table:number-rows-repeated="7"><table:table-cell/></table:table-row>'
    same = cell("RCF", ' table:number-columns-repeated="2"')
    content = raw(empty, f"<table:table-row>{same}{cell('Good')}</table:table-row>")
    assert rows(content) == [(9, ["RCF", "RCF", "Good"])]


def test_a_typed_date_is_read_from_its_value_and_a_comment_is_not_read() -> None:
    day = '<table:table-cell office:value-type="date" office:date-value="2024-05-03T00:00:00"><office:annotation><text:p>secret</text:p></office:annotation><text:p>3 May</text:p></table:table-cell>'
    name = "<table:table-cell>\n\t<office:annotation><text:p>secret</text:p></office:annotation><text:p>Airedale<text:s/>NHS <text:span>Foundation</text:span></text:p><text:p>Trust</text:p>\n</table:table-cell>"
    content = raw(f"<table:table-row>{name}{day}</table:table-row>")
    assert rows(content) == [(2, ["Airedale NHS Foundation Trust", "2024-05-03"])]


WHOLE = raw(*(line([f"R{number:02d}", "Good"]) for number in range(9)))
ENDLESS = '<table:table-row table:number-rows-repeated="1001">' + cell("x") + "</table:table-row>"
FULL = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>' + line(
    ["x"]
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (raw(ENDLESS), "expected a row at most 1000 times, found it 1001 times"),
        (raw(FULL), "expected fewer than 1048576 rows, found it full"),
        (raw(line(["x"], ' table:number-rows-repeated="-1"')), "expected a number of repeats, found '-1'"),
        (raw(line(["x"], ' table:number-rows-repeated="99999999"')), "expected a number of repeats"),
        (raw(f"<table:table-row>{sheet('Inner')}</table:table-row>"), "found a table in row 2"),
        (packed(document()[:-30]), "found a damaged one"),
        (packed("no xml"), "found a damaged one"),
        (packed(document(), "other.xml"), "expected one content.xml in the spreadsheet, found 0"),
        (WHOLE[:-100], "found a damaged one"),
        (b"<!doctype html><html>Not found</html>", "expected an OpenDocument spreadsheet, found html"),
        (b"", "expected an OpenDocument spreadsheet, found empty"),
        (b"a,b\n1,2\n", "expected an OpenDocument spreadsheet, found"),
    ],
)
def test_a_hostile_or_damaged_file_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(StructureError, match=sentence):
        rows(content)


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(count: int) -> int:
        filling = "".join(line([f"artificial {i} {c}" for c in range(20)]) for i in range(count))
        content = packed(
            document(sheet("Locations", filling), sheet(SHEET, line(HEADER), line(["RCF", "Good"])))
        )
        tracemalloc.start()
        try:
            assert len(rows(content)) == 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(8_000) < peak(2_000) + (1 << 20)  # the files differ by 9 MiB of XML
