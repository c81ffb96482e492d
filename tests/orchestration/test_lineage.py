"""The graph: what each asset is made of, derived from the code that makes it."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from conftest import staged_rows

from assets.catalogue import published, sources
from assets.contract.frozen_editions import frozen_editions
from pipelines.definitions import build_defs
from pipelines.integration import lineage
from pipelines.integration.warehouse import tables_read
from pipelines.storage.home import Home

STEPS = {"archive", "notes", "organisations", "facts", "current", "marts", "about", "release"}
ORGANISATIONS = {"organisation", "organisation_current_main", "organisation_name", "organisation_type"}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(home=Home(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> Any:
    return definitions.resolve_asset_graph()


def parents(graph: Any, name: str) -> set[str]:
    return {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}


def staged(names: Collection[str]) -> set[str]:
    return {f"{name}_staged" for name in names}


@pytest.mark.parametrize(
    ("table", "fed_by"),
    [
        ("maturity_score", {"dma", "dmsa"}),
        ("denominator", {"financial_position", "kh03", "tac"}),
        ("epr_supplier", {"epr"}),
    ],
)
def test_a_fact_depends_on_the_staged_tables_that_feed_it_and_on_organisations(
    graph: Any,
    table: str,
    fed_by: set[str],
) -> None:
    assert parents(graph, table) == staged(fed_by) | ORGANISATIONS


def test_organisations_depend_on_the_lists_and_types_on_who_states_them(graph: Any) -> None:
    assert parents(graph, "organisation") == {"ods_staged"}
    assert parents(graph, "organisation_type") == staged({"ods", "dmsa", "epr", "eric", "nof"})


def test_a_mart_depends_on_the_tables_its_sql_reads(graph: Any) -> None:
    for mart in published().marts:
        assert parents(graph, mart) == set(tables_read(mart))
    assert {"maturity_score", "organisation"} < parents(graph, "trust_profile")


def test_a_current_table_depends_on_its_fact_and_on_organisations(graph: Any) -> None:
    known = {"organisation", "organisation_current", "organisation_type"}
    assert parents(graph, "maturity_score_current") == {"maturity_score"} | known
    more = {"programme_membership", "organisation_succession"}
    assert parents(graph, "programme_membership_current") == more | known


def test_tables_about_the_data_depend_on_what_they_describe_and_the_release_on_what_it_holds(
    graph: Any,
) -> None:
    assert parents(graph, "caveat") == set()
    assert parents(graph, "source_file") == staged(sources())
    assert "dma_staged" not in parents(graph, "data_dictionary")
    assert parents(graph, "release") == set(published().tables)


def test_no_table_is_made_of_one_of_a_later_layer(graph: Any) -> None:
    place = {name: lineage.LAYERS.index(lineage.layer_of(name)) for name in published().tables}
    for name, own in place.items():
        assert all(place[parent] <= own for parent in parents(graph, name) if parent in place), name


@pytest.mark.parametrize("name", [name for name in sources() if frozen_editions(name)])
def test_a_source_feeds_the_same_tables_with_rows_as_without(name: str) -> None:
    source = sources()[name]
    assert source.facts(staged_rows(name)).keys() == lineage.fact_tables(source)


def test_a_step_for_each_source_and_each_layer(definitions: dg.Definitions) -> None:
    nodes = definitions.resolve_job_def("refresh").graph.node_dict
    assert set(nodes) == STEPS | set(sources())


def test_partitioned_assets_are_a_group_of_their_own_and_not_of_the_job(graph: Any) -> None:
    partitioned = {key for key in graph.get_all_asset_keys() if graph.get(key).partitions_def}
    by_trust = {key for key in graph.get_all_asset_keys() if graph.get(key).group_name == "by_trust"}
    assert partitioned == by_trust == {dg.AssetKey("spend25k_by_trust")}


def test_every_asset_but_the_archive_tells_its_code_by_a_version(graph: Any, tmp_path: Path) -> None:
    without = {key.to_user_string() for key in graph.get_all_asset_keys() if not graph.get(key).code_version}
    assert without == {f"{name}_archive" for name in sources()} | {"spend25k_by_trust"}
