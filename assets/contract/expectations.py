"""Builders for what is expected of the rows of a table. Each returns an Expectation, plain data; none runs a check.

The reason (`why`) is given with the expectation or in the prose of its source (`assets.contract.prose`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Statistic = Literal["max", "mean", "median", "min", "stdev", "sum", "unique_value_count"]
Severity = Literal["ERROR", "WARN"]
Condition = tuple[str, Literal["==", "!="], str | int]
"""A column, how it is compared, and with what: the same triple as in the filters of Arrow."""


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations expectation as plain data, so that loading definitions does not import the library.

    `check` names the asset check, `type` is the expectation's name in snake case (`expect_...`), `kwargs` holds its
    arguments, and `why` is one sentence for the reader of a failure.
    """

    check: str
    type: str
    kwargs: Mapping[str, Any]
    why: str = ""
    severity: Severity = "ERROR"


Limits = tuple[float | None, float | None]
"""Smallest and largest value; None where there is no limit."""
TRUST_CODE = "^([RT][A-Z0-9]{2}|[A-Z][0-9][A-Z][0-9][A-Z])$"


def _limited(limits: Limits) -> dict[str, float]:
    named = zip(("min_value", "max_value"), limits, strict=True)
    return {name: limit for name, limit in named if limit is not None}


def row_count(check: str, limits: Limits, why: str = "") -> Expectation:
    """Expect a number of rows between two limits."""
    return Expectation(check, "expect_table_row_count_to_be_between", _limited(limits), why)


def statistic(  # noqa: PLR0913 - a limit on a figure has as many facts
    check: str, of: Statistic, column: str, limits: Limits, why: str = "", *, severity: Severity = "ERROR"
) -> Expectation:
    """Expect a statistic of a column between two limits."""
    kwargs = {"column": column, **_limited(limits)}
    return Expectation(check, f"expect_column_{of}_to_be_between", kwargs, why, severity)


def distinct(
    check: str, column: str, limits: Limits, why: str = "", *, severity: Severity = "ERROR"
) -> Expectation:
    """Expect a number of different values in a column."""
    return statistic(check, "unique_value_count", column, limits, why, severity=severity)


def values(
    check: str,
    column: str,
    limits: Limits,
    why: str = "",
    *,
    severity: Severity = "ERROR",
    **mostly: float,
) -> Expectation:
    """Expect every value of a column between two limits, or, with `mostly=0.9`, that share of them."""
    kwargs = {"column": column, **_limited(limits), **mostly}
    return Expectation(check, "expect_column_values_to_be_between", kwargs, why, severity)


def filled(
    check: str, column: str, share: float, why: str = "", *, severity: Severity = "ERROR"
) -> Expectation:
    """Expect a value in at least `share` of the rows."""
    kwargs = {"column": column, "mostly": share}
    return Expectation(check, "expect_column_values_to_not_be_null", kwargs, why, severity)


def unique(check: str, columns: Sequence[str], why: str = "") -> Expectation:
    """Expect no two rows with equal values in all of `columns`."""
    if len(columns) == 1:
        return Expectation(check, "expect_column_values_to_be_unique", {"column": columns[0]}, why)
    return Expectation(check, "expect_compound_columns_to_be_unique", {"column_list": [*columns]}, why)


def among(
    check: str,
    column: str,
    words: Iterable[Any],
    why: str = "",
    *,
    severity: Severity = "ERROR",
    **mostly: float,
) -> Expectation:
    """Expect only `words` in a column, in every row or, with `mostly=0.8`, in that share of the rows."""
    kwargs = {"column": column, "value_set": list(words), **mostly}
    return Expectation(check, "expect_column_values_to_be_in_set", kwargs, why, severity)


def exactly(check: str, column: str, words: Iterable[Any], why: str = "") -> Expectation:
    """Expect each of `words` in a column, and nothing else."""
    kwargs = {"column": column, "value_set": list(words)}
    return Expectation(check, "expect_column_distinct_values_to_equal_set", kwargs, why)


def like(check: str, column: str, pattern: str, why: str = "", **mostly: float) -> Expectation:
    """Expect every value of a column to match a regular expression, or, with `mostly=0.98`, that share of them."""
    kwargs = {"column": column, "regex": pattern, **mostly}
    return Expectation(check, "expect_column_values_to_match_regex", kwargs, why)


def unlike(check: str, column: str, pattern: str, why: str = "") -> Expectation:
    """Expect no value of a column to match a regular expression."""
    return Expectation(
        check, "expect_column_values_to_not_match_regex", {"column": column, "regex": pattern}, why
    )


def never(
    check: str, column: str, words: Iterable[Any], why: str = "", *, severity: Severity = "ERROR"
) -> Expectation:
    """Expect none of `words` in a column."""
    kwargs = {"column": column, "value_set": list(words)}
    return Expectation(check, "expect_column_values_to_not_be_in_set", kwargs, why, severity)


def above(check: str, column: str, other: str, why: str = "", **more: Any) -> Expectation:
    """Expect a column above another where both have a value; `or_equal=True` and `mostly=0.98` relax this."""
    kwargs = {"column_A": column, "column_B": other, **more, "ignore_row_if": "either_value_is_missing"}
    return Expectation(check, "expect_column_pair_values_a_to_be_greater_than_b", kwargs, why)


def where(condition: Condition, expectation: Expectation) -> Expectation:
    """Return an expectation limited to the rows that meet a condition, such as `("edition", "==", "2019/20")`."""
    column, operator, value = condition
    return _narrowed(expectation, "comparison", column, operator=operator, parameter=value)


def where_empty(column: str, expectation: Expectation) -> Expectation:
    """Return an expectation limited to the rows without a value in `column`."""
    return _narrowed(expectation, "nullity", column, is_null=True)


def _narrowed(expectation: Expectation, kind: str, column: str, **rest: Any) -> Expectation:
    condition = {"type": kind, "column": {"name": column}, **rest}
    return replace(expectation, kwargs={**expectation.kwargs, "row_condition": condition})


TRUST_CODES = like(
    "codes_are_trust_codes",
    "org_code_as_published",
    TRUST_CODE,
    "Trust codes have three characters, or five since April 2020.",
)
ADDRESSES = like(
    "every_row_has_an_address", "source_url", "^https?://[^ ]+$", "An untraceable fact is not published."
)
