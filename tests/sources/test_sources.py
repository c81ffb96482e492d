"""Each source: its real files give its frozen editions, its layout gives the expected rows, its figures are the known ones.

Totals of every frozen edition are reviewed in `sources/<name>/totals.json`. After a frozen edition was added or corrected, write them
anew with `pytest tests/sources/test_sources.py --update-totals` and review the difference before it is committed.
"""

import hashlib
import json
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from conftest import (
    ACCREDITATION_ROWS,
    AIREDALE,
    BOARD_OVERALL_ROWS,
    BOARD_OVERALL_SHEET,
    BOARD_PILLAR_ROWS,
    BOARD_PILLAR_SHEET,
    EPR_SHEET,
    FIRST_DMA_ROW,
    FUNDING_ROWS,
    LEEDS,
    OVERALL_ROWS,
    OVERALL_SHEET,
    PILLAR_HEADERS,
    PILLAR_ROWS,
    PILLAR_SHEET,
    PROGRAMME_ROWS,
    SALISBURY,
    YORKSHIRE_AMBULANCE,
    accreditations_register,
    dma_workbook,
    epr_workbook,
    every_frozen_edition,
    funding_register,
    ods_report,
    programmes_register,
    staged_rows,
)
from reading import counted
from real_files import GATHERED_FACTS, PUBLISHER_FILES
from together import every

from assets.catalogue import sources
from assets.contract import periods
from assets.contract.columns import key_of
from assets.contract.frozen_editions import FrozenEdition, read_frozen
from assets.contract.parsed import Parsed
from assets.contract.source import Source
from assets.organisations.model import build, name_index
from assets.reading.structure import problems
from assets.sources import dma, epr, funding, gde, ods
from pipelines.storage.parquet import to_arrow

FOLDERS = Path(__file__).parent
"""A folder for each source: what is reviewed of its frozen editions, and what its publisher serves."""
UNREAD = {
    *("ods/eccg", "ods/icb_names", "ods/ord_", "ods/succ", "ods/etr_layout", "nof/nof_"),
    *("cqc/rating_score", "dmsa/question_key"),
    *(
        "tac/1920",
        "tac/2020-21",
        "tac/202223",
        "tac/2023-24",
        "tac/financial",
        "tac/reuser",
        "tac/values_wide",
    ),
}
"""Files beside the repository that no frozen edition is read from, by the beginning of their path."""


@cache
def by_sha256() -> dict[str, Path]:
    """Return the files beside the repository that editions can have been read from, by their SHA-256."""
    folders = (PUBLISHER_FILES, GATHERED_FACTS)
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in found}


def label(frozen: FrozenEdition) -> str:
    described = frozen.descriptor
    return " ".join(filter(None, (described.source, described.edition, described.part)))


every_frozen = every("frozen", every_frozen_edition(), label=label)
last_frozen = {frozen.descriptor.source: frozen for frozen in every_frozen_edition()}.values()


def typed(parsed: Parsed, source: Source, sha256: str = "0" * 64, edition: str = "e") -> pa.Table:
    """Return parsed rows as the staged table they become."""
    return to_arrow(parsed.rows.assign(edition=edition, source_file_sha256=sha256), source.table)


# Real files


@pytest.mark.thorough
@every_frozen
def test_the_real_file_gives_the_frozen_edition_cell_by_cell(
    frozen: FrozenEdition, publisher_files: Path
) -> None:
    """One edition of each source, the last by its name, is compared below in every run that has the files."""
    compare_with_the_real_file(frozen)


@every("frozen", last_frozen, label=label)
def test_the_real_file_gives_the_last_frozen_edition_of_a_source_cell_by_cell(
    frozen: FrozenEdition, publisher_files: Path
) -> None:
    compare_with_the_real_file(frozen)


def compare_with_the_real_file(frozen: FrozenEdition) -> None:
    described = frozen.descriptor
    source = sources()[described.source]
    parsed = read_again(frozen)
    rows = typed(parsed, source, described.sha256, described.edition)
    held = typed(read_frozen(frozen, source.table), source, described.sha256, described.edition)
    assert rows.num_rows == held.num_rows == described.rows
    for name in rows.column_names:
        assert rows[name].equals(held[name]), name
    assert parsed.rows_in == described.rows_in
    assert [vars(row) for row in parsed.rejected] == list(described.rejected)
    assert (parsed.drift, parsed.ignored) == (described.drift, described.ignored)


