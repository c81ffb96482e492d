"""A release: complete, readable by anyone's tools, right by the publishers' figures, reproducible, never half there."""

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from few_sources import few_catalogue, few_home, leave_out_the_explorer, spare_formats
from formats import FORMATS
from releases import (
    DATABASE,
    ask,
    copy_of,
    differences,
    everything_below,
    offline_home,
    optional,
    rows_made,
    rows_of,
    sums_of,
    tables_of,
)
from together import every

from assets.catalogue import published, sources
from assets.contract import columns, guard_expectations
from assets.contract.columns import METADATA, key_of, provenance
from assets.contract.expectations import Expectation
from assets.contract.frozen_editions import frozen_editions
from pipelines.integration import audit, build_tables
from pipelines.integration.build_tables import Made
from pipelines.integration.spreadsheet_safety import RULES
from pipelines.orchestration import refresh_steps
from pipelines.publishing import release
from pipelines.publishing.copies import write_csv
from pipelines.storage import code_version, release_folder
from pipelines.storage.home import Home
from pipelines.storage.parquet import to_arrow

ROOT = Path(__file__).parents[2]
TABLES = published().tables
FILES = {
    "ATTRIBUTION.md",
    "CHANGELOG.md",
    "SHA256SUMS",
    "data_dictionary.csv",
    "datapackage.json",
    "dataset.jsonld",
    "digital_maturity.sqlite",
    "digital_maturity.xlsx",
    "index.html",
    "metadata.json",
    "report/exemplars.html",
    DATABASE,
}
KINDS = ("csv/{}.csv", "csv/{}.csv-metadata.json", "parquet/{}.parquet")
"""What a table is published as."""
every_table = every("name", TABLES)
FACT_TABLES = columns.tables_of("facts")
every_fact_table = every("name", FACT_TABLES)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the home of the release that every test shares and none changes."""
    return offline_home(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def released(home: Home) -> Path:
    return home.latest.resolve()


@pytest.fixture(scope="session")
def tables(released: Path) -> dict[str, pa.Table]:
    return tables_of(released)


@pytest.fixture
def own_home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Home:
    """Return a home with a release of a few sources, for a test to change."""
    return copy_of(few_home(tmp_path_factory.getbasetemp()), tmp_path / "home")


@pytest.fixture
def other_code(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pretend that the code of a release changed, so that there is something to publish of the same tables."""
    monkeypatch.setattr(code_version, "of_release", lambda: "other code")
    leave_out_the_explorer(monkeypatch)
    spare_formats(monkeypatch, tmp_path_factory.getbasetemp())


def csv_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), strict=True))


# --- what is in it


def test_a_release_holds_every_promised_file_and_no_other(released: Path) -> None:
    promised = FILES | {kind.format(name) for name in TABLES for kind in KINDS}
    found = {path.relative_to(released).as_posix() for path in released.rglob("*") if path.is_file()}
    assert found == promised
    assert re.fullmatch(r"\d{8}T\d{6}Z", released.name)


def test_every_file_is_what_its_checksum_says(released: Path) -> None:
    assert differences(released) == []
    assert len(sums_of(released)) == len(FILES) - 1 + len(KINDS) * len(TABLES)


def test_a_changed_a_missing_and_an_added_file_are_found_by_the_checksums(own_home: Home) -> None:
    folder = own_home.latest.resolve()
    with (folder / "csv" / "caveat.csv").open("ab") as target:
        target.write(b" ")
    (folder / "ATTRIBUTION.md").unlink()
    (folder / "added").touch()
    assert differences(folder) == ["ATTRIBUTION.md", "added", "csv/caveat.csv"]


