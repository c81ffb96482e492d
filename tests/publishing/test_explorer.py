"""The explorer as a file: whole, safe, the same every time, readable without JavaScript and by a screen reader."""

import base64
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from few_sources import judge_few, leave_out_the_explorer, only, spare_formats
from releases import ask, nobody, offline_home, tables_of

from assets.contract import expectations
from assets.organisations.curation import curated
from pipelines.integration import audit
from pipelines.orchestration import refresh_steps
from pipelines.publishing.explorer import board_map, charts, drawing, grid, palette
from pipelines.publishing.explorer.drawing import Drawing
from pipelines.publishing.explorer.grid import shown
from pipelines.publishing.explorer.page import page, trends
from pipelines.publishing.previous_release import RELEASES, Before
from pipelines.storage import code_version
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

MOST = 6_000_000
NASTY = '</script><img src=x onerror=alert(1)>&"\u2028'
VOID = {"meta", "input", "br", "img", "link"}
COMPARED = {
    "line",
    "measure",
    "place",
    "org_code",
    "org_name",
    "score",
    "lower_quartile",
    "median",
    "upper_quartile",
}
"""What the script of the comparison hands to its chart."""
BLANK = Drawing("window.vegaEmbed = null;", {})


class Tree(HTMLParser):
    """Every element of a page with its attributes, its text and those around it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[dict[str, Any]] = []
        self.elements: list[dict[str, Any]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = {"tag": tag, "text": "", "begins": len(self.texts), "within": list(self.open), **dict(attrs)}
        self.elements.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        closed = self.open.pop()
        assert closed["tag"] == tag
        closed["text"] = "".join(self.texts[closed["begins"] :])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, *tags: str) -> list[dict[str, Any]]:
        return [element for element in self.elements if element["tag"] in tags]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest


@pytest.fixture(scope="module")
def tables(released: Path) -> dict[str, pa.Table]:
    return tables_of(released)


@pytest.fixture(scope="module")
def fewer(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables with the rows of every tenth trust, where rows are about trusts: their page takes less time."""
    some = pa.array(tables["trust_profile"]["org_code"].to_pylist()[::10])
    found = dict(tables)
    for name, rows in tables.items():
        column = next((c for c in ("current_org_code", "org_code") if c in rows.column_names), "")
        if column:
            found[name] = rows.filter(pc.is_in(rows[column], some))
    return found


@pytest.fixture(scope="module")
def text(released: Path) -> str:
    return (released / "index.html").read_text("utf-8")


@pytest.fixture(scope="module")
def tree(text: str) -> Tree:
    return Tree(text)


@pytest.fixture(scope="module")
def data(tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(e["text"] for e in tree.all("script") if e.get("id") == "data"))
    return found


def rows_of(tree: Tree, name: str) -> list[list[str]]:
    """Return the rows of a table of the page: the values as they are."""
    table = next(e for e in tree.all("table") if e.get("data-name") == name)
    lines: dict[int, list[str]] = {}
    for cell in tree.all("td", "th"):
        if any(element is table for element in cell["within"]):
            lines.setdefault(id(cell["within"][-1]), []).append(
                cell.get("data-v") or cell["text"].strip(" \n")
            )
    return list(lines.values())[1:]


