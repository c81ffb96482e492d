"""Mutations of files of payments: a month of one trust, held beside the other months of it and of ten other trusts."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assets.contract.held_rules import REVISES_LITTLE
from assets.sources.spend25k.classification import classify
from mutations.case import STRUCTURE, Base, Case, Expected
from mutations.grid import Change, Grid, head, kept, mapped, replaced, together, values
from mutations.rebuilt import frozen, publishers

MONTH, EDITION = "2020-07", "2020/21"
IT, OTHER = "Computer Hardware", "Pharmacy"


@dataclass(frozen=True)
class Layout:
    """How a trust writes its file: its headers, by what they mean, and the file of July 2020 in ../shared."""

    file: str
    headers: tuple[str, ...]
    date: str
    expense_type: str
    amount: str
    entity: str = ""


LAYOUTS = {
    "RYJ": Layout(
        "spend25k/IMPC/IMPC 04 - July.csv",
        (
            *("Department Family", "Entity", "Date Paid", "Expense Type", "Expenses Area", "Supplier Name"),
            *("Transaction Reference", "amount"),
        ),
        "Date Paid",
        "Expense Type",
        "amount",
        "Entity",
    ),
    "RJ6": Layout(
        "spend25k/CROY/CROY 04 - July.csv",
        (
            "Supplier",
            "Department family",
            "Date",
            "Expense area",
            "Expense type",
            "Transaction Number",
            "amount",
        ),
        "Date",
        "Expense type",
        "amount",
    ),
}
OURS = LAYOUTS["RYJ"]


@cache
def payments(base: Base, trust: str) -> Grid:
    """Return the file of a trust for July 2020: its own, or as many lines with the same sums and artificial suppliers."""
    layout = LAYOUTS[trust]
    if base == "real":
        text = publishers(layout.file).decode("cp1252")
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(map(str.strip, row))]
        return tuple(map(tuple, rows))
    rows = frozen("spend25k", EDITION)
    month = rows[(rows["org_code_as_published"] == trust) & (rows["month"] == MONTH)]
    lines = [line for row in month.to_dict("records") for line in _lines(row)]
    return (layout.headers, *(_line(layout, number, *line) for number, line in enumerate(lines, start=1)))


def _lines(row: dict[str, Any]) -> Sequence[tuple[str, str, float]]:
    """Return name of the trust, expense type and amount of as many lines as were added up."""
    words = {"not_it": OTHER, "unclassified": "Artificial"}.get(row["category"], row["matched_words"])
    assert classify(words)[0] == row["category"]
    others, refunds = row["lines"] - 1, row["lines_negative"]
    rest = row["amount_gbp"] - row["largest_gbp"] + refunds * 1000
    usual = round(rest / (others - refunds), 2) if others > refunds else 0
    amounts = [row["largest_gbp"], *([-1000.0] * refunds), *([usual] * (others - refunds))][: row["lines"]]
    return [(row["org_name_as_published"], words, amount) for amount in amounts]


def _line(layout: Layout, number: int, name: str, expense_type: str, amount: float) -> tuple[str, ...]:
    said = {
        layout.entity: name,
        layout.date: f"{number % 28 + 1:02d}/07/2020",
        layout.expense_type: expense_type,
        layout.amount: f"{amount:.2f}",
    }
    return tuple(said.get(header, f"Artificial {number}") for header in layout.headers)


def number(text: str) -> float:
    """Return an amount as a number."""
    return float(text.replace(",", "").replace("(", "-").rstrip(")").strip())


def times(factor: float) -> Change:
    """Return the change that multiplies every amount."""
    return mapped(OURS.date, OURS.amount, lambda text: f"{number(text) * factor:.2f}")


def largest_times(factor: float) -> Change:
    """Return the change that multiplies the largest amount."""

    def change(grid: Grid) -> Grid:
        amounts = [number(text) for text in values(grid, OURS.date, OURS.amount)]
        place = amounts.index(max(amounts))
        amounts[place] *= factor
        return replaced(grid, OURS.date, OURS.amount, [f"{amount:.2f}" for amount in amounts])

    return change


def again(share: float) -> Change:
    """Return the change that writes a share of the lines a second time under the others."""
    return lambda grid: (*grid, *grid[1 : 1 + round((len(grid) - 1) * share)])


def every(step: int) -> Change:
    """Return the change that keeps one line in so many."""
    return kept(OURS.date, OURS.date, lambda number, _: number % step == 0)


def halved(grid: Grid) -> Grid:
    """Return the file without half of its lines, those of the commonest expense types: few of its sums change."""
    kinds = values(grid, OURS.date, OURS.expense_type)
    common = Counter(kinds)
    gone = sorted(range(len(kinds)), key=lambda place: -common[kinds[place]])[: len(kinds) // 2]
    return kept(OURS.date, OURS.date, lambda number, _: number not in gone)(grid)


def without(header: str) -> Change:
    """Return the change that leaves a column out."""

    def change(grid: Grid) -> Grid:
        _, (place,) = head(grid, header)
        return tuple((*row[:place], *row[place + 1 :]) for row in grid)

    return change


def renamed(header: str, other: str) -> Change:
    """Return the change that gives a column another header."""
    return lambda grid: (tuple(other if cell == header else cell for cell in grid[0]), *grid[1:])


def new_year(grid: Grid) -> Grid:
    """Return the file as that of April 2021."""
    return mapped(OURS.date, OURS.date, lambda day: day.replace("/07/2020", "/04/2021"))(grid)


def constant(expense_type: str) -> Change:
    """Return the change that writes one expense type over the others."""
    return mapped(OURS.date, OURS.expense_type, lambda _: expense_type)


def refunded(grid: Grid) -> Grid:
    """Return the file with one line in twelve a refund."""
    amounts = [number(text) for text in values(grid, OURS.date, OURS.amount)]
    signed = [-amount if place % 12 == 5 else amount for place, amount in enumerate(amounts)]
    return replaced(grid, OURS.date, OURS.amount, [f"{amount:.2f}" for amount in signed])


def corrected(grid: Grid) -> Grid:
    """Return the file with two amounts corrected."""
    amounts = [number(text) for text in values(grid, OURS.date, OURS.amount)]
    amounts[3], amounts[7] = amounts[3] + 1200.5, amounts[7] * 1.1
    return replaced(grid, OURS.date, OURS.amount, [f"{amount:.2f}" for amount in amounts])


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str,
        checks: tuple[str, ...],
        change: Change = tuple,
        why: str = "A trust's months differ, but not like this.",
        *,
        expected: Expected = "refused",
        trust: str = "RYJ",
        part: str = "RYJ.2020-07",
        edition: str = EDITION,
    ) -> Case:
        def file() -> bytes:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(change(payments(base, trust)))
            return text.getvalue().encode("cp1252")

        return Case(name, "F75", "spend25k", edition, part, (), file, expected, checks, why)

    april = {"part": "RYJ.2021-04", "edition": "2021/22"}
    lines, total, largest = (
        f"{name}_is_usual_for_the_trust" for name in ("lines", "amount_gbp", "largest_gbp")
    )
    turned: Callable[[Grid], Grid] = times(-1)
    return (
        case("all signs turned round", ("payments_are_not_refunds",), turned),
        case(
            "all signs turned round in a new year",
            ("payments_are_not_refunds",),
            together(turned, new_year),
            **april,
        ),
        case("the file twice", ("lines_are_there_once",), again(1)),
        case("half of the lines twice", ("lines_are_there_once",), again(0.5)),
        case("everything is IT", ("not_everything_is_it", "a_month_has_a_few_rows"), constant(IT)),
        case("pounds as pence", ("amounts_are_in_pounds", "amounts_are_those_of_one_trust"), times(100)),
        case(
            "the file of another trust that names itself",
            (STRUCTURE,),
            lambda grid: replaced(grid, OURS.date, OURS.entity, ["Barts Health NHS Trust"] * (len(grid) - 1)),
            "The file says whose payments it holds.",
        ),
        case(
            "the file of another trust that names none",
            ("file_is_of_the_trust",),
            why="All other files of the trust name it.",
            trust="RJ6",
        ),
        case(
            "the file of another trust under one that is never named",
            ("file_is_of_the_trust",),
            why="Its columns are not those of the trust's other files.",
            trust="RJ6",
            part="RKE.2020-07",
        ),
        case("the name of the trust gone", ("file_is_of_the_trust",), without(OURS.entity)),
        case("half of the lines of a month that is held", (REVISES_LITTLE,), every(2)),
        case("the commonest half of the lines of a month that is held gone", (REVISES_LITTLE,), halved),
        case(
            "half of the lines in a new year",
            (lines,),
            together(every(2), new_year),
            expected="warned",
            **april,
        ),
        case(
            "the largest line a hundred times",
            ("amounts_are_in_pounds", "amounts_are_those_of_one_trust"),
            largest_times(100),
        ),
        case("the largest line ten times", (largest,), largest_times(10), expected="warned"),
        case("less than half of every amount of a month that is held", (REVISES_LITTLE,), times(0.45)),
        case(
            "less than half of every amount in a new year",
            (total,),
            together(times(0.45), new_year),
            expected="warned",
            **april,
        ),
        case("the file as it is held", (), why="Nothing changed.", expected="passes"),
        case("two amounts corrected", (), corrected, "The trust corrects its file.", expected="passes"),
        case(
            "a new year",
            (),
            new_year,
            "The first month of a year is compared with the year before.",
            expected="passes",
            **april,
        ),
        case(
            "a header renamed",
            (),
            renamed("Date Paid", "Date"),
            "Trusts change a header now and then.",
            expected="passes",
        ),
        case(
            "one line in twelve a refund",
            (),
            refunded,
            "Up to 17 % of the lines of a real month are refunds.",
            expected="passes",
        ),
    )


CASES = cases("rebuilt")
