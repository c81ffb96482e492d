"""What changed since the release before: every row and value that did, none that did not, and why."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from few_sources import few_catalogue, few_home, leave_out_the_explorer, publish_few
from releases import ask, copy_of, differences, rows_made

from assets.catalogue import published
from assets.contract.columns import METADATA
from pipelines.cli import main
from pipelines.integration import build_tables
from pipelines.integration.build_tables import Made
from pipelines.integration.frames import frame
from pipelines.orchestration import refresh_steps
from pipelines.publishing import release_changes
from pipelines.storage import code_version
from pipelines.storage.home import Home
from pipelines.storage.parquet import to_arrow

TABLES = published().tables
FIRST, SECOND, LIST = "1" * 64, "2" * 64, "3" * 64
Rows = list[dict[str, Any]]


def table(name: str, rows: Rows) -> pa.Table:
    return to_arrow(pd.DataFrame(rows) if rows else frame(name, []), METADATA.tables[name])


def held(*files: tuple[str, str, str]) -> Rows:
    """Return rows of `source_file`."""
    names = ("source", "edition", "source_file_sha256")
    return [{**dict(zip(names, file, strict=True)), "part": ""} for file in files]


def made(**rows: Rows) -> dict[str, pa.Table]:
    """Return the tables of a release with some rows, artificial ones; it holds one edition of one source."""
    files = [("artificial", "2024", FIRST), ("ods", "2024-01-01", LIST)]
    return {
        **_empty(),
        **{name: table(name, of) for name, of in {"source_file": held(*files), **rows}.items()},
    }


@cache
def _empty() -> dict[str, pa.Table]:
    return {name: table(name, []) for name in TABLES}


def score(
    code: str = "R1A", value: float = 1.5, edition: str = "2024", file: str = FIRST, **more: Any
) -> dict[str, Any]:
    return {
        "instrument": "ARTIFICIAL",
        "org_code": code,
        "care_setting": "acute",
        "period": "2024",
        "measure": "artificial",
        "edition": edition,
        "score": value,
        "source": "artificial",
        "source_file_sha256": file,
        "source_sheet": "",
        "source_row": 1,
        **more,
    }


def profile(code: str = "R1A", **more: Any) -> dict[str, Any]:
    return {"org_code": code, "org_name": f"ARTIFICIAL {code}", **more}


def reported(
    old: dict[str, pa.Table], new: dict[str, pa.Table], *, other_code: bool = False
) -> set[tuple[Any, ...]]:
    """Return what changed: table, key, column, change, old, new, number, why."""
    found = release_changes.changes(old, new, other_code=other_code)
    names = ("table_name", "row_key", "column_name", "change", "old_value", "new_value", "rows", "why")
    rows = {tuple(row[name] for name in names) for row in found}
    assert len(rows) == len(found)
    return rows


KEY = "ARTIFICIAL|R1A|acute|2024|artificial|2024"
ANEW = held(("artificial", "2024", SECOND), ("ods", "2024-01-01", LIST))
LATER = held(("artificial", "2024", FIRST), ("artificial", "2025", SECOND), ("ods", "2024-01-01", LIST))
OTHER_LIST = held(("artificial", "2024", FIRST), ("ods", "2024-02-01", SECOND))


def test_the_same_tables_have_no_change_even_where_the_code_is_another() -> None:
    same = made(maturity_score=[score()], trust_profile=[profile()])
    assert reported(same, dict(same), other_code=True) == set()


def test_a_value_of_a_file_published_anew_is_a_revised_vintage_with_both_values() -> None:
    old = made(maturity_score=[score(), score("R1B")])
    new = made(maturity_score=[score(value=2.25, file=SECOND), score("R1B", file=SECOND)], source_file=ANEW)
    expected = ("maturity_score", KEY, "score", "changed", "1.5", "2.25", 1, "revised vintage")
    assert reported(old, new) == {expected}


def test_a_row_that_was_only_read_from_another_place_has_not_changed() -> None:
    old = made(maturity_score=[score()])
    new = made(maturity_score=[score(file=SECOND, source_sheet="Other", source_row=9)], source_file=ANEW)
    assert reported(old, new) == set()


def test_rows_that_come_and_go_with_a_revised_file_are_reported_as_such() -> None:
    old = made(maturity_score=[score()])
    new = made(maturity_score=[score("R1B", file=SECOND)], source_file=ANEW)
    other = KEY.replace("R1A", "R1B")
    assert reported(old, new) == {
        ("maturity_score", KEY, "", "removed", None, None, 1, "revised vintage"),
        ("maturity_score", other, "", "added", None, None, 1, "revised vintage"),
    }


def test_rows_of_an_edition_that_was_not_held_are_a_new_edition() -> None:
    old = made(maturity_score=[score()])
    new = made(maturity_score=[score(), score(edition="2025", file=SECOND)], source_file=LATER)
    key = KEY[:-4] + "2025"
    assert reported(old, new) == {("maturity_score", key, "", "added", None, None, 1, "new edition")}


def test_a_value_of_the_same_file_is_a_change_of_method() -> None:
    old, new = made(maturity_score=[score()]), made(maturity_score=[score(value=1.75)])
    expected = ("maturity_score", KEY, "score", "changed", "1.5", "1.75", 1, "method change")
    assert reported(old, new, other_code=True) == {expected}


@pytest.mark.parametrize(("other_code", "why"), [(False, "organisation change"), (True, "method change")])
def test_what_a_fact_shows_of_its_organisation_changes_with_the_organisations(
    other_code: bool, why: str
) -> None:
    old = made(
        maturity_score=[score(current_org_name="FIRST")],
        organisation=[{"org_code": "R1A", "org_name": "FIRST"}],
    )
    new = made(
        maturity_score=[score(current_org_name="SECOND", value=9)],
        organisation=[{"org_code": "R1A", "org_name": "SECOND"}],
        source_file=OTHER_LIST,
    )
    assert reported(old, new, other_code=other_code) == {
        ("organisation", "R1A", "org_name", "changed", "FIRST", "SECOND", 1, "organisation change"),
        ("maturity_score", KEY, "current_org_name", "changed", "FIRST", "SECOND", 1, "organisation change"),
        ("maturity_score", KEY, "score", "changed", "1.5", "9.0", 1, why),
    }


def test_an_organisation_that_was_only_seen_again_has_not_changed() -> None:
    one = {"org_code": "R1A", "org_name": "FIRST", "edition": "2024-01-01", "as_of_date": date(2024, 1, 1)}
    again = {**one, "edition": "2024-02-01", "as_of_date": date(2024, 2, 1), "source_row": 9}
    assert reported(made(organisation=[one]), made(organisation=[again], source_file=OTHER_LIST)) == set()


def test_an_organisation_that_changes_with_no_file_is_a_change_of_method() -> None:
    old = made(organisation=[{"org_code": "R1A", "org_name": "FIRST"}])
    new = made(organisation=[{"org_code": "R1A", "org_name": "SECOND"}])
    assert {row[-1] for row in reported(old, new, other_code=True)} == {"method change"}


def test_a_mart_changes_for_the_reason_that_changed_the_facts_of_the_same_organisation() -> None:
    old = made(
        maturity_score=[score("R1A"), score("R1B")],
        trust_profile=[profile(code, dma_overall_acute=1.5) for code in ("R1A", "R1B", "R1C")],
    )
    new = made(
        maturity_score=[score("R1A", 2.5, file=SECOND), score("R1B"), score("R1B", 3.5, "2025", SECOND)],
        trust_profile=[profile(code, dma_overall_acute=2.5) for code in ("R1A", "R1B", "R1C")],
        source_file=[*ANEW, *held(("artificial", "2025", SECOND))],
    )
    why = {row[1]: row[-1] for row in reported(old, new) if row[0] == "trust_profile"}
    # R1C has no changed fact of its own: the first reason among all facts.
    assert why == {"R1A": "revised vintage", "R1B": "new edition", "R1C": "new edition"}


def test_an_organisation_is_named_by_its_code_or_by_todays() -> None:
    old = made(trust_profile=[profile()])
    new = made(
        trust_profile=[profile(org_name="OTHER")],
        denominator_current=[{"current_org_code": "R1B", "measure": "artificial", "constituents": "R1A"}],
    )
    found = {row["table_name"]: row["org_code"] for row in release_changes.changes(old, new, other_code=True)}
    assert found == {"trust_profile": "R1A", "denominator_current": "R1B"}


def test_more_changes_than_are_listed_are_counted_by_column(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [f"R{number:03}" for number in range(5)]
    old = made(maturity_score=[score(code) for code in codes], epr_supplier=[])
    new = made(
        maturity_score=[
            score(code, 3, period_end=None, instrument="ARTIFICIAL", shared_score=True) for code in codes[1:]
        ]
    )
    monkeypatch.setattr(release_changes, "LISTED", 9)
    assert sum(row[6] for row in reported(old, new)) == len(reported(old, new)) == 9
    monkeypatch.setattr(release_changes, "LISTED", 8)
    assert reported(old, new) == {
        ("maturity_score", "", "", "removed", None, None, 1, "method change"),
        ("maturity_score", "", "score", "changed", None, None, 4, "method change"),
        ("maturity_score", "", "shared_score", "changed", None, None, 4, "method change"),
    }


def test_a_table_or_column_that_comes_or_goes_is_reported_once_with_its_number_of_rows() -> None:
    old = made(maturity_score=[score(), score("R1B")], trust_profile=[profile()])
    new = dict(old)
    old["maturity_score"] = old["maturity_score"].drop_columns(["score"]).append_column("gone", [["a", None]])
    del old["trust_profile"]
    assert reported(old, new) == {
        ("maturity_score", "", "gone", "removed", None, None, 1, "method change"),
        ("maturity_score", "", "score", "added", None, None, 2, "method change"),
        ("trust_profile", "", "", "added", None, None, 1, "method change"),
    }


def test_another_grain_makes_every_row_another() -> None:
    new = made(maturity_score=[score()])
    old = {**new, "maturity_score": new["maturity_score"].drop_columns(["care_setting"])}
    assert reported(old, new) == {
        ("maturity_score", "", "", change, None, None, 1, "method change") for change in ("added", "removed")
    }


def test_a_column_of_another_type_is_compared_as_text() -> None:
    new = made(maturity_score=[score()])
    place = new["maturity_score"].column_names.index("score")
    old = {**new, "maturity_score": new["maturity_score"].set_column(place, "score", [["high"]])}
    assert reported(old, new) == {
        ("maturity_score", KEY, "score", "changed", "high", "1.5", 1, "method change")
    }


# --- in words


def test_the_changelog_tells_editions_files_code_and_tables() -> None:
    old = made(maturity_score=[score()])
    files = held(("artificial", "2024", SECOND), ("artificial", "2025", FIRST))
    new = made(
        maturity_score=[score(value=2, file=SECOND), score(edition="2025"), score("R1B", edition="2025")],
        source_file=files,
    )
    found = release_changes.changes(old, new, other_code=True)
    assert list(release_changes.in_words(old, new, found, other_code=True)) == [
        "New editions: artificial 2025.",
        "Replaced by the publisher: artificial 2024.",
        "No longer held: ods 2024-01-01.",
        "The code that reads and joins the data changed.",
        "`maturity_score`: 2 rows added (new edition); 1 value changed (revised vintage).",
    ]
    assert list(release_changes.in_words(old, dict(old), [], other_code=False)) == [
        "No row of a table changed."
    ]


def test_the_changelog_carries_earlier_entries_newest_first_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = release_changes.changelog("aaa", "", ["First."], "")
    assert text == release_changes.HEAD + "\n## aaa\n\n- First.\n"
    text = release_changes.changelog("bbb", "aaa", ["One.", "Two."], text)
    assert text == release_changes.HEAD + "\n## bbb, after aaa\n\n- One.\n- Two.\n\n## aaa\n\n- First.\n"
    monkeypatch.setattr(release_changes, "KEPT", 2)
    assert release_changes.changelog("ccc", "bbb", ["Three."], text).count("\n## ") == 2


# --- in a release


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return few_home(tmp_path_factory.getbasetemp())


def republished(home: Home, folder: Path) -> Home:
    """Return a copy of a home with one more release: a supplier row is gone, another supplier and a score changed."""
    own = copy_of(home, folder)
    for name in ("epr_supplier", "maturity_score"):  # no other table has to be made again
        (own.tables / f"{name}.parquet").unlink()
    facts = build_tables.facts

    def other(*given: Any) -> dict[str, Made]:
        made = facts(*given)
        suppliers = rows_made(made["epr_supplier"])
        row = suppliers.index[suppliers["org_code"] == "RCF"][0]
        suppliers.loc[row, "supplier"] = "ARTIFICIAL"
        scores = rows_made(made["maturity_score"])
        of_2025 = (scores["period"] == "2025") & (scores["measure"] == "overall_comparable")
        scores.loc[of_2025 & (scores["org_code"] == "RCF"), "score"] = 2.25
        suppliers = suppliers[suppliers["org_code"] != "RX8"]
        return {**made, "epr_supplier": Made(suppliers), "maturity_score": Made(scores)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_version, "of_release", lambda: "other code")
        patch.setattr(build_tables, "facts", other)
        leave_out_the_explorer(patch)
        refresh_steps.publish(few_catalogue(), own)
    return own


@pytest.fixture(scope="module")
def after(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with one release more. Never change it."""
    return republished(home, tmp_path_factory.mktemp("after") / "home")


