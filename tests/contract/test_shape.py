"""What editions and parts may be called: every name in use passes, and what nobody means does not."""

from datetime import date

import pytest
from together import every

from assets.catalogue import sources
from assets.contract.edition_shape import Editions, day_problems, harmless_name
from assets.contract.frozen_editions import frozen_editions

DAY = date(2026, 11, 28)


@every("name", sources())
def test_every_source_states_its_editions_and_those_in_use_have_their_shape(name: str) -> None:
    source = sources()[name]
    assert source.editions is not None
    held = [(one.descriptor.edition, one.descriptor.part, one.descriptor) for one in frozen_editions(name)]
    files = [(edition, str(file["part"])) for edition, _, stated in held for file in stated.files]
    names = files or [(edition, part) for edition, part, _ in held]
    names += [(remote.edition, remote.part) for remote in source.remotes if remote.edition]
    assert {
        (edition, part): source.editions.problems(edition, part, until=DAY) for edition, part in names
    } == {name: [] for name in names}


@every("name", sources())
@pytest.mark.parametrize(
    "edition",
    [
        *("", "latest", "20260708", "1024-10-01", "9999-12-31", "2099/00", "2099", "2026-13", "2026-02-30", "2023/25"),
        *("\n", "2025\n", "x" * 300, "\u0662\u0660\u0662\u0665", " 2025", "2025/26-Q5"),
    ],
)  # fmt: skip
def test_f77_no_source_takes_an_edition_of_another_shape_or_time(name: str, edition: str) -> None:
    editions = sources()[name].editions
    assert editions is not None
    part = next(iter(editions.parts), None)
    if part is None:  # every file has one that matches a pattern
        part = frozen_editions(name)[0].descriptor.part
    [problem] = editions.problems(edition, part, until=DAY)
    assert problem.startswith("expected ")
    assert len(problem) < 300
    assert problem.isprintable()


@pytest.mark.parametrize("part", ["foo", "x" * 300, "\n", "../etr", "ETR"])
def test_f67_a_part_that_a_source_does_not_have_is_refused(part: str) -> None:
    for name in ("epr", "ods", "nof", "tac", "gde", "dspt"):
        editions = sources()[name].editions
        assert editions is not None
        assert editions.problems("", part, until=DAY)[-1].endswith("correct --part"), name


def test_an_edition_begins_by_the_day_it_was_retrieved_give_or_take_a_time_zone() -> None:
    days = Editions(("day",))
    assert days.problems("2026-11-29", "", until=DAY) == []
    [problem] = days.problems("2026-11-30", "", until=DAY)
    assert "(2026-11-28), found 2026-11-30" in problem
    assert Editions(("financial_year",)).problems("2026/27", "", until=DAY) == []
    assert Editions(("quarter",)).begins("2025/26-Q4") == date(2026, 1, 1)
    assert Editions(("month",), suffix="-did").problems("2026-07-did", "", until=DAY) == []


@pytest.mark.parametrize("text", ["nonsense", "2099-01-01", "2026-02-30", "2026-11-28; drop", "01/02/2026"])
def test_f77_a_day_that_is_none_or_to_come_is_refused(text: str) -> None:
    [problem] = day_problems("published", text, until=DAY)
    assert problem.endswith("correct --published-on")
    assert day_problems("published", "", until=DAY) == []
    assert day_problems("published", "2026-11-28T12:00:00+00:00", until=DAY) == []


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('=HYPERLINK("x")', 'HYPERLINK("x")'),
        ("=cmd|' !A1.xlsx", "cmd|' !A1.xlsx"),
        ("\x1b[31mred\x9b1m", "[31mred 1m"),
        (" \t=@+-a\r\nb", "a b"),
        ("suppliers 2024-10.xlsx", "suppliers 2024-10.xlsx"),
    ],
)
def test_f89_names_and_descriptions_lose_controls_and_signs_of_formulas(text: str, clean: str) -> None:
    assert harmless_name(text) == clean
    assert len(harmless_name("a" * 1000)) == 300
