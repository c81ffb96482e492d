"""What describes a release is true of it: Data Package, CSVW, schema.org and the data dictionary."""

import csv
import json
import re
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from markupsafe import escape
from releases import ask, offline_home, optional, rows_of, sums_of, tables_of
from together import every

from assets.catalogue import published, sources
from assets.tables.about_data import ABOUT, WHY
from assets.tables.facts import FACTS
from pipelines.publishing.data_dictionary import dictionary
from pipelines.publishing.descriptors import csvw, dataset
from pipelines.publishing.empty_tables import why_empty
from pipelines.publishing.release_changes import LISTED

TABLES = published().tables
every_table = every("name", TABLES)
ROWS = 250
"""About how many rows of a table are looked at where that is slow."""
MAY_BE_EMPTY = {"it_spend", "it_asset", "it_spend_restated", "dqmi_score", "nhs_app_status"}
"""The fact tables whose sources have no frozen edition, or none of the publisher's own files."""


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return offline_home(tmp_path_factory.getbasetemp()).latest.resolve()


@pytest.fixture(scope="session")
def package(released: Path) -> dict[str, Any]:
    return read(released / "datapackage.json")


@pytest.fixture(scope="session")
def resources(package: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in package["resources"]}


@pytest.fixture(scope="session")
def described(released: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = rows_of(tables_of(released)["data_dictionary"])
    return {(row["table_name"], row["column_name"]): row for row in rows}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


# --- Data Package


def test_a_package_names_sources_with_their_licences_who_made_it_and_what_it_is_made_of(
    package: dict[str, Any],
) -> None:
    assert [source["name"] for source in package["sources"]] == list(sources())
    assert all(source["licence"] and source["attribution"] for source in package["sources"])
    assert [licence["name"] for licence in package["licenses"]] == ["OGL-UK-3.0"]
    publishers = {c["title"] for c in package["contributors"] if c["roles"] == ["originator"]}
    assert publishers == {source.publisher for source in sources().values()}
    assert package["inputs_sha256"].startswith(package["version"])
    assert len(package["code_sha256"]) == 64
    assert {"NHS", "digital maturity"} <= set(package["keywords"])
    dma = next(source for source in package["sources"] if source["name"] == "dma")
    assert dma["version"] == "2025"


def test_a_missing_value_has_one_spelling_and_a_label(resources: dict[str, dict[str, Any]]) -> None:
    for resource in resources.values():
        (missing,) = resource["schema"]["missingValues"]
        assert missing["value"] == ""
        assert "value_status" in missing["label"]


def test_a_resource_says_where_the_same_rows_are_as_parquet(
    released: Path, resources: dict[str, dict[str, Any]]
) -> None:
    stated = sums_of(released)
    for name, resource in resources.items():
        file = resource["parquet"]
        assert file["path"] == f"parquet/{name}.parquet"
        assert file["hash"] == f"sha256:{stated[file['path']]}"
        assert file["bytes"] == (released / file["path"]).stat().st_size


def references(resource: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (",".join(key["fields"]), key["reference"]["resource"], ",".join(key["reference"]["fields"]))
        for key in resource["schema"].get("foreignKeys", [])
    ]


def test_codes_sources_and_files_refer_to_the_tables_that_hold_them(
    resources: dict[str, dict[str, Any]],
) -> None:
    file = "source,edition,source_file_sha256"
    assert references(resources["maturity_score"]) == [
        ("current_org_code", "organisation", "org_code"),
        ("org_code", "organisation", "org_code"),
        ("source", "source_status", "source"),
        (file, "source_file", file),
    ]
    assert ("exemplar_org_code", "organisation", "org_code") in references(resources["programme_pairing"])
    assert references(resources["organisation_succession"]) == [
        ("successor_code", "organisation", "org_code")
    ]
    assert references(resources["organisation"]) == [(file, "source_file", file)]
    assert references(resources["source_file"]) == references(resources["source_status"]) == []


@every_table
def test_a_reference_names_columns_that_are_there(resources: dict[str, dict[str, Any]], name: str) -> None:
    for own, other, key in references(resources[name]):
        assert set(own.split(",")) <= set(TABLES[name].c.keys())
        assert set(key.split(",")) <= set(TABLES[other].c.keys())


@every_table
def test_every_reference_finds_its_row(
    released: Path, resources: dict[str, dict[str, Any]], name: str
) -> None:
    for own, other, key in references(resources[name]):
        filled = " and ".join(f"{column} is not null" for column in own.split(","))
        lost = f"select {own} from {name} where {filled} except select {key} from {other}"
        assert ask(released, lost) == []


def test_frictionless_notices_a_code_that_no_organisation_has(released: Path, tmp_path: Path) -> None:
    names = ("organisation", "source_status", "source_file", "epr_supplier")
    package = read(released / "datapackage.json")
    package["resources"] = [resource for resource in package["resources"] if resource["name"] in names]
    (tmp_path / "csv").mkdir()
    for name in names:
        shutil.copyfile(released / "csv" / f"{name}.csv", tmp_path / "csv" / f"{name}.csv")
    spoil(tmp_path / "csv" / "epr_supplier.csv", "org_code", "ZZ9")
    (tmp_path / "datapackage.json").write_text(json.dumps(package), "utf-8")
    report = optional("frictionless").validate(str(tmp_path / "datapackage.json"))
    assert "foreign-key" in {error.type for task in report.tasks for error in task.errors}


def spoil(table: Path, column: str, value: str) -> None:
    """Write another value into the first row of a CSV file."""
    with table.open(encoding="utf-8", newline="") as source:
        header, first, *rows = csv.reader(source)
    first[header.index(column)] = value
    with table.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, first, *rows])


