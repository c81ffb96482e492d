"""`explain`: every published row says where it came from, every organisation what became of it, at once and in words."""

import csv
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from releases import DATABASE, ask, offline_home

from assets.catalogue import published
from assets.contract.columns import is_computed
from pipelines.cli import main
from pipelines.integration.warehouse import tables_read
from pipelines.queries import explain_row, organisation_history
from pipelines.queries.opened_release import ExplainError, Release, opened
from pipelines.queries.release_query import connected
from pipelines.queries.row_lineage import made_from
from pipelines.queries.rows_behind import BEHIND, condition
from pipelines.storage.archive import Vintage
from pipelines.storage.home import VARIABLE, Home
from pipelines.storage.release_folder import shown

ROOT = Path(__file__).parents[2]
EXAMPLE = "DMA|RM3|acute|2025|well_led"
SCORE = "DMA|RM3|acute|2025|well_led|2025"


@pytest.fixture(scope="module", autouse=True)
def _stays_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the database of the shared release open, so that no explanation reads its hundred tables anew."""
    with connected(offline_home(tmp_path_factory.getbasetemp()).latest.resolve() / DATABASE):
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return the home of the release that every test shares, made the default."""
    shared = offline_home(tmp_path_factory.getbasetemp())
    monkeypatch.setenv(VARIABLE, str(shared.root))
    return shared


