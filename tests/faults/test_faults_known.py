"""Every fault that the page on reliability names has a test named after it, and every such test is on the page."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reliability.md"


def test_every_fault_on_the_page_has_a_test_and_every_test_a_row() -> None:
    rows = re.findall(r"^\| (F\d\d) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {
        name.upper()
        for path in HERE.glob("test_*.py")
        for name in re.findall(r"^def test_(f\d\d)_", path.read_text("utf-8"), re.MULTILINE)
    }
    assert rows == sorted(set(rows))
    assert set(rows) == named
