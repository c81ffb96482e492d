"""Whether two values are the same at the precision they are published with."""

from typing import Any

import pandas as pd

from assets.organisations.names import normalise

NOISE = 1e-10
"""The part of a number, or of 1 where it is smaller, that is no figure of a publisher's: a workbook that is saved again
moves a float by up to 1e-12. The largest payments, of GBP 100 million, still differ by a penny."""


def differs(held: "pd.Series[Any]", found: "pd.Series[Any]", within: float = 0) -> "pd.Series[bool]":
    """Return for each row whether two columns of the same rows differ; missing and missing do not.

    Numbers differ beyond noise, or by more than `within` where that is more. Texts differ beyond case and spaces, names
    of organisations beyond the style they are written in.
    """
    missing = held.isna() | found.isna()
    one_sided = held.isna() ^ found.isna()
    if pd.api.types.is_numeric_dtype(held) and pd.api.types.is_numeric_dtype(found):
        one, other = held.astype("float64"), found.astype("float64")
        far = (one - other).abs() > (one.abs().clip(lower=1) * NOISE).clip(lower=within)
    else:
        far = plain(held) != plain(found)
    return one_sided | (far & ~missing)


def is_name(column: str) -> bool:
    """Return whether a column holds names of organisations."""
    return column in {"name", "org_name_as_published"}


def plain(values: "pd.Series[Any]") -> "pd.Series[str]":
    """Return values as texts that are equal where they mean the same; missing is empty."""
    style = _name if is_name(str(values.name)) else _text
    spellings = {value: style(str(value)) for value in values.dropna().unique()}
    return values.map(spellings).astype("str").where(values.notna(), "")


def _text(value: str) -> str:
    return " ".join(value.casefold().split())


def _name(value: str) -> str:
    return normalise(value) or _text(value)
