"""A trial build for a file that is not archived yet: the facts of its source, or all tables for a list of trusts.

It finds what would stop a release before the file is archived: duplicate keys, values out of range, an edition that is
not a date. It writes only temporary files.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from assets.catalogue import Catalogue
from assets.contract.columns import METADATA, key_of
from assets.contract.source import Source
from assets.reading.structure import problems
from pipelines.integration import audit
from pipelines.integration.layers import Workshop
from pipelines.integration.resolver import Resolver
from pipelines.integration.working_set import WorkingSet
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
    """Return what is wrong with the facts of a source, one sentence per problem."""
    try:
        with TemporaryDirectory() as scratch:
            made = source.facts(rows) if len(rows) else {}
            return [
                problem
                for table, frame in made.items()
                for problem in _of_table(source, table, frame, resolver, Path(scratch))
            ]
    except Exception as error:  # any name or value may stop it
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


def of_everything(catalogue: Catalogue, staged: Mapping[str, Staged]) -> dict[str, list[str]]:
    """Build and audit all tables in a temporary folder; return the problems by table (empty name: table not known)."""
    with TemporaryDirectory() as scratch:
        try:
            audit.audited(Workshop(catalogue, staged, WorkingSet(Path(scratch))))
        except audit.AuditError as error:
            return {table: list(found) for table, found in error.found.items() if found}
        except Exception as error:
            if not audit.is_fault_of_data(error):
                raise
            return {"": [stopped(error)]}
    return {}


def stopped(error: BaseException) -> str:
    """Return on one line the error that stopped building."""
    return f"building stopped with {type(error).__name__}: {' '.join(str(error).split())[:LONGEST]}"
