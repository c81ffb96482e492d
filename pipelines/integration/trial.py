"""A trial build: the facts of a source with a file that is not kept yet, and of everything where it is a list of trusts.

What a release would be refused for is found here, before the file is in the archive: keys that are there twice, values
out of range, a name that no day can be read from. Nothing is written that stays.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from assets.contract.columns import METADATA, key_of
from assets.contract.source import Source
from assets.reading.structure import problems
from pipelines.integration import audit
from pipelines.integration.resolver import Resolver
from pipelines.judging.file_verdicts import parsed_path
from pipelines.judging.validator import submit
from pipelines.staging.frozen_series import rows_in_use
from pipelines.staging.staged_tables import Manifest, Staged, together
from pipelines.storage.home import Home
from pipelines.storage.parquet import to_arrow, to_pandas, write_parquet

LONGEST = 300


def rows_of(source: Source, manifest: Manifest, home: Home) -> pd.DataFrame:
    """Return the staged rows of the files in use, without writing a staged table."""
    used = sorted(manifest.used, key=lambda one: (one.copy.sha256, one.copy.edition, one.copy.part))
    rows = together([parsed_path(source, one.copy, home) for one in used], source.table)
    return rows_in_use(to_pandas(rows), manifest)


def of_facts(source: Source, rows: pd.DataFrame, resolver: Resolver) -> list[str]:
    """Return what is wrong with the facts of a source, each one sentence."""
    try:
        with TemporaryDirectory() as scratch:
            made = source.facts(rows) if len(rows) else {}
            return [
                problem
                for table, frame in made.items()
                for problem in _of_table(source, table, frame, resolver, Path(scratch))
            ]
    except Exception as error:  # whatever a name or a value makes it stop with
        if not audit.is_fault_of_data(error):
            raise
        return [stopped(error)]


def _of_table(
    source: Source, table: str, frame: pd.DataFrame, resolver: Resolver, scratch: Path
) -> Iterator[str]:
    defined = METADATA.tables[table]
    resolved, _ = resolver.resolve(frame, source, table)
    kept = resolved[[c.name for c in defined.columns if c.name in resolved]]
    found = problems(kept, defined)
    yield from found
    rules = defined.info["expectations"]
    if rules and not found and len(kept):
        path = scratch / f"{table}.parquet"
        write_parquet(to_arrow(kept, defined), path)
        yield from audit.failed(table, submit(path, rules, key=key_of(defined))())


def of_everything(staged: Mapping[str, Staged]) -> dict[str, list[str]]:
    """Build and audit all tables in a scratch folder; return what is wrong, by table (empty name: not known of which)."""
    with TemporaryDirectory() as scratch:
        try:
            audit.build(staged, Path(scratch))
        except audit.AuditError as error:
            return {table: list(found) for table, found in error.found.items() if found}
        except Exception as error:
            if not audit.is_fault_of_data(error):
                raise
            return {"": [stopped(error)]}
    return {}


def stopped(error: BaseException) -> str:
    """Say what building stopped with, on one line."""
    return f"building stopped with {type(error).__name__}: {' '.join(str(error).split())[:LONGEST]}"