def test_the_first_release_has_no_change_and_says_what_it_holds(home: Home) -> None:
    assert ask(home.latest, "select * from release_change") == []
    text = (home.latest / "CHANGELOG.md").read_text("utf-8")
    assert "- The first release: nothing to compare with.\n" in text
    assert "dma 2025" in text


def test_an_organisation_shows_what_every_release_since_one_changed_of_it_and_why(
    home: Home, after: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = home.latest.resolve().name, after.latest.resolve().name

    def asked(*words: str) -> tuple[int, str]:
        code = main(["explain", *words, "--home", str(after.root)])
        heard = capsys.readouterr()
        return code, heard.out + heard.err

    code, text = asked("organisation", "rcf", "--since", first)
    assert (code, text.splitlines()[:3]) == (
        0,
        [f"RCF  AIREDALE NHS FOUNDATION TRUST, changes since {first}", "", second],
    )
    assert "  epr_supplier  RCF|2024-10-01\n    supplier: " in text
    assert " -> ARTIFICIAL (method change)\n" in text
    assert "RX8" not in text
    assert "row removed (method change)" in asked("organisation", "RX8", "--since", first)[1]
    assert "No release after it changed" in asked("organisation", "RCF", "--since", second)[1]
    code, text = asked("organisation", "RCF", "--since", "yesterday")
    assert code == 1
    assert f"choose one of {first}, {second}." in text
    assert asked("organisation", "ZZZ", "--since", first)[0] == 1
    assert asked("epr_supplier", "RCF", "--since", first)[0] == 2


def test_a_release_tells_what_changed_since_the_one_before_and_the_same_bytes_again(
    home: Home, after: Home, tmp_path: Path
) -> None:
    again = republished(home, tmp_path / "home")
    one, other = after.latest.resolve(), again.latest.resolve()
    found = ask(
        one,
        "select row_key, column_name, change, org_code, new_value, rows, why from release_change "
        "where table_name = 'epr_supplier' order by 1",
    )
    assert found == [
        ("RCF|2024-10-01", "supplier", "changed", "RCF", "ARTIFICIAL", 1, "method change"),
        ("RX8|2024-10-01", "", "removed", "RX8", None, 1, "method change"),
    ]
    marts = (
        "select row_key, column_name from release_change where table_name = 'maturity_change' order by all"
    )
    assert ask(one, marts) == [
        (f"RCF|{setting}|2025", column)
        for setting in ("acute", "community")
        for column in ("provider_change", "score_after", "score_change")
    ]
    text = (one / "CHANGELOG.md").read_text("utf-8")
    assert "- `epr_supplier`: 1 value changed (method change); 1 row removed (method change).\n" in text
    assert text.endswith((home.latest / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1])
    assert differences(one) == []
    for path in (
        "CHANGELOG.md",
        "csv/release_change.csv",
        "parquet/release_change.parquet",
        "datapackage.json",
    ):
        assert (one / path).read_bytes() == (other / path).read_bytes()


def test_nothing_new_makes_no_release(home: Home, tmp_path: Path) -> None:
    assert publish_few(copy_of(home, tmp_path / "home")).outcome == "unchanged"


# Published precision


@pytest.mark.parametrize("value", [1.5, 1 / 3, 2.130952380952381, 4.999999999])
def test_f87_noise_of_a_workbook_saved_again_is_no_change(value: float) -> None:
    old = made(maturity_score=[score(value=value)])
    for noise in (1e-12, -1e-12):
        new = made(maturity_score=[score(value=value + noise, file=SECOND)], source_file=ANEW)
        assert reported(old, new) == set()


def test_f87_the_smallest_correction_beside_noise_is_the_one_change() -> None:
    codes = [f"R1{letter}" for letter in "ABCD"]
    old = made(maturity_score=[score(code, value=2 / 3) for code in codes])
    rows = [score(code, value=2 / 3 + (1e-9 if code == "R1C" else 1e-12), file=SECOND) for code in codes]
    found = reported(old, made(maturity_score=rows, source_file=ANEW))
    ((_, key, column, change, *_),) = found
    assert (key, column, change) == (KEY.replace("R1A", "R1C"), "score", "changed")


def test_f87_a_value_that_came_or_went_is_a_change() -> None:
    key = {"org_code": "R1A", "financial_year": "2023/24", "edition": "2023/24", "source": "artificial"}
    filled, empty = ({**key, "source_file_sha256": FIRST, "total_gbp": value} for value in (12, None))
    for one, other in ((filled, empty), (empty, filled)):
        found = reported(made(medical_records_cost=[one]), made(medical_records_cost=[other]))
        assert any(row[2] == "total_gbp" and row[3] == "changed" for row in found)


def test_f87_a_mean_rounded_to_nine_decimals_may_move_by_the_last_and_not_by_two() -> None:
    column = next(c.name for c in TABLES["maturity_change"].columns if getattr(c.type, "scale", 0) == 9)

    def with_value(text: str) -> dict[str, pa.Table]:
        rows = [{"org_code": "R1A", "care_setting": "acute", "edition": "2025", column: Decimal(text)}]
        return {**made(), "maturity_change": table("maturity_change", rows)}

    assert reported(with_value("0.123456789"), with_value("0.123456790")) == set()
    assert reported(with_value("0.123456789"), with_value("0.123456791")) != set()
