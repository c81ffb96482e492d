"""Mutations of the accounts of NHS trusts: of a year that is not held yet, beside the year before."""

from collections.abc import Callable
from functools import cache

from tac_workbook import Row, key

from assets.sources.tac.measures import MEASURES, PERIODS, used_in
from mutations.accounts import listed, providers, rows_of, workbook
from mutations.case import STRUCTURE, Case, Expected, Held

Rows = list[Row]
Change = Callable[[Rows], Rows]
HELD, NEXT = "2023/24", "2024/25"
PEOPLE = tuple(name for name in MEASURES if name.startswith("wte_"))
IT = tuple(used_in("it_spend", "purchased"))


@cache
def sound(edition: str, gone: int = 0) -> tuple[Row, ...]:
    """Return the rows of accounts of a year."""
    return tuple(rows_of(int(edition[:4]), providers(gone)))


@cache
def held_file() -> bytes:
    """Return the file that is held."""
    return workbook(sound(HELD), listed(providers()))


def _codes(measures: tuple[str, ...], *periods: str) -> set[str]:
    return {MEASURES[name].key(period) for name in measures for period in periods or PERIODS}


def shifted(*measures: str, periods: tuple[str, ...] = PERIODS) -> Change:
    """Return the change that gives each provider the amounts of the provider before."""
    codes = _codes(measures, *periods)

    def change(rows: Rows) -> Rows:
        last: dict[str, float] = {key(row): row[6] for row in rows if key(row) in codes}
        made = []
        for row in rows:
            if (code := key(row)) in codes:
                made.append((*row[:6], last[code]))
                last[code] = row[6]
            else:
                made.append(row)
        return made

    return change


def slipped(*measures: str, first: int, last: int, periods: tuple[str, ...] = PERIODS) -> Change:
    """Return the change that gives each provider of a block the amounts of the provider before."""

    def change(rows: Rows) -> Rows:
        block = set([*dict.fromkeys(row[0] for row in rows)][first:last])
        return [
            new if old[0] in block else old
            for old, new in zip(rows, shifted(*measures, periods=periods)(rows), strict=True)
        ]

    return change


def exchanged(one: str, other: str) -> Change:
    """Return the change that writes each of two measures in the place of the other."""
    pairs = [(MEASURES[one].key(period), MEASURES[other].key(period)) for period in PERIODS]
    return _with_values_of({a: b for pair in pairs for a, b in (pair, pair[::-1])})


def copied(source: str, target: str) -> Change:
    """Return the change that writes one measure over another."""
    return _with_values_of({MEASURES[target].key(p): MEASURES[source].key(p) for p in PERIODS})


def periods_exchanged(rows: Rows) -> Rows:
    """Write the year before in the place of the year, and the other way round."""
    cells = [m for m in MEASURES.values() if m.is_due("PY", int(NEXT[:4]))]
    pairs = {m.key("CY"): m.key("PY") for m in cells}
    return _with_values_of(pairs | {b: a for a, b in pairs.items()})(rows)


def year_copied(rows: Rows) -> Rows:
    """Write the year over the year before."""
    return _with_values_of({m.key("PY"): m.key("CY") for m in MEASURES.values()})(rows)


def _with_values_of(places: dict[str, str]) -> Change:
    def change(rows: Rows) -> Rows:
        values = {(row[0], key(row)): row[6] for row in rows}
        return [(*row[:6], values.get((row[0], places.get(key(row), key(row))), row[6])) for row in rows]

    return change


def times(factor: float, *measures: str, periods: tuple[str, ...] = PERIODS) -> Change:
    """Return the change that multiplies measures."""
    codes = _codes(measures or tuple(MEASURES), *periods)
    return lambda rows: [(*row[:6], row[6] * factor) if key(row) in codes else row for row in rows]


def one_value(measure: str) -> Change:
    """Return the change that gives everybody the same amount in the year of the file."""
    code = MEASURES[measure].key()
    return lambda rows: [(*row[:6], 1234) if key(row) == code else row for row in rows]


def restated(rows: Rows) -> Rows:
    """Restate a tenth of the year before by a tenth, where no identity of accounts is touched."""
    adds_up = ("income", "expenses", "surplus", "wte")
    before = _codes(tuple(name for name in MEASURES if not any(word in name for word in adds_up)), "PY")
    return [
        (*row[:6], round(row[6] * 1.1)) if key(row) in before and place % 10 == 0 else row
        for place, row in enumerate(rows)
    ]


def names_shifted(rows: Rows) -> Rows:
    """Give all accounts of a provider to the next."""
    names = list(dict.fromkeys(row[0] for row in rows))
    after = dict(zip(names, names[1:] + names[:1], strict=True))
    return [(after[row[0]], *row[1:]) for row in rows]