def csv_of(released: Path, name: str) -> list[dict[str, str]]:
    with (released / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# --- one file, safe, the same every time


def test_the_page_is_one_file_under_six_megabytes_that_asks_nobody_for_anything(
    text: str, tree: Tree
) -> None:
    assert len(text.encode()) < MOST
    loads = [e for e in tree.elements if e["tag"] in {"link", "img", "iframe", "object"} or "src" in e]
    assert loads == []
    style = tree.all("style")[0]["text"]
    assert not re.search(r"url\(|@import", style)


def test_the_policy_of_the_page_allows_its_own_scripts_and_style_by_hash_and_nothing_else(tree: Tree) -> None:
    stated = next(e["content"] for e in tree.all("meta") if e.get("http-equiv") == "Content-Security-Policy")
    run = [e["text"] for e in tree.all("script") if e.get("type") != "application/json"]
    assert len(run) == 2
    hashes = [_hash(script) for script in run]
    assert stated.split("; ") == [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"style-src {_hash(tree.all('style')[0]['text'])}",
        f"script-src {' '.join(hashes)}",
    ]
    handlers = [name for e in tree.elements for name in e if name.startswith("on") or name == "style"]
    assert handlers == []


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_same_tables_give_the_same_page(tables: dict[str, pa.Table], released: Path, text: str) -> None:
    version = json.loads((released / "datapackage.json").read_text("utf-8"))["version"]
    backwards = dict(reversed(tables.items()))
    assert page(backwards, drawing.drawing_of(Home(released.parents[1])), version) == text


def test_markup_in_a_name_stays_text(fewer: dict[str, pa.Table]) -> None:
    spoilt = dict(fewer)
    texts = re.compile(r"(^|_)(name|names|text|why|title|publisher|supplier|note|attribution)(_|$)")
    for name, rows in fewer.items():
        for field in rows.schema:
            if texts.search(field.name) and pa.types.is_string(field.type):
                spoilt[name] = _spoilt(spoilt[name], field.name)
    made = page(spoilt, BLANK, "artificial")
    tree = Tree(made)
    assert NASTY not in made
    assert "<img" not in made
    assert tree.all("img") == []
    assert len(tree.all("script")) == 3
    assert {row[0] for row in rows_of(tree, "scores")} == {NASTY}
    assert NASTY in {cell for row in rows_of(tree, "sources") for cell in row}


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    names = ["address_url"]
    assert grid.grid("a", names, [["https://example.org/a"], [None]]).columns[0].kind == "link"
    assert (
        grid.grid("a", names, [["https://example.org/a"], ["javascript:alert(1)"]]).columns[0].kind != "link"
    )


def _spoilt(rows: pa.Table, column: str) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(column), pa.array([NASTY] * rows.num_rows, pa.string()))


# --- the figures are those of the tables


def test_every_score_of_a_trusts_page_is_that_of_the_csv(data: dict[str, Any], released: Path) -> None:
    section = next(s for s in data["sections"] if s["name"] == "trust_scores")
    names = [name for name, _, _ in section["columns"]]
    found = {(r["org_code"], r["care_setting"], r["measure"]): r["score"] for r in (dict(zip(names, row, strict=True)) for row in grid.unpacked(section))}  # fmt: skip
    published = {
        (r["org_code"], r["care_setting"], r["measure"]): float(r["score"])
        for r in csv_of(released, "maturity_score")
        if (r["instrument"], r["period"]) == ("DMA", "2025")
    }
    assert found == published


def test_every_event_of_a_trusts_page_is_that_of_the_csv_in_its_order(
    data: dict[str, Any], released: Path
) -> None:
    section = next(s for s in data["sections"] if s["name"] == "trust_journey")
    names = [name for name, _, _ in section["columns"]]
    shown_rows = [dict(zip(names, row, strict=True)) for row in grid.unpacked(section)]
    found = [(r["today"], r["event_date"], r["event_type"], r["figure"], r["org_code"]) for r in shown_rows]
    published = [
        (
            r["current_org_code"],
            r["event_date"],
            r["event_type"],
            float(r["value"]) if r["value"] else None,
            r["org_code"],
        )
        for r in csv_of(released, "digital_journey")
    ]
    assert found == published
    assert {r["event"] for r in shown_rows if r["event_type"] == "merger" and r["today"] == "REM"} == {
        "took over another organisation (RQ6)"
    }


def test_texts_that_repeat_are_packed_once_and_come_out_as_they_went_in() -> None:
    rows = (("a", None, "x", 1), ("a", "b", "y", 0), ("a", "b", "z", 1), ("a", "b", None, 2))
    packed = grid.grid("made", ["always", "often", "once", "number"], rows).packed()
    assert packed["texts"] == [["a"], ["b"], [], []]
    assert packed["rows"][1] == [0, 0, "y", 0]
    assert grid.unpacked(packed) == [list(row) for row in rows]


