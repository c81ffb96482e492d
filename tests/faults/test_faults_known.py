"""Every fault that the page on reliability names has a test named after it, and every such test is on the page."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reliability.md"


def test_every_fault_on_the_page_has_a_test_and_every_test_a_row() -> None:
    rows = re.findall(r"^\| (F\d{2,3}) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {
        name.upper()
        for path in HERE.parent.rglob("test_*.py")
        for name in re.findall(r"^def test_(f\d{2,3})_", path.read_text("utf-8"), re.MULTILINE)
    }
    assert rows[:66] == [f"F{number:02}" for number in range(1, 67)]
    assert rows == sorted(set(rows), key=lambda row: int(row[1:]))
    assert set(rows) == named
