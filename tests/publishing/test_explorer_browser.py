"""The explorer opened from disk in Debian's Chromium: search, a trust, pictures, downloads, keyboard, phone.

Whatever a test does, the console stays silent and nothing is asked of anyone.
"""

import csv
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Download, Locator, Page, expect, sync_playwright
from releases import missing, offline_home, tables_of
from tiny import full

from assets.contract.columns import METADATA
from pipelines.publishing.explorer.drawing import drawing_of
from pipelines.publishing.explorer.page import page as made
from pipelines.storage.parquet import to_arrow

VIEWS = ("#release", "#trusts", "#trust/REM", "#trust/RVN", "#pictures", "#checks", "#notes")
SMALLEST, PHONE, DESKTOP = 320, 375, 1280
WIDTH = "document.documentElement.scrollWidth"
ONLY_SHOWN = """() => {
  const away = [...document.querySelectorAll(".view[hidden], script")].map((part) => [part, document.createComment("")]);
  for (const [part, place] of away) part.replaceWith(place);
  window.putBack = () => { for (const [part, place] of away) place.replaceWith(part); };
}"""
"""Takes from the page what is not shown, which axe would read through at length; putBack() undoes it."""
FEW_ROWS = """() => {
  const seen = new Map();
  const said = (one) => ["class", "role", "scope", "aria-roledescription"].map((name) => one.getAttribute(name)).concat(one.tagName).join();
  const kind = (one, row) => one === row ? said(one) : kind(one.parentNode, row) + " " + said(one);
  for (const row of document.querySelectorAll("tbody tr, svg path[aria-roledescription]")) {
    const kinds = new Set([row, ...row.querySelectorAll("*")].map((one) => kind(one, row)));
    const ofTable = seen.get(row.parentNode) || seen.set(row.parentNode, new Map()).get(row.parentNode);
    const rare = [...kinds].filter((one) => (ofTable.get(one) || 0) < 2);
    if (rare.length) for (const one of kinds) ofTable.set(one, (ofTable.get(one) || 0) + 1);
    else row.remove();
  }
}"""
"""Takes away rows and marks that show nothing of which two are not there already; a thorough test keeps them."""
AT_FIRST = """() => {
  document.querySelector("#query").value = "";
  for (const sign of document.querySelectorAll("[aria-expanded=true]")) sign.click();
  for (const one of document.querySelectorAll("details[open]")) one.open = false;
  document.activeElement.blur();
}"""
"""Takes back what a test typed and opened; the address after # decides about everything else."""
PNG = b"\x89PNG\r\n\x1a\n"
FOCUSED = "[document.activeElement.id, document.activeElement.textContent, document.activeElement.className]"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@dataclass
class Watched:
    """A page without network that may open one file; it must not complain nor ask for anything else."""

    page: Page
    found: list[str]
    asked: set[str]

    def was_quiet(self) -> None:
        """Fail if it complained or asked since the last time."""
        found, asked = [*self.found], {one for one in self.asked if not one.startswith("blob:")}
        self.found.clear()
        self.asked.clear()
        assert found == []
        assert asked <= {self.page.url.split("#")[0]}


@contextmanager
def watching(browser: Browser, width: int = DESKTOP) -> Iterator[Watched]:
    with browser.new_context(offline=True, viewport={"width": width, "height": 900}) as context:
        one = Watched(context.new_page(), [], set())
        one.page.on("console", lambda message: one.found.append(message.text))
        one.page.on("pageerror", lambda error: one.found.append(error.message))
        one.page.on("request", lambda request: one.asked.add(request.url.split("#")[0]))
        yield one


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    with watching(browser) as one:
        yield one.page
        one.was_quiet()


@pytest.fixture
def fresh(blank: Page, released: Path) -> Page:
    """Give a page that was opened a moment ago, for a test that spoils it or needs that nothing is drawn yet."""
    blank.goto((released / "index.html").as_uri())
    return blank


@pytest.fixture(scope="module")
def opened(browser: Browser, released: Path) -> Iterator[Watched]:
    with watching(browser) as one:
        one.page.goto((released / "index.html").as_uri())
        yield one


@pytest.fixture
def page(opened: Watched) -> Iterator[Page]:
    """Give the one page of most tests, at its first part with nothing typed or opened: to open one takes over a second."""
    opened.page.set_viewport_size({"width": DESKTOP, "height": 900})
    opened.page.evaluate(AT_FIRST)
    go(opened.page, "#release")
    yield opened.page
    opened.was_quiet()


