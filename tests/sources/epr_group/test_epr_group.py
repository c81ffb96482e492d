"""Groups of Frontline Digitisation: the list is read as printed, agrees with the list of suppliers, or is refused."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import register, staged_rows
from reading import failed

from assets.contract.parsed import StructureError
from assets.sources.epr_group import SOURCE

DAY = "2023-05-26"
HEADERS = (
    *("trust_ods_code", "Trust_Type", "EPR_Group", "Current_EPR_Status", "Bi_Weekly_Report_Date"),
    *("STP_Code", "Organisation_Name", "date_updated"),
)
MEETS = "Already meets the core capabilities in the MDF"
ROWS = (
    ("R1A", "Acute Small", "Group 0", "Implementing a new", DAY, "QGH", "FIRST ARTIFICIAL NHS TRUST", ""),
    ("R1C", "Ambulance", "Group 3", MEETS, DAY, "QGH", "SECOND ARTIFICIAL NHS TRUST", ""),
    ("R1D", "Community Small", "Group 2", "", DAY, "QGH", "THIRD ARTIFICIAL NHS TRUST", ""),
)


def listed(*rows: tuple[str, ...]) -> bytes:
    """Return a list in the layout of the publisher's."""
    return register(HEADERS, rows or ROWS)


def test_a_row_is_a_trust_with_its_group_and_status() -> None:
    parsed = SOURCE.read(listed(), DAY, "")
    rows = parsed.rows.astype(object).where(parsed.rows.notna(), None)
    columns = ["org_code_as_published", "trust_type_as_published", "epr_group", "epr_status", "source_row"]
    assert rows[columns].to_numpy().tolist() == [
        ["R1A", "Acute Small", 0, "implementing_new", 2],
        ["R1C", "Ambulance", 3, "meets_core_capabilities", 3],
        ["R1D", "Community Small", 2, None, 4],
    ]
    assert (parsed.rejected, parsed.drift) == ((), ())


def test_columns_that_are_not_read_may_be_absent_and_others_are_reported() -> None:
    without = [(*row[:5], row[6], "1") for row in ROWS]
    parsed = SOURCE.read(register((*HEADERS[:5], HEADERS[6], "Budget"), without), DAY, "")
    assert parsed.drift == ("the file: column 'Budget' is new and not published",)


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (2, "Group 4", "column 'EPR_Group': expected one of group 0"),
        (3, "Nearly there", "column 'Current_EPR_Status': expected one of implementing a new"),
        (4, "2023-06-09", "expected 2023-05-26, the day of the edition, found 2023-06-09"),
    ],
)
def test_a_row_with_another_word_or_of_another_day_is_rejected(place: int, cell: str, problem: str) -> None:
    spoilt = tuple(cell if at == place else text for at, text in enumerate(ROWS[1]))
    parsed = SOURCE.read(listed(ROWS[0], spoilt), DAY, "")
    assert (len(parsed.rows), len(parsed.rejected)) == (1, 1)
    assert problem in parsed.rejected[0].reason


def test_a_list_of_another_day_or_without_groups_is_refused() -> None:
    with pytest.raises(StructureError, match="the day of the edition, found 2023-05-26"):
        SOURCE.read(listed(), "2023-06-09", "")
    with pytest.raises(StructureError, match="expected column 'EPR_Group'"):
        SOURCE.read(listed().replace(b"EPR_Group", b"Cohort"), DAY, "")


# What is held


def test_the_groups_are_as_large_as_known() -> None:
    assert staged_rows("epr_group")["epr_group"].value_counts().to_dict() == {0: 16, 1: 11, 2: 142, 3: 43}


def test_the_statuses_are_as_frequent_as_known() -> None:
    statuses = staged_rows("epr_group")["epr_status"]
    assert statuses.value_counts().to_dict() == {
        "extending": 58,
        "meets_core_capabilities": 42,
        "optimising": 40,
        "implementing_new": 37,
        "implementing_shared": 34,
    }
    assert statuses.isna().sum() == 1


def test_the_list_of_suppliers_of_2024_agrees_except_for_one_trust() -> None:
    later = staged_rows("epr").set_index("org_code_as_published")["has_epr"].astype(bool)
    groups = staged_rows("epr_group").set_index("org_code_as_published")["epr_group"]
    both = pd.concat([groups, later], axis=1, join="inner")
    assert not both.loc[both["epr_group"] == 0, "has_epr"].any()
    assert both.loc[both["epr_group"] == 3, "has_epr"].all()
    without = both[~both["has_epr"]]
    assert without.index[without["epr_group"] == 2].tolist() == ["RPC"]


@pytest.mark.parametrize("shifted", ["EPR_Group", "Current_EPR_Status"])
def test_a_column_a_row_lower_is_refused(publisher_files: Path, shifted: str) -> None:
    path = publisher_files / "epr/frontline_digitisation_epr_groups_2023-05-26.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame[shifted] = [frame[shifted].iloc[-1], *frame[shifted].iloc[:-1]]
    rows = SOURCE.read(frame.to_csv(index=False).encode(), DAY, "").rows
    assert {"group_3_has_a_record", "group_0_gets_a_record"} <= failed(SOURCE, rows)