def test_the_national_numbers_are_those_of_the_csv_and_of_the_publisher(tree: Tree, released: Path) -> None:
    change = [r for r in csv_of(released, "maturity_change") if r["boundary_changed"] == "false"]
    rose = {row[0]: (int(row[2]), int(row[9])) for row in rows_of(tree, "change_counts")}
    for setting in {r["care_setting"] for r in change}:
        up = [r for r in change if r["direction"] == "rose" and r["care_setting"] == setting]
        same_level = sum(r["levels_differ"] == "false" for r in up)
        assert rose[setting.replace("_", " ")] == (same_level, len(up))
    assert [(row[0], row[2]) for row in rows_of(tree, "spread")] == [("acute", "134"), ("ambulance", "11"), ("community", "90"), ("mental_health", "50")]  # fmt: skip
    boards = {row[2]: (float(row[3]), float(row[7]), float(row[6])) for row in rows_of(tree, "boards")}
    own = {
        (r["icb_code"], r["measure"], r["period"]): float(r["score"]) for r in csv_of(released, "icb_score")
    }
    of_trusts = {
        r["icb_code"]: float(r["mean_of_providers"])
        for r in csv_of(released, "icb_maturity")
        if (r["care_setting"], r["measure"], r["period"]) == ("all", "overall_comparable", "2025")
    }
    assert {code: found for code, found in boards.items() if code in of_trusts} == {
        code: (own[code, "overall_comparable", "2025"], own[code, "well_led", "2025"], mean)
        for code, mean in of_trusts.items()
    }
    assert len(of_trusts) == 42


def test_the_list_to_browse_has_each_trust_of_today_as_in_its_profile(tree: Tree, released: Path) -> None:
    listed = {row[1]: row for row in rows_of(tree, "browse")}
    profiles = {row["org_code"]: row for row in csv_of(released, "trust_profile")}
    assert listed.keys() == profiles.keys()
    for code, row in profiles.items():
        _, _, region, board, kind, role, supplier, group, security = listed[code]
        assert (region, role) == (row["region"], row["programme_role"])
        assert row["icb_code"] in board
        assert kind == (row["organisation_type"] or "not_known")
        assert supplier == row["epr_supplier"] or "not" in supplier or "no record system" in supplier
        assert group == row["frontline_group"] or (
            not row["frontline_group"] and group.startswith("not known")
        )
        assert security == row["dspt_status"].replace("_", " ") or security.startswith("not known")
        assert all(listed[code]), "a value that is not held says so"


def test_every_board_of_then_and_of_today_is_on_the_map_with_its_trusts(tree: Tree, released: Path) -> None:
    assert {r["icb_code"] for r in csv_of(released, "icb_maturity")} == board_map.BOARDS.keys()
    assert len({(x, y) for x, y, _ in board_map.BOARDS.values()}) == len(board_map.BOARDS)
    assert {(x + y) % 2 for x, y, _ in board_map.BOARDS.values()} == {0}
    profiles = csv_of(released, "trust_profile")
    assert {r["icb_code"] for r in profiles} == {*board_map.owners().values()}
    assert len({*board_map.owners().values()}) == 36
    merged = {(r["icb_code"], r["into_code"]): r["extent"] for r in curated("icb_mergers").rows}
    for old, new in board_map.owners().items():
        whole = [
            into for (code, into), extent in merged.items() if code == old and extent in {"whole", "most"}
        ]
        assert whole in ([], [new])
        assert old == new or (old, new) in merged
    today = [row for row in rows_of(tree, "boards_today") if row[0] != "All of the region"]
    assert {row[2]: int(row[4]) for row in today} == Counter(r["icb_code"] for r in profiles)
    codes = {row[2]: row[3] for row in today}
    assert {code for code, gss in codes.items() if gss == "not held"} == board_map.MERGED.keys()


