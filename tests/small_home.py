"""A release of three sources, shared by every test that needs a real release and not all of its hundred tables.

It has facts, roll-ups and a mart of the assessment, EPR suppliers and the list of trusts. A run of it takes a second.
"""

import shutil
from functools import cache
from pathlib import Path

import pytest
from few_sources import leave_out_the_explorer, only
from filelock import FileLock
from releases import KEPT, nobody, shared_folder

from assets.catalogue import Catalogue, published
from pipelines.orchestration import refresh_steps
from pipelines.storage.home import Home


def _with_marts(catalogue: Catalogue, *marts: str) -> Catalogue:
    """Return a catalogue with marts as well, in the order of the product."""
    kept = {*catalogue.tables, *marts}
    tables = {name: table for name, table in published().tables.items() if name in kept}
    return Catalogue(catalogue.sources, tables)


SMALL = _with_marts(only("dma", "epr", "ods"), "maturity_change")


def publish_small(home: Home) -> refresh_steps.Published:
    """Refresh the three sources as the main job does, without Dagster and without network."""
    with pytest.MonkeyPatch.context() as patch:
        leave_out_the_explorer(patch)
        refresh_steps.archive(SMALL.sources, SMALL.sources, home, nobody, offline=True)
        return refresh_steps.publish(SMALL, home)


@cache
def small_home(base: Path) -> Home:
    """Return the home with the small release of this test session, below `base`. Never change it: see `copy_of`."""
    home = Home(shared_folder(base) / "small-release")
    with FileLock(f"{home.root}.lock"):
        if not home.latest.exists():
            publish_small(home)
    return home


def judge_small(home: Home, base: Path) -> None:
    """Put into an empty home what is left of reading and judging the files of the three sources, but no release."""
    for kept in ("staged", *KEPT):
        shutil.copytree(small_home(base).root / kept, home.root / kept)