# --- CSV on the Web


def complaints(metadata: Path) -> list[str]:
    """Return what a CSVW validator says of a metadata file and of every row of its table, without a network."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = optional("csvw").CSVW(str(metadata), validate=True)
        rows = sum(1 for _ in found.t.iterdicts(strict=False))
    table = metadata.with_name(metadata.name.removesuffix("-metadata.json"))
    assert bool(rows) == (table.read_text("utf-8").count("\n") > 1)
    return [str(each.message) for each in [*found.warnings, *heard]]


@every_table
def test_a_csvw_validator_finds_every_table_valid(released: Path, tmp_path: Path, name: str) -> None:
    """It takes a millisecond a row, and the rows of a table are alike: of long tables, every so many."""
    shutil.copyfile(released / "csv" / f"{name}.csv-metadata.json", tmp_path / f"{name}.csv-metadata.json")
    with (released / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        header, *rows = csv.reader(source)
    with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows[:: len(rows) // ROWS + 1]])
    assert complaints(tmp_path / f"{name}.csv-metadata.json") == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("boundary_changed", "perhaps"),
        ("score_change", "much"),
        ("org_code", "r1a"),
        ("direction", "sideways"),
    ],
)
def test_the_csvw_validator_notices_a_value_that_breaks_the_metadata(
    released: Path, tmp_path: Path, column: str, value: str
) -> None:
    for end in ("", "-metadata.json"):
        shutil.copyfile(
            released / "csv" / f"maturity_change.csv{end}", tmp_path / f"maturity_change.csv{end}"
        )
    spoil(tmp_path / "maturity_change.csv", column, value)
    (found,) = complaints(tmp_path / "maturity_change.csv-metadata.json")
    assert value in found


@every_table
def test_csvw_says_of_a_column_what_the_package_says(
    released: Path, resources: dict[str, dict[str, Any]], name: str
) -> None:
    metadata = read(released / "csv" / f"{name}.csv-metadata.json")
    assert metadata == csvw(resources[name])
    assert metadata["tableSchema"]["primaryKey"] == resources[name]["schema"]["primaryKey"]
    for column, field in zip(
        metadata["tableSchema"]["columns"], resources[name]["schema"]["fields"], strict=True
    ):
        assert (column["name"], column["dc:description"]) == (field["name"], field["description"])
        assert column.get("schema:unitText") == field.get("unit")
        assert column.get("skos:scopeNote") == field.get("aggregation")


def test_listed_values_become_a_pattern_in_which_signs_stand_for_themselves() -> None:
    field = {
        "name": "a",
        "title": "A",
        "type": "string",
        "description": "A.",
        "constraints": {"enum": ["a.b", "c (d)"]},
    }
    resource = {
        "path": "csv/a.csv",
        "title": "a",
        "description": "A.",
        "schema": {"fields": [field], "primaryKey": []},
    }
    (column,) = csvw(resource)["tableSchema"]["columns"]
    assert column["datatype"] == {"base": "string", "format": r"a\.b|c \(d\)"}


# --- schema.org


def test_the_dataset_names_every_file_with_its_checksum(released: Path, package: dict[str, Any]) -> None:
    found = read(released / "dataset.jsonld")
    assert found == dataset(package)
    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    stated = sums_of(released)
    files = {each["contentUrl"]: each["sha256"] for each in found["distribution"]}
    assert files == {
        f"{kind}/{name}.{kind}": stated[f"{kind}/{name}.{kind}"]
        for name in TABLES
        for kind in ("csv", "parquet")
    }
    assert {each["name"] for each in found["isBasedOn"]} == {s["title"] for s in package["sources"]}
    figures = [each["name"] for each in found["variableMeasured"]]
    assert len(figures) == len(set(figures)) > 50
    assert {"score", "narrow_gbp"} <= set(figures)


# --- data dictionary


def test_a_column_is_described_with_the_publishers_own_header_and_its_editions(
    described: dict[tuple[str, str], dict[str, Any]],
) -> None:
    header = {key: row["publisher_header"] for key, row in described.items()}
    assert (
        header["maturity_score", "org_name_as_published"]
        == "dma 2025: Provider; dmsa 2015/16 to 2017: organisation_name"
    )
    assert header["medical_records_cost", "onsite_gbp"] == (
        "eric 2017/18 to 2024/25: Medical Records cost - Onsite (\u00a3)"
    )
    assert header["epr_supplier_current", "supplier"] == "epr 2024-10-01: Supplier (Primary EPR)"
    assert header["maturity_score", "current_org_code"] is None


def test_every_header_of_a_publisher_whose_column_is_published_is_in_the_dictionary(
    released: Path, described: dict[tuple[str, str], dict[str, Any]]
) -> None:
    tables = tables_of(released)
    for (table, name), row in described.items():
        rows = tables[table]
        feeding = (
            set(rows["source"].to_pylist()) if {"source", "edition"} <= set(rows.column_names) else set()
        )
        for source in feeding & sources().keys():
            staged = sources()[source].table
            if name in staged.c and "header" in staged.c[name].info:
                assert staged.c[name].info["header"] in row["publisher_header"]


def test_the_first_and_the_last_period_are_those_of_the_rows_that_have_a_value(
    released: Path, described: dict[tuple[str, str], dict[str, Any]]
) -> None:
    def held(table: str, name: str) -> tuple[Any, Any]:
        return described[table, name]["first_period"], described[table, name]["last_period"]

    sql = "select min(financial_year), max(financial_year) from trust_year where {} is not null"
    for name in ("beds", "digital_funding_gbp", "epr_supplier", "wte", "org_code"):
        assert [held("trust_year", name)] == ask(released, sql.format(name))
    days = "select cast(min(period_start) as varchar), cast(max(period_end) as varchar) from maturity_score"
    assert [held("maturity_score", "score")] == ask(released, days)
    assert held("it_spend", "narrow_gbp") == (None, None)
    assert held("organisation", "org_code") == ("2026-07-08", "2026-07-08")


def test_a_day_stands_for_a_period_where_there_is_none() -> None:
    tables = {name: empty(name) for name in TABLES}
    tables["dspt_status"] = pa.table(
        {
            **{c.name: pa.nulls(2, pa.string()) for c in TABLES["dspt_status"].columns},
            "org_code": ["R1A", None],
            "as_of_date": ["2019-06-17", "2023-10-17"],
            "source": ["artificial"] * 2,
            "edition": ["2019", "2023"],
        }
    )
    found = {
        row["column_name"]: row for row in dictionary(tables, sources()) if row["table_name"] == "dspt_status"
    }
    assert (found["org_code"]["first_period"], found["org_code"]["last_period"]) == (
        "2019-06-17",
        "2019-06-17",
    )
    assert found["as_of_date"]["last_period"] == "2023-10-17"
    assert found["org_name"]["first_period"] is None


def empty(name: str) -> pa.Table:
    return pa.table({c.name: pa.nulls(0, pa.string()) for c in TABLES[name].columns})


def test_figures_of_facts_carry_the_caveats_of_their_table_and_a_caveat_on_a_column_stands_on_it(
    released: Path, described: dict[tuple[str, str], dict[str, Any]]
) -> None:
    assert "dma_pillar_mean_is_ours" in described["maturity_score", "score"]["caveats"].split("; ")
    assert described["maturity_score", "care_setting"]["caveats"] is None
    assert "tac_broad_is_an_upper_bound" in described["it_spend", "broad_gbp"]["caveats"]
    assert "tac_broad_is_an_upper_bound" not in described["it_spend", "narrow_gbp"]["caveats"]
    known = {name for (name,) in ask(released, "select caveat from caveat")}
    found = {name for row in described.values() for name in (row["caveats"] or "").split("; ") if name}
    assert found <= known
    assert len(found) > 30


# --- docs/release.md


PAGE = (Path(__file__).parents[2] / "docs" / "release.md").read_text("utf-8")


def test_the_page_on_releases_names_every_kind_of_file_and_no_other(released: Path) -> None:
    named = {
        name for line in PAGE.splitlines() for name in re.findall(r"^\| `([^`]+\.[^`]+|SHA256SUMS)` \|", line)
    }
    files = {path.relative_to(released) for path in released.rglob("*") if path.is_file()}
    kinds = {re.sub(r"(csv|parquet)/\w+\.", r"\1/<table>.", path.as_posix()) for path in files}
    assert named == kinds


def test_the_page_on_releases_tells_every_reason_and_table_about_the_data() -> None:
    reasons = re.findall(r"^\| `([a-z ]+)` \|", PAGE, re.MULTILINE)
    assert reasons == list(WHY)
    about = {name for name, table in TABLES.items() if table.info["layer"] == ABOUT}
    assert {name for name in about if f"`{name}`" not in PAGE} == set()
    assert f"more than {LISTED} values" in PAGE
    assert f"more than {LISTED} values" in " ".join(str(TABLES["release_change"].comment).split())


def test_a_table_without_rows_says_why_wherever_a_reader_meets_it(
    released: Path, resources: dict[str, dict[str, Any]]
) -> None:
    tables = tables_of(released)
    empty = [
        name for name, table in TABLES.items() if table.info["layer"] == FACTS and not tables[name].num_rows
    ]
    assert set(empty) <= MAY_BE_EMPTY
    page = re.sub("</?code>", "", (released / "index.html").read_text("utf-8"))
    for name in empty:
        why = why_empty(name, tables)
        assert re.match(r"No rows in this release: .+: .+\.", why), name
        assert resources[name]["description"].endswith(why)
        assert resources.get(f"{name}_current", resources[name])["description"].endswith(why)
        metadata = read(released / f"csv/{name}.csv-metadata.json")
        assert why in json.dumps(metadata, ensure_ascii=False)
        assert str(escape(why)) in page
    assert "No rows" not in resources["trust_profile"]["description"]
