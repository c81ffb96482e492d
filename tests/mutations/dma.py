"""Mutations of the workbook of the Digital Maturity Assessment."""

from mutations.case import Base, Case, Content, Expected
from mutations.grid import Change, workbook
from mutations.rebuilt import OVERALL, PILLARS, dma_book

KEY = "Provider"


def file(base: Base, **changes: Change) -> Content:
    """Return what makes the workbook with changes by sheet: `pillars` and `overall`."""
    sheets = {"pillars": PILLARS, "overall": OVERALL}

    def content() -> bytes:
        book = dict(dma_book(base))
        for name, change in changes.items():
            book[sheets[name]] = change(book[sheets[name]])
        return workbook(book)

    return content


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str, checks: tuple[str, ...], why: str, expected: Expected = "refused", **changes: Change
    ) -> Case:
        return Case(name, "F71", "dma", "2025", "", (), file(base, **changes), expected, checks, why)

    return (case("the file as it is held, saved again", (), "Nothing changed.", "passes"),)


CASES = cases("rebuilt")
