"""Payments over GBP 25,000: 114 real files of 11 trusts, the facts they become, and where files are found."""

import hashlib
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from conftest import staged_rows
from real_files import PUBLISHER_FILES
from test_spend25k_reading import EDITION, LINES, PART, spreadsheet
from together import every

from assets.catalogue import sources
from assets.contract.columns import METADATA
from assets.contract.frozen_editions import frozen_editions
from assets.contract.periods import financial_year
from assets.organisations.model import build
from assets.reading.structure import problems
from assets.sources.spend25k import trusts
from assets.sources.spend25k.classification import CATEGORIES, IT_CATEGORIES
from assets.sources.spend25k.mapping import coverage, facts
from assets.sources.spend25k.parsing import parse
from assets.sources.spend25k.source import SOURCE
from pipelines.integration.resolver import Resolver

FOLDER = PUBLISHER_FILES / "spend25k"
FILES = [file for frozen in frozen_editions("spend25k") for file in frozen.descriptor.files]


# Real files


def test_every_real_file_is_in_the_series_of_one_of_eleven_trusts(publisher_files: Path) -> None:
    real = {hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*/*")}
    assert {file["sha256"] for file in FILES} == real
    assert (len(FILES), len(frozen_editions("spend25k"))) == (114, 11)


@every("file", FILES, label=lambda file: str(file["part"]))
def test_every_line_of_a_file_is_classified_unclassified_or_rejected(file: dict[str, Any]) -> None:
    rows = frozen_rows()
    lines = rows[rows["publisher_file_sha256"] == file["sha256"]].groupby("category")["lines"].sum()
    unclassified = int(lines.get("unclassified", 0))
    classified = int(lines.sum()) - unclassified
    assert file["rows_in"] == classified + unclassified + len(file["rejected"])
    assert classified > 0


def test_18171_lines_are_18170_used_and_one_without_an_amount() -> None:
    rejected = [(file["part"], row["row"]) for file in FILES for row in file["rejected"]]
    assert sum(file["rows_in"] for file in FILES) == 18_171
    assert int(frozen_rows()["lines"].sum()) == 18_170
    assert rejected == [("RAL.2020-04_2020-06", 190)]


@cache
def frozen_rows() -> pd.DataFrame:
    """Return the staged rows of the frozen editions. Shared: copy before changing it."""
    return staged_rows("spend25k")


def test_eleven_trusts_are_held_and_the_gaps_are_counted() -> None:
    held = {row.subject: (row.held, row.expected) for row in coverage(frozen_rows())}
    assert held.pop("trusts whose payments are held, 2020/21") == (11, None)
    assert held.pop("lines classified, 2020/21") == (13_151, 18_170)
    months = {subject.split()[2].rstrip(","): found for subject, (found, _) in held.items()}
    assert months == {
        "R1H": 11, "R1K": 11, "RAL": 9, "RAP": 12, "RAX": 10, "RJ2": 11, "RJ6": 12, "RKE": 8, "RQM": 12, "RVR": 12, "RYJ": 12,
    }  # fmt: skip


def test_a_frozen_edition_holds_neither_suppliers_nor_the_words_of_payments_that_are_no_it() -> None:
    rows = frozen_rows()
    assert not {name for name in rows if re.search("supplier|reference|expense|raw", name)}
    named = rows[rows["matched_words"].notna()]
    words = {rule["words"].rstrip("*") for rule in trusts.rows("words")}
    assert set(named["matched_words"]) <= words
    assert set(named["category"]) == {*IT_CATEGORIES, "telecoms"}
    assert not set(rows[rows["category"].isin(["not_it", "unclassified"])]["matched_words"].dropna())


def test_rows_have_the_shape_of_their_table() -> None:
    rows = frozen_rows()
    assert problems(rows, SOURCE.table) == []
    assert set(rows["category"]) == set(CATEGORIES)


def test_every_trust_is_found_by_code_and_name_and_none_is_guessed() -> None:
    frame = facts(frozen_rows())["it_spend_over_25k"]
    resolved, unmatched = Resolver(build(staged_rows("ods"))).resolve(frame, SOURCE, "it_spend_over_25k")
    assert unmatched == []
    assert len(resolved) == len(frame)
    assert (resolved["org_code"] == resolved["org_code_as_published"]).all()
    defined = METADATA.tables["it_spend_over_25k"]
    published = resolved[[column.name for column in defined.columns]]
    assert problems(published, defined) == []


def test_every_listed_trust_has_a_name_that_ods_knows() -> None:
    names = staged_rows("ods").groupby("org_code")["name"].agg(list).to_dict()
    for row in trusts.rows("trusts"):
        known = {trusts.normalise(name) for name in names[row["org_code"]]}
        assert trusts.normalise(row["org_name"]) in known, row


# Facts


def test_the_same_month_in_two_files_counts_once_and_the_narrower_file_wins() -> None:
    month = parse(spreadsheet(), EDITION, PART).rows
    both = [*LINES, (*LINES[0][:2], "01/08/2020", *LINES[0][3:])]
    quarter = parse(spreadsheet(both), EDITION, "R1H.2020-07_2020-09").rows
    narrow, wide = month["publisher_file_sha256"][0], quarter["publisher_file_sha256"][0]
    held = pd.concat([quarter, month], ignore_index=True).assign(edition=EDITION, source_file_sha256="0" * 64)
    rows = facts(held)["it_spend_over_25k"]
    july = rows[rows["month"] == "2020-07"]
    assert set(july["source_file_sha256"]) == {narrow}
    assert july["lines"].sum() == 4
    assert rows[rows["month"] == "2020-08"]["source_file_sha256"].tolist() == [wide]


def test_a_month_says_how_much_of_it_could_be_classified_and_how_much_is_it() -> None:
    staged = parse(spreadsheet(), EDITION, PART).rows.assign(edition=EDITION, source_file_sha256="0" * 64)
    rows = facts(staged)["it_spend_over_25k"].set_index("category")
    assert set(rows["classified_pct"]) == {75.0}
    assert rows["is_it"].to_dict() == {"it_software": True, "not_it": False, "unclassified": False}
    assert set(rows["period_start"]) == {date(2020, 7, 1)}
    assert set(rows["period_end"]) == {date(2020, 7, 31)}
    assert (set(rows["fy_end_year"]), set(rows["value_status"])) == ({2021}, {"e"})


def test_the_source_is_found_by_being_there() -> None:
    assert sources()["spend25k"] is SOURCE
    assert financial_year(2020) == EDITION
