"""What a web page shows: tables cell by cell, headings and text, without menus, scripts and hidden parts."""

import pytest

from assets.contract.parsed import StructureError
from assets.reading.page_tables import read_page


def rows(html: str) -> list[list[list[str]]]:
    return [table.rows for table in read_page(f"<!doctype html>{html}".encode()).tables]


def test_cells_are_text_in_one_line() -> None:
    html = "<table><tr><th>A\n <b>b</b>c</th><td>x<br>y &amp; z&nbsp;</td></tr><tr></tr></table>"
    assert rows(html) == [[["A bc", "x y & z"], []]]


def test_ends_of_cells_and_rows_may_be_left_out() -> None:
    assert rows("<table><tr><th>a<th>b<tr><td>1<td>2") == [[["a", "b"], ["1", "2"]]]


def test_a_table_within_a_cell_is_a_table_of_its_own() -> None:
    html = "<table><tr><td>a<table><tr><td>inner</td></tr></table>b</td><td>c</td></tr></table>"
    assert rows(html) == [[["a b", "c"]], [["inner"]]]


@pytest.mark.parametrize(
    "part",
    [
        "<nav><table><tr><td>menu</table></nav>",
        "<script>document.write('<table><tr><td>')</script>",
        "<footer>foot <footer>in</footer> foot</footer>",
        "<!-- <table><tr><td>comment</table> -->",
        '<div aria-hidden="true">one <div>two</div> three</div>',
        "<p hidden>gone</p>",
        '<input hidden value="x"><img aria-hidden="true">',
    ],
)
def test_what_a_page_does_not_show_is_not_read(part: str) -> None:
    page = read_page(f"<!doctype html><h1>Title {part}</h1>{part}<p>text{part}</p>".encode())
    assert (page.headings, page.tables, page.text) == (("Title",), (), "Title text")


def test_words_of_two_lines_are_two_and_those_of_one_word_are_one() -> None:
    page = read_page(
        b"<!doctype html><h2>Health<em>Care</em></h2><dl><dt>Code</dt><dd>RDY</dd></dl><h3> </h3>"
    )
    assert (page.headings, page.text) == (("HealthCare",), "HealthCare Code RDY")


def test_cells_outside_a_row_and_ends_without_a_beginning_are_passed_over() -> None:
    assert rows("</table></td></tr></h1><td>lost</td><table><td>lost</td><tr><td>a</td></tr></table>") == [
        [["a"]]
    ]


def test_only_a_web_page_is_read() -> None:
    with pytest.raises(StructureError, match="expected a web page, found text"):
        read_page(b"a,b\n1,2\n")
