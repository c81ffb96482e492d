"""The single files of a frozen series: which of them are in use, and which rows are theirs.

A newer file of the same edition and part, fetched or ingested, replaces the one in the series; the others stay.
"""

from dataclasses import replace
from typing import Any

import pandas as pd

from assets.contract.columns import PUBLISHER_FILE
from assets.contract.frozen_editions import OF_A_FILE, frozen_editions
from assets.contract.parsed import Rejected
from pipelines.judging.file_verdicts import Verdict
from pipelines.staging.staged_tables import Manifest


def files_in_use(manifest: Manifest) -> list[Verdict]:
    """Return every publisher's file in use with its own counts, including each file of a frozen series."""
    return [file for _, file in _in_use(manifest)]


def rows_in_use(rows: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Return the staged rows that no newer file has replaced."""
    if PUBLISHER_FILE not in rows:
        return rows
    kept = {(held.copy.sha256, file.copy.sha256) for held, file in _in_use(manifest)}
    found = [pair in kept for pair in zip(rows["source_file_sha256"], rows[PUBLISHER_FILE], strict=True)]
    return rows[found].reset_index(drop=True)


def _in_use(manifest: Manifest) -> list[tuple[Verdict, Verdict]]:
    """Return each file in use with what contains it: a series, or the file itself."""
    alone = {(one.copy.edition, one.copy.part) for one in manifest.used}
    return [
        (held, file)
        for held in manifest.used
        for file in _files(held)
        if file is held or (file.copy.edition, file.copy.part) not in alone
    ]


def _files(held: Verdict) -> list[Verdict]:
    """Return the files of a frozen series, each as if it had been judged alone, or the file itself."""
    frozen = (one.descriptor for one in frozen_editions(held.copy.source) if one.sha256 == held.copy.key)
    return [_file(held, stated) for one in frozen for stated in one.files] or [held]


def _file(held: Verdict, stated: dict[str, Any]) -> Verdict:
    return replace(
        held,
        copy=replace(held.copy, **{name: stated[name] for name in OF_A_FILE}),
        rows_in=stated["rows_in"],
        rows_used=stated["rows_in"] - len(stated["rejected"]),
        rows_staged=stated["rows"],
        rejected=tuple(Rejected(**row) for row in stated["rejected"]),
        ignored=tuple(stated["ignored"]),
        drift=tuple(stated["drift"]),
    )