def test_every_source_has_its_state_and_its_line_in_the_coverage_matrix(tree: Tree, released: Path) -> None:
    stated = {r["source"]: r["status"] for r in csv_of(released, "source_status")}
    assert {row[1]: row[2] for row in rows_of(tree, "sources")} == stated
    without = {"ods"}  # organisations, not facts about them
    assert {row[0].split(":")[0] for row in rows_of(tree, "held")} | without == stated.keys()
    held = next(row for row in rows_of(tree, "held") if row[0] == "dma: maturity_score")
    assert [count for count in held[1:] if count != "0"] == ["204", "204"]


def test_every_check_is_reported_with_its_outcome(tree: Tree, released: Path) -> None:
    published = csv_of(released, "check_result")
    shown_rows = [*rows_of(tree, "checks"), *rows_of(tree, "spreadsheets")]
    found = sorted((row[1], row[2], row[0], row[4]) for row in shown_rows)
    assert found == sorted((r["table_name"], r["checked"], r["check_name"], r["outcome"]) for r in published)


def test_the_front_page_counts_data_checks_only_and_says_what_each_failure_means(
    tree: Tree, text: str, released: Path
) -> None:
    data = [r for r in csv_of(released, "check_result") if r["checked"] != "csv"]
    passed = sum(r["outcome"] == "passed" for r in data)
    assert f"<dt>Data checks passed</dt><dd>{passed} of {len(data)}</dd>" in text
    assert {row[2] for row in rows_of(tree, "checks")}.isdisjoint({"csv"})
    failed = Counter((r["check_name"], r["severity"], r["why"]) for r in data if r["outcome"] != "passed")
    found = {(row[0], row[1], row[4]): int(row[2]) for row in rows_of(tree, "failures")}
    assert found == dict(failed)
    assert all(meaning for _, _, meaning in found)


def test_every_chart_reads_columns_that_its_tables_have(tree: Tree, data: dict[str, Any]) -> None:
    held = {s["name"]: {name for name, _, _ in s["columns"]} for s in data["sections"]}
    held["compare"] = COMPARED
    for table in tree.all("table"):
        heads = [e for e in tree.all("th") if table in e["within"] and e.get("scope") == "col"]
        held[table["data-name"]] = {head["data-name"] for head in heads}
    assert data["specs"] == charts.specs()
    for spec in data["specs"].values():
        for layer in spec.get("layer", [spec]):
            fields = set(_fields(layer["encoding"])) - {"counted"}
            assert fields <= held.get(layer.get("data", spec.get("data"))["name"], set())


def _fields(encoding: Any) -> Iterator[str]:
    for channel in encoding.values():
        for one in channel if isinstance(channel, list) else [channel]:
            if "field" in one:
                yield one["field"]


# --- trends


def checks(**trend: str) -> pa.Table:
    same = {"table_name": "artificial", "checked": "release"}
    return pa.Table.from_pylist([{**same, "check_name": name, "outcome": found.split("; ")[-1], "trend": found} for name, found in trend.items()])  # fmt: skip


def test_a_check_that_came_went_or_changed_has_a_row_with_a_column_for_each_release() -> None:
    now = checks(
        kept="passed; passed; passed", turned="passed; failed; passed", new="not made; not made; passed"
    )
    found = trends(now, checks(kept="passed; passed", turned="passed; failed", gone="failed; passed"))
    assert [column.label for column in found.columns[3:]] == ["2 before", "1 before", "This release"]
    assert [(row[0], *row[3:]) for row in found.rows] == [
        ("gone", "failed", "passed", "no longer made"),
        ("new", "not made", "not made", "passed"),
        ("turned", "passed", "failed", "passed"),
    ]


