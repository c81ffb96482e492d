"""The explorer opened from disk in Chromium: search, a trust, pictures, downloads, keyboard; nothing is asked of anyone."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, browser
from releases import offline_home

DRAWN = "document.querySelectorAll('#pictures [data-drawn] svg').length === 3"
SCROLL = "[...document.querySelectorAll('#pictures .chart')].forEach((one) => one.scrollIntoView())"
UNLIKE = """(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const one of document.querySelectorAll('body *:not(script):not(svg *)')) {
    if (!one.checkVisibility() || ![...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faint.push(one.outerHTML.slice(0, 120));
  }
  return faint;
})()"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture
def page(tab: Page, released: Path) -> Iterator[Page]:
    """Give the explorer, opened anew; whatever a test does, nothing may be complained of or asked for."""
    tab.events.clear()
    tab.size(1280, 900)
    tab.open(f"{(released / 'index.html').as_uri()}")
    yield tab
    tab.run("1")
    assert tab.complaints() == []
    assert {address.split("#")[0].split(":")[0] for address in tab.requests()} <= {"file", "about", "blob"}


def go(page: Page, part: str, until: str) -> None:
    page.run(f"location.hash = '{part}'")
    page.until(until)


def search(page: Page, words: str) -> list[str]:
    go(page, "#trusts", "!document.getElementById('search').closest('section').hidden")
    page.run(f"(() => {{ const q = document.getElementById('query'); q.value = '{words}'; q.dispatchEvent(new Event('input')); }})()")  # fmt: skip
    return list(page.run("[...document.querySelectorAll('#results a')].map((one) => one.textContent)"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Central Manchester", "R0A"),
        ("aintree", "REM"),
        ("ryk", "TAJ"),
        ("St Helens & Knowsley", "RBN"),
        ("dudley walsall", "TAJ"),
    ],
)
def test_a_former_name_or_code_leads_to_the_trust_of_today(page: Page, words: str, code: str) -> None:
    assert f"({code})" in search(page, words)[0]


def test_nothing_that_was_looked_for_is_found_silently(page: Page) -> None:
    assert search(page, "artificial trust of nowhere") == []
    assert page.run("document.getElementById('count').textContent") == "0 trusts of today found."


def test_a_trust_that_was_split_leads_to_both_and_to_neither_page_by_guess(page: Page) -> None:
    go(page, "#trust/RW6", "document.querySelector('#trust h2')")
    assert page.run("[...document.querySelectorAll('#trust .warning a')].map((one) => one.hash)") == ["#trust/R0A", "#trust/RM3"]  # fmt: skip
    assert page.run("document.querySelectorAll('#trust .part').length") == 0


def test_a_closed_code_says_so_above_the_trust_of_today(page: Page) -> None:
    go(page, "#trust/ryk", "document.querySelector('#trust .part')")
    assert "closed on 2024-09-30" in page.run("document.querySelector('#trust .warning').textContent")
    assert "(TAJ)" in page.run("document.querySelector('#trust h2').textContent")


def test_a_code_that_no_trust_had_is_told(page: Page) -> None:
    go(page, "#trust/ZZ9", "document.querySelector('#trust h2')")
    assert "No trust has or had the code ZZ9." in page.run("document.getElementById('trust').textContent")


def test_a_pillar_on_a_trusts_page_is_the_value_of_the_csv(page: Page, released: Path) -> None:
    with (released / "csv" / "maturity_score.csv").open(encoding="utf-8", newline="") as lines:
        score = next(r["score"] for r in csv.DictReader(lines) if (r["org_code"], r["care_setting"], r["measure"]) == ("REM", "acute", "well_led"))  # fmt: skip
    go(page, "#trust/REM", "document.querySelector('#part-trust_scores [data-drawn] svg')")
    rows = page.run("[...document.querySelectorAll('#part-trust_scores tbody tr')].map((one) => [...one.cells].map((c) => c.textContent))")  # fmt: skip
    assert [row[2] for row in rows if row[:2] == ["well led", "acute"]] == [f"{float(score):.2f}"]


def test_what_a_trusts_page_lacks_says_why(page: Page) -> None:
    go(page, "#trust/RVN", "document.querySelector('#trust .part')")
    told = page.run("document.querySelector('#part-trust_scores .missing').textContent")
    assert told.startswith("[x] not available. maturity_score, edition 2025, trusts without a row")
    spend = page.run("document.querySelector('#part-trust_spend .missing').textContent")
    assert "tac: never fetched" in spend


def test_every_picture_is_drawn_when_it_comes_into_view_and_not_before(page: Page) -> None:
    assert page.run("document.querySelectorAll('[data-drawn]').length") == 0
    go(page, "#pictures", "!document.getElementById('pictures').hidden")
    page.run(SCROLL)
    page.until(DRAWN)
    ticks = page.run(
        "document.querySelectorAll('[data-chart=spread] path[aria-roledescription=tick]').length"
    )
    assert ticks == 285 + 4


def test_a_download_is_the_table_to_the_last_decimal(page: Page, tmp_path: Path, released: Path) -> None:
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    go(page, "#pictures", "!document.getElementById('pictures').hidden")
    page.run("document.querySelector('#picture-spread details .scroll + button').click()")
    target = tmp_path / "scores.csv"
    end = time.monotonic() + 20
    while not target.exists() and time.monotonic() < end:
        time.sleep(0.05)
    with target.open(encoding="utf-8", newline="") as lines:
        found = {(r["org_code"], r["care_setting"]): float(r["score"]) for r in csv.DictReader(lines)}
    with (released / "csv" / "maturity_score.csv").open(encoding="utf-8", newline="") as lines:
        published = {
            (r["org_code"], r["care_setting"]): float(r["score"])
            for r in csv.DictReader(lines)
            if (r["measure"], r["period"]) == ("overall_comparable", "2025")
        }
    assert found == published


def test_the_page_answers_within_two_seconds(page: Page) -> None:
    ready = page.run("performance.getEntriesByType('navigation')[0].domComplete")
    assert 0 < ready < 2000


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("part", ["#release", "#pictures", "#checks", "#notes", "#trust/R0A"])
def test_no_part_is_wider_than_the_window_and_no_text_is_faint(page: Page, width: int, part: str) -> None:
    page.size(width, 900)
    go(page, part, f"document.querySelector('nav [aria-current]') && location.hash === '{part}'")
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(UNLIKE) == []


def test_the_keyboard_reaches_the_content_first_and_what_it_reaches_is_seen(page: Page) -> None:
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.run("document.getElementById('query').closest('section').hidden = false")
    go(page, "#checks", "document.activeElement.id === 'checks-title'")
    search(page, "aintree")
    page.run("document.getElementById('search').requestSubmit()")
    page.until("location.hash === '#trust/REM' && document.activeElement.id === 'trust-title'")


def test_without_javascript_the_release_the_caveats_and_the_national_tables_can_be_read(
    tab: Page, released: Path
) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.call("Page.navigate", url=(released / "index.html").as_uri())
        visible = "['release', 'pictures', 'checks', 'notes'].every((id) => document.getElementById(id)?.checkVisibility())"
        tab.until(visible)
        assert tab.run("document.querySelector('noscript p').checkVisibility()")
        assert tab.run("document.querySelector('table[data-name=boards]').rows.length") > 42
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
