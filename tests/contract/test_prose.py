"""The prose beside the sources: what it may hold, what is refused in one sentence, and that none of it is unused."""

import inspect
import re
from pathlib import Path

import pytest
from conftest import staged_rows

from assets.catalogue import modules, published, sources
from assets.contract import prose
from assets.contract.expectations import row_count
from assets.contract.frozen_editions import frozen_editions
from assets.contract.guard_expectations import expected
from assets.contract.guards import known_values
from assets.contract.prose import Prose

ABOUT = "about: {title: Artificial, publisher: Nobody, cadence: never}\n"


def read(folder: Path, text: str) -> prose.Prose:
    (folder / "artificial.yml").write_text(text, "utf-8")
    return prose.beside(str(folder / "artificial.py"))


def test_caveats_are_about_a_table_or_one_of_its_measures(tmp_path: Path) -> None:
    found = read(
        tmp_path, f"{ABOUT}caveats:\n  wards:\n    one: Text.\n    two: {{measure: beds, text: More.}}\n"
    )
    assert [(c.caveat, c.table, c.measure, c.text) for c in found.caveats] == [
        ("one", "wards", "", "Text."),
        ("two", "wards", "beds", "More."),
    ]


def test_a_list_in_a_comparison_stands_for_each_of_its_values(tmp_path: Path) -> None:
    entry = "{of: [A, [x, y], 2024], with: [B, z, [2024, 2025]], comparable: no, why: Because.}"
    found = read(tmp_path, f"{ABOUT}comparability:\n  - {entry}\n")
    pairs = [(c.measure, c.period, c.with_measure, c.with_period, c.comparable) for c in found.comparability]
    assert pairs == [
        ("x", "2024", "z", "2024", False),
        ("x", "2024", "z", "2025", False),
        ("y", "2024", "z", "2024", False),
        ("y", "2024", "z", "2025", False),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("about: {title: A, publisher: B}\n", "found no cadence"),
        (ABOUT.replace("}", ", owner: me}"), "found 'owner'"),
        (f"{ABOUT}caveat: {{}}\n", "found caveat"),
        (f"{ABOUT}whys:\n  a: One.\n  a: Two.\n", "expected 'a' once, found it twice"),
        (f"{ABOUT}whys: [\n", "expected YAML"),
        ("- a list\n", "found something else"),
        (f"{ABOUT}caveats: {{wards: [a]}}\n", "expected entries as"),
        (
            f"{ABOUT}comparability: [{{of: [A, b], with: [A, b, c], comparable: no, why: W.}}]\n",
            "a comparison of",
        ),
        (
            f"{ABOUT}comparability: [{{of: [A, b, c], with: [A, b, d], comparable: maybe, why: W.}}]\n",
            "maybe",
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_one_sentence(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(
        ValueError, match=r"^Reading the prose artificial\.yml: .*; correct the file\.$"
    ) as error:
        read(tmp_path, text)
    assert problem in str(error.value)


def test_a_rule_takes_its_reason_from_the_prose_and_one_without_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, f"{ABOUT}whys:\n  some_rows: An empty file is broken.\n")
    own = row_count("own", (1, 2), "Its own.")
    assert [rule.why for rule in found.explained([row_count("some_rows", (1, 9)), own])] == [
        "An empty file is broken.",
        "Its own.",
    ]
    with pytest.raises(ValueError, match="expected a reason under whys for 'other_rows', found none"):
        found.explained([row_count("other_rows", (1, 9))])


@pytest.mark.parametrize("name", sources())
def test_every_reason_of_a_source_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources()[name]
    read: set[str] = set()
    lookup = Prose.__getitem__
    monkeypatch.setattr(Prose, "__getitem__", lambda prose, key: read.add(key) or lookup(prose, key))
    if frozen_editions(name):
        source.coverage(staged_rows(name))
    checks = {rule.check for rule in expected(source)}
    for table in published().tables.values():
        checks |= {rule.check for rule in table.info["expectations"]}
    folder = Path(inspect.getfile(__import__(modules()[name], fromlist=["SOURCE"]))).parent
    code = "".join(
        path.read_text("utf-8") for path in folder.glob("*.py" if folder.name == name else f"{name}.py")
    )
    looked_up = set(re.findall(r'PROSE\["([^"]+)"\]', code))
    worked_out = {text for text in source.prose.whys if f'"{text}"' in code}
    assert not source.prose.whys.keys() - checks - looked_up - worked_out - read


@pytest.mark.parametrize("name", sources())
def test_every_table_and_column_that_the_prose_of_a_source_explains_is_there(name: str) -> None:
    source = sources()[name]
    tables = published().tables | {source.table.name: source.table}
    assert source.prose.tables.keys() <= tables.keys()
    own = [source.table, *(tables[one] for one in source.prose.tables)]
    meanings = {(c.name, c.comment) for table in own for c in table.columns}
    meanings |= {(f"{table.name}.{c.name}", c.comment) for table in own for c in table.columns}
    assert not source.prose.columns.items() - meanings


def test_known_values_are_numbers_or_words_and_go_to_the_guard_of_their_name(tmp_path: Path) -> None:
    values = "  beds_is_as_known:\n    '2024': {RCF: 1, RDE: '1.5', RX8: few}\n"
    found = read(tmp_path, f"{ABOUT}known:\n{values}")
    (guard,) = found.explained([known_values("beds")])
    assert guard.known == {"2024": {"RCF": 1, "RDE": 1.5, "RX8": "few"}}
    with pytest.raises(ValueError, match="expected values under known for 'rooms_is_as_known', found none"):
        found.explained([known_values("rooms")])


@pytest.mark.parametrize("name", sources())
def test_every_known_value_of_a_source_is_compared(name: str) -> None:
    source = sources()[name]
    assert source.prose.known.keys() <= {guard.check for guard in source.guards if guard.kind == "known"}
