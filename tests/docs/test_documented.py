"""Nothing published is undocumented: tables, columns, commands, options. What is generated is new, and no link is dead."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import answers
import pytest
import yaml
from command_lines import parsed_line
from together import every

from assets.catalogue import published, sources
from assets.contract.columns import EVIDENCE_GRADES, VALUE_STATUS
from pipelines.commands.command_line import HOME, PROGRAM
from pipelines.commands.exit_codes import EXIT_CODES
from tools.documents import pages
from tools.documents.commands import commands, parameters_of, usage_of
from tools.documents.markdown import anchor

ROOT = Path(__file__).parents[2]
TEXTS = {path: path.read_text("utf-8") for path in [ROOT / "README.md", *sorted(pages.DOCS.glob("*.md"))]}
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LEAST_WORDS = 4
TABLES = (pages.DOCS / "tables.md").read_text("utf-8")
COMMANDS = (pages.DOCS / "commands.md").read_text("utf-8")


@every("name", pages.PAGES)
def test_a_page_made_from_the_project_is_new(name: str) -> None:
    found = (pages.DOCS / name).read_text("utf-8")
    assert found == pages.PAGES[name](), "write it anew: python -m tools.documents"


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its rank."""
    (found,) = re.findall(rf"^(#+) `{heading}`\n(.*?)(?=^#{{1,3}} |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found[1])


@every("name", published().tables)
def test_every_table_is_documented_with_each_of_its_columns(name: str) -> None:
    table = published().tables[name]
    text = section(TABLES, name)
    assert str(table.comment) in text
    assert not [c.name for c in table.columns if f"`{c.name}`" not in text]


def test_every_column_says_in_a_sentence_of_its_own_what_it_is() -> None:
    thin = {
        f"{name}.{c.name}: {c.comment}"
        for name, table in published().tables.items()
        for c in table.columns
        if len(str(c.comment).split()) < LEAST_WORDS or re.match(r"(The same|Its|That)\b", str(c.comment))
    }
    assert not thin


def test_columns_of_one_name_and_description_have_one_unit() -> None:
    found = {
        (c.name, c.comment, c.info.get("unit"))
        for table in published().tables.values()
        for c in table.columns
    }
    doubled = [pair for pair, count in Counter(each[:2] for each in found).items() if count > 1]
    assert not doubled


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented_with_each_of_its_options(name: str) -> None:
    text = section(COMMANDS, name).replace("\\|", "|")
    options = [usage_of(parameter) for parameter in parameters_of(commands()[name])]
    assert not [option for option in options if f"`{option}`" not in text]
    assert f"digital-maturity {name}" in text


def test_every_exit_code_is_documented() -> None:
    assert all(f"| {code} | {meaning} |" in COMMANDS for code, meaning in EXIT_CODES.items())


def test_every_caveat_of_every_source_is_on_the_page() -> None:
    text = (pages.DOCS / "caveats.md").read_text("utf-8")
    found = [caveat.text for source in sources().values() for caveat in source.caveats]
    assert found
    assert not [caveat for caveat in found if caveat not in text]


# --- links


def anchors(text: str) -> set[str]:
    """Return what a link may point at in a page: its headings, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {anchor(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings}


@every("path", TEXTS, label=lambda path: path.name)
def test_every_link_into_the_repository_points_at_something(path: Path) -> None:
    dead = []
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", FENCED.sub("", TEXTS[path])):
        file, _, heading = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (heading and heading not in anchors(there.read_text("utf-8"))):
            dead.append(target)
    assert not dead


def test_a_page_has_no_two_headings_with_one_anchor() -> None:
    for path in (pages.DOCS / name for name in pages.PAGES):
        headings = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
        assert len({anchor(heading) for heading in headings}) == len(headings)


@every("path", TEXTS, label=lambda path: path.name)
def test_code_that_a_page_names_exists(path: Path) -> None:
    named = re.findall(r"`((?:assets|pipelines|sql|tests|benchmarks)/[\w./-]+)`", FENCED.sub("", TEXTS[path]))
    invented = re.compile(r"(assets|tests)/\w+/wards")  # the example of adding-a-source
    assert not [name for name in named if not invented.match(name) and not (ROOT / name).exists()]


# --- the pages written by hand


def test_the_self_assessment_has_eighteen_boxes_each_with_a_proof_and_counts_them_right() -> None:
    text = (pages.DOCS / "rap.md").read_text("utf-8")
    boxes = re.findall(r"^\| (\d+)\. .+? \| (met|partly|not) \| (.+) \|$", text, re.MULTILINE)
    assert [int(number) for number, _, _ in boxes] == [*range(1, 19)]
    assert all("](" in proof or "`" in proof for _, _, proof in boxes)
    states = Counter(state for _, state, _ in boxes)
    words = {16: "Sixteen", 2: "two"}
    assert f"{words[states['met']]} boxes are met, {words[states['partly']]} partly" in text
    assert states.total() == 18


def test_the_citation_file_is_of_this_version_and_has_what_its_format_asks_for() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"]
    assert all(author["name"] for author in cited["authors"])
    assert cited["type"] in {"software", "dataset"}
    assert {name: cited[name] for name in ("title", "version", "license")} == {
        "title": project["name"],
        "version": project["version"],
        "license": project["license"],
    }
    assert f"{project['name']} {project['version']}" in (pages.DOCS / "citing.md").read_text("utf-8")


@pytest.mark.parametrize("words", [VALUE_STATUS, dict.fromkeys(EVIDENCE_GRADES, "")], ids=["status", "grade"])
def test_the_methodology_tells_every_status_and_every_grade(words: dict[str, str]) -> None:
    text = (pages.DOCS / "methodology.md").read_text("utf-8")
    assert not [word for word, meaning in words.items() if f"| `{word}` | {meaning}" not in text]


def test_commands_that_pages_show_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, "unused")  # and what an option sets is undone
    shown = {line for text in TEXTS.values() for line in answers.commands(text) if line.startswith(PROGRAM)}
    assert len(shown) > 20
    for line in shown:
        assert parsed_line(line)[0] == line.split()[1]