@pytest.fixture
def own_home(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home with what `explain` reads of the same release, for a test to change, made the default."""
    own = Home(tmp_path / "home")
    other = shutil.ignore_patterns("*.xlsx", "*.sqlite", "*.html", "parquet")
    shutil.copytree(home.releases, own.releases, symlinks=True, ignore=other)
    monkeypatch.setenv(VARIABLE, str(own.root))
    return own


def part(text: str, title: str) -> str:
    """Return the section of an explanation with a title."""
    return next(section for section in text.split("\n\n") if section.startswith(title))


def change(release: Path, sql: str) -> None:
    with duckdb.connect(str(release / DATABASE)) as connection:
        connection.execute(sql)


def test_a_score_says_its_file_sheet_row_and_how_it_was_read(home: Home) -> None:
    found = part(explain_row.explain("maturity_score", EXAMPLE), "Where it was read")
    sha, sheet, row = ask(
        home.latest,
        "select source_file_sha256, source_sheet, source_row from maturity_score where org_code = 'RM3' "
        "and care_setting = 'acute' and measure = 'well_led'",
    )[0]
    for words in (
        sha,
        f"sheet      {sheet}",
        f"row        {row},",
        "self-assessed",
        "2026-03-30",
        "654 used",
    ):
        assert words in found


def test_every_value_has_its_meaning() -> None:
    text = part(explain_row.explain("maturity_score", EXAMPLE), "Values")
    meaning = "Score of the care setting of the organisation on the measure in the period; null where nothing was scored."
    assert f"score 2.5 ({meaning} Unit: score on the scale of the instrument)" in " ".join(text.split())
    assert "shared_score           false (Whether another care setting" in text
    assert "source_row" not in text


def test_checks_of_the_file_and_of_the_table_are_reported_with_their_outcome(home: Home) -> None:
    text = part(explain_row.explain("maturity_score", EXAMPLE), "Checks")
    sql = "select check_name from check_result where table_name in ('dma_staged', 'maturity_score') and checked <> 'csv'"
    names = [name for (name,) in ask(home.latest, sql)]
    assert len(names) > 5
    assert all(f"passed  {name}" in text for name in names)


def test_a_row_that_a_check_found_wanting_says_so() -> None:
    words = "This row is among those not as expected"
    assert words in " ".join(explain_row.explain("digital_funding", "GDE ambulance").split())
    assert words not in " ".join(
        explain_row.explain("digital_funding", "EPMA|wave 1|East Sussex Healthcare NHS Trust").split()
    )


def test_caveats_and_comparability_are_those_of_the_measure() -> None:
    text = part(explain_row.explain("maturity_score", EXAMPLE), "Read before using it")
    assert "must not be compared with 2024" in " ".join(text.split())
    assert "NOT comparable with DMSA 2015/16 (capabilities," in text
    assert "arithmetic" not in text  # that is a caveat of another measure
    assert "late 2015" not in text  # and that one of another instrument


@pytest.mark.parametrize(
    "key",
    [
        SCORE,
        EXAMPLE,
        "dma|rm3|ACUTE|2025|well_led",
        "well_led|RM3|2025|acute",
        "2025|2025|RM3|acute|well_led",
    ],
)
def test_a_key_may_be_cut_short_reordered_and_in_any_case(key: str) -> None:
    assert explain_row.explain("maturity_score", key).startswith(f"maturity_score  {SCORE}\n")


def test_the_order_of_the_key_wins_over_any_other() -> None:
    text = explain_row.explain("maturity_score", "DMA|RM3|acute|2024|overall_comparable")
    assert text.startswith("maturity_score  DMA|RM3|acute|2024|overall_comparable|2025\n")


def test_a_key_of_several_rows_lists_them(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "maturity_score", "RM3"]) == 1
    found = capsys.readouterr()
    assert not found.out
    count = ask(home.latest, "select count(*) from maturity_score where org_code = 'RM3'")[0][0]
    assert f"expected one row, found {count}" in found.err
    assert len(re.findall(r"^  DMA\|RM3\|", found.err, re.MULTILINE)) == min(count, 10)


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ("MATURITY_SCORES", "RM3", "choose one of maturity_score, "),
        ("xyz", "RM3", "check_result, cohort_score, comparability, coverage, "),
        ("epr_supplier", "NOBODY", "a key looks like 'R0A|"),
        ("epr_supplier", "R0A|2024-10-01|x", "its key org_code|edition"),
        ("epr_supplier", "R0A|R0A", "found no row"),
        ("epr_supplier", "", "found no row"),
        ("epr_supplier", "' or 1=1 --", "found no row"),
        ("dqmi_score", "R0A", "the table is empty"),
        ('maturity_score"; drop table x', "R0A", "found neither"),
    ],
)
def test_what_is_not_there_is_an_error_that_helps(table: str, key: str, words: str) -> None:
    with pytest.raises(ExplainError, match=re.escape(words)):
        explain_row.explain(table, key)


def test_every_table_explains_a_row_within_a_hundred_columns(home: Home) -> None:
    for table in published().tables:
        with opened(home.latest.resolve() / DATABASE) as release:
            found = release.rows(f'from "{table}" limit 1')
            key = release.name(table, found[0]) if found else ""
        if not found:
            continue
        message = explain_row.explain(table, key)
        sections = (
            "Where it was read", "What it was made from", "What it was added from", "Files of this source",
        )  # fmt: skip
        assert any(f"\n{title}\n" in message for title in sections), table
        whole = (f"{table}  ", "    explain ", "    all of them: ")  # a key and a query are never wrapped
        text = [line for line in message.splitlines() if not line.startswith(whole)]
        assert not [line for line in text if len(line) > 100 and " " in line[40:].strip()], table


def test_the_checks_of_a_file_in_a_frozen_series_are_those_of_the_series(home: Home) -> None:
    text = part(explain_row.explain("it_spend_over_25k", "R1H|2020-04|it_software"), "Checks")
    sql = "select check_name, outcome from check_result where checked like '2020/21 R1H %'"
    checks = ask(home.latest, sql)
    passed = [name for name, outcome in checks if outcome == "passed"]
    assert len(passed) > 3
    assert f"of the file: {len(passed)} of {len(checks)} checks passed" in text
    assert all(f"passed  {name}" in text for name in passed)


def test_a_file_that_replaced_one_of_a_series_has_its_own_checks(own_home: Home) -> None:
    change(
        own_home.latest.resolve(),
        """insert into check_result
        select c.* replace (f.edition || ' ' || f.part || ' ' || f.source_file_sha256[:12] as checked,
            'artificial_check' as check_name)
        from source_file as f, (from check_result where checked like '2020/21 R1H %' limit 1) as c
        where f.part = 'R1H.2020-04'""",
    )
    text = part(explain_row.explain("it_spend_over_25k", "R1H|2020-04|it_software"), "Checks")
    assert "of the file: 1 of 1 checks passed" in text
    assert "passed  artificial_check" in text
    april = part(explain_row.explain("it_spend_over_25k", "R1H|2020-05|it_software"), "Checks")
    assert "artificial_check" not in april


@pytest.mark.parametrize(
    ("fact", "value"),
    [("denominator", "value"), ("it_spend_over_25k", "amount_gbp"), ("medical_records_cost", "total_gbp")],
)
def test_an_added_row_lists_the_facts_it_was_added_from(home: Home, fact: str, value: str) -> None:
    table = f"{fact}_current"
    with opened(home.latest.resolve() / DATABASE) as release:
        rows = release.rows(f"from {table} where n_facts > 1 and constituents_missing is null limit 4")
        assert rows
        for row in rows:
            text = explain_row.explain(table, release.name(table, row))
            listed = part(text, "What it was added from")
            keys = re.findall(rf'^    explain {fact} "(.*)"$', listed, re.MULTILINE)
            facts = [release.find(fact, key) for key in keys]
            assert len(facts) == row["n_facts"]
            assert {one["org_code"] for one in facts} == set(row["constituents"].split())
            assert sum(one[value] or 0 for one in facts) == pytest.approx(row[value])
            assert all(f"{value} {shown(one[value])}" in " ".join(listed.split()) for one in facts)
            assert "the organisation of today has taken over all of the constituents" in " ".join(
                listed.split()
            )
            assert "Where it was read" not in text


def test_every_added_row_is_followed_to_as_many_facts_as_it_has(home: Home) -> None:
    seen = 0
    with opened(home.latest.resolve() / DATABASE) as release:
        for table in (name for name, columns in release.tables.items() if "constituents" in columns):
            some = release.rows(
                f"from {table} where n_facts > 1 or allocation <> 'whole' order by all limit 30"
            )
            for row in some:
                listed = "".join(made_from(release, table, row))
                assert listed.count("    explain ") == row["n_facts"], release.name(table, row)
                seen += 1
    assert seen > 60


def test_what_is_left_over_says_why_and_where_it_was_read() -> None:
    text = explain_row.explain("digital_funding_current", "RW6")
    assert "how its values divide is not known" in " ".join(part(text, "What it was added from").split())
    assert "RW6 Pennine Acute Hospitals NHS Trust: amount_gbp 5000000 (published)" in text
    assert re.search(r"row +\d+, counted from 1", part(text, "Where it was read"))


def test_a_fact_listed_on_an_organisation_of_today_tells_its_way_there() -> None:
    found = explain_row.explain("programme_membership_current", "RW6|RW6>R0A")
    fact = part(found, "The fact that is listed")
    assert re.findall("explain (.*)", fact) == ['programme_membership "GDE|fast_follower|RW6|2026-07"']
    way = part(found, "Its way to today")
    assert re.search(r"2021-10-01  RW6 .* into R0A .*\n.*split, not its main successor", way)
    assert "into RM3" not in way
    assert "part_by_split" in part(found, "Values")
    assert re.search(r"row +38, counted from 1", part(found, "Where it was read"))


def test_a_fact_of_an_organisation_that_is_still_itself_has_no_way_to_tell() -> None:
    text = explain_row.explain("epr_supplier_current", "R0A|2024-10-01")
    assert 'explain epr_supplier "R0A|2024-10-01"' in text
    assert "Its way to today" not in text


def test_a_row_of_a_mart_lists_the_facts_it_was_made_from() -> None:
    text = part(explain_row.explain("maturity_change", "RM3|acute"), "What it was made from")
    assert re.findall("explain maturity_score (.*)", text) == [
        f'"DMA|RM3|acute|{period}|overall_comparable|2025"' for period in (2024, 2025)
    ]
    assert "organisation_succession: read as a whole" in text


def test_a_row_about_today_lists_the_facts_of_predecessors(home: Home) -> None:
    text = part(explain_row.explain("trust_profile", "TAJ"), "What it was made from")
    assert 'explain organisation_current_main "RYK"' in text
    assert 'explain epr_supplier "TAJ|2024-10-01"' in text


def test_a_mart_that_reads_added_facts_lists_those_of_the_organisation_alone() -> None:
    found = part(explain_row.explain("trust_profile", "R0A"), "What it was made from")
    listed = re.findall('explain medical_records_cost_current "(.*)"', found)
    assert listed
    assert {key.rpartition("|")[2] for key in listed} == {"R0A"}


def test_what_a_mart_lists_can_be_explained() -> None:
    listed = re.findall(r'explain (\w+) "(.*)"', explain_row.explain("trust_profile", "RM3"))
    assert len(listed) > 20
    two_of_each = {(table, key) for order in (listed, listed[::-1]) for table, key in dict(order).items()}
    assert len(two_of_each) > 10
    for table, key in sorted(two_of_each):
        text = organisation_history.tell(key) if table == "organisation" else explain_row.explain(table, key)
        assert text.startswith(key if table == "organisation" else f"{table}  {key}\n")


def test_a_row_of_every_analysis_leads_to_files_sheets_and_rows_or_to_tables_that_are_read_as_a_whole(
    home: Home,
) -> None:
    wrong = []
    with opened(home.latest.resolve() / DATABASE) as release:
        for mart in published().marts:
            row = release.rows(f'from "{mart}" order by hash({release.keys[mart][0]}) limit 1')[0]
            if row.get("source_row"):
                continue  # read from a file, which the test of every table looks at
            text = "\n".join(made_from(release, mart, row))
            listed = dict(re.findall(r'^    explain (\w+) "(.*)"$', text, re.MULTILINE))
            whole = set(re.findall(r"^  (\w+): (?:read as a whole|0 rows)$", text, re.MULTILINE))
            if not listed or {*listed} | whole != {*tables_read(mart)}:
                wrong.append(f"{mart}: {tables_read(mart) ^ ({*listed} | whole)}")
            wrong += [
                f"{mart}: {table} {key}" for table, key in listed.items() if not leads_on(release, table, key)
            ]
    assert not wrong


def leads_on(release: Release, table: str, key: str) -> bool:
    """Return whether a row that an analysis lists says the row of its file, or what it is made from in turn."""
    row = release.find(table, key)
    return bool(row.get("source_file_sha256") and row.get("source_row")) or any(
        made_from(release, table, row)
    )


@pytest.mark.parametrize(
    ("mart", "table", "number"),
    [
        ("exemplars_then_and_now", "cohort_score", "n_scores"),
        ("peer_group", "maturity_score", "n_peers"),
        ("icb_maturity", "maturity_score", "if(care_setting = 'all', null, n_scores + n_boundary_changed)"),
    ],
)
def test_as_many_rows_are_behind_a_row_of_several_bodies_as_it_says(
    home: Home, mart: str, table: str, number: str
) -> None:
    with opened(home.latest.resolve() / DATABASE) as release:
        rows = release.rows(
            f"select *, {number} as n from {mart} where n is not null order by hash(n) limit 20"
        )
        behind = {release.name(mart, row): (row["n"], condition(mart, table, row)) for row in rows}
        found = {key: (n, release.fitting(table, [(where, [])])[0]) for key, (n, where) in behind.items()}
    assert len(found) == len(rows) == 20
    assert not {key: pair for key, pair in found.items() if pair[0] != pair[1]}


def test_the_tables_that_computed_marts_read_are_those_stated(home: Home) -> None:
    for mart, table in published().marts.items():
        if is_computed(table):
            assert BEHIND[mart].keys() == tables_read(mart)
    for mart, tables in BEHIND.items():
        assert tables.keys() <= tables_read(mart)


def test_the_query_of_all_rows_behind_a_row_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = explain_row.explain(
        "exemplars_then_and_now", "DMA|2025|2025|well_led|acute|all_scores|no_known_programme"
    )
    count = re.search(r"cohort_score: (\d+) rows, the first 10", text)
    command = re.search(r'all of them: digital-maturity (query) "(.*)"', text)
    assert count
    assert command
    assert main([*command.groups(), "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == int(count[1]) + 1


@pytest.mark.parametrize(
    ("table", "key", "row"),
    [
        ("trust_profile", "RW6", "RM3"),
        ("maturity_score", "DMA|Salford Royal|acute|2025|well_led", SCORE),
    ],
)
def test_a_name_or_a_former_code_stands_for_the_code(table: str, key: str, row: str) -> None:
    lines = explain_row.explain(table, key).splitlines()
    assert lines[0] == f"{table}  {row}"
    assert "is taken as RM3" in lines[1]


@pytest.mark.parametrize("asked", [["trust_profile", "Bristol"], ["organisation", "Bristol"]])
def test_a_name_of_several_trusts_is_not_guessed(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *asked]) == 1
    assert "RVJ NORTH BRISTOL NHS TRUST" in capsys.readouterr().err


def test_the_history_of_an_organisation_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "organisation", "Salford Royal NHS Foundation Trust"]) == 0
    assert capsys.readouterr().out.startswith("RM3  ")


def test_no_other_file_of_the_edition_is_said_too() -> None:
    assert "none known" in part(explain_row.explain("maturity_score", EXAMPLE), "Other files of this edition")


def test_a_file_that_waits_in_the_archive_is_reported(own_home: Home) -> None:
    content = b"artificial file of the same edition"
    vintage = Vintage(
        source="dma", edition="2025", part="", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content),
        origin="fetched", url="https://example.org", final_url="https://example.org", publisher_file_name="x.xlsx",
        retrieved_at="2026-06-01T06:00:00+00:00", published_at="2026-05-31", etag="", last_modified="",
        licence="artificial", how="artificial",
    )  # fmt: skip
    own_home.archive.add(content, vintage)
    text = " ".join(
        part(explain_row.explain("maturity_score", EXAMPLE), "Other files of this edition").split()
    )
    assert f"sha256 {vintage.sha256}, retrieved 2026-06-01, published 2026-05-31" in text
    assert "No release here used it." in text


def revised(own_home: Home, sql: str) -> str:
    """Return what is said of revisions where an older release used another file, its database changed by `sql`."""
    older = own_home.releases / "20200101T000000Z"
    shutil.copytree(own_home.latest.resolve(), older)
    path = older / "csv" / "source_file.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0])
        writer.writeheader()
        writer.writerows({**row, "source_file_sha256": "a" * 64} for row in rows)
    change(older, sql)
    return " ".join(
        part(explain_row.explain("maturity_score", EXAMPLE), "Other files of this edition").split()
    )


def test_what_another_release_had_from_another_file_is_reported(own_home: Home) -> None:
    text = revised(own_home, "update maturity_score set score = 1.25, source_row = 9 where org_code = 'RM3'")
    assert f"sha256 {'a' * 64}" in text
    assert "Release 20200101T000000Z used it; score was 1.25, is 2.5." in text


def test_a_row_that_another_release_did_not_have_is_reported(own_home: Home) -> None:
    assert "used it and has no such row" in revised(
        own_home, "delete from maturity_score where org_code = 'RM3'"
    )


def test_a_release_that_cannot_be_read_hides_nothing_of_this_one(own_home: Home) -> None:
    assert "has no such row" in revised(own_home, "drop table maturity_score")


@pytest.mark.parametrize("content", [b"", b"artificial\n", bytes(100_000)])
def test_a_damaged_database_is_one_sentence_that_says_what_to_do(
    own_home: Home, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (own_home.latest.resolve() / DATABASE).write_bytes(content)
    for asked in (["explain", "trust_profile", "R0A"], ["resolve", "RM3"], ["query", "select 1"]):
        assert main(asked) == 1
        text = capsys.readouterr().err
        assert text.count("\n") == 1
        assert "run `digital-maturity refresh`, which makes the latest release anew" in text


def test_a_database_with_other_tables_is_one_sentence(
    own_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    change(own_home.latest.resolve(), "drop table organisation; drop table data_dictionary")
    for asked in (["trust_profile", "R0A"], ["organisation", "R0A"]):
        assert main(["explain", *asked]) == 1
        text = capsys.readouterr().err
        assert text.count("\n") == 1
        assert "digital-maturity verify" in text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", b'"', b"\0"])
def test_the_list_of_files_of_another_release_may_be_damaged(own_home: Home, content: bytes) -> None:
    listed = own_home.releases / "20200101T000000Z" / "csv" / "source_file.csv"
    listed.parent.mkdir(parents=True)
    listed.write_bytes(content)
    assert "none known" in part(explain_row.explain("maturity_score", EXAMPLE), "Other files of this edition")


def test_without_a_release_the_error_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(["explain", "trust_profile", "R0A"]) == 1
    assert "digital-maturity refresh" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [["maturity_score", EXAMPLE], ["trust_profile", "R0A"], ["organisation", "R0A"]]
)
def test_explaining_imports_nothing_heavy(home: Home, asked: list[str]) -> None:
    program = (
        "import sys; from pipelines.cli import main; code = main(sys.argv[1:]); "
        "print({'great_expectations', 'dagster', 'pandas', 'sqlalchemy', 'pyarrow'} & set(sys.modules), code)"
    )
    command = [sys.executable, "-c", program, "explain", *asked, "--home", str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "set() 0", done.stderr


def test_what_the_readme_shows_is_what_is_said() -> None:
    shown = re.findall(
        r"```text\n(Where it was read\n.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert len(shown) == 1
    assert shown[0] in explain_row.explain("maturity_score", EXAMPLE)