@pytest.fixture(scope="module")
def small(browser: Browser, released: Path) -> Iterator[Watched]:
    with watching(browser, SMALLEST) as one:
        one.page.goto((released / "index.html").as_uri())
        yield one


@pytest.fixture
def phone(small: Watched) -> Iterator[Page]:
    """Give the page that was opened on the smallest phone."""
    yield small.page
    small.was_quiet()


def go(page: Page, part: str) -> None:
    page.goto(page.url.split("#")[0] + part)


def drawn(page: Page) -> None:
    """Scroll to every chart of the part that is shown, and wait until it is drawn."""
    for chart in page.locator(".chart:visible").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_attribute("data-drawn", "")


def rows_of(released: Path, table: str) -> list[dict[str, str]]:
    with (released / "csv" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def saved(page: Page, tools: Locator, name: str) -> Download:
    """Return what a button of a picture saves."""
    with page.expect_download() as waited:
        tools.get_by_role("button", name=name).click()
    return waited.value


# --- search


@pytest.mark.parametrize(
    ("words", "trust"),
    [
        ("Central Manchester", "Manchester University NHS Foundation Trust (R0A)"),
        ("aintree", "Liverpool University Hospitals NHS Foundation Trust (REM)"),
        ("ryk", "(TAJ)"),
        ("St Helens & Knowsley", "(RBN)"),
        ("dudley walsall", "(TAJ)"),
    ],
)
def test_a_former_name_or_code_leads_to_the_trust_of_today(page: Page, words: str, trust: str) -> None:
    go(page, "#trusts")
    page.get_by_label("Name or code of a trust").fill(words)
    page.locator("#results a").first.click()
    expect(page.locator("#trust h2")).to_contain_text(trust)
    expect(page.locator("#results a")).to_have_count(0)
    page.go_back()
    expect(page.locator("#results a").first).to_contain_text(trust)


def test_nothing_that_was_looked_for_is_found_silently(page: Page) -> None:
    go(page, "#trusts")
    page.get_by_label("Name or code of a trust").fill("artificial trust of nowhere")
    expect(page.get_by_role("status")).to_have_text("0 trusts of today found.")


@pytest.mark.parametrize(
    ("words", "code"), [("aintree", "REM"), pytest.param("ryk", "TAJ", marks=pytest.mark.thorough)]
)
def test_a_trust_is_found_and_opened_with_the_keyboard_alone(fresh: Page, words: str, code: str) -> None:
    fresh.keyboard.press("Tab")
    assert fresh.evaluate(FOCUSED)[2] == "skip"
    assert fresh.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    fresh.keyboard.press("Tab")
    fresh.keyboard.press("Tab")
    assert fresh.evaluate(FOCUSED)[1] == "Find a trust"
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#trusts-title")).to_be_focused()
    fresh.keyboard.press("Tab")
    fresh.keyboard.type(words)
    fresh.keyboard.press("ArrowDown")
    assert f"({code})" in fresh.evaluate(FOCUSED)[1]
    fresh.keyboard.press("ArrowUp")
    assert fresh.evaluate(FOCUSED)[0] == "query"
    fresh.keyboard.press("ArrowDown")
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#trust-title")).to_be_focused()
    expect(fresh.locator("#trust-title")).to_contain_text(f"({code})")


def test_enter_opens_the_first_trust_found(page: Page) -> None:
    go(page, "#trusts")
    page.get_by_label("Name or code of a trust").fill("aintree")
    page.keyboard.press("Enter")
    expect(page.locator("#trust-title")).to_contain_text("(REM)")


# --- a trust


def test_a_pillar_on_a_trusts_page_is_the_value_of_the_csv(page: Page, released: Path) -> None:
    go(page, "#trust/REM")
    drawn(page)
    found = {
        tuple(row.locator("th, td").all_inner_texts()[:3])
        for row in page.locator("#part-trust_scores tbody tr").all()
    }
    published = {
        (r["measure"].replace("_", " "), r["care_setting"], f"{float(r['score']):.2f}")
        for r in rows_of(released, "maturity_score")
        if (r["org_code"], r["period"]) == ("REM", "2025")
    }
    assert found == published
    assert ("well led", "acute") in {row[:2] for row in found}


def test_a_journey_has_a_mark_and_a_row_for_each_event_of_the_csv(page: Page, released: Path) -> None:
    go(page, "#trust/REM")
    drawn(page)
    part = page.locator("#part-trust_journey")
    published = [r for r in rows_of(released, "digital_journey") if r["current_org_code"] == "REM"]
    expect(part.locator("path[aria-roledescription=point]")).to_have_count(len(published))
    part.locator("summary", has_text="Every row").click()
    days = [row.locator("th").inner_text() for row in part.locator("tbody tr").all()]
    assert days == [r["event_date"] for r in published]
    expect(part.locator("tbody")).to_contain_text("was affected through another trust, not breached")
    expect(part.locator("tbody")).to_contain_text("10,000,000")


def test_a_trust_that_was_split_leads_to_both_and_to_neither_page_by_guess(page: Page) -> None:
    go(page, "#trust/RW6")
    links = [one.get_attribute("href") for one in page.locator("#trust .warning a").all()]
    assert links == ["#trust/R0A", "#trust/RM3"]
    expect(page.locator("#trust .part")).to_have_count(0)


def test_a_closed_code_says_so_above_the_trust_of_today(page: Page) -> None:
    go(page, "#trust/ryk")
    expect(page.locator("#trust .warning")).to_contain_text("closed on 2024-09-30")
    expect(page.locator("#trust h2")).to_contain_text("(TAJ)")


def test_a_code_that_no_trust_had_is_reported(page: Page) -> None:
    go(page, "#trust/ZZ9")
    expect(page.locator("#trust")).to_contain_text("No trust has or had the code ZZ9.")


def test_each_body_that_was_assessed_has_a_picture_of_its_own_beside_its_own_peers(
    page: Page, released: Path
) -> None:
    assessed: dict[str, dict[tuple[str, str], int]] = {}
    for row in tables_of(released)["peer_group"].to_pylist():
        whose = (row["care_setting"].replace("_", " "), row["org_code"])
        assessed.setdefault(row["current_org_code"], {})[whose] = row["n_peers"]
    several = {today: found for today, found in assessed.items() if len({code for _, code in found}) > 1}
    assert several
    for today, found in several.items():
        go(page, f"#trust/{today}")
        part = page.locator("#part-trust_scores")
        titles = part.locator("h4").all_inner_texts()
        assert len(titles) == len(found) == part.locator(".chart").count()
        for (setting, code), peers in found.items():
            [title] = [one for one in titles if one.startswith(setting) and (f"({code})" in one or (code == today and ": " not in one.partition(" (")[0]))]  # fmt: skip
            assert f", {peers} with this trust)" in title


def test_a_name_in_place_of_a_code_offers_what_a_search_finds(page: Page) -> None:
    go(page, "#trust/Salford%20Royal")
    expect(page.locator("#trust")).to_contain_text("No trust has or had the code SALFORD ROYAL.")
    expect(page.locator("#trust li a")).to_have_attribute("href", "#trust/RM3")
    expect(page.locator("#trust li")).to_contain_text("found by Salford Royal")


@pytest.mark.parametrize("address", ["#trust", "#trust/"])
def test_an_address_without_a_code_asks_for_a_trust(page: Page, address: str) -> None:
    go(page, address)
    expect(page.locator("#trust h2")).to_have_text("Name a trust")
    expect(page.locator("#trust")).not_to_contain_text("had the code")


def test_the_sentences_below_the_trusts_to_browse_are_apart(page: Page) -> None:
    go(page, "#browse")
    note = page.locator("#browse > p.files").first.inner_text()
    assert "Group of the Frontline Digitisation programme" in note
    assert not re.search(r"\.[A-Z]", note)


def test_what_a_trusts_page_lacks_says_why(page: Page) -> None:
    go(page, "#trust/RVN")
    found = "[x] not available. maturity_score, edition 2025, trusts without a row"
    expect(page.locator("#part-trust_scores .missing")).to_contain_text(found)
    expect(page.locator("#part-trust_spend .missing")).to_contain_text(
        "Accounts of NHS providers (trust accounts consolidation, TAC): frozen: no file has been fetched"
    )


def test_a_trust_names_its_board_and_a_status_is_the_symbol_of_the_legend(page: Page) -> None:
    go(page, "#trust/REM")
    expect(page.locator("#trust .facts")).to_contain_text("Cheshire and Merseyside (QYG)")
    expect(page.locator("#part-trust_records td.status").first).to_have_text(
        "[e] estimated or derived by this project"
    )


def test_a_row_shows_its_file_sheet_and_row_and_a_command_in_one_click(page: Page, released: Path) -> None:
    go(page, "#trust/REM")
    expect(page.locator(".headline")).to_contain_text("self-assessed")
    page.locator(".headline a", has_text="self-assessed").click()
    expect(page.locator("#part-trust_change h3")).to_be_focused()
    part = page.locator("#part-trust_scores")
    line = part.locator("tbody tr", has_text="well led")
    line.get_by_role("button", name="Where this row was read: well led").click()
    expect(line.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    (score,) = [r for r in rows_of(released, "maturity_score") if (r["org_code"], r["period"], r["measure"], r["care_setting"]) == ("REM", "2025", "well_led", "acute")]  # fmt: skip
    file = next(r for r in rows_of(released, "source_file") if r["source_file_sha256"] == score["source_file_sha256"])  # fmt: skip
    for words in (
        file["publisher_file_name"],
        f"sheet \u201c{score['source_sheet']}\u201d, row {score['source_row']}",
        "Evidence: self-assessed",
        score["source_file_sha256"][:12],
        'digital-maturity explain peer_group "REM|acute|well_led"',
    ):
        expect(part.locator(".below")).to_contain_text(words)
    line.get_by_role("button").click()
    expect(part.locator(".below")).to_have_count(0)
    go(page, "#pictures/change")
    page.locator("#picture-change summary", has_text="Every row behind it").click()
    page.locator("#picture-change [data-name=change] .sign").first.click()
    expect(page.locator("#picture-change .below")).to_contain_text(
        re.compile("2024 and 2025: .*, row [0-9]+")
    )


def test_names_of_other_trusts_are_links_and_its_own_is_not(page: Page, released: Path) -> None:
    go(page, "#pictures/spread")
    page.locator("#picture-spread summary", has_text="Every row behind it").click()
    names = page.locator("[data-name=scores] tbody th")
    today = {r["org_code"] for r in rows_of(released, "trust_profile")}
    linked = set(names.locator("a").evaluate_all("found => found.map((one) => one.hash)"))
    scored = page.locator("[data-name=scores] tbody td:nth-child(2)").all_inner_texts()
    assert linked == {f"#trust/{code}" for code in scored if code in today}
    assert not today >= set(scored)
    names.locator("a").first.click()
    expect(page.locator("#trust-title")).to_contain_text("(R0A)")
    own = page.locator("#part-trust_scores tbody tr").first
    expect(own).to_contain_text("R0A")
    expect(own.locator("a")).to_have_count(0)


RAW = r"""() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    const words = data.match(/\w+_\w*|\[\w+\]$/g);
    if (words && !parent.closest("code, .view[hidden], pre, noscript")) for (const word of words) found.add(word);
  }
  return [...found];
}"""


def test_no_raw_term_is_shown_outside_code(page: Page) -> None:
    page.locator("body").evaluate(
        "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    for view in (*VIEWS, "#trust/R0A", "#trust/R0B", "#trust/RY9", "#trust/RAL", "#trust/RW6"):
        go(page, view)
        expect(page.locator("h2:visible").first).to_be_visible()
        assert page.evaluate(RAW) == [], view


# --- compare, browse, map


def test_a_search_that_finds_nothing_offers_what_is_nearest(page: Page) -> None:
    go(page, "#trusts")
    search = page.get_by_label("Name or code of a trust")
    for typed, code in {
        "Nottingam univercity": "RX1",
        "aintreee": "REM",
        "rky": "TAJ",
        "leeds childrens hospitals teaching": "RR8",
    }.items():
        search.fill(typed)
        expect(page.get_by_role("status").first).to_have_text("Nothing found by this name or code. Nearest:")
        expect(page.locator("#results a").first).to_contain_text(f"({code})")


def test_trusts_are_compared_setting_by_setting_and_what_is_missing_says_why(
    fresh: Page, released: Path
) -> None:
    go(fresh, "#compare/rje,RVN,ryk,ZZ9,RW6")
    expect(fresh.locator("#choice")).to_contain_text("RYK is today part of TAJ. ZZ9 is left out")
    expect(fresh.locator("#choice")).to_contain_text("RW6 is left out: today it is part of R0A and RM3.")
    fresh.get_by_label("Add a trust").fill("nottingam university hospitals")
    expect(fresh.locator("#choice")).to_contain_text("Nearest:")
    fresh.keyboard.press("Enter")
    assert fresh.url.endswith("#compare/RJE,RVN,TAJ,RX1")
    fresh.get_by_role("button", name="Remove BLACK COUNTRY").click()
    assert fresh.url.endswith("#compare/RJE,RVN,RX1")
    acute = fresh.locator("#compare-acute")
    drawn(fresh)
    expect(acute.locator("path[aria-roledescription=point]")).to_have_count(2 * 9)
    lines = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in acute.locator("tbody tr").all()
    }
    published = {
        (r["org_code"], r["measure"], r["period"]): f"{float(r['score']):.2f}"
        for r in rows_of(released, "maturity_score")
        if r["instrument"] == "DMA" and r["care_setting"] == "acute"
    }
    assert lines["Overall, 2024"][0] == published["RJE", "overall_comparable", "2024"]
    assert (
        "They were open, and the files of the edition that are here hold no row of theirs."
        in lines["Overall, 2024"][1]
    )
    assert lines["Well led"][:2] == [published[code, "well_led", "2025"] for code in ("RJE", "RX1")]
    expect(fresh.locator("#compare-community")).to_have_count(0)
    expect(fresh.locator("#comparison")).to_contain_text(
        "No trust chosen here has a score of the newest assessment in: community"
    )
    before = fresh.locator("#compare-before-whole_organisation").locator("tbody").first
    expect(before).to_contain_text("Readiness, 2015/16")
    with fresh.expect_download() as waited:
        fresh.get_by_role("button", name="Download as CSV: this comparison").click()
    with waited.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = {
        (r["org_code"], r["measure"], r["period"]): f"{float(r['value']):.2f}"
        for r in rows
        if r["care_setting"] == "acute"
        and r["value"]
        and r["instrument"] == "Digital Maturity Assessment"
        and "change" not in r["measure"]
    }
    assert values.items() <= published.items()
    assert len(values) == 2 * 9
    assert [r["measure"] for r in rows if not r["value"] and not r["why_missing"]] == []
    fresh.go_back()
    expect(fresh.locator("#chosen li")).to_have_count(4)
    fresh.set_viewport_size({"width": 320, "height": 900})
    fresh.evaluate("explorer.views.browse('region=London'); explorer.views.map('')")
    fresh.evaluate("for (const part of ['browse', 'map']) document.getElementById(part).hidden = false")
    assert fresh.evaluate(WIDTH) <= 320
    fresh.evaluate(ONLY_SHOWN)
    fresh.evaluate(FEW_ROWS)
    assert violations(fresh) == []


def test_a_trust_is_compared_with_its_peers(page: Page, released: Path) -> None:
    go(page, "#compare/RJE")
    page.get_by_role("button", name="Peers in acute care").click()
    codes = page.url.split("#compare/")[1].split(",")
    mine = [
        r
        for r in rows_of(released, "peer_group")
        if (r["measure"], r["care_setting"]) == ("overall_comparable", "acute")
    ]
    group = {(r["peer_type"], r["peer_band"]) for r in mine if r["org_code"] in codes}
    assert (len(codes), codes[0], len(group)) == (8, "RJE", 1)
    expect(page.locator("#choice")).to_contain_text(
        f"7 of the {sum((r['peer_type'], r['peer_band']) in group for r in mine) - 1} peers"
    )
    expect(page.locator("#compare-acute thead a")).to_have_count(8)


def test_the_list_of_trusts_is_filtered_and_sorted_and_its_address_keeps_that(
    page: Page, released: Path
) -> None:
    profiles = rows_of(released, "trust_profile")
    go(page, "#browse/region=London")
    shown = page.locator("table[data-name=browse] tbody tr:visible")
    expect(shown).to_have_count(sum(r["region"] == "London" for r in profiles))
    page.locator("#browse-epr_supplier").select_option("Epic Systems Corporation")
    wanted = {
        r["org_code"]
        for r in profiles
        if (r["region"], r["epr_supplier"]) == ("London", "Epic Systems Corporation")
    }
    expect(page.locator("#browse-count")).to_have_text(f"{len(wanted)} of {len(profiles)} trusts shown.")
    page.locator("th[data-name=org_code] button").click()
    page.locator("th[data-name=org_code] button").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    assert [row.locator("td").first.inner_text() for row in shown.all()] == sorted(wanted, reverse=True)
    page.reload()
    expect(shown).to_have_count(len(wanted))
    expect(page.locator("#browse-epr_supplier")).to_have_value("Epic Systems Corporation")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download as CSV: the trusts shown").click()
    with waited.value.path().open(encoding="utf-8", newline="") as lines:
        assert {r["org_code"] for r in csv.DictReader(lines)} == wanted
    shown.first.get_by_role("link").click()
    expect(page.locator("#trust-title")).to_contain_text(f"({max(wanted)})")


def test_the_map_shows_each_board_its_score_and_is_walked_with_arrow_keys(page: Page, released: Path) -> None:
    go(page, "#map")
    scores = {
        r["icb_code"]: f"{float(r['score']):.2f}"
        for r in rows_of(released, "icb_score")
        if (r["measure"], r["period"]) == ("overall_comparable", "2025")
    }
    found = {
        one.get_attribute("data-key"): one.locator(".score").text_content()
        for one in page.locator(".place").all()
    }
    assert found == scores
    tools = page.locator("[data-figure=map]")
    svg = saved(page, tools, "Download as SVG").path().read_text("utf-8")
    assert sorted(re.findall(r">(\d\.\d\d)</text>", svg)) == sorted(scores.values())
    assert "Digital maturity of NHS trusts in England, release 2" in svg
    assert saved(page, tools, "Download as PNG").path().read_bytes()[:8] == PNG
    tools.locator("summary").click()
    expect(tools.locator("pre").nth(0)).to_contain_text("Overall score, 2025")
    page.locator("[data-key=QRL]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.key") == "QXU"
    expect(page.locator("#map-detail")).to_contain_text("This board ended on 31 March 2026.")
    page.get_by_label("Measure", exact=True).select_option("trusts")
    assert page.url.endswith("#map/trusts/boards")
    expect(page.locator(".place")).to_have_count(36)
    expect(page.locator("#map-table tbody tr")).to_have_count(36)
    page.locator("[data-key=S9B9J]").click()
    expect(page.locator("#map-detail")).to_contain_text("not held")
    page.locator("#map-detail a").click()
    trusts = sum(r["icb_code"] == "S9B9J" for r in rows_of(released, "trust_profile"))
    expect(page.locator("#browse-count")).to_contain_text(f"{trusts} of ")
    page.go_back()
    page.get_by_role("radio", name="regions").check()
    expect(page.locator(".place")).to_have_count(7)


# --- pictures, downloads


def test_a_chart_is_saved_as_a_picture_that_stands_alone_and_is_cited(page: Page) -> None:
    go(page, "#trust/REM/part-trust_records")
    tools = page.locator("[data-figure=trust_records]")
    picture = saved(page, tools, "Download as SVG")
    svg = picture.path().read_text("utf-8")
    assert picture.suggested_filename.endswith(".svg")
    assert "var(" not in svg
    assert "Digital maturity of NHS trusts in England, release 2" in svg
    assert saved(page, tools, "Download as PNG").path().read_bytes()[:8] == PNG
    tools.locator("summary").click()
    expect(tools.locator("pre").nth(0)).to_contain_text("nhs-digital-maturity developers. (2026).")
    assert (
        saved(page, tools, "citation in BibTeX")
        .path()
        .read_text("utf-8")
        .startswith("@incollection{nhsdigitalmaturity2026,\n")
    )
    assert saved(page, tools, "citation in RIS").path().read_text("utf-8").splitlines()[-1] == "ER  - "
    release = re.search(r"\d{8}T\d{6}Z", page.url)
    assert release
    assert release[0] in tools.locator("pre").nth(2).inner_text()


def test_a_chart_says_what_it_shows_from_its_rows(page: Page, released: Path) -> None:
    go(page, "#trust/REM")
    records = [r for r in rows_of(released, "medical_records_cost_current") if (r["current_org_code"], r["allocation"]) == ("REM", "whole") and r["total_gbp"]]  # fmt: skip
    least, most = (choose(records, key=lambda r: int(r["total_gbp"])) for choose in (min, max))
    chart = page.locator("#part-trust_records .chart")
    for one, word in ((least, "lowest"), (most, "highest")):
        says = f"{word} £{int(one['total_gbp']):,} in {one['financial_year']}"
        expect(chart).to_have_attribute("aria-label", re.compile(re.escape(says)))
    events = [r for r in rows_of(released, "digital_journey") if r["current_org_code"] == "REM"]
    says = f"{len(events)} events from {events[0]['event_date']} to {events[-1]['event_date']}: "
    expect(page.locator("#part-trust_journey .chart")).to_have_attribute("aria-label", re.compile(says))
    expect(page.locator("#part-trust_scores .chart").first).to_have_attribute("aria-label", re.compile(r"well led 3\.80 \(peers"))  # fmt: skip


def test_print_has_every_chart_and_whole_tables_in_light_on_a_bounded_number_of_pages(fresh: Page) -> None:
    fresh.emulate_media(color_scheme="dark")
    # What stands there when printing ends is what was printed: nothing is drawn later.
    charts = "[...document.querySelectorAll('.view:not([hidden]) .chart')].map((one) => Boolean(one.querySelector('svg')))"
    fresh.evaluate(f"addEventListener('afterprint', () => {{ window.printed = {charts}; }})")
    for view, least, most in (("#trust/REM", 8, 20), ("#pictures", 10, 25)):
        go(fresh, view)
        expect(fresh.locator(".chart:visible").first).to_be_attached()
        printed = fresh.pdf(prefer_css_page_size=True)
        assert least <= printed.count(b"/MediaBox") <= most
        assert fresh.evaluate("window.printed") == [True] * 3
    fresh.emulate_media(media="print", color_scheme="dark")
    expect(fresh.locator("nav")).to_be_hidden()
    style = "getComputedStyle(document.querySelector('#pictures .scroll'))"
    assert fresh.evaluate(f"[{style}.overflow, {style}.getPropertyValue('--white')]") == [
        "visible",
        "#ffffff",
    ]


def test_every_picture_is_drawn_when_it_comes_into_view_and_not_before(fresh: Page) -> None:
    expect(fresh.locator("[data-drawn]")).to_have_count(0)
    go(fresh, "#pictures")
    drawn(fresh)
    expect(fresh.locator("#pictures [data-drawn] svg")).to_have_count(3)
    expect(fresh.locator("[data-chart=spread] path[aria-roledescription=tick]")).to_have_count(285 + 4)


def test_a_download_is_the_table_to_the_last_decimal(page: Page, released: Path) -> None:
    go(page, "#pictures/spread")
    page.locator("#picture-spread summary", has_text="Every row").click()
    with page.expect_download() as waited:
        page.locator("#picture-spread details").get_by_role("button", name="Download as CSV").click()
    assert waited.value.suggested_filename == "scores.csv"
    with waited.value.path().open(encoding="utf-8", newline="") as lines:
        found = {(r["org_code"], r["care_setting"]): float(r["score"]) for r in csv.DictReader(lines)}
    published = {
        (r["org_code"], r["care_setting"]): float(r["score"])
        for r in rows_of(released, "maturity_score")
        if (r["measure"], r["period"]) == ("overall_comparable", "2025")
    }
    assert found == published


def test_a_download_has_every_failing_key_that_the_page_shortens(page: Page, released: Path) -> None:
    go(page, "#checks")
    expect(page.locator("#checks td.keys").filter(has_text=re.compile(" and 17 more$")).first).to_be_visible()
    checks = page.locator("#checks details").filter(has_text="data checks").first
    checks.locator("summary").click()
    with page.expect_download() as waited:
        checks.get_by_role("button").click()
    with waited.value.path().open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    keys = ("table_name", "checked", "check_name")
    rows = (r for r in rows_of(released, "check_result") if r["checked"] != "csv")
    by_key = {tuple(r[k] for k in keys): r for r in rows}
    assert len(found) == len(by_key)
    assert all(r["failing_keys"] == by_key[tuple(r[k] for k in keys)]["failing_keys"] for r in found)


def accounts_of(code: str, read_from: dict[str, str], **narrow: int | None) -> dict[str, pa.Table]:
    """Return the IT capital of a trust by year, as it is published and added up, read from one file."""
    years = [
        {
            **read_from,
            "fy_end_year": 2000 + int(year[2:]),
            "financial_year": f"20{year[2:]}",
            "narrow_gbp": money,
            "period_start": date(1999 + int(year[2:]), 4, 1),
            "period_end": date(2000 + int(year[2:]), 3, 31),
        }
        for year, money in narrow.items()
    ]
    added = {"current_org_code": code, "allocation": "whole", "constituents": code}
    rows = {
        "it_spend": [{**year, "org_code": code} for year in years],
        "it_spend_current": [{**year, **added} for year in years],
    }
    return {name: to_arrow(full(name, made), METADATA.tables[name]) for name, made in rows.items()}


def test_the_money_of_a_trust_is_drawn_from_its_accounts(
    blank: Page, released: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = tables_of(released)
    file = next(row for row in tables["source_file"].to_pylist() if row["source"] == "tac")
    read_from = {name: file[name] for name in ("source", "edition", "source_file_sha256")}
    money = {"fy23": 11_000_000, "fy24": None, "fy25": 33_000_000}
    tables |= accounts_of("REM", read_from, **money)
    text = made(tables, drawing_of(offline_home(tmp_path_factory.getbasetemp())), "artificial")
    (tmp_path / "index.html").write_text(text, "utf-8")
    blank.goto((tmp_path / "index.html").as_uri() + "#trust/REM/part-trust_spend")
    part = blank.locator("#part-trust_spend")
    expect(part.locator(".chart")).to_have_attribute("data-drawn", "")
    expect(part.locator("path[aria-roledescription=bar]")).to_have_count(2)
    expect(part.locator("svg")).to_contain_text(re.compile(r"£[\d.]+M.*IT capital, narrow"))
    expect(part.locator("tbody tr")).to_have_count(len(money))
    assert blank.evaluate(WIDTH) <= DESKTOP


# --- for everyone


def violations(page: Page, **options: object) -> list[tuple[str, str, str]]:
    """Return what axe finds in the part of the page that is shown: the rule, how bad it is, and where."""
    found = Axe().run(page, None, {"resultTypes": ["violations"], **options}).response["violations"]
    return [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found]


def unfold(page: Page, view: str) -> None:
    """Show a part with every chart drawn, some trusts found, and the details of a trust and of some rows open."""
    go(page, view)
    if view == "#trusts":
        page.get_by_label("Name or code of a trust").fill("manchester")
    drawn(page)
    page.evaluate("for (const one of document.querySelectorAll('#trust details')) one.open = true")
    page.evaluate("for (const one of [...document.querySelectorAll('.view:not([hidden]) .sign[aria-expanded=false]')].slice(0, 3)) one.click()")  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_no_part_is_wider_than_the_smallest_phone_and_axe_finds_no_violation_there(
    phone: Page, view: str
) -> None:
    go(phone, view)
    drawn(phone)
    assert phone.evaluate(WIDTH) <= SMALLEST
    unfold(phone, view)
    phone.evaluate(ONLY_SHOWN)
    try:
        phone.evaluate(FEW_ROWS)
        found = violations(phone)
        if view == "#trust/REM":  # in the dark, what is not a colour is as it is in the light
            phone.emulate_media(color_scheme="dark")
            found += violations(phone, runOnly={"type": "tag", "values": ["cat.color"]})
    finally:
        phone.emulate_media(color_scheme="light")
        phone.evaluate("putBack()")
    assert found == []


@pytest.mark.thorough
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation_in_any_row_in_the_dark(fresh: Page, view: str) -> None:
    fresh.emulate_media(color_scheme="dark")
    unfold(fresh, view)
    fresh.evaluate(ONLY_SHOWN)
    assert violations(fresh) == []


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.thorough)])
def test_axe_finds_no_violation_in_the_report(blank: Page, released: Path, width: int) -> None:
    blank.set_viewport_size({"width": width, "height": 900})
    blank.goto((released / "report" / "exemplars.html").as_uri())
    assert blank.evaluate(WIDTH) <= width
    if width == PHONE:
        blank.evaluate(FEW_ROWS)
    assert violations(blank) == []


def test_the_report_prints_on_a4_with_its_figures(blank: Page, released: Path) -> None:
    blank.goto((released / "report" / "exemplars.html").as_uri())
    printed = blank.pdf(prefer_css_page_size=True)
    pages = [
        float(size) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", printed) for size in box.split()[2:]
    ]
    assert {round(size) for size in pages} == {595, 842}
    assert 8 <= len(pages) / 2 <= 40
    blank.emulate_media(media="print")
    assert blank.locator("svg:visible").count() == 6


def test_without_javascript_the_release_the_caveats_and_the_national_tables_can_be_read(
    browser: Browser, released: Path
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((released / "index.html").as_uri())
        for view in ("release", "pictures", "checks", "notes"):
            expect(page.locator(f"#{view}")).to_be_visible()
        expect(page.locator("#trusts noscript p")).to_be_visible()
        expect(page.locator("#compare noscript p")).to_contain_text("csv/peer_group.csv")
        assert page.locator("table[data-name=browse] tbody tr").count() == len(
            rows_of(released, "trust_profile")
        )
        assert page.locator("table[data-name=boards] tr").count() > 42
