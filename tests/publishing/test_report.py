"""The report on exemplars: every number is what its query gives on the release, and nothing else is a number."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from releases import ask, offline_home

from pipelines.cli import main
from pipelines.publishing.report import exemplars_report, trusts_report
from pipelines.publishing.report.answers import Answer, Dot, LackingError, dot_plot

NUMBER = re.compile(r'<a class="n" href="#q-(\w+)"[^>]*>([^<]+)</a>')
PLACE = re.compile(
    r'<a class="n" href="#q-(\w+)" title="[^"]+" data-row="(\d+)" data-column="(\w+)">([^<]+)</a>'
)
FIXED = re.compile(
    r"\b20\d\d-\d\d-\d\d\b|\b20\d\d(/\d\d)?\b|95 %|0 to 100|1 to 5|(Figure|Table) \d\w?\.|^\d\. |, 0 lowest, 100 highest|v3\.0|[0-9a-f]{12}"
    r"|2\.5 %|2\.5 points|0\.1 (points|of the DMA)|at 50 or above|at 90 or above|Under 20|under 5 there|CR1|HC3|of 100\b|of 5\b|counts as 0",
    re.MULTILINE,
)
"""Numbers that are not of the release: years, scales, limits that the methods set, names of methods, headings."""
CLAIMS = re.compile(
    r"\b(caused?|causes|led to|thanks to|because of the programme|impact|resulted|benefit\w*|improved|success\w*|fail\w*|p ?[<=] ?0)\b",
    re.IGNORECASE,
)
"""Words that claim more than scores can show."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest


@pytest.fixture(scope="module")
def report(release: Path) -> str:
    return (release / "report" / "exemplars.html").read_text("utf-8")


class Prose(HTMLParser):
    """The text of a page without its figures, tables, queries, styles and linked numbers."""

    LEFT_OUT = frozenset({"svg", "table", "pre", "style", "code"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        number = tag == "a" and dict(attrs).get("class") == "n"
        if tag in self.LEFT_OUT or number:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open:
            self.text.append(data)


def prose(html: str) -> str:
    parser = Prose()
    parser.feed(html)
    return "".join(parser.text)


def test_every_number_is_that_of_its_row_and_column_on_the_release(release: Path, report: str) -> None:
    found = PLACE.findall(report)
    assert len(found) == len(NUMBER.findall(report)) > 80
    with duckdb.connect(str(release / "digital_maturity.duckdb"), read_only=True) as connection:
        for name in {name for name, *_ in found}:
            rows = connection.execute(exemplars_report.sql_of(name)).df().to_dict("records")
            for _, row, column, number in (one for one in found if one[0] == name):
                printed = number.replace(",", "").replace("\u2212", "-")
                places = len(printed.partition(".")[2])
                assert printed == f"{float(rows[int(row)][column]):.{places}f}", (name, row, column)


def test_every_number_leads_to_a_query_with_its_rows(report: str) -> None:
    for name in {name for name, _ in NUMBER.findall(report)}:
        section = re.search(rf'<section class="query" id="q-{name}".*?</section>', report, re.DOTALL)
        assert section, name
        assert "select" in section[0]
        assert "<tbody>\n<tr>" in section[0], name


def test_no_other_number_is_in_the_text(report: str) -> None:
    text = prose(report).partition("Every number and where it comes from")[0]
    left = FIXED.sub("", text)
    assert [line for line in left.splitlines() if re.search(r"\d", line)] == []


def test_no_sentence_claims_what_scores_cannot_show(report: str) -> None:
    assert CLAIMS.findall(prose(report).partition("Every number and where it comes from")[0]) == []


def test_the_report_says_what_another_release_says(release: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release / 'digital_maturity.duckdb'}' as published (read_only)")
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f'create view "{name}" as from published."{name}"')
        before = exemplars_report.from_connection(connection, "0" * 12)
        connection.execute(
            "create or replace view exemplars_change as select * replace (mean_change + 1 as mean_change) "
            "from published.exemplars_change"
        )
        after = exemplars_report.from_connection(connection, "0" * 12)
    changed = [
        (name, old, new)
        for (name, old), (_, new) in zip(NUMBER.findall(before), NUMBER.findall(after), strict=True)
        if old != new
    ]
    assert {name for name, *_ in changed} == {"change", "change_today"}
    assert ("change", "9.4", "10.4") in changed


def test_a_release_without_the_scores_has_a_page_that_says_so(release: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release / 'digital_maturity.duckdb'}' as published (read_only)")
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f'create table "{name}" as from published."{name}" limit 0')
        with pytest.raises(LackingError, match=r"expected one row where .*, found 0"):
            exemplars_report.from_connection(connection, "0" * 12)
        tables = {name: connection.table(name).to_arrow_table() for (name,) in _names(connection)}
    page = exemplars_report.page(tables, "0" * 12)
    assert "There is no report on this release. Filling the report from query" in page