def read_again(frozen: FrozenEdition) -> Parsed:
    """Read the real file of an edition, or all of a series."""
    described = frozen.descriptor
    source = sources()[described.source]
    found = []
    for sha256, size, part in files_of(frozen):
        content = by_sha256()[sha256].read_bytes()
        assert len(content) == size
        found.append(source.read(content, described.edition, part))
    rejected, drift, ignored = (
        tuple(value for parsed in found for value in getattr(parsed, name))
        for name in ("rejected", "drift", "ignored")
    )
    rows = pd.concat([parsed.rows for parsed in found], ignore_index=True)
    return Parsed(rows, sum(parsed.rows_in for parsed in found), rejected, drift, ignored)


def files_of(frozen: FrozenEdition) -> list[tuple[str, int, str]]:
    """Return SHA-256, size and part of each file an edition was read from."""
    described = frozen.descriptor
    stated = described.files or (
        {"sha256": described.sha256, "bytes": described.bytes, "part": described.part},
    )
    return [(file["sha256"], file["bytes"], file["part"]) for file in stated]


def test_every_publisher_file_has_a_frozen_edition_or_is_known_to_have_none(publisher_files: Path) -> None:
    read = {sha256 for frozen in every_frozen_edition() for sha256, _, _ in files_of(frozen)}
    folder = publisher_files
    left = {
        path.relative_to(folder).as_posix()
        for sha256, path in by_sha256().items()
        if sha256 not in read and path.is_relative_to(folder)
    }
    assert {path for path in left if not path.startswith(tuple(UNREAD))} <= {"MANIFEST.csv"}


def test_another_reader_of_workbooks_sees_the_same_scores(publisher_files: Path) -> None:
    book = openpyxl.load_workbook(
        publisher_files / "dma" / "dma_2024_2025_results_data_file.xlsx",
        read_only=True,
        data_only=True,
    )
    held = staged_rows("dma")
    for sheet, cells, who, count in (
        (PILLAR_SHEET, 7, "org_name_as_published", 285),
        (OVERALL_SHEET, 2, "org_name_as_published", 285),
        (BOARD_PILLAR_SHEET, 7, "ics_as_published", 42),
        (BOARD_OVERALL_SHEET, 2, "ics_as_published", 42),
    ):
        named, first = (2, 4) if count == 285 else (1, 2)
        rows = list(book[sheet].iter_rows(min_row=FIRST_DMA_ROW, min_col=2, values_only=True))[:count]
        seen = [
            (row[named], score) for row in rows for score in sorted(map(float, row[first : first + cells]))
        ]
        here = held[held["source_sheet"] == sheet].sort_values(["source_row", "score"])
        assert list(zip(here[who], here["score"], strict=True)) == seen


# Totals, reviewed


def totals(frozen: FrozenEdition) -> dict[str, Any]:
    """Return what is reviewed of an edition: its counts, sums and means, and how often each listed value occurs."""
    table = sources()[frozen.descriptor.source].table
    parsed = read_frozen(frozen, table)
    own = [c for c in table.columns if c.name in parsed.rows and c.name not in {"source_row", "source_sheet"}]
    return {
        "rows_in": parsed.rows_in,
        "rows": len(parsed.rows),
        "rejected": len(parsed.rejected),
        **{c.name: _summary(parsed.rows[c.name].dropna(), c) for c in own},
    }


