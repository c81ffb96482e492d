"""What a trust's page says of it: the headline, where every row was read, and commands that find it."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from releases import DATABASE, ask, offline_home

from pipelines.publishing.explorer import chart_words
from pipelines.publishing.explorer.grid import Grid, grid, marked, unpacked
from pipelines.publishing.explorer.headlines import headline
from pipelines.publishing.explorer.trust_pages import SECTIONS
from pipelines.queries import explain_row, organisation_history
from pipelines.queries.opened_release import opened
from pipelines.storage.home import VARIABLE, Home
from pipelines.storage.release_folder import shown

HISTORIES = ("R0A", "R0B", "RAL", "REM", "RM3", "RNU", "RRV", "RVN", "RYE", "TAJ")
"""Trusts that stayed as they were, grew, took over a part, merged, were renamed, or lack the newest scores."""
CAUSAL = re.compile(r"\b(because|due to|led to|caused?|thanks to|result\w*|so that|therefore|effect|impact\w*|improv\w*|after)\b", re.IGNORECASE)  # fmt: skip
FACTS: dict[str, Any] = {
    "organisation_type": "acute",
    "legal_form": "foundation_trust",
    "region": "North West",
    "dma_period": "2025",
    "dma_merged_since": None,
    "dma_overall_acute": None,
    "dma_overall_community": None,
    "dma_overall_mental_health": None,
    "dma_overall_ambulance": None,
    "changes": None,
    "memberships": None,
    "has_epr": None,
    "epr_supplier": None,
    "epr_as_of_date": None,
    "epr_merged_since": None,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return offline_home(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def data(home: Home) -> dict[str, Any]:
    text = (home.latest / "index.html").read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    made: dict[str, Any] = json.loads(found[1])
    return made


def sentence(**facts: Any) -> str:
    return " ".join(text for text, _ in headline("Artificial", {**FACTS, **facts}))


# --- the headline


@pytest.mark.unit
def test_a_headline_is_one_sentence_that_names_what_is_not_held() -> None:
    assert sentence() == (
        "Artificial is an acute foundation trust in the North West; not held here: a role in a digital programme and "
        "a score of the Digital Maturity Assessment and an answer about its electronic patient record."
    )
    assert "an NHS trust in London, its type not held;" in sentence(
        organisation_type=None, legal_form="nhs_trust", region="London"
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("acute", "2024", Decimal("0.25"), "rose", True, False), "2.50 for acute care (rose by 0.25 from 2024)"),
        (("acute", "2024", Decimal("-0.25"), "fell", True, False), "2.50 for acute care (fell by 0.25 from 2024)"),
        (("acute", "2024", Decimal("-0.05"), "about_the_same", True, False), "(about the same as in 2024, -0.05)"),
        (("acute", "2024", Decimal("0.25"), "rose", False, False), "(not comparable with 2024: one year has one score"),
        (("acute", "2024", Decimal("0.25"), "rose", False, True), "(not comparable with 2024: it took over another"),
        (("community", "2024", Decimal("0.25"), "rose", True, False), "2.50 for acute care (no earlier score held)"),
    ],
)  # fmt: skip
def test_a_headline_gives_a_change_only_between_scores_that_may_be_compared(
    change: tuple[Any, ...], words: str
) -> None:
    found = sentence(dma_overall_acute=2.5, changes=[change])
    assert words in found
    assert "its self-assessed score of 1 to 5" in found
    assert ("0.25" in found) == (change[4] and abs(change[2]) == Decimal("0.25") and change[0] == "acute")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("membership", "words"),
    [
        (
            ("GDE", "exemplar", "acute", "2016-09-07", None, "2020-02", "named", "same", None),
            "it was named an exemplar of the Global Digital Exemplar programme for acute care on 7 September 2016, accredited in February 2020;",
        ),
        (
            ("GDE", "fast_follower", None, "2017-09", "2020", None, "inferred", "absorbed_member", "RZ1"),
            "it took over RZ1, which was named a fast follower of the Global Digital Exemplar programme in September 2017 until 2020 (inferred);",
        ),
        (
            ("digital_aspirant", "aspirant", None, "2020", None, None, "named", "part_by_split", "RZ1"),
            "it took over a part of RZ1, which was named a Digital Aspirant in 2020;",
        ),
    ],
)
def test_a_headline_says_how_a_trust_comes_to_a_role_and_when(
    membership: tuple[Any, ...], words: str
) -> None:
    assert words in sentence(memberships=[membership])


def test_every_trust_of_today_has_a_headline_made_from_its_rows(data: dict[str, Any], home: Home) -> None:
    current = {row[0] for row in data["trusts"] if row[2]}
    assert data["headlines"].keys() == current
    profile = ask(
        home.latest,
        "select org_code, dma_overall_acute, dma_overall_ambulance, epr_supplier from trust_profile",
    )
    sections = {section.name for section in SECTIONS} | {""}
    for code, acute, ambulance, supplier in profile:
        clauses = data["headlines"][code]
        text = " ".join(words for words, _ in clauses)
        assert {section for _, section in clauses} <= sections
        assert text.endswith(".")
        assert ".." not in text
        assert "; ;" not in text
        assert not CAUSAL.search(text), text
        for score, setting in ((acute, "acute"), (ambulance, "ambulance")):
            assert score is None or f"{score:.2f} for {setting} care" in text
        assert supplier is None or f"(primary supplier: {supplier})" in text
        assert ("self-assessed" in text) == ("Digital Maturity Assessment of" in text)
        assert ("not held here" in text) == any(section not in {s for _, s in clauses} for section in ("trust_programmes", "trust_change", "trust_epr"))  # fmt: skip


# --- where rows were read


def keys_of(section: dict[str, Any]) -> list[str]:
    """Return the key of every row as the page puts it into a command."""
    return [
        "|".join(shown(row[place]) for place in section["key"])
        for row in unpacked(section)
    ]  # fmt: skip


def test_every_key_and_place_of_the_page_is_that_of_one_row_of_the_release(
    data: dict[str, Any], home: Home
) -> None:
    files, places = unpacked(data["origins"]["files"]), data["origins"]["places"]
    with opened(home.latest / DATABASE) as release:
        for table, traces in data["grids"].values():
            found = {trace[0] for trace in traces if trace}
            assert found <= {release.name(table, row) for row in release.rows(f'from "{table}"')}, table
        for section in data["sections"]:
            table, keys = section["table"], keys_of(section)
            held = {release.name(table, row): row for row in release.rows(f'from "{table}"')}
            today = [row[0] for row in unpacked(section)]
            assert len(set(zip(today, keys, strict=True))) == len(keys), table
            assert set(keys) <= held.keys(), table
            read = 0
            for key, flat in zip(keys, section["origins"], strict=True):
                row = held[key]
                if row.get("source_row") is None:
                    continue
                read += 1
                (file, sheet, grade, _) = places[flat[0]]
                found = (files[file][2], sheet or "", flat[1], grade)
                assert found == (row["source_file_sha256"], row["source_sheet"] or "", row["source_row"], row["evidence_grade"])  # fmt: skip
            assert read or not keys or table in {"peer_group", "maturity_change", "organisation_name"}, table


def test_a_sum_names_the_row_of_each_that_was_added_and_a_change_those_of_both_years(
    data: dict[str, Any],
) -> None:
    sections = {section["name"]: section for section in data["sections"]}
    records = sections["trust_records"]
    parts = [column[0] for column in records["columns"]].index("constituents")
    for row, flat in zip(unpacked(records), records["origins"], strict=True):
        about = [data["origins"]["places"][place][3] for place in flat[::2]]
        assert about == str(row[parts]).split(" ")
    for flat in sections["trust_change"]["origins"]:
        assert [data["origins"]["places"][place][3] for place in flat[::2]] == ["2024", "2025"]
    assert {len(flat) for flat in sections["trust_scores"]["origins"]} == {2}


def test_the_commands_of_the_page_find_rows(
    data: dict[str, Any], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, as the page prints them, one of each table and some of each of ten trusts; the test above looks up all keys."""
    monkeypatch.setenv(VARIABLE, str(home.root))
    html = (home.latest / "index.html").read_text("utf-8")
    printed = re.findall(r"<code>digital-maturity explain (\w+) &#34;([^<]+)&#34;</code>", html)
    assert len(printed) == 4
    traced = {(table, trace[0]) for table, traces in data["grids"].values() for trace in traces if trace}
    assert set(printed) <= traced
    commands = set(printed)
    for number, section in enumerate(data["sections"]):
        keys = keys_of(section)
        own = {row[0]: key for row, key in zip(unpacked(section), keys, strict=True)}
        some = [own[code] for code in HISTORIES[number % 6 :: 6] if code in own]
        commands |= {(section["table"], key) for key in (*keys[:1], *some)}
    assert len(commands) > 30
    assert {table for table, _ in commands} >= {s["table"] for s in data["sections"] if s["rows"]}
    with opened(home.latest.resolve() / DATABASE):  # so that no command reads its hundred tables anew
        for table, key in sorted(commands):
            assert not set(key) & set('"$`\\'), key
            assert (
                "Where it was read" in (text := explain_row.explain(table, key)) or "What it was" in text
            ), (
                table,
                key,
            )
        for code in HISTORIES:
            assert organisation_history.tell(code).startswith(code)


