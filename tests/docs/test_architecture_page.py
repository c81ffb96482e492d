"""docs/architecture.md stays true: its rooms are the packages there are, and each name it gives is where it says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LEAST_DECISIONS = 10


def section(heading: str) -> str:
    """Return the text below a heading of the page, up to the next one."""
    (text,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def defined(tree: ast.AST, prefix: str = "") -> set[str]:
    """Return the names that a module or class defines, those of methods with the name of their class."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            names |= defined(node, f"{node.name}.")
        if isinstance(node, ast.Assign):
            names |= {prefix + target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


DECISIONS = re.findall(r"\| `([\w/]+\.py)` \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
NAMES = [
    (module, name) for name, module in re.findall(r"^\| `(\w+)` \| `([\w/]+\.py)` \|", PAGE, re.MULTILINE)
]


@pytest.mark.parametrize(("module", "name"), sorted({*DECISIONS, *NAMES}))
def test_a_name_on_the_page_is_defined_in_its_module(module: str, name: str) -> None:
    assert name in defined(ast.parse((ROOT / module).read_text("utf-8")))


def test_the_map_answers_at_least_ten_questions() -> None:
    rows = [line for line in section("Where is the line that decides ...").splitlines() if ".py` |" in line]
    assert len(rows) >= LEAST_DECISIONS
    assert len(rows) == len(set(rows))


def test_every_package_is_a_room_and_every_room_a_package() -> None:
    rooms = set(
        re.findall(r"`((?:assets|pipelines)/\w+|sql|tools)`", re.sub(r" \| .*", "", section("The rooms")))
    )
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("assets", "pipelines")
        for path in (ROOT / top).glob("*/__init__.py")
    }
    assert rooms == packages | {"sql", "tools"}


def test_the_page_keeps_a_place_for_the_drawing_of_the_packages() -> None:
    assert PAGE.index("<!-- packages -->") < PAGE.index("<!-- /packages -->")
