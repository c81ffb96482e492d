"""Whether two values are equal at the precision with which they are published."""

from typing import Any

import pandas as pd

from assets.organisations.names import normalise

NOISE = 1e-10
"""The share of a number (or of 1, if it is smaller) below which a difference is noise: a workbook that is saved again
changes a float by up to 1e-12. The largest payments, of GBP 100 million, still differ by a penny."""


def differs(held: "pd.Series[Any]", found: "pd.Series[Any]", within: float = 0) -> "pd.Series[bool]":
    """Return for each row whether two columns of the same rows differ; two missing values do not.

    Numbers differ by more than noise, or by more than `within` if that is larger. Case and spaces of texts, and the
    style of organisation names, are ignored.
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
    """Return values as texts that are equal if they mean the same; a missing value is empty."""
    style = _name if is_name(str(values.name)) else _text
    spellings = {value: style(str(value)) for value in values.dropna().unique()}
    return values.map(spellings).astype("str").where(values.notna(), "")


def _text(value: str) -> str:
    return " ".join(value.casefold().split())


def _name(value: str) -> str:
    return normalise(value) or _text(value)
