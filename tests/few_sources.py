"""A product of a few sources: what shows with two sources need not wait for fifteen."""

import shutil
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from releases import KEPT, nobody, shared_folder

from assets.catalogue import Catalogue, published
from assets.contract.columns import MARTS
from assets.tables.current_tables import CURRENT, fact_of
from assets.tables.facts import FACTS
from pipelines.integration.lineage import fact_tables
from pipelines.integration.warehouse import tables_read
from pipelines.orchestration import refresh_steps
from pipelines.storage.home import Home
from pipelines.storage.release_folder import NAME
from pipelines.workers import fork_server

FEW = ("dma", "epr", "gde", "ods")
"""Sources of which a release is small, and yet has tables of every layer: scores, a list, programmes, the trusts."""
MADE_OF_FACTS = (FACTS, CURRENT, MARTS)


def few(*names: str) -> Catalogue:
    """Return some sources, with every table of the product: those that only other sources fill are empty."""
    return Catalogue({name: published().sources[name] for name in names}, published().tables)


def only(*names: str) -> Catalogue:
    """Return some sources, with the facts they fill, what is made of those alone, and the tables about them."""
    sources = few(*names).sources
    kept = {table for source in sources.values() for table in fact_tables(source)}
    kept |= {name for name, table in published().tables.items() if table.info["layer"] not in MADE_OF_FACTS}
    for name, table in published().tables.items():  # a table comes after those it is made of
        layer = table.info["layer"]
        if (layer == CURRENT and fact_of(name) in kept) or (layer == MARTS and tables_read(name) <= kept):
            kept.add(name)
    return Catalogue(sources, {name: table for name, table in published().tables.items() if name in kept})


def leave_out_the_explorer(patch: pytest.MonkeyPatch) -> None:
    """Let a release without the tables of the explorer be made: its page shows what all sources fill."""
    patch.setattr("pipelines.publishing.release.page", lambda *_: "<!doctype html><title>none</title>")
    patch.setattr("pipelines.publishing.explorer.drawing.begin", lambda _: None)
    patch.setattr("pipelines.publishing.explorer.drawing.drawing_of", lambda _: None)


def spare_formats(patch: pytest.MonkeyPatch, base: Path) -> None:
    """Let releases of a few sources have the CSV, the SQLite copy and the workbook of the shared one.

    For tests that are about how a release comes to be published.
    """
    made = few_home(base).latest.resolve()

    def copied(_call: object, _defined: object, folder: Path, *_: object, **__: object) -> nullcontext[None]:
        shutil.copytree(made / "csv", folder / "csv", dirs_exist_ok=True)
        for ending in (".sqlite", ".xlsx"):
            shutil.copyfile(made / f"{NAME}{ending}", folder / f"{NAME}{ending}")
        return nullcontext()

    patch.setattr("pipelines.publishing.release.meanwhile", copied)


@cache
def few_catalogue() -> Catalogue:
    """Return the catalogue of the small home."""
    return only(*FEW)


def publish_few(home: Home) -> refresh_steps.Published:
    """Refresh a few sources as the main job does, without Dagster and without network."""
    catalogue = few_catalogue()
    with pytest.MonkeyPatch.context() as patch:
        leave_out_the_explorer(patch)
        refresh_steps.archive(catalogue.sources, catalogue.sources, home, nobody, offline=True)
        return refresh_steps.publish(catalogue, home)


@cache
def few_home(base: Path) -> Home:
    """Return a home with one release of a few sources (`few_catalogue`), shared as `offline_home` is. Never change it."""
    home = Home(shared_folder(base) / "few-sources")
    with FileLock(f"{home.root}.lock"):
        if not home.latest.exists():
            publish_few(home)
    return home


def judge_few(home: Home, base: Path) -> None:
    """Put into an empty home what reading and judging the files of a few sources leaves behind, but no release."""
    for kept in ("staged", *KEPT):
        shutil.copytree(few_home(base).root / kept, home.root / kept)


def have_few() -> None:
    """Let this process, its commands and its code location have the sources of the small home alone.

    For programs that a test starts: call it before anything reads the catalogue.
    """
    import assets.catalogue

    catalogue = few_catalogue()
    assets.catalogue.published = lambda: catalogue  # type: ignore[assignment]
    assets.catalogue.sources = lambda: dict(catalogue.sources)  # type: ignore[assignment]
    fork_server.modules = lambda: {name: assets.catalogue.modules()[name] for name in FEW}
    leave_out_the_explorer(pytest.MonkeyPatch())


PROGRAM = "import sys, few_sources; few_sources.have_few(); from pipelines.cli import main; sys.exit(main())"
"""The command line over a few sources: for `python -c`, where the path of modules leads to these."""
