"""The working set of a home: every published table as Parquet, with the key of its inputs.

A table is made again only if its key has changed. Its SHA-256 is verified before it is used, so a damaged file is made
again. The working set belongs to one machine and can be deleted at any time.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.contract.columns import METADATA
from assets.contract.errors import DamagedError
from pipelines.integration.build_tables import Made
from pipelines.integration.compact import Compact
from pipelines.judging.expectation_results import CheckResult
from pipelines.storage.atomic_files import read_json, write_atomically
from pipelines.storage.parquet import read_parquet, to_arrow, to_pandas, write_batches, write_parquet


class MissingTableError(DamagedError):
    """An input table has not been made."""


@dataclass(frozen=True)
class WorkingSet:
    """The published tables under `folder`: each as Parquet, with its key and its check results in JSON."""

    folder: Path

    def path(self, table: str) -> Path:
        """Return the path of a table."""
        return self.folder / f"{table}.parquet"

    def holds(self, table: str, key: str) -> bool:
        """Return whether the table with this key is here and undamaged."""
        known = self._known(table)
        return known.get("key") == key and self._is_whole(table, known)

    def is_copy(self, table: str, path: Path) -> bool:
        """Return whether a Parquet file elsewhere is a copy of the table."""
        known = self._known(table)
        return known.get("sha256") == _sha256(path) and self._is_whole(table, known)

    def digest(self, table: str) -> str:
        """Return the SHA-256 of a table. Raises MissingTableError."""
        return str(self._present(table)["sha256"])

    def digests(self, tables: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of tables, by name; empty for one that is not here."""
        return {table: str(self._known(table).get("sha256", "")) for table in tables}

    def rows(self, table: str) -> pa.Table:
        """Return a table in the order of its key. Raises MissingTableError."""
        if not self._is_whole(table, self._present(table)):
            raise _missing(table, self.folder)
        return read_parquet(self.path(table))

    def count(self, table: str) -> int:
        """Return the number of rows of a table. Raises MissingTableError."""
        self._present(table)
        return int(pq.read_metadata(self.path(table)).num_rows)

    def frame(self, table: str) -> pd.DataFrame:
        """Return a table as a frame. Raises MissingTableError."""
        return to_pandas(self.rows(table))

    def doubts(self, table: str) -> list[dict[str, Any]]:
        """Return the doubtful organisations of a table, as rows of `unmatched_organisation`."""
        doubts: Sequence[Mapping[str, Any]] = self._present(table)["doubts"]
        return [{**row, "resolve_on": date.fromisoformat(row["resolve_on"])} for row in doubts]

    def outside(self, table: str) -> Counter[tuple[str, str]]:
        """Return how many organisations are not trusts, by source and edition."""
        counted = self._present(table)["outside"]
        return Counter({(source, edition): number for source, edition, number in counted})

    def put(self, table: str, key: str, made: Made) -> None:
        """Store a table under its key."""
        if isinstance(made.rows, Compact):
            write_batches(made.rows.slices(), METADATA.tables[table], self.path(table))
        else:
            write_parquet(to_arrow(made.rows, METADATA.tables[table]), self.path(table))
        self._note(table, key, made)

    def put_rows(self, table: str, key: str, rows: pa.Table) -> None:
        """Store the rows of a table under its key, none of them with a doubtful organisation."""
        write_parquet(rows, self.path(table))
        self._note(table, key)

    def _note(self, table: str, key: str, made: Made | None = None) -> None:
        """Store the key of a written table, with its doubtful organisations."""
        doubts = made.doubts if made else ()
        outside = made.outside if made else {}
        known = {
            "key": key,
            "sha256": _sha256(self.path(table)),
            "doubts": [{**row, "resolve_on": row["resolve_on"].isoformat()} for row in doubts],
            "outside": [[*where, number] for where, number in outside.items()],
        }
        _write(self.folder / f"{table}.json", known)

    def checks(self, table: str, suite: str) -> list[CheckResult] | None:
        """Return the results of the checks `suite` on the current table; None if they have not been run."""
        kept = read_json(self.folder / f"{table}.checks.json")
        if not isinstance(kept, dict) or kept.get("of") != [self.digest(table), suite]:
            return None
        return [CheckResult.from_dict(result) for result in kept["results"]]

    def put_checks(self, table: str, suite: str, results: Sequence[CheckResult]) -> None:
        """Store the results of the checks `suite` on the current table."""
        kept = {"of": [self.digest(table), suite], "results": [result.as_dict() for result in results]}
        _write(self.folder / f"{table}.checks.json", kept)

    def _known(self, table: str) -> dict[str, Any]:
        found = read_json(self.folder / f"{table}.json")
        return found if isinstance(found, dict) else {}

    def _present(self, table: str) -> dict[str, Any]:
        known = self._known(table)
        if "sha256" not in known:
            raise _missing(table, self.folder)
        return known

    def _is_whole(self, table: str, known: Mapping[str, Any]) -> bool:
        path = self.path(table)
        return path.exists() and _sha256(path) == known.get("sha256")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(content, ensure_ascii=False).encode())


def _missing(table: str, folder: Path) -> MissingTableError:
    return MissingTableError(
        f"Reading table {table} in {folder}: expected an undamaged table, found none; materialise {table} first, or run `digital-maturity refresh`."
    )
