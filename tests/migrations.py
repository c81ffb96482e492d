"""The history of Dagster's own tables, read once in each process, and not whenever a storage is opened: it is dozens of files.

A plugin of tests/conftest.py, which does nothing where Dagster is not imported.
"""

import sys
from types import SimpleNamespace
from typing import Any


def pytest_collection_finish() -> None:
    if "dagster" in sys.modules:
        read_once()


def read_once() -> None:
    """Let Dagster read its history of a kind of storage once in this process."""
    from alembic.script import ScriptDirectory
    from dagster._core.storage import sql

    read: dict[str, ScriptDirectory] = {}

    def once(config: Any) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        return read.get(place) or read.setdefault(place, ScriptDirectory.from_config(config))

    sql.ScriptDirectory = SimpleNamespace(from_config=once)  # type: ignore[misc]
