"""Files that follow one another: made like a publisher's, put into an archive and judged beside those before.

Every value is either the one of a frozen edition, changed in a way that shows, or plainly artificial.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
from conftest import staged_rows
from reading import csv_file

from assets.contract.source import Source
from assets.sources import eric
from pipelines.judging import guard_results
from pipelines.judging.expectation_results import CheckResult
from pipelines.judging.file_verdicts import Verdict
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home

File = tuple[str, bytes] | tuple[str, bytes, str]
"""Edition, content and part."""
RECORDS = {"paper": "1. Paper", "electronic": "2. Electronic", "mixed": "3. Mixed"}


def arrive(home: Home, source: str, *files: File) -> None:
    """Put files into the archive as if each had been fetched a day after the one before."""
    for day, (edition, content, *part) in enumerate(files, start=1):
        vintage = Vintage(
            source=source,
            edition=edition,
            part="".join(part),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            origin="fetched",
            url="https://example.org/artificial",
            final_url="https://example.org/artificial",
            publisher_file_name=f"artificial-{day}",
            retrieved_at=f"{date(2028, 1, 1) + timedelta(days=day)}T00:00:00+00:00",
            published_at="",
            etag="",
            last_modified="",
            licence="none",
            how="made for a test",
        )
        home.archive.add(content, vintage)


def judged(home: Home, source: Source, *files: File) -> list[Verdict]:
    """Return what becomes of files that arrive one after the other, by the guards alone; without files, of frozen ones."""
    arrive(home, source.name, *files)
    return guard_results.judge_all(replace(source, expectations=()), home)[-len(files) :]


def only(source: Source, *kinds: str) -> Source:
    """Return a source with its guards of some kinds: artificial files need not agree in everything else."""
    return replace(source, guards=tuple(guard for guard in source.guards if guard.kind in kinds))


def refused(one: Verdict) -> set[str]:
    """Return the guards that refuse a file."""
    return {c.check for c in one.checks if not c.success and c.severity == "ERROR"}


def said(one: Verdict, check: str) -> CheckResult:
    """Return what a guard says of a file."""
    return next(c for c in one.checks if c.check == check)


def returns(edition: str) -> pd.DataFrame:
    """Return the costs of medical records of a frozen edition."""
    rows = staged_rows("eric")
    found = rows["total_gbp"].notna() | rows["records_type"].notna()
    return rows[(rows["edition"] == edition) & found].reset_index(drop=True)


def eric_file(rows: pd.DataFrame) -> bytes:
    """Return costs as the file of the publisher."""
    return csv_file([eric.HEADERS, *_lines(rows)], "cp1252")


def _lines(rows: pd.DataFrame) -> Sequence[Sequence[object]]:
    return [
        (
            row.org_code_as_published,
            row.org_name_as_published,
            "ACUTE - ARTIFICIAL",
            *(
                "No Data Provided" if pd.isna(cost) else round(cost)
                for cost in (row.onsite_gbp, row.offsite_gbp)
            ),
            RECORDS.get(str(row.records_type), "No Data Provided"),
        )
        for row in rows.itertuples()
    ]