def _names(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute(
        "select table_name from duckdb_tables() where database_name = 'memory'"
    ).fetchall()


def test_the_abstract_is_short(report: str) -> None:
    abstract = report.partition('id="abstract"')[2].partition("</section>")[0]
    words = re.sub(r"<[^>]+>", "", abstract.partition("<p>")[2]).split()
    assert 150 <= len(words) <= 230


def test_the_report_needs_no_other_file_and_no_script(report: str) -> None:
    assert "<script" not in report
    assert re.findall(r'(?:src|href)="(?!#|https://|\.\./index\.html)[^"]*"', report) == []
    assert report.count("<figure ") == report.count('role="img"') == 6
    assert report.count("What it does not show.") == 6
    assert set(re.findall(r'href="#([^"]+)"', report)) <= set(re.findall(r' id="([^"]+)"', report))


def test_a_product_without_the_tables_has_a_page_that_says_so() -> None:
    assert "There is no report on this release." in exemplars_report.page({}, "0" * 12)


def test_a_sentence_that_no_longer_holds_is_not_printed(release: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{release / 'digital_maturity.duckdb'}' as published (read_only)")
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f'create view "{name}" as from published."{name}"')
        connection.execute(
            "create or replace view exemplars_difference as select * replace (-unadjusted_common as unadjusted_common) "
            "from published.exemplars_difference"
        )
        with pytest.raises(LackingError, match="the sentence that says so is wrong for this release"):
            exemplars_report.from_connection(connection, "0" * 12)


def test_a_plot_says_in_words_what_it_shows() -> None:
    plot = dot_plot([Dot("exemplars", -1.5, -3, 0.25)], (-5, 5), [-5, 0, 5], "Change", "points")
    assert 'aria-label="Change, points. exemplars: \u22121.50 (\u22123.00 to 0.25)."' in plot
    assert plot.count('class="zero"') == 1


def test_a_row_that_is_not_one_is_refused() -> None:
    answer = Answer("start", "-- purpose: a\nselect", ("a",), ({"a": 1}, {"a": 1}))
    with pytest.raises(LackingError, match=r"query start: expected one row where .*, found 2"):
        answer.row(a=1)


# --- on trusts of one's own choice


@pytest.fixture
def home_of_release(release: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGITAL_MATURITY_HOME", str(release.parent.parent))
    return release


def test_a_report_on_trusts_sets_each_beside_its_peers(
    home_of_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trusts.html"
    assert (
        main(["report", "--trust", "RTH", "--trust", "Salford Royal NHS Foundation Trust", "--out", str(out)])
        == 0
    )
    assert "RTH, RM3 beside their peers" in capsys.readouterr().out
    page = unescape(out.read_text("utf-8"))
    assert re.findall(r'<h2 id="(R\w+)">', page) == ["RM3", "RTH"]
    assert page.count("middle half of its peers") == page.count("<figure ") == 3
    assert "list_contains(['RM3', 'RTH'], current_org_code)" in page
    assert "getvariable" not in page
    (own,) = ask(
        home_of_release,
        "select score from peer_group where org_code = 'RTH' and care_setting = 'acute' and measure = 'overall_comparable'",
    )
    assert f'<td class="number">{own[0]:.2f}</td>' in page


def test_the_queries_of_a_report_on_trusts_can_be_asked_as_they_are(home_of_release: Path) -> None:
    with duckdb.connect(str(home_of_release / "digital_maturity.duckdb"), read_only=True) as connection:
        for name in ("trusts", "scores", "changes", "earlier", "journey", "caveats"):
            assert connection.execute(trusts_report.sql_of(name, ["REM"])).fetchall(), name


def test_trusts_that_nobody_knows_are_all_named_and_nothing_is_written(
    home_of_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trusts.html"
    assert main(["report", "--trust", "RTH", "--trust", "Q8Q", "--trust", "Q9Q", "--out", str(out)]) == 1
    assert re.search(r"found 'Q8Q'.*; 'Q9Q'", capsys.readouterr().err)
    assert not out.exists()


def test_a_report_goes_only_where_it_can_be_written(
    home_of_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("a file and no folder")
    assert main(["report", "--trust", "RTH", "--out", str(tmp_path / "a.txt" / "a.html")]) == 1
    assert "name another with --out" in capsys.readouterr().err
    assert main(["report", "--trust", "RTH", "--out", str(tmp_path / "missing" / "a.html")]) == 1
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    assert main(["report", "--trust", "RTH", "--out", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert "</html>" in (tmp_path / "a.txt").read_text("utf-8")


def test_without_trusts_the_report_of_the_release_is_named(
    home_of_release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report"]) == 0
    assert "report/exemplars.html" in capsys.readouterr().out