def unchanged(rows: Rows) -> Rows:
    return rows


def sectors_shifted(who: Rows) -> Rows:
    """Give each provider of the list the sector of the one before."""
    sectors = [row[3] for row in who[1:]]
    moved = sectors[-1:] + sectors[:-1]
    return [who[0], *((*row[:3], sector) for row, sector in zip(who[1:], moved, strict=True))]


def _case(
    name: str,
    change: Change,
    *checks: str,
    expected: Expected = "refused",
    of: str = NEXT,
    gone: int = 0,
    who: Change = unchanged,
) -> Case:
    def file() -> bytes:
        return workbook(change(list(sound(of, gone))), who(listed(providers(gone))))

    held = (Held("tac", HELD, "trusts", held_file),)
    why = "Amounts, people and what they are about stay with a trust from year to year."
    return Case(f"{name} ({NEXT})", "F69", "tac", NEXT, "trusts", held, file, expected, checks, why)


CASES = (
    _case("operating expenses a row lower", shifted("operating_expenses"), "accounts_add_up"),
    _case("staff costs a row lower", shifted("staff_costs"), "sizes_belong_to_the_same_trusts"),
    _case("all people a row lower", shifted(*PEOPLE), "sizes_belong_to_the_same_trusts"),
    _case("IT equipment bought a row lower", shifted(IT[0]), "additions_belong_to_the_same_trusts"),
    _case(
        "IT equipment bought a row lower in the year only",
        shifted(IT[0], periods=("CY",)),
        "additions_of_both_years_go_together",
    ),
    _case(
        "the year before a row lower",
        shifted(*MEASURES, periods=("PY",)),
        "the_year_before_is_as_it_was_published",
    ),
    _case(
        "value of IT equipment a row lower",
        shifted("it_equipment_net_book_value"),
        "other_amounts_belong_to_the_same_trusts",
    ),
    _case("amortisation a row lower", shifted("amortisation"), "other_amounts_belong_to_the_same_trusts"),
    _case("all accounts a provider lower", names_shifted, "sizes_belong_to_the_same_trusts"),
    _case(
        "sectors a row lower",
        unchanged,
        "sector_as_published_belongs_to_the_same_trusts",
        who=sectors_shifted,
    ),
    _case(
        "all people of fifteen providers a row lower",
        slipped(*PEOPLE, first=20, last=35),
        "sizes_stay_in_their_rows",
        "the_year_before_stays_in_its_rows",
    ),
    _case(
        "staff costs of fifteen providers a row lower in the year only",
        slipped("staff_costs", first=20, last=35, periods=("CY",)),
        "sizes_stay_in_their_rows",
    ),
    _case(
        "IT equipment bought of fifteen providers a row lower in the year before",
        slipped(IT[0], first=20, last=35, periods=("PY",)),
        "the_year_before_stays_in_its_rows",
    ),
    _case("software and IT equipment bought exchanged", exchanged(*IT[:2]), "measures_are_not_exchanged"),
    _case(
        "cost and value of software exchanged",
        exchanged("software_gross_cost", "software_net_book_value"),
        "measures_are_not_exchanged",
    ),
    _case(
        "nurses and administration exchanged",
        exchanged("wte_nursing_midwifery_and_health_visiting", "wte_administration_and_estates"),
        "measures_are_not_exchanged",
    ),
    _case("software a copy of IT equipment", copied(*IT[:2]), "no_measure_is_a_copy"),
    _case("the year and the year before exchanged", periods_exchanged, "expenses_grow_by_little_in_a_year"),
    _case("the year a copy of the year before", year_copied, "no_year_is_a_copy_of_the_other"),
    _case("everything in pounds", times(1000), "amounts_are_in_thousands"),
    _case("IT in pounds", times(1000, *IT), "it_is_a_plausible_share_of_additions"),
    _case("people in tens", times(0.1, *PEOPLE), "sizes_keep_their_level"),
    _case("one value of staff costs", one_value("staff_costs"), "amount_is_not_constant"),
    _case("the year before under a new one", unchanged, "the_file_is_no_earlier_one", of=HELD),
    _case("two years before under a new one", unchanged, STRUCTURE, of="2022/23"),
    _case("every second code is missing", lambda rows: rows[::2], STRUCTURE),
    _case("five providers gone", unchanged, "trusts_are_still_there", gone=5),
    _case("the next year", unchanged, expected="passes"),
    _case("a tenth of the year before restated", restated, expected="passes"),
    _case("IT bought falls by half", times(0.5, *IT, "software_additions"), expected="passes"),
)
