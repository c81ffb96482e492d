"""What tests of sources share: tables made by hand, their staged rows, and the organisations facts are looked up in."""

import csv
import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd
import pytest
from conftest import staged_rows

from assets.contract.parsed import Parsed, StructureError
from assets.contract.source import Source
from assets.organisations import model
from assets.reading.structure import problems
from assets.tables import about_data
from pipelines.integration.resolver import Resolver
from pipelines.judging.expectation_results import CheckResult, validate
from pipelines.storage.parquet import to_arrow, to_pandas


def csv_file(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig", **how: Any) -> bytes:
    """Return rows as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(rows)
    return text.getvalue().encode(encoding)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries in which a missing value is None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def staged(source: Source, parsed: Parsed, edition: str) -> pd.DataFrame:
    """Return parsed rows as the staged table gives them back; it must conform."""
    frame = parsed.rows.assign(edition=edition, source_file_sha256="0" * 64)
    assert problems(frame, source.table) == []
    return to_pandas(to_arrow(frame, source.table))


def refusal(source: Source, content: bytes, edition: str) -> str:
    """Return why a file is refused."""
    with pytest.raises(StructureError) as refused:
        source.read(content, edition, "")
    return str(refused.value)


def failed(source: Source, frame: pd.DataFrame, key: Sequence[str] = ("org_code_as_published",)) -> set[str]:
    """Return the checks that refuse staged rows."""
    return {c.check for c in checks(source, frame, key) if not c.success and c.severity == "ERROR"}


def checks(
    source: Source, frame: pd.DataFrame, key: Sequence[str] = ("org_code_as_published",)
) -> list[CheckResult]:
    """Return what the expectations of a source say of staged rows."""
    return validate(frame, source.expectations, key=list(key))


@cache
def organisations() -> dict[str, pd.DataFrame]:
    """Return the tables of organisations. Shared: copy before changing them."""
    return model.build(staged_rows("ods"))


@cache
def resolver() -> Resolver:
    """Return who knows every organisation; what it counts, it counts for all tests of a file."""
    return Resolver(organisations())


def counted(source: Source, frame: pd.DataFrame) -> dict[str, tuple[int, int | None, str]]:
    """Return what a source says it holds, is expected to hold and why not, by subject; it must conform."""
    found = source.coverage(frame)
    assert (
        problems(pd.DataFrame([{"source": source.name, **vars(row)} for row in found]), about_data.coverage)
        == []
    )
    return {row.subject: (row.held, row.expected, row.status) for row in found}
