"""What the tests of faults share: a home with good files, and the process of the small world."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_world import OLD, World
from stage import Stage

from pipelines.storage.home import Home


@pytest.fixture
def stage(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage.below(tmp_path, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def small_world() -> Iterator[World]:
    """Return the small world: its process takes seconds to start, and keeps nothing between two refreshes."""
    with World() as made:
        yield made


@pytest.fixture(scope="session")
def once(small_world: World, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home of the small world with a release of the old file, to be copied."""
    home = Home(tmp_path_factory.mktemp("once") / "home")
    assert small_world.refresh(home.root, OLD).outcome == "published"
    return home