def test_a_release_carries_the_outcomes_of_the_twelve_before_and_reads_one_that_carried_none() -> None:
    made = {"table_name": "artificial", "checked": "release", "check_name": "artificial", "outcome": "failed"}
    old = checks(artificial="passed").drop_columns(["trend"])
    (row,) = Before({}, {"check_result": old}, "").with_trend([made])
    assert row["trend"] == "passed; failed"
    (row,) = Before({}, {"check_result": checks(artificial="; ".join(["passed"] * RELEASES))}, "").with_trend(
        [made]
    )
    assert row["trend"] == "; ".join(["passed"] * (RELEASES - 1) + ["failed"])
    (row,) = Before({}, {}, "").with_trend([made])
    assert row["trend"] == "failed"


def test_outcomes_are_shown_with_how_often_each_came_in_a_row() -> None:
    assert shown("passed; passed; failed", "trend") == "passed in 2, failed in 1"
    assert shown("a; b; c; d; e", "keys") == "a; b; c and 2 more"
    assert shown("a; b; c", "keys") == "a; b; c"
    assert shown("e", "status") == "[e] estimated or derived by this project"
    assert shown("published", "status") == "published"


def test_three_releases_of_few_sources_show_what_became_of_a_check(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    fewer: dict[str, pa.Table],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before: list[pa.Table | None] = []
    leave_out_the_explorer(monkeypatch)
    spare_formats(monkeypatch, tmp_path_factory.getbasetemp())
    monkeypatch.setattr("pipelines.publishing.release.page", lambda *given: before.append(given[-1]) or "")
    home, own = Home(tmp_path), only("ods", "epr")
    judge_few(home, tmp_path_factory.getbasetemp())
    refresh_steps.archive(own.sources, own.sources, home, nobody, offline=True)
    for number, least in enumerate((1, 9999, 1)):
        rule = replace(expectations.row_count("enough_trusts", (least, None), "Artificial."), severity="WARN")
        monkeypatch.setitem(own.tables["organisation"].info, "expectations", (rule,))
        monkeypatch.setattr(code_version, "of_release", lambda number=number: f"artificial {number}")
        refresh_steps.publish(own, home)
    asked = "select trend from check_result where check_name = 'enough_trusts'"
    assert ask(home.latest, asked) == [("passed; failed; passed",)]
    now = read_parquet(home.latest / "parquet" / "check_result.parquet")
    assert before[0] is None
    assert before[-1] is not None
    found = Tree(page({**fewer, "check_result": now}, BLANK, "artificial", before[-1]))
    row = next(row for row in rows_of(found, "trends") if row[0] == "enough_trusts")
    assert row[1:] == ["organisation", "release", "passed", "failed", "passed"]


def test_without_a_release_before_the_page_says_that_there_is_no_trend(
    text: str, fewer: dict[str, pa.Table]
) -> None:
    assert "there is no trend to show" in text
    before = Before({}, fewer, "")
    again = pa.Table.from_pylist(before.with_trend(fewer["check_result"].to_pylist()))
    made = page({**fewer, "check_result": again}, BLANK, "artificial", fewer["check_result"])
    assert "The same checks, with the same outcomes, in the last 2 releases." in made
    assert "there is no trend to show" not in made


# --- readable by everyone


def test_headings_go_down_one_level_at_a_time_and_there_is_one_title(tree: Tree) -> None:
    levels = [int(e["tag"][1]) for e in tree.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_has_a_language_landmarks_a_way_past_them_and_labels(tree: Tree) -> None:
    assert tree.all("html")[0]["lang"] == "en-GB"
    assert [len(tree.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert tree.all("a")[0]["href"] == "#main"
    labelled = {e["for"] for e in tree.all("label")}
    assert {e["id"] for e in tree.all("input")} == labelled
    named = {e["id"] for e in tree.elements if e.get("id")}
    pointed = {p for e in tree.elements for k in ("aria-labelledby", "aria-describedby", "aria-controls") for p in (e.get(k) or "").split()}  # fmt: skip
    assert pointed <= named
    ids = [e["id"] for e in tree.elements if e.get("id")]
    assert len(ids) == len(set(ids))


def test_every_table_has_a_caption_scopes_and_can_be_scrolled_by_keyboard(tree: Tree) -> None:
    for table in tree.all("table"):
        inside = [e for e in tree.elements if table in e["within"]]
        assert [e["text"] != "" for e in inside if e["tag"] == "caption"] == [True]
        assert {e.get("scope") for e in inside if e["tag"] == "th"} <= {"col", "row"}
        box = table["within"][-1]
        assert (box["tabindex"], box["role"]) == ("0", "region")
        assert box["aria-label"]


def test_every_picture_has_its_numbers_and_says_what_it_must_not_be_used_for(tree: Tree) -> None:
    pictures = tree.all("article")
    assert len(pictures) == 5
    for picture in pictures:
        inside = [e for e in tree.elements if picture in e["within"]]
        assert any(e["tag"] == "table" for e in inside)
        assert any(e.get("class") == "never" and len(e["text"]) > 60 for e in inside)
    cohorts = next(p for p in pictures if p["id"] == "picture-cohorts")
    assert "No comparison here shows an effect of the programme." in cohorts["text"]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, another: str) -> float:
    light, dark = sorted((luminance(one), luminance(another)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_from_its_ground_in_every_rule_of_the_style(tree: Tree) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    rules = re.findall(r"\{([^{}]*)\}", tree.all("style")[0]["text"])
    pairs = []
    for rule in rules:
        ground = re.search(r"background: var\(--([\w-]+)\)", rule)
        text = re.search(r"(?<!-)color: var\(--([\w-]+)\)", rule)
        if ground and text:
            pairs.append((text[1], ground[1]))
    assert len(pairs) > 12
    alone = [(text, ground) for text in ("text", "quiet", "blue") for ground in ("white", "pale")]
    for colours in (palette.COLOURS, palette.DARK):
        for text, ground in [*pairs, *alone]:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_the_marks_of_the_charts_stand_out_from_the_page_in_light_and_in_dark() -> None:
    names = {colour: name for name, colour in reversed(palette.COLOURS.items())}
    cohorts = [names[colour] for colour in palette.COHORTS.values()]
    assert palette.DARK.keys() == palette.COLOURS.keys()
    for colours in (palette.COLOURS, palette.DARK):
        for mark in ("blue", "red", "text", "orange", *cohorts):
            assert contrast(colours[mark], colours["white"]) >= 3, mark
        for cohort in cohorts:
            assert contrast(colours[cohort], colours["mark"]) >= 3, cohort


def test_every_colour_of_a_chart_has_a_name_that_the_page_gives_another_value_in_the_dark() -> None:
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", json.dumps(charts.specs())))
    assert used <= palette.names().keys()
    assert {palette.COLOURS[name] for name in palette.names().values()} == palette.names().keys()


# --- the libraries are made once


def test_the_drawing_is_made_once_for_a_home_and_is_the_same_everywhere(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = drawing.drawing_of(Home(tmp_path))
    assert made.library in text
    assert "</script" not in made.library
    monkeypatch.setattr(drawing, "in_background", None)
    assert drawing.drawing_of(Home(tmp_path)) == made


def test_libraries_that_cannot_be_made_are_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ImportError("No module named 'vl_convert'")

    monkeypatch.setattr(drawing, "in_background", lambda *_: fails)
    with pytest.raises(
        drawing.DrawingError, match=r"^Making the charts of the explorer at .*vl_convert'; .*refresh\.$"
    ):
        drawing.drawing_of(Home(tmp_path))
    assert not list(tmp_path.rglob("drawing-*"))
    assert not audit.is_fault_of_data(drawing.DrawingError())


def test_a_drawing_that_was_cut_short_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(_: object, path: Path) -> Callable[[], int]:
        return lambda: path.write_text(json.dumps(vars(BLANK)), "utf-8")

    monkeypatch.setattr(drawing, "in_background", made)
    path = drawing._path(Home(tmp_path))
    path.parent.mkdir()
    path.write_text('{"library": "win', "utf-8")
    assert drawing.drawing_of(Home(tmp_path)) == BLANK
