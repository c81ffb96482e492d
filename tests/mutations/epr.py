"""Mutations of the list of suppliers of electronic patient records."""

from mutations.case import Base, Case, Expected
from mutations.grid import Change, Grid, mapped, shifted, slipped, swapped, together, values, workbook
from mutations.rebuilt import EPR_SHEET, epr_grid

KEY, SUPPLIER, TYPE = "Organisation Code", "Supplier (Primary EPR)", "Trust Type (Primary)"


def year_on(grid: Grid) -> Grid:
    """Return the list a year later: one trust in ten has changed its supplier."""
    suppliers = values(grid, KEY, SUPPLIER)
    cells = iter(
        [suppliers[(n + 7) % len(suppliers)] if n % 10 == 3 else cell for n, cell in enumerate(suppliers)]
    )
    return mapped(KEY, SUPPLIER, lambda _cell: next(cells))(grid)


def cases(base: Base) -> tuple[Case, ...]:
    """Return the cases of a base."""

    def case(
        name: str,
        change: Change | None,
        *checks: str,
        expected: Expected = "refused",
        day: str = "2025-10-01",
    ) -> Case:
        sheet = EPR_SHEET.replace("01.10.24", "01.10.25") if day == "2025-10-01" else EPR_SHEET

        def file() -> bytes:
            grid = epr_grid(base)
            return workbook({sheet: change(grid) if change else grid})

        why = "Suppliers and types stay with most trusts from one list to the next."
        return Case(f"{name} ({day})", "F57", "epr", day, "", (), file, expected, checks, why)

    same = "supplier_belongs_to_the_same_trusts"
    return (
        case("suppliers a row lower", together(year_on, shifted(KEY, SUPPLIER)), same),
        case("suppliers a row lower", shifted(KEY, SUPPLIER), same, day="2024-10-01"),
        case(
            "suppliers of fifteen trusts a row lower",
            together(year_on, slipped(KEY, (80, 95), SUPPLIER)),
            "supplier_stays_in_its_rows",
        ),
        case(
            "types a row lower",
            together(year_on, shifted(KEY, TYPE)),
            "trust_type_belongs_to_the_same_trusts",
        ),
        case("types a row lower", shifted(KEY, TYPE), "trust_type_is_as_the_names_say", day="2024-10-01"),
        case("the list of a year before under a new day", None, "the_file_is_no_earlier_one"),
        case(
            "no supplier for half of the trusts",
            together(year_on, mapped(KEY, SUPPLIER, lambda cell: "No EPR" if str(cell) > "G" else cell)),
            "supplier_is_still_filled",
            "most_trusts_have_a_record",
        ),
        case("headers of type and supplier swapped", swapped(TYPE, SUPPLIER), "structure"),
        case("the list of a year later, one trust in ten with another supplier", year_on, expected="passes"),
    )


CASES = cases("rebuilt")
