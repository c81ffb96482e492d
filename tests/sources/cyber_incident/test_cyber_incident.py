"""Cyber incidents: affected is not breached, what is not certain is left out, and unverified rows stay apart."""

import pytest
from conftest import register, staged_rows
from reading import plain, resolver

from assets.catalogue import published
from assets.contract.columns import UNVERIFIED
from assets.contract.parsed import StructureError
from assets.sources.cyber_incident import SOURCE
from pipelines.integration.warehouse import mart_sql, tables_read

EDITION = "2026-11"
HEADERS = (
    *("incident_id", "incident", "date", "date_precision", "ods_code", "organisation_as_stated", "effect"),
    *("source_url", "source_type", "confidence"),
)
LIST = ("ods_code", "organisation_name_2016", "wannacry_status", "source", "note")
URL = "https://example.org/a"
END = (URL, "press", "medium")
ROWS = (
    (
        "advanced_2022",
        "Ransomware at supplier",
        "2022-08-04",
        "day",
        "R1A",
        "First Trust",
        "no records",
        *END,
    ),
    ("alder_hey_2024", "Theft", "2024-11-28", "day (publication by attacker)", "RBS", "Second", "data", *END),
    ("alder_hey_2024", "Theft", "2024-11-28", "day (publication by attacker)", "R1C", "Third", "data", *END),
    ("ivanti_2025", "Exploit", "2025-05", "month", "R1D", "Fourth Trust", "named by a firm", *END),
    ("wannacry_2017", "WannaCry", "2017-05-12", "day", "R1E", "Fifth Trust", "NOT affected; cut off", *END),
    ("synnovis_2024", "Ransomware", "2024-06-03", "day", "", "Sixth (not a trust)", "affected", *END),
    ("wannacry_2017", "WannaCry", "2017-05-12", "day", "R1F", "Seventh Trust", "affected", *END),
)
LISTED = (
    ("R1F", "SEVENTH TRUST", "infected", "somebody/something (acute only)", ""),
    ("R1G", "EIGHTH TRUST", "affected, not infected", "somebody/something (acute only)", ""),
)


def incidents(*rows: tuple[str, ...]) -> bytes:
    """Return a register in the layout of the transcribed one."""
    return register(HEADERS, rows or ROWS)


def wannacry() -> bytes:
    """Return a list in the layout of the one of WannaCry."""
    return register(LIST, LISTED)


def test_a_trust_is_affected_through_its_own_systems_a_supplier_or_another_trust() -> None:
    parsed = SOURCE.read(incidents(), EDITION, "incidents")
    rows = [(row["org_code_as_published"], row["affected"]) for row in plain(parsed.rows)]
    assert rows == [
        ("R1A", "through_supplier"),
        ("RBS", "own_systems"),
        ("R1C", "through_another_trust"),
        ("R1F", "not_stated"),
    ]


def test_what_is_unconfirmed_not_affected_or_no_trust_is_left_out_and_says_so() -> None:
    parsed = SOURCE.read(incidents(), EDITION, "incidents")
    assert parsed.ignored == (
        "row 5: the trusts have not confirmed it",
        "row 6: the trust was not affected",
        "row 7: not about a trust",
    )


def test_an_incident_nobody_has_judged_rejects_its_row() -> None:
    parsed = SOURCE.read(incidents(("new_2027", *ROWS[0][1:]), *ROWS), EDITION, "incidents")
    assert "how it affected trusts is not known" in parsed.rejected[0].reason


def test_the_list_of_wannacry_is_unverified_and_a_trust_may_be_in_both() -> None:
    rows = plain(SOURCE.read(wannacry(), EDITION, "wannacry").rows)
    names = ("org_code_as_published", "affected", "effect", "evidence_grade", "source_url")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("R1F", "own_systems", "infected", UNVERIFIED, "https://github.com/somebody/something"),
        ("R1G", "not_stated", "affected, not infected", UNVERIFIED, "https://github.com/somebody/something"),
    ]


def test_a_file_with_neither_header_is_refused() -> None:
    with pytest.raises(StructureError, match="expected column 'effect'"):
        SOURCE.read(incidents().replace(b"effect", b"impact"), EDITION, "incidents")


# What is held


def test_the_registers_hold_what_was_counted() -> None:
    rows = staged_rows("cyber_incident")
    listed = rows[rows["evidence_grade"] == UNVERIFIED]
    assert listed["effect"].value_counts().to_dict() == {"affected, not infected": 30, "infected": 25}
    other = rows[rows["evidence_grade"] != UNVERIFIED]
    assert other["incident"].value_counts().to_dict() == {
        "advanced_2022": 11,
        "wannacry_2017": 6,
        "synnovis_2024": 5,
        "alder_hey_2024": 3,
        "oracle_ebs_2025": 2,
        "wirral_2024": 1,
        "barts_2017": 1,
    }
    assert not ({"RC1"} & set(other["org_code_as_published"]))
    assert set(other[other["source_url"].str.contains("bbc.com")]["evidence_grade"]) == {"press-reported"}


def test_of_seven_trusts_in_print_three_agree_with_the_list_and_one_contradicts_it() -> None:
    rows = staged_rows("cyber_incident")
    listed = set(rows[rows["evidence_grade"] == UNVERIFIED]["org_code_as_published"])
    printed = rows[(rows["incident"] == "wannacry_2017") & (rows["evidence_grade"] != UNVERIFIED)]
    assert listed & set(printed["org_code_as_published"]) == {"RHW", "RJN", "RNL"}
    assert "RC1" in listed


def test_every_row_has_its_trust() -> None:
    made = SOURCE.facts(staged_rows("cyber_incident"))["cyber_incident"]
    kept, unmatched = resolver().resolve(made, SOURCE, "cyber_incident")
    assert (len(kept), unmatched) == (84, [])
    assert not kept.duplicated(["incident", "org_code", "evidence_grade", "edition"]).any()


def test_no_analysis_reads_unverified_rows() -> None:
    reading = [
        name
        for name in published().marts
        if {"cyber_incident", "cyber_incident_current"} & set(tables_read(name))
    ]
    assert [name for name in reading if f"evidence_grade <> '{UNVERIFIED}'" not in mart_sql(name)] == []
