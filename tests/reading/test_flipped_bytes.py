"""One byte of a file changed, anywhere: the file is refused or gives the same table, never another one.

Archives have checksums, so that holds to the letter. Text has none: a digit that became another digit is another
number, and only the hash of the vintage tells. There the promise is that all other rows stay what they were.
"""

import gzip
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
import pytest
import test_cqc
import test_dspt
import test_kh03
from conftest import dma_workbook, epr_workbook, funding_register, ods_report

from assets.contract.parsed import Parsed, StructureError
from assets.sources import cqc, dma, epr, funding, ods
from assets.sources.dspt import source as dspt
from assets.sources.kh03 import layouts as kh03

FLIPS = 100
Parse = Callable[[bytes, str], Parsed]
Case = tuple[Parse, bytes, str]
WITH_CHECKSUMS: dict[str, Case] = {
    "dma workbook": (dma.parse, dma_workbook(), "2025"),
    "epr workbook": (epr.parse, epr_workbook(), "2024-10-01"),
    "dspt workbook": (dspt.parse, test_dspt.workbook(), "2019-06-17"),
    "dspt gzip": (dspt.parse, gzip.compress(test_dspt.listed(), mtime=0), test_dspt.DAY),
    "cqc spreadsheet": (cqc.parse, test_cqc.ratings(), test_cqc.EDITION),
}
TEXT: dict[str, Case] = {
    "ods": (ods.parse, ods_report(), "2026-07-08"),
    "ods of old": (ods.parse, ods_report(width=24), "2015-16"),
    "dspt": (dspt.parse, test_dspt.listed(), test_dspt.DAY),
    "kh03": (partial(kh03.parse, part="compiled"), test_kh03.table(), "2019/20"),
    "funding": (funding.parse, funding_register(), "2026-07"),
}
NOT_OF_THE_ROW = {"source_row", "organisations_in_list"}


def flipped(content: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the content with one bit turned, at places chosen at random but always the same, with the place."""
    chosen = random.Random(name)  # noqa: S311 - which bytes does not matter
    for place in chosen.sample(range(len(content)), min(FLIPS, len(content))):
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << chosen.randrange(8)
        yield place, bytes(spoilt)


def parsed(parse: Parse, content: bytes, edition: str) -> pd.DataFrame | None:
    """Return the rows of a file, or nothing where it is refused."""
    try:
        return parse(content, edition).rows
    except StructureError:
        return None


def rows(frame: pd.DataFrame) -> Counter[tuple[object, ...]]:
    """Return the rows as values, so that 1 is 1.0, without what counts rows."""
    values = frame.drop(columns=[*NOT_OF_THE_ROW & {*frame}]).astype(object)
    return Counter(values.where(values.notna(), None).itertuples(index=False, name=None))


@pytest.mark.parametrize(("name", "case"), WITH_CHECKSUMS.items(), ids=WITH_CHECKSUMS)
def test_an_archive_with_a_flipped_bit_is_refused_or_gives_the_same_table(name: str, case: Case) -> None:
    parse, content, edition = case
    same = parse(content, edition).rows
    refused = 0
    for place, spoilt in flipped(content, name):
        found = parsed(parse, spoilt, edition)
        refused += found is None
        assert found is None or found.equals(same), f"byte {place} was changed and nobody noticed"
    assert refused > FLIPS / 2


@pytest.mark.parametrize(("name", "case"), TEXT.items(), ids=TEXT)
def test_text_with_a_flipped_bit_is_refused_or_all_rows_but_those_it_touches_stay(
    name: str, case: Case
) -> None:
    parse, content, edition = case
    same = rows(parse(content, edition).rows)
    read = 0
    for place, spoilt in flipped(content, name):
        found = parsed(parse, spoilt, edition)
        if found is not None:
            read += 1
            gone, come = same - rows(found), rows(found) - same
            # a line end that is gone makes one row of two, one that came makes two of one
            assert (gone.total() <= 2, come.total() <= 2) == (True, True), (
                f"byte {place}: {gone} became {come}"
            )
    assert read
