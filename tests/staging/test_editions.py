"""Frozen editions: what is written is what is read, every one says where it comes from, and none is a publisher's file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import every_frozen_edition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from together import every

from assets.catalogue import sources
from assets.contract.columns import SHA256, column, staged
from assets.contract.edition_shape import slug
from assets.contract.frozen_editions import (
    FROZEN,
    Descriptor,
    FrozenEdition,
    frozen_editions,
    read_frozen,
    write_frozen,
)
from assets.contract.parsed import Parsed, Rejected
from assets.reading.structure import problems
from pipelines.storage.parquet import to_arrow

ASSETS = FROZEN.parent
TABLE = staged(
    "made",
    "For these tests.",
    [
        column("name", sa.Text, "Name."),
        column("note", sa.Text, "Note.", nullable=True),
        column("score", sa.Double, "Score.", nullable=True),
        column("amount", sa.BigInteger, "Amount.", nullable=True),
        column("known", sa.Boolean, "Known.", nullable=True),
        column("day", sa.Date, "Day.", nullable=True),
    ],
)
DESCRIPTOR = Descriptor(
    source="made",
    edition="2023/24",
    part="",
    title="Title",
    publisher="Publisher",
    landing_page="https://example.org/",
    file_url="",
    publisher_file_name="made.xlsx",
    licence="OGL-UK-3.0",
    attribution="Publisher, \u201cmade\u201d",
    sha256="0" * 64,
    bytes=1,
    retrieved_on="2026-01-01",
    published_on="",
    origin="frozen",
    how="made for a test",
    rows_in=0,
    rows=0,
    rejected=(),
    ignored=("sheet 'x' is hidden",),
    drift=(),
)
# An empty text is a missing value. Carriage returns have a test of their own.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=1)
MARKS = st.sampled_from(
    ['"', '""', ",", "a\nb", "\n", " ", "'", "null", "nan", "None", "true", "5E1", "\u2028"]
)
ROW = st.fixed_dictionaries(
    {
        "name": TEXT | MARKS,
        "note": st.none() | TEXT | MARKS,
        "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "amount": st.none() | st.integers(-(2**53), 2**53),
        "known": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
    }
)
every_frozen = every("frozen", every_frozen_edition(), label=lambda one: str(one.path))


def parsed_from(rows: list[dict[str, Any]], sheet: str = "Sheet 1", rejected: int = 0) -> Parsed:
    frame = pd.DataFrame(rows).assign(source_sheet=sheet, source_row=range(2, len(rows) + 2))
    lost = tuple(Rejected(sheet, 900 + n, "cell", "why, \u201cso\u201d", "a | b\n") for n in range(rejected))
    return Parsed(frame, len(rows) + rejected, lost, DESCRIPTOR.drift, DESCRIPTOR.ignored)


def there_and_back(parsed: Parsed, root: Path) -> Parsed:
    """Write an edition and read it."""
    rejected = tuple(vars(row) for row in parsed.rejected)
    described = replace(DESCRIPTOR, rows_in=parsed.rows_in, rows=len(parsed.rows), rejected=rejected)
    write_frozen(described, parsed, TABLE, root)
    frozen_editions.cache_clear()
    (frozen,) = frozen_editions("made", root)
    assert frozen.descriptor == described
    return read_frozen(frozen, TABLE)


def comparable(parsed: Parsed) -> Any:
    """Return the rows typed as their table says."""
    return to_arrow(parsed.rows.assign(edition="e", source_file_sha256="0" * 64), TABLE)


@settings(
    max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(ROW, min_size=1, max_size=6),
    sheet=st.sampled_from(["", "Sheet 1", 'a "sheet", ']),
    rejected=st.integers(0, 2),
)
def test_what_is_written_is_what_is_read(
    tmp_path: Path, rows: list[dict[str, Any]], sheet: str, rejected: int
) -> None:
    parsed = parsed_from(rows, sheet, rejected)
    again = there_and_back(parsed, tmp_path)
    assert comparable(again).equals(comparable(parsed))
    assert (again.rows_in, again.rejected, again.drift, again.ignored) == (
        parsed.rows_in,
        parsed.rejected,
        parsed.drift,
        parsed.ignored,
    )


@pytest.mark.parametrize(
    "row",
    [
        {"name": 'A "quoted", name\nof two lines'},
        {"name": "x", "score": 2.130952380952381},
        {"name": "x", "score": 2.0, "amount": 10_000_000, "known": False, "day": date(2024, 2, 29)},
        {"name": "St Helen\u2019s \u00e9\u4e2d\U0001f3e5", "note": "nan"},
        {"name": "5E1", "note": "007"},
        pytest.param(
            {"name": "two\r\nlines"},
        ),
    ],
)
def test_a_row_survives(row: Mapping[str, Any], tmp_path: Path) -> None:
    complete = {"note": None, "score": None, "amount": None, "known": None, "day": None} | dict(row)
    parsed = parsed_from([complete])
    assert comparable(there_and_back(parsed, tmp_path)).equals(comparable(parsed))


def test_integers_and_booleans_that_may_be_missing_survive(tmp_path: Path) -> None:
    rows = [
        {"name": "a", "note": None, "score": None, "amount": 3, "known": True, "day": None},
        {"name": "b", "note": None, "score": 1.5, "amount": None, "known": None, "day": date(2024, 1, 1)},
    ]
    parsed = parsed_from(rows)
    typed = parsed.rows.astype({"amount": "Int64", "known": "boolean"})
    again = there_and_back(Parsed(typed, 2), tmp_path)
    assert comparable(again).equals(comparable(parsed))


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    row = {"name": "a\nb", "note": None, "score": 0.1, "amount": 1, "known": True, "day": date(2024, 1, 1)}
    for folder in ("one", "two"):
        there_and_back(parsed_from([row]), tmp_path / folder)
    one, two = (sorted((tmp_path / folder / "made").iterdir()) for folder in ("one", "two"))
    assert [path.name for path in one] == ["2023-24.csv", "2023-24.json"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_the_digest_of_an_edition_follows_its_rows_and_its_descriptor(tmp_path: Path) -> None:
    digests = set()
    for name, how in (("a", "one way"), ("b", "one way"), ("a", "another way")):
        parsed = Parsed(pd.DataFrame({"name": [name], "source_sheet": [""], "source_row": [1]}), 1)
        write_frozen(replace(DESCRIPTOR, how=how), parsed, TABLE, tmp_path)
        frozen_editions.cache_clear()
        digests.add(frozen_editions("made", tmp_path)[0].sha256)
    assert len(digests) == 3


def test_a_descriptor_with_an_unknown_fact_is_refused(tmp_path: Path) -> None:
    path = write_frozen(DESCRIPTOR, parsed_from([{"name": "a"}]), TABLE, tmp_path).with_suffix(".json")
    path.write_text(json.dumps(asdict(DESCRIPTOR) | {"surprise": 1}), "utf-8")
    frozen_editions.cache_clear()
    with pytest.raises(TypeError, match="surprise"):
        frozen_editions("made", tmp_path)


WAITING = {"dqmi", "nhs_app"}
"""Sources of which no copy was to be had: never fetched until a first success."""


def test_every_source_has_a_frozen_edition_or_waits_for_a_first_download() -> None:
    assert {frozen.descriptor.source for frozen in every_frozen_edition()} == set(sources()) - WAITING
    assert {path.name for path in FROZEN.iterdir()} == set(sources()) - WAITING
    assert all(sources()[name].remotes for name in WAITING)


@every_frozen
def test_every_descriptor_is_complete(frozen: FrozenEdition) -> None:
    described = frozen.descriptor
    source = sources()[described.source]
    stated = json.loads(frozen.path.with_suffix(".json").read_text("utf-8"))
    optional = {"compiled_by": described.compiled_by, "files": described.files}
    own = [field.name for field in fields(Descriptor) if optional.get(field.name, True)]
    assert list(stated) == own
    for fact in ("title", "publisher", "landing_page", "licence", "attribution"):
        assert getattr(described, fact) == getattr(source, fact), fact
    assert described.publisher_file_name
    assert described.how
    assert re.match(SHA256, described.sha256)
    assert described.bytes > 0
    assert date.fromisoformat(described.retrieved_on)
    assert not described.published_on or date.fromisoformat(described.published_on)
    assert not described.file_url or described.file_url.startswith("https://")
    assert described.origin == ("transcribed" if source.transcribed else "frozen")
    name = ".".join(filter(None, (slug(described.edition), described.part)))
    assert frozen.path == FROZEN / described.source / f"{name}.csv"


@every_frozen
def test_every_frozen_edition_conforms_to_its_table_and_lost_no_row(frozen: FrozenEdition) -> None:
    described = frozen.descriptor
    source = sources()[described.source]
    parsed = read_frozen(frozen, source.table)
    rows = parsed.rows.assign(edition=described.edition, source_file_sha256=described.sha256)
    assert problems(rows, source.table) == []
    assert len(parsed.rows) == described.rows
    assert parsed.rows_in == parsed.rows_used + len(parsed.rejected)


@every_frozen
def test_freezing_a_frozen_edition_again_changes_no_byte(frozen: FrozenEdition, tmp_path: Path) -> None:
    source = sources()[frozen.descriptor.source]
    path = write_frozen(frozen.descriptor, read_frozen(frozen, source.table), source.table, tmp_path)
    assert path.read_bytes() == frozen.path.read_bytes()
    assert path.with_suffix(".json").read_bytes() == frozen.path.with_suffix(".json").read_bytes()


def test_no_publishers_file_is_among_the_assets() -> None:
    kinds = {path.suffix for path in ASSETS.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds == {".py", ".csv", ".json", ".jsonl", ".yml"}
    frozen = {path.suffix for path in FROZEN.rglob("*") if path.is_file()}
    assert frozen == {".csv", ".json", ".jsonl"}


def test_no_frozen_file_is_a_copy_of_the_file_it_was_read_from() -> None:
    for frozen in every_frozen_edition():
        header = frozen.path.read_text("utf-8").splitlines()[0].split(",")
        table = sources()[frozen.descriptor.source].table
        assert header == [c.name for c in table.columns if c.name not in {"edition", "source_file_sha256"}], (
            frozen.path
        )


@pytest.mark.parametrize("edition", ["2015/16", "2026-07-08", "2025"])
def test_an_edition_names_one_file(edition: str) -> None:
    assert slug(edition) == edition.replace("/", "-")
    assert Path(slug(edition)).name == slug(edition)