def test_checksums_are_in_the_form_that_sha256sum_checks(released: Path) -> None:
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("sha256sum is not here")
    done = subprocess.run(
        [program, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=released, check=False
    )
    assert done.returncode == 0


@every_table
def test_a_csv_is_rfc_4180_in_utf_8_without_byte_order_mark(released: Path, name: str) -> None:
    content = (released / "csv" / f"{name}.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8")
    rows = csv_rows(released / "csv" / f"{name}.csv")
    assert {len(row) for row in rows} == {len(TABLES[name].columns)}
    again = io.StringIO(newline="")
    csv.writer(again, lineterminator="\r\n").writerows(rows)
    assert again.getvalue() == text


@every_table
def test_the_rows_of_a_table_are_in_the_order_of_its_key(tables: Mapping[str, pa.Table], name: str) -> None:
    assert tables[name].column_names == list(TABLES[name].columns.keys())
    keys = list(zip(*(tables[name][column].to_pylist() for column in key_of(TABLES[name])), strict=True))
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("kind", FORMATS)
@every_table
def test_a_table_has_the_columns_and_rows_of_the_parquet_in_every_format(
    released: Path, tables: Mapping[str, pa.Table], kind: str, name: str
) -> None:
    rows, as_kept = FORMATS[kind]
    header, *found = rows(released, name)
    assert list(header) == tables[name].column_names
    assert found == list(zip(*(kept(column, as_kept) for column in tables[name].columns), strict=True))


def kept(column: pa.ChunkedArray, as_kept: Callable[[Any], Any]) -> list[Any]:
    """Return the values of a column as a format keeps them; each different value is converted once."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    values = [as_kept(value) for value in encoded.dictionary.to_pylist()]
    return [values[place] for place in encoded.indices.to_pylist()]


WAITING = {
    "it_spend",
    "it_asset",
    "it_spend_restated",
    "dqmi_score",
    "nhs_app_status",
}
"""Tables whose only source waits for a first download."""


def test_only_tables_about_what_went_wrong_or_of_a_source_that_waits_may_be_empty(
    tables: Mapping[str, pa.Table],
) -> None:
    empty = {name for name, rows in tables.items() if not rows.num_rows}
    waiting = WAITING | {f"{name}_current" for name in WAITING}
    assert empty <= {"rejected_row", "unmatched_organisation", "release_change", *waiting}
    assert empty >= waiting


def test_codes_that_look_like_numbers_and_cells_that_need_quotes_come_back_as_they_were(
    tmp_path: Path,
) -> None:
    table = METADATA.tables["unmatched_organisation"]
    codes = ["5E1", "007", "1E400", "TRUE", "NaN"]
    texts = ['say "so"', "a, b", "two\nlines", "café", "null"]
    row = dict.fromkeys((column.name for column in table.columns), "x")
    frame = pd.DataFrame(
        [
            {
                **row,
                "org_code_as_published": code,
                "reason": text,
                "resolve_on": date(2016, 2, 29),
                "facts": 1,
            }
            for code, text in zip(codes, texts, strict=True)
        ]
    )
    write_csv(to_arrow(frame, table), tmp_path / "made.csv")
    header, *rows = csv_rows(tmp_path / "made.csv")
    found = {row[header.index("org_code_as_published")]: row[header.index("reason")] for row in rows}
    assert found == dict(zip(codes, texts, strict=True))
    assert {row[header.index("resolve_on")] for row in rows} == {"2016-02-29"}


def test_a_table_of_the_database_has_its_key_and_says_what_its_columns_mean(released: Path) -> None:
    keys = "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
    assert dict(ask(released, keys)) == {name: key_of(table) for name, table in TABLES.items()}
    comments = "select table_name, column_name, comment from duckdb_columns() order by column_index"
    found: dict[str, list[tuple[str, str]]] = {}
    for name, column, comment in ask(released, comments):
        found.setdefault(name, []).append((column, comment))
    for name, table in TABLES.items():
        assert found[name] == [(column.name, column.comment) for column in table.columns]
    tables = dict(ask(released, "select table_name, comment from duckdb_tables()"))
    assert tables == {name: table.comment for name, table in TABLES.items()}


def test_the_dictionary_describes_every_column_of_every_table(tables: Mapping[str, pa.Table]) -> None:
    described = {(row["table_name"], row["column_name"]) for row in rows_of(tables["data_dictionary"])}
    assert described == {(name, column) for name, rows in tables.items() for column in rows.column_names}
    assert all(row["description"].strip() for row in rows_of(tables["data_dictionary"]))


# --- Data Package


def test_the_descriptor_is_a_data_package_of_version_2_with_a_resource_per_table(released: Path) -> None:
    descriptor = json.loads((released / "datapackage.json").read_text("utf-8"))
    assert descriptor["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert [resource["name"] for resource in descriptor["resources"]] == list(TABLES)
    stated = sums_of(released)
    for resource in descriptor["resources"]:
        assert resource["hash"] == f"sha256:{stated[resource['path']]}"
        assert resource["bytes"] == (released / resource["path"]).stat().st_size


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_frictionless_finds_the_package_and_every_csv_valid(released: Path, whole: bool) -> None:
    """To look up references takes most of the time; that each finds its row is shown with the descriptors."""
    package = json.loads((released / "datapackage.json").read_text("utf-8"))
    for resource in () if whole else package["resources"]:
        resource["schema"].pop("foreignKeys", None)
    rows = None if whole else 500
    report = optional("frictionless").validate(package, basepath=str(released), limit_rows=rows)
    assert report.stats["tasks"] == len(TABLES)
    found = {f"{task.name}: {error.note}" for task in report.tasks for error in task.errors} | {
        error.note for error in report.errors
    }
    assert found == set()


def test_frictionless_notices_a_value_that_breaks_the_descriptor(own_home: Home) -> None:
    path = own_home.latest.resolve() / "csv" / "comparability.csv"
    path.write_text(path.read_text("utf-8").replace(",true,", ",perhaps,"), "utf-8")
    descriptor = json.loads((path.parents[1] / "datapackage.json").read_text("utf-8"))
    descriptor["resources"] = [r for r in descriptor["resources"] if r["name"] == "comparability"]
    (path.parents[1] / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    report = optional("frictionless").validate(str(path.parents[1] / "datapackage.json"))
    assert "type-error" in {error.type for task in report.tasks for error in task.errors}


# --- the publishers' figures


def test_one_query_gives_the_maturity_figures_of_every_care_setting(released: Path) -> None:
    rows = ask(
        released,
        """
        select care_setting, period, count(*), round(avg(score), 3), round(median(score), 3)
        from maturity_score
        where instrument = 'DMA' and measure = 'overall_comparable' and edition = '2025'
        group by all
        order by period desc, count(*) desc
        """,
    )
    assert rows[:4] == [
        ("acute", "2025", 134, 2.530, 2.500),
        ("community", "2025", 90, 2.548, 2.514),
        ("mental_health", "2025", 50, 2.500, 2.455),
        ("ambulance", "2025", 11, 2.225, 2.159),
    ]
    assert rows[4] == ("acute", "2024", 134, 2.357, 2.321)
    assert [row[2] for row in rows[4:]] == [134, 90, 50, 11]


def test_the_lowest_and_highest_scores_belong_to_the_trusts_that_have_them(released: Path) -> None:
    ends = ask(
        released,
        """
        select round(min(score), 3), arg_min(org_name, score), round(max(score), 3), arg_max(org_name, score),
            round(max(score) filter (care_setting = 'acute'), 3),
            arg_max(org_name, score) filter (care_setting = 'acute')
        from maturity_score
        where measure = 'overall_comparable' and period = '2025'
        """,
    )
    assert ends == [
        (
            1.487,
            "TORBAY AND SOUTH DEVON NHS FOUNDATION TRUST",
            3.798,
            "BERKSHIRE HEALTHCARE NHS FOUNDATION TRUST",
            3.643,
            "MANCHESTER UNIVERSITY NHS FOUNDATION TRUST",
        )
    ]


def test_the_acute_means_of_the_seven_pillars_are_those_of_the_publication(released: Path) -> None:
    found = dict(
        ask(
            released,
            """
            select measure, round(avg(score), 2) from maturity_score
            where care_setting = 'acute' and period = '2025' and value_status = 'published'
            group by measure
            """,
        )
    )
    assert found == {
        "well_led": 2.83,
        "ensure_smart_foundations": 2.65,
        "safe_practice": 2.37,
        "support_workforce": 2.61,
        "empower_people": 2.15,
        "improve_care": 2.42,
        "healthy_populations": 2.17,
        "overall_comparable": 2.53,
    }


def test_206_scores_rose_75_fell_and_4_stayed(released: Path) -> None:
    assert ask(released, "select direction, count(*) from maturity_change group by 1 order by 2 desc") == [
        ("rose", 206),
        ("fell", 75),
        ("unchanged", 4),
    ]
    assert ask(released, "select round(avg(score_change), 3) from maturity_change") == [(0.153,)]


def test_149_providers_rose_54_fell_and_1_stayed_when_their_settings_are_averaged(released: Path) -> None:
    sql = """
        with provider as (select org_code, avg(score_change) as change from maturity_change group by 1)
        select count(*) filter (change > 1e-9), count(*) filter (change < -1e-9),
            count(*) filter (abs(change) <= 1e-9) from provider
        """
    assert ask(released, sql) == [(149, 54, 1)]


def test_boundary_changed_flags_exactly_the_trusts_that_took_over_another_between_the_scores(
    released: Path, tables: Mapping[str, pa.Table]
) -> None:
    window = (date(2024, 1, 1), date(2025, 6, 30))
    expected = {
        row["successor_code"]
        for row in rows_of(tables["organisation_succession"])
        if window[0] <= row["succession_date"] <= window[1]
    }
    flagged = ask(released, "select distinct org_code from maturity_change where boundary_changed order by 1")
    assert [code for (code,) in flagged] == sorted(expected) == ["G6V2S", "RAL", "RAX", "RW1", "TAJ"]
    mixed = "select org_code from maturity_change group by 1 having count(distinct boundary_changed) > 1"
    assert ask(released, mixed) == []


def test_26_exemplars_and_15_followers_are_members_and_proposed_ones_are_not(released: Path) -> None:
    roles = ask(
        released,
        "select role, count(*), count(distinct org_code) from programme_membership where programme = 'GDE' group by 1 order by 1",
    )
    assert roles == [("exemplar", 26, 26), ("fast_follower", 15, 15)]
    settings = ask(
        released,
        "select care_setting, count(*) from programme_membership where role = 'exemplar' group by 1 order by 2 desc",
    )
    assert settings == [("acute", 16), ("mental_health", 7), ("ambulance", 3)]
    both = "select org_code from programme_candidate where status = 'proposed' intersect select org_code from programme_membership where role = 'fast_follower'"
    assert ask(released, both) == []


def test_209_trusts_have_an_epr_row_and_20_of_them_no_epr(released: Path) -> None:
    assert ask(released, "select count(*), count(*) filter (not has_epr) from epr_supplier") == [(209, 20)]
    assert ask(released, "select count(*) from epr_supplier where has_epr <> (supplier is not null)") == [
        (0,)
    ]
    assert ask(released, "select org_code from epr_supplier where not open_on_snapshot") == [("R1C",)]


def test_202_current_trusts_have_a_profile_each(released: Path) -> None:
    assert ask(released, "select count(*), count(distinct org_code) from trust_profile") == [(202, 202)]
    current = "select org_code from organisation where is_current and in_scope"
    assert ask(released, f"{current} except select org_code from trust_profile") == []


def test_only_exact_and_rounded_amounts_are_summed(released: Path) -> None:
    assert ask(
        released, "select distinct amount_basis from digital_funding where may_be_summed order by 1"
    ) == [
        ("exact",),
        ("rounded",),
    ]
    summable = ask(
        released,
        "select sum(amount_gbp) from digital_funding where may_be_summed and current_org_code in (select org_code from trust_profile)",
    )
    everything = ask(released, "select sum(amount_gbp) from digital_funding")
    assert ask(released, "select sum(digital_funding_gbp) from trust_profile") == summable
    assert summable < everything
    epma = "select sum(amount_gbp), count(*) from digital_funding where programme like 'EPMA%' and wave like 'wave {}%'"
    assert ask(released, epma.format(3)) == [(8_716_000, 7)]
    assert [round(total / 1e6, 1) for total, _ in ask(released, epma.format(1))] == [16.0]


def test_nobody_is_matched_by_guess(released: Path) -> None:
    unmatched = "select distinct source, org_code_as_published from unmatched_organisation where status = 'unmatched' order by all"
    assert ask(released, unmatched) == [
        ("dmsa", "RFW"),
        ("financial_position", "RX5"),
        ("kh03", "NDA"),
        ("kh03", "TAM"),
        ("kh03", "TAN"),
    ]
    in_doubt = (
        "select distinct source, status from unmatched_organisation where status <> 'unmatched' order by all"
    )
    assert ask(released, in_doubt) == [
        ("cyber_incident", "name_disagrees"),
        ("dmsa", "curated"),
        ("dmsa", "name_disagrees"),
        ("emram", "name_disagrees"),
        ("epr_event", "curated"),
        ("epr_event", "name_disagrees"),
        ("nof", "name_disagrees"),
    ]
    strangers = " union all ".join(
        f"select '{name}', org_code from {name} where org_code is not null and org_code not in (select org_code from organisation)"
        for name, fact in FACT_TABLES.items()
        if "org_code" in fact.columns
    )
    assert ask(released, strangers) == []
    unnamed = "select distinct amount_basis from digital_funding where org_code is null"
    assert ask(released, unnamed) == [("shared_total",)]


# --- where every number came from


@every_fact_table
def test_every_fact_says_where_it_came_from(tables: Mapping[str, pa.Table], name: str) -> None:
    files = {
        (row["source"], row["edition"], row["source_file_sha256"]) for row in rows_of(tables["source_file"])
    }
    wanted = {column.name for column in provenance() if not column.nullable} - {"org_code", "source_sheet"}
    of_nobody = "org_name_as_published" not in tables[name].column_names  # an index of the whole country
    for row in rows_of(tables[name]):
        assert (row["source"], row["edition"], row["source_file_sha256"]) in files
        assert [column for column in wanted if row.get(column, of_nobody) in (None, "")] == []
        assert row.get("period_start") or row.get("as_of_date") or row.get("financial_year")
        about = of_nobody or row.get("org_code") or ("org_code" not in row and row["icb_code"])
        assert about or row.get("amount_basis") == "shared_total"
        assert row["source_sheet"] or row["source"] not in {"dma", "epr"}


def test_what_a_re_user_compiled_is_graded_as_transcribed_in_every_source(
    tables: Mapping[str, pa.Table],
) -> None:
    stated = [one.descriptor for source in sources() for one in frozen_editions(source)]
    compiled = {(one.source, one.sha256): one.compiled_by for one in stated}
    grades: dict[tuple[str, bool], set[str]] = {}
    for name in FACT_TABLES:
        for row in rows_of(tables[name]):
            is_compiled = bool(compiled.get((row["source"], row["source_file_sha256"])))
            grades.setdefault((row["source"], is_compiled), set()).add(row["evidence_grade"])
    assert {source for source, is_compiled in grades if is_compiled} == {
        "cqc", "dspt_history", "eric", "fdp", "financial_position", "kh03", "tac"
    }  # fmt: skip
    assert {grade for (_, is_compiled), found in grades.items() if is_compiled for grade in found} == {
        "transcribed"
    }
    assert grades["eric", False] == grades["kh03", False] == {"administrative"}


@every_table
def test_every_file_named_is_a_source_file(tables: Mapping[str, pa.Table], name: str) -> None:
    if "source_file_sha256" not in tables[name].column_names:
        assert name not in FACT_TABLES
        return
    known = set(tables["source_file"]["source_file_sha256"].to_pylist())
    # What is added up over several files names none of them.
    assert set(tables[name]["source_file_sha256"].drop_null().to_pylist()) <= known


@every_table
def test_every_source_url_is_an_address_anyone_can_open(tables: Mapping[str, pa.Table], name: str) -> None:
    for column in ("source_url", "landing_page", "file_url", "accreditation_url"):
        if column in tables[name].column_names:
            for url in tables[name][column].to_pylist():
                assert re.fullmatch(r"https?://[^\s/]+\.[^\s]+", url or "https://may.be/missing")
    if "source_url" in tables[name].column_names and not TABLES[name].c.source_url.nullable:
        assert tables[name]["source_url"].null_count == 0


def test_rows_in_equal_rows_used_and_rejected_in_every_file(released: Path) -> None:
    assert ask(released, "select * from source_file where rows_in <> rows_used + rows_rejected") == []
    assert ask(released, "select sum(rows_rejected) from source_file") == ask(
        released, "select count(*) from rejected_row"
    )


def test_the_ten_unknown_fast_followers_are_counted_and_explained(released: Path) -> None:
    assert ask(
        released,
        "select held, expected, expected - held, status from coverage where source = 'gde' and subject like 'fast_follower%'",
    ) == [(15, 25, 10, "not published")]
    found = ask(released, "select table_name from caveat where text like '%10 of 25 fast followers%'")
    assert {"programme_membership", "programme_membership_current", "cohort_score", "trust_profile"} <= {
        name for (name,) in found
    }
    roles = ask(released, "select distinct programme_role from trust_profile order by 1")
    assert roles == [("exemplar",), ("fast_follower",), ("no_known_programme",)]


def test_every_source_held_is_attributed_with_its_licence_and_the_others_are_said_to_be_missing(
    released: Path,
) -> None:
    text = (released / "ATTRIBUTION.md").read_text("utf-8")
    held, missing = text.split("Not in this release")
    assert ".." not in text
    for name, source in sources().items():
        if frozen_editions(name):
            assert f"({name}): {source.attribution.rstrip('.')}. Licence: {source.licence}." in held
        else:
            assert f"{source.title} ({name}), {source.publisher}" in missing
            assert source.title not in held


def test_every_check_of_every_file_in_use_is_published(
    released: Path, tables: Mapping[str, pa.Table]
) -> None:
    published = set(ask(released, "select distinct table_name, check_name from check_result"))
    expected = {
        (source.table.name, rule.check)
        for name, source in sources().items()
        if frozen_editions(name)
        for rule in guard_expectations.expected(source)
    }
    expected |= {
        (name, rule.check)
        for name, table in TABLES.items()
        if name not in WAITING
        for rule in table.info["expectations"]
    }
    expected |= {(name, rule.check) for name, rows in tables.items() if rows.num_rows for rule in RULES}
    late = (
        "check_result",
        "data_dictionary",
        "release_change",
    )  # audited, but filled by no source: made last
    expected -= {(name, rule.check) for name in late for rule in RULES}
    assert published == expected
    assert ask(released, "select * from check_result where severity = 'ERROR' and outcome <> 'passed'") == []


# --- publishing


def test_a_release_with_rejected_rows_says_so_in_its_outcome(
    home: Home, tables: Mapping[str, pa.Table]
) -> None:
    assert tables["rejected_row"].num_rows > 0
    assert home.read_status("run")["sources"]
    rejected = ask(home.latest, "select sum(rows_rejected) from source_status")
    assert rejected == [(tables["rejected_row"].num_rows,)]


def expect_the_impossible(patch: pytest.MonkeyPatch, severity: Any) -> None:
    rule = Expectation(
        "more_changes_than_there_are",
        "expect_table_row_count_to_be_between",
        {"min_value": 9999},
        "Artificial.",
        severity,
    )
    patch.setitem(TABLES["maturity_change"].info, "expectations", (rule,))


def test_a_failed_audit_raises_and_leaves_the_latest_release_and_no_leftovers(
    own_home: Home, other_code: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything_below(own_home.releases)
    expect_the_impossible(monkeypatch, "ERROR")
    with pytest.raises(
        audit.AuditError,
        match=r"^Auditing the release: table maturity_change: check more_changes_than_there_are failed: \d+ rows; .*refresh\.$",
    ):
        refresh_steps.publish(few_catalogue(), own_home)
    after = everything_below(own_home.releases)
    assert {path: found for path, found in after.items() if path != "."} == {
        path: found for path, found in before.items() if path != "."
    }
    assert differences(own_home.latest.resolve()) == []


def test_a_failed_warning_is_published_and_stops_nothing(
    own_home: Home, other_code: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = own_home.latest.resolve()
    expect_the_impossible(monkeypatch, "WARN")
    done = refresh_steps.publish(few_catalogue(), own_home)
    assert done.path == own_home.latest.resolve() != before
    failed = "select check_name, outcome from check_result where table_name = 'maturity_change' and checked = 'release'"
    assert ask(done.path, failed) == [("more_changes_than_there_are", "failed")]


def test_a_doubled_row_fails_the_audit_before_anything_is_loaded(
    own_home: Home, other_code: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = build_tables.facts

    def doubled(*given: Any) -> dict[str, Made]:
        made = facts(*given)
        return {**made, "epr_supplier": Made(pd.concat([rows_made(made["epr_supplier"])] * 2))}

    monkeypatch.setattr(build_tables, "facts", doubled)
    monkeypatch.setattr(code_version, "of_tables", lambda: "other code")
    before = own_home.latest.resolve()
    with pytest.raises(audit.AuditError, match=r"table epr_supplier: expected one row per org_code, edition"):
        refresh_steps.publish(few_catalogue(), own_home)
    assert own_home.latest.resolve() == before


def test_an_interrupted_run_leaves_nothing_and_the_next_one_publishes(
    own_home: Home, other_code: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    before = own_home.latest.resolve()
    with monkeypatch.context() as patch:
        patch.setattr(release, "attribution", interrupted)
        with pytest.raises(KeyboardInterrupt):
            refresh_steps.publish(few_catalogue(), own_home)
    assert {path.name for path in own_home.releases.iterdir()} == {before.name, "latest"}
    assert refresh_steps.publish(few_catalogue(), own_home).path == own_home.latest.resolve() != before


def test_an_interruption_after_latest_was_moved_does_not_take_the_new_release_away(
    own_home: Home, other_code: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = release_folder.point

    def interrupted(link: Path, name: str) -> None:
        point(link, name)
        raise KeyboardInterrupt

    before = own_home.latest.resolve()
    monkeypatch.setattr(release, "point", interrupted)
    with pytest.raises(KeyboardInterrupt):
        refresh_steps.publish(few_catalogue(), own_home)
    assert own_home.latest.resolve() != before
    assert differences(own_home.latest.resolve()) == []