# --- words and files


@pytest.mark.unit
def test_a_national_chart_says_in_words_what_its_rows_hold() -> None:
    lie = ("lowest", "lower_quartile", "median", "upper_quartile", "highest")
    spread = grid(
        "spread", ["care_setting", "providers", *lie], [("mental_health", 3, 1.0, 1.5, 2.0, 2.5, 4.0)]
    )
    assert chart_words.spread_words(spread) == (
        "Comparable scores of 1 to 5. mental health: 3 scores from 1.00 to 4.00, median 2.00, the middle half 1.50 to 2.50."
    )
    counts = grid(
        "c", ["care_setting", "rose", "fell", "unchanged", "median_change"], [("acute", 2, 1, 0, -0.5)]
    )
    assert chart_words.change_words(counts).endswith(
        "acute: 2 rose, 1 fell, 0 unchanged, median change -0.50."
    )
    assert chart_words.cohort_words(Grid("cohorts", (), ())) == "Comparable scores of 1 to 5. ."


@pytest.mark.unit
def test_names_of_the_data_within_a_text_are_code_and_words_are_words() -> None:
    assert marked("see trust_profile <now>", "text") == "see <code>trust_profile</code> &lt;now&gt;"
    assert marked("cqc_rating", "code") == "<code>cqc_rating</code>"
    assert marked("epr_group", "word") == "EPR group"


def test_the_page_links_to_every_file_of_the_release_the_workbook_first(home: Home) -> None:
    folder = home.latest
    html = (folder / "index.html").read_text("utf-8")
    linked = re.findall(r'<a (?:class="\w+" )?href="([^"#:]+)"', html)
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(linked) == held - {"index.html"}
    assert linked[0] == "digital_maturity.xlsx"