def _summary(values: "pd.Series[Any]", defined: sa.Column[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"present": len(values), "distinct": int(values.nunique())}
    if isinstance(defined.type, sa.Boolean):
        found["true"] = int(values.sum())
    elif isinstance(defined.type, sa.Float | sa.Numeric | sa.Integer):
        mean = round(float(values.mean()), 6) if len(values) else None
        found |= {"sum": round(float(values.sum()), 6), "mean": mean}
    elif "allowed" in defined.info:
        found["values"] = {str(value): int(count) for value, count in values.value_counts().items()}
    return found


@every_frozen
def test_the_totals_of_an_edition_are_the_reviewed_ones(
    frozen: FrozenEdition, pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--update-totals"):
        pytest.skip("the totals are being written")
    assert totals(frozen) == reviewed(frozen.descriptor.source)[named(frozen)]


def reviewed(source: str) -> dict[str, Any]:
    """Return the reviewed totals of a source, by edition and part."""
    path = FOLDERS / source / "totals.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def named(frozen: FrozenEdition) -> str:
    return label(frozen).partition(" ")[2]


def test_the_totals_are_those_of_the_frozen_editions_and_no_others(pytestconfig: pytest.Config) -> None:
    editions = defaultdict(dict)
    for frozen in every_frozen_edition():
        editions[frozen.descriptor.source][named(frozen)] = frozen
    if pytestconfig.getoption("--update-totals"):
        for source, held in editions.items():
            found = {name: totals(frozen) for name, frozen in held.items()}
            (FOLDERS / source).mkdir(exist_ok=True)
            path = FOLDERS / source / "totals.json"
            path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
        pytest.skip("the totals are written: review the difference of tests/sources")
    assert {path.parent.name for path in FOLDERS.glob("*/totals.json")} == set(editions)
    assert {source: set(reviewed(source)) for source in editions} == {s: set(e) for s, e in editions.items()}


# Layout


@pytest.mark.parametrize(
    ("source", "content", "edition"),
    [
        ("dma", dma_workbook(), "2025"),
        ("epr", epr_workbook(), "2024-10-01"),
        ("ods", ods_report(width=24), "2015/16"),
        ("ods", ods_report(width=27), "2026-07-08"),
        ("gde", programmes_register(), "2026-07"),
        ("gde", accreditations_register(), "2026-07"),
        ("funding", funding_register(), "2026-07"),
    ],
)
def test_a_file_of_the_publishers_layout_conforms_to_the_table(
    source: str, content: bytes, edition: str
) -> None:
    found = sources()[source]
    parsed = found.parse(content, edition)
    rows = parsed.rows.assign(edition=edition, source_file_sha256="0" * 64)
    assert problems(rows, found.table) == []
    assert set(key_of(found.table)) <= set(rows.columns)
    assert (parsed.rejected, parsed.drift) == ((), ())


def test_a_maturity_workbook_gives_a_row_per_provider_setting_measure_and_year() -> None:
    parsed = dma.parse(dma_workbook(), "2025")
    words = {"Acute": "acute", "Community": "community", "Mental Health": "mental_health"}
    names = dict(zip(PILLAR_HEADERS, dma.PILLARS.values(), strict=True))
    expected = [
        (*row[:3], words.get(row[3], "ambulance"), names[header], "2025", score, PILLAR_SHEET, number)
        for number, row in enumerate(PILLAR_ROWS, start=FIRST_DMA_ROW)
        for header, score in zip(PILLAR_HEADERS, row[4:], strict=True)
    ] + [
        (
            *row[:3],
            words.get(row[3], "ambulance"),
            "overall_comparable",
            year,
            score,
            OVERALL_SHEET,
            number,
        )
        for number, row in enumerate(OVERALL_ROWS, start=FIRST_DMA_ROW)
        for year, score in zip(("2025", "2024"), row[4:], strict=True)
    ]
    providers = parsed.rows[parsed.rows["org_name_as_published"].notna()]
    assert list(providers.itertuples(index=False, name=None)) == expected
    read = sum(map(len, (PILLAR_ROWS, OVERALL_ROWS, BOARD_PILLAR_ROWS, BOARD_OVERALL_ROWS)))
    assert parsed.rows_in == read
    assert "sheet 'Introduction ' holds no scores" in parsed.ignored


def test_a_maturity_workbook_gives_a_row_per_board_measure_and_year() -> None:
    rows = dma.parse(dma_workbook(), "2025").rows
    boards = rows[rows["org_name_as_published"].isna()]
    names = dict(zip(PILLAR_HEADERS, dma.PILLARS.values(), strict=True))
    expected = [
        (*row[:2], names[header], "2025", score, BOARD_PILLAR_SHEET, number)
        for number, row in enumerate(BOARD_PILLAR_ROWS, start=FIRST_DMA_ROW)
        for header, score in zip(PILLAR_HEADERS, row[2:], strict=True)
    ] + [
        (*row[:2], "overall_comparable", year, score, BOARD_OVERALL_SHEET, number)
        for number, row in enumerate(BOARD_OVERALL_ROWS, start=FIRST_DMA_ROW)
        for year, score in zip(("2025", "2024"), row[2:], strict=True)
    ]
    assert boards["care_setting"].isna().all()
    found = boards.drop(columns=["org_name_as_published", "care_setting"])
    assert list(found.itertuples(index=False, name=None)) == expected


def test_a_maturity_workbook_of_another_year_has_other_sheets_and_columns() -> None:
    def later(book: Any) -> None:
        book[PILLAR_SHEET].title = "SC - 2026 Pillar Summary"
        book[OVERALL_SHEET]["F11"], book[OVERALL_SHEET]["G11"] = "2026 Average", "2025 Average"
        book[OVERALL_SHEET].title = "SC - 25 vs 26 Overall DMA"
        book[BOARD_PILLAR_SHEET].title = "ICB - 2026 Pillar Summary"
        book[BOARD_OVERALL_SHEET]["D11"], book[BOARD_OVERALL_SHEET]["E11"] = "2026 Average", "2025 Average"
        book[BOARD_OVERALL_SHEET].title = "ICB -25 vs 26 Overall DMA "

    rows = dma.parse(dma_workbook(later), "2026").rows
    assert set(rows["period"]) == {"2026", "2025"}
    assert set(rows[rows["measure"] == "well_led"]["period"]) == {"2026"}


def test_an_epr_workbook_gives_a_row_per_trust() -> None:
    parsed = epr.parse(epr_workbook(), "2024-10-01")
    rows = parsed.rows.astype(object).where(parsed.rows.notna(), None)
    assert list(rows.itertuples(index=False, name=None)) == [
        ("RCF", AIREDALE[2], "acute", "Artificial Supplier A", True, EPR_SHEET, 2),
        (
            "RVN",
            "AVON AND WILTSHIRE MENTAL HEALTH PARTNERSHIP NHS TRUST",
            "mental_health",
            "Artificial Supplier B",
            True,
            EPR_SHEET,
            3,
        ),
        (
            "RXT",
            "BIRMINGHAM AND SOLIHULL MENTAL HEALTH NHS FOUNDATION TRUST",
            "mental_health_and_community",
            "Artificial Supplier A",
            True,
            EPR_SHEET,
            4,
        ),
        ("RX8", "YORKSHIRE AMBULANCE SERVICE NHS TRUST", "ambulance", None, False, EPR_SHEET, 5),
    ]
    assert parsed.ignored == ("sheet 'hiddenSheet' is hidden",)


def test_the_old_and_the_new_layout_of_a_list_of_trusts_give_the_same_rows() -> None:
    old, new = (ods.parse(ods_report(width=width), "2026-07-08").rows for width in (24, 27))
    pd.testing.assert_frame_equal(old, new)
    rows = new.astype(object).where(new.notna(), None)
    assert list(rows.itertuples(index=False, name=None)) == [
        (
            "R1A",
            "FIRST ARTIFICIAL NHS TRUST",
            "Y60",
            "QGH",
            "AA1 1AA",
            "E",
            date(2011, 7, 1),
            None,
            "",
            1,
        ),
        (
            "G6V2S",
            "SECOND, ARTIFICIAL NHS FOUNDATION TRUST",
            "Y56",
            None,
            "AA1 1AA",
            "E",
            date(2024, 11, 1),
            None,
            "",
            2,
        ),
        (
            "RT4",
            "ARTIFICIAL AMBULANCE SERVICES NHS TRUST",
            "W00",
            None,
            "AA1 1AA",
            "W",
            date(1998, 4, 1),
            date(2020, 3, 31),
            "",
            3,
        ),
    ]


def test_a_programme_register_gives_a_row_per_event() -> None:
    parsed = gde.parse(programmes_register(), "2026-07")
    rows = parsed.rows
    columns = ["event", "role", "event_date", "date_precision", "basis", "evidence_grade", "source_row"]
    assert list(rows[columns].itertuples(index=False, name=None)) == [
        ("member", "exemplar", "2016-09-07", "day", "named", "administrative", 2),
        ("member", "fast_follower", "2017-09", "month", "inferred", "press-reported", 3),
        ("proposed", "fast_follower", "2017", "year", "named", "press-reported", 4),
        ("withdrawn", "fast_follower", "2018-01", "month", "named", "press-reported", 5),
        ("member", "aspirant_seed", "2021-03-18", "day", "named", "press-reported", 6),
    ]
    assert rows["org_code_as_published"].tolist() == [row[5] for row in PROGRAMME_ROWS]


ADDITIONS = """
programme,wave,role,ods_code,trust_name_as_stated,amount_gbp,amount_basis,date,source_url,confidence,note
Digital Aspirant,1,aspirant,R1A,First Artificial NHS Trust,6,up to,2020,https://a.nhs.uk/one,high,
Digital Aspirant,2,seed,R1L,Second Artificial NHS Trust,2,as published,2021-03-18,https://a.example/two,high,first
GDE,,fast_follower,RAP,Third Artificial NHS Trust,,,2017-09,https://a.example/three,high,confirms
GDE accreditation,,exemplar,R0B,Fourth Artificial NHS Trust,,,2020-02,https://a.nhs.uk/four,high,
EPMA,2,"(25 trusts, names not found)",,,26,sum,2019-11,https://a.example/five,high,
GDE,acute,fast_follower,R1C,Fifth Artificial NHS Trust,5,up to,2017-09,https://a.example/six,high,"fast follower of Sixth NHS Trust (R1D, later others)"
""".lstrip()


def test_additions_to_the_register_are_members_and_accreditations_with_their_provenance() -> None:
    parsed = gde.parse(ADDITIONS.encode(), "2026-07")
    names = ("event", "programme", "role", "org_code_as_published", "partner_org_codes", "event_date")
    rows = parsed.rows.astype(object).where(parsed.rows.notna(), None)
    assert list(rows[[*names, "evidence_grade", "source_row"]].itertuples(index=False, name=None)) == [
        ("member", "digital_aspirant", "aspirant", "R1A", None, "2020", "administrative", 2),
        ("accredited", "GDE", "exemplar", "R0B", None, "2020-02", "administrative", 5),
        ("member", "GDE", "fast_follower", "R1C", "R1D", "2017-09", "press-reported", 7),
    ]
    assert parsed.ignored == ("3 rows that confirm a member of the register or name no trust",)
    conforming = parsed.rows.assign(edition="2026-07", source_file_sha256="0" * 64)
    assert problems(conforming, gde.TABLE) == []


def test_whittington_hull_and_north_lincolnshire_are_members_and_sunderland_was_accredited_in_february_2020() -> (
    None
):
    found = gde.facts(staged_rows("gde"))
    members = found["programme_membership"].set_index("org_code_as_published")
    shown = ["programme", "role", "wave", "start_date", "date_precision"]
    assert {code: tuple(members.loc[code, shown]) for code in ("RJL", "RKE", "RWA")} == {
        "RJL": ("digital_aspirant", "aspirant", "1", "2020", "year"),
        "RKE": ("GDE", "fast_follower", "1", "2017-09", "month"),
        "RWA": ("digital_aspirant", "aspirant", "1", "2020", "year"),
    }
    assert tuple(members.loc["RLN", ["status", "accredited_on"]]) == ("accredited", "2020-02")
    assert str(members.loc["RLN", "accreditation_url"]).startswith("https://www.stsft.nhs.uk/")
    pairs = found["programme_pairing"].set_index("org_code_as_published")["exemplar_org_code"]
    assert (pairs["RKE"], len(pairs)) == ("RA7", 15)


def test_an_accreditation_register_keeps_what_anyone_can_look_up() -> None:
    parsed = gde.parse(accreditations_register(), "2026-07")
    assert parsed.rows[["event", "role", "org_code_as_published", "event_date", "source_row"]].to_dict(
        "records"
    ) == [
        {
            "event": "accredited",
            "role": "exemplar",
            "org_code_as_published": "R1A",
            "event_date": "2021-08",
            "source_row": 2,
        }
    ]
    left_out = len(ACCREDITATION_ROWS) - 1
    assert parsed.ignored == (f"{left_out} rows about suppliers or without an address anyone can open",)


def test_a_funding_register_gives_a_row_per_award() -> None:
    rows = funding.parse(funding_register(), "2026-07").rows
    rows = rows.astype(object).where(rows.notna(), None)
    assert list(
        rows[["amount_gbp", "amount_basis", "org_code_as_published", "source_row"]].itertuples(
            index=False, name=None
        )
    ) == [
        (1_000_001, "exact", "R1A", 2),
        (2_000_000, "rounded", "R1C", 3),
        (10_000_000, "up_to", "R1D", 4),
        (None, "withdrawn", "R1E", 5),
        (5_000_000, "shared_total", None, 6),
    ]
    assert rows["amount_basis_as_published"].tolist() == [row[5] for row in FUNDING_ROWS]


# Digital Maturity Assessment: acceptance figures


@cache
def scores() -> pd.DataFrame:
    """Return the maturity facts of the frozen edition, with the code each provider resolves to."""
    frame = dma.facts(staged_rows("dma"))["maturity_score"]
    index = name_index(build(staged_rows("ods"))["organisation_name"])
    names = frame["org_name_as_published"].unique()
    codes = {name: index.resolve(name, date(2025, 5, 1)).org_code for name in names}
    return frame.assign(org_code=frame["org_name_as_published"].map(codes))


def overall() -> pd.DataFrame:
    """Return the comparable overall score: a row per provider and setting, a column per year."""
    rows = scores()[scores()["measure"] == "overall_comparable"]
    return rows.pivot(index=["org_name_as_published", "care_setting"], columns="period", values="score")


def changes(frame: pd.DataFrame) -> tuple[int, int, int]:
    """Return how many rose, fell and stayed, to nine decimals."""
    change = frame["2025"] - frame["2024"]
    return int((change > 1e-9).sum()), int((change < -1e-9).sum()), int((change.abs() <= 1e-9).sum())


@pytest.mark.parametrize(
    ("setting", "rows", "year", "mean", "median"),
    [
        ("acute", 134, "2025", 2.530, 2.500),
        ("acute", 134, "2024", 2.357, 2.321),
        ("community", 90, "2025", 2.548, 2.514),
        ("mental_health", 50, "2025", 2.500, 2.455),
        ("ambulance", 11, "2025", 2.225, 2.159),
    ],
)
def test_the_comparable_overall_has_the_known_mean_and_median(
    setting: str, rows: int, year: str, mean: float, median: float
) -> None:
    found = overall().xs(setting, level="care_setting")[year]
    assert (len(found), round(found.mean(), 3), round(found.median(), 3)) == (rows, mean, median)


def test_there_are_285_rows_of_204_providers_in_each_sheet() -> None:
    rows = staged_rows("dma").dropna(subset="org_name_as_published")
    pillars = rows[rows["measure"] == "well_led"]
    keys = ["org_name_as_published", "care_setting"]
    assert len(pillars) == len(overall()) == 285
    assert set(map(tuple, pillars[keys].to_numpy())) == set(overall().index)
    assert rows["org_name_as_published"].nunique() == 204
    assert "RVN" not in set(scores()["org_code"])
    assert (overall().groupby(level="org_name_as_published").size() > 1).sum() == 79


def test_the_lowest_and_highest_scores_are_the_known_ones() -> None:
    this_year = overall()["2025"]
    assert round(this_year.min(), 3) == 1.487
    lowest = this_year["TORBAY AND SOUTH DEVON NHS FOUNDATION TRUST"]
    assert lowest["community"] == this_year.min()
    assert this_year.idxmax() == ("BERKSHIRE HEALTHCARE NHS FOUNDATION TRUST", "community")
    assert round(this_year.max(), 3) == 3.798
    acute = this_year.xs("acute", level="care_setting")
    assert (acute.idxmax(), round(acute.max(), 3)) == ("MANCHESTER UNIVERSITY NHS FOUNDATION TRUST", 3.643)


def test_as_many_rows_rose_and_fell_as_known() -> None:
    assert changes(overall()) == (206, 75, 4)
    assert round((overall()["2025"] - overall()["2024"]).mean(), 3) == 0.153


def test_as_many_providers_rose_and_fell_as_known() -> None:
    assert changes(overall().groupby(level="org_name_as_published").mean()) == (149, 54, 1)


def test_the_acute_pillar_means_are_the_known_ones() -> None:
    acute = scores()[scores()["care_setting"] == "acute"]
    means = acute.groupby("measure")["score"].mean()
    assert [round(means[pillar], 2) for pillar in dma.PILLARS.values()] == [
        2.83,
        2.65,
        2.37,
        2.61,
        2.15,
        2.42,
        2.17,
    ]


@pytest.mark.parametrize(("code", "pillar_mean", "comparable"), [("RJE", 2.37, 2.385), ("RX1", 2.46, 2.571)])
def test_the_pillar_mean_and_the_comparable_overall_are_two_measures(
    code: str, pillar_mean: float, comparable: float
) -> None:
    acute = scores()[(scores()["org_code"] == code) & (scores()["period"] == "2025")].set_index("measure")
    assert acute.loc["pillar_mean_derived", "score"] == pytest.approx(pillar_mean, abs=0.005)
    assert round(acute.loc["overall_comparable", "score"], 3) == comparable
    assert acute.loc["pillar_mean_derived", "value_status"] == "e"
    assert acute.loc["overall_comparable", "value_status"] == "published"


def test_a_pillar_mean_exists_for_this_year_only_and_once_per_provider_and_setting() -> None:
    means = scores()[scores()["measure"] == "pillar_mean_derived"]
    assert set(means["period"]) == {"2025"}
    assert len(means) == 285
    assert set(means["source_sheet"]) == {PILLAR_SHEET}


def test_a_pillar_mean_is_the_mean_of_the_seven_pillars() -> None:
    rows = dma.parse(dma_workbook(), "2025").rows.assign(edition="2025", source_file_sha256="0" * 64)
    facts = dma.facts(rows)["maturity_score"]
    means = facts[facts["measure"] == "pillar_mean_derived"].set_index("org_name_as_published")["score"]
    assert means.to_dict() == {
        SALISBURY[2]: 1.4,
        AIREDALE[2]: 2.4,
        LEEDS[2]: round((3 + 3.2 + 3.3 + 3.4 + 3.5 + 3.6 + 3.7) / 7, 6),
        YORKSHIRE_AMBULANCE[2]: round((4.1 + 4.2 + 4.3 + 4.4 + 4.5 + 4.6 + 5) / 7, 6),
    }


def test_a_score_that_a_provider_gave_several_settings_is_marked() -> None:
    year = scores()[(scores()["measure"] == "overall_comparable") & (scores()["period"] == "2025")]
    torbay = year[year["org_name_as_published"] == "TORBAY AND SOUTH DEVON NHS FOUNDATION TRUST"]
    assert torbay["shared_score"].tolist() == [True, True]
    alone = year[~year.duplicated("org_name_as_published", keep=False)]
    assert not alone["shared_score"].any()


@pytest.mark.parametrize(
    ("measure", "period", "providers"),
    [
        ("overall_comparable", "2024", 46),
        ("overall_comparable", "2025", 10),
        ("well_led", "2025", 8),
        ("empower_people", "2025", 8),
        ("pillar_mean_derived", "2025", 8),
    ],
)
def test_pillars_are_shared_where_all_seven_are_equal_and_not_where_one_is(
    measure: str, period: str, providers: int
) -> None:
    rows = scores()[(scores()["measure"] == measure) & (scores()["period"] == period)]
    assert rows.loc[rows["shared_score"], "org_name_as_published"].nunique() == providers


def test_44_of_79_providers_have_one_score_of_2024_for_all_their_settings() -> None:
    by_provider = overall().groupby(level="org_name_as_published")
    several = by_provider.size() > 1
    one = by_provider.nunique().eq(1)[several]
    assert (len(one), int(one["2024"].sum()), int(one["2025"].sum())) == (79, 44, 10)


def test_boards_scored_themselves_as_known() -> None:
    own = dma.facts(staged_rows("dma"))["icb_score"]
    assert (len(own), own["org_name_as_published"].nunique()) == (42 * 9, 42)
    both = own[own["measure"] == dma.OVERALL].pivot(
        index="org_name_as_published", columns="period", values="score"
    )
    assert changes(both) == (33, 8, 1)
    assert both[["2025", "2024"]].mean().round(3).tolist() == [2.848, 2.610]
    printed = scores().merge(
        staged_rows("dma")[["org_name_as_published", "ics_as_published"]].drop_duplicates()
    )
    of_trusts = (
        printed[printed["measure"] == dma.OVERALL]
        .groupby(["period", "ics_as_published", "org_name_as_published"])["score"]
        .mean()
        .groupby(level=[0, 1])
        .agg(["mean", "size"])
    )
    r = {year: round(both[year].corr(of_trusts.loc[year, "mean"]), 3) for year in ("2025", "2024")}
    assert r == {"2025": 0.134, "2024": 0.010}
    assert (of_trusts.loc["2025", "size"] < 3).sum() == 8


def test_providers_are_looked_up_when_the_edition_was_collected() -> None:
    assert set(scores()["resolve_on"]) == {date(2025, 4, 1)}
    by_year = scores().groupby("period")[["period_start", "period_end"]].first()
    assert by_year.loc["2025"].tolist() == [date(2025, 4, 1), date(2025, 6, 30)]
    assert by_year.loc["2024"].tolist() == [date(2024, 1, 1), date(2024, 12, 31)]


# Suppliers of patient records


def test_suppliers_have_the_known_shares() -> None:
    rows = staged_rows("epr")
    assert len(rows) == 209
    assert rows["supplier"].value_counts().head(8).to_dict() == {
        "Oracle Cerner Corporation": 30,
        "TPP": 27,
        "The Access Group": 24,
        "System C Healthcare Ltd": 18,
        "Dedalus Healthcare Ltd": 18,
        "Generic or In House EPR Provider": 16,
        "Altera Digital Health": 10,
        "Epic Systems Corporation": 9,
    }


def test_twenty_trusts_had_no_record_and_name_no_supplier() -> None:
    rows = staged_rows("epr")
    without = rows[~rows["has_epr"].astype(bool)]
    assert len(without) == 20
    assert without["supplier"].isna().all()
    facts = epr.facts(rows)["epr_supplier"]
    assert facts["value_status"].value_counts().to_dict() == {"published": 189, "z": 20}
    assert set(facts["as_of_date"]) == {date(2024, 10, 1)}


# Digital programmes


def test_the_register_knows_as_many_members_as_it_should() -> None:
    events = staged_rows("gde")
    counted = events.groupby(["event", "role"]).size().to_dict()
    assert counted == {
        ("member", "exemplar"): 26,
        ("member", "fast_follower"): 15,
        ("member", "aspirant"): 9,
        ("member", "aspirant_seed"): 1,
        ("proposed", "fast_follower"): 7,
        ("withdrawn", "fast_follower"): 1,
        ("accredited", "exemplar"): 3,
        ("accredited", "fast_follower"): 1,
    }
    exemplars = events[(events["event"] == "member") & (events["role"] == "exemplar")]
    assert exemplars["care_setting"].value_counts().to_dict() == {
        "acute": 16,
        "mental_health": 7,
        "ambulance": 3,
    }


def test_nobody_proposed_or_withdrawn_is_a_member() -> None:
    facts = gde.facts(staged_rows("gde"))
    members = facts["programme_membership"]
    candidates = facts["programme_candidate"]
    assert len(members) == 51
    assert candidates["status"].value_counts().to_dict() == {"proposed": 7, "withdrawn": 1}
    assert set(candidates[candidates["status"] == "proposed"]["care_setting"]) == {"mental_health"}
    followers = members[members["role"] == "fast_follower"]
    assert not set(followers["org_code_as_published"]) & set(candidates["org_code_as_published"])


def test_four_members_are_accredited_and_everyone_can_look_it_up() -> None:
    members = gde.facts(staged_rows("gde"))["programme_membership"]
    accredited = members[members["status"] == "accredited"]
    assert set(accredited["org_code_as_published"]) == {"RLN", "RGT", "RX4", "RD8"}
    assert accredited["accreditation_url"].str.startswith("https://").all()
    assert accredited["accredited_on"].notna().all()
    assert members[members["status"] == "member"]["accredited_on"].isna().all()


def test_every_follower_is_paired_with_an_exemplar() -> None:
    facts = gde.facts(staged_rows("gde"))
    members = facts["programme_membership"]
    exemplars = set(members[members["role"] == "exemplar"]["org_code_as_published"])
    assert len(facts["programme_pairing"]) == 15
    assert set(facts["programme_pairing"]["exemplar_org_code"]) <= exemplars


def test_the_gap_in_the_register_is_counted() -> None:
    assert counted(gde.SOURCE, staged_rows("gde")) == {
        "exemplar held by name": (26, 26, "complete"),
        "fast_follower held by name": (15, 25, "not published"),
        "aspirant held by name": (10, 59, "not published"),
    }


def test_the_trust_that_is_not_in_the_maturity_assessment_is_counted() -> None:
    assert counted(dma.SOURCE, staged_rows("dma")) == {
        "providers in the assessment of 2025": (204, 205, "not published"),
        "integrated care boards in the assessment of 2025": (42, 42, "complete"),
    }


# Central funding


@pytest.mark.parametrize(("wave", "awards", "total"), [("wave 1", 13, 16_000_000), ("wave 3", 7, 8_716_000)])
def test_the_complete_waves_of_e_prescribing_add_up(wave: str, awards: int, total: int) -> None:
    facts = funding.facts(staged_rows("funding"))["digital_funding"]
    rows = facts[(facts["programme"] == "EPMA") & facts["wave"].str.startswith(wave)]
    assert rows["may_be_summed"].all()
    assert (len(rows), int(rows["amount_gbp"].sum())) == (awards, total)


def test_a_ceiling_is_never_a_receipt() -> None:
    facts = funding.facts(staged_rows("funding"))["digital_funding"]
    assert set(facts[facts["may_be_summed"]]["amount_basis"]) == {"exact", "rounded"}
    assert set(facts[~facts["may_be_summed"]]["amount_basis"]) == {"up_to", "shared_total", "withdrawn"}
    exemplars = facts[facts["programme"].str.startswith("GDE")]
    assert not exemplars["may_be_summed"].any()


def test_a_total_shared_by_several_trusts_belongs_to_none() -> None:
    facts = funding.facts(staged_rows("funding"))["digital_funding"]
    shared = facts[facts["amount_basis"] == "shared_total"]
    assert len(shared) == 1
    assert shared[["org_code_as_published", "resolve_on"]].isna().all().all()
    assert facts[facts["amount_basis"] != "shared_total"]["resolve_on"].notna().all()


def test_an_award_over_several_years_ends_with_the_last() -> None:
    rows = funding.parse(funding_register(), "2026-07").rows.assign(edition="e", source_file_sha256="0" * 64)
    facts = funding.facts(rows)["digital_funding"]
    assert facts[["period_start", "period_end", "fy_end_year"]].to_numpy().tolist()[2] == [
        date(2016, 4, 1),
        date(2021, 3, 31),
        2021,
    ]
    assert facts["value_status"].tolist() == ["published", "published", "published", "z", "published"]


# Lists of trusts


def test_the_newest_list_holds_202_open_trusts_of_which_three_are_welsh() -> None:
    rows = staged_rows("ods")
    newest = rows[rows["edition"] == "2026-07-08"]
    is_open = newest[newest["close_date"].isna()]
    assert (len(newest), len(is_open)) == (274, 202)
    assert sorted(is_open[is_open["gor_code"] == "W"]["org_code"]) == ["RQF", "RT4", "RYT"]


def test_the_two_stubs_of_2015_16_are_rejected_and_named() -> None:
    (frozen,) = (f for f in every_frozen_edition() if label(f) == "ods 2015/16 etr")
    assert [(row["row"], row["raw"][:3]) for row in frozen.descriptor.rejected] == [
        (240, "R0A"),
        (241, "R0B"),
    ]
    rows = staged_rows("ods")
    assert not set(rows[rows["edition"] == "2015/16"]["org_code"]) & {"R0A", "R0B"}


@pytest.mark.parametrize(
    ("edition", "first", "last"),
    [
        ("2015/16", date(2015, 4, 1), date(2016, 3, 31)),
        ("2026-07-08", date(2026, 7, 8), date(2026, 7, 8)),
    ],
)
def test_an_edition_says_on_which_days_it_can_have_been_true(edition: str, first: date, last: date) -> None:
    assert periods.seen(edition) == (first, last)
