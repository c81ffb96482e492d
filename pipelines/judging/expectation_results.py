"""Expectations as plain data, run by Great Expectations and returned as plain results.

Nothing here decides what happens to a file: checks do not raise and do not block; `verdict` says whether the
data is accepted. Importing this module is cheap: Great Expectations (2.5 s: `scipy`, `altair` and its own models, all
imported by its `__init__`, so no part of it is lighter) is imported by the functions that need it. The context is in
memory: no file is written and, as 1.24 has no telemetry, no host is contacted.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import textwrap
import warnings
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    import sqlalchemy as sa
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation as GXExpectation

    from assets.contract.expectations import Expectation, Severity

Outcome = Literal["passed", "failed", "raised"]

MOST_FAILING = 20  # rows a result names: enough to find the fault, few enough for a page
LONGEST_TEXT = 300
MOST_SHOWN = 3
"""Most unexpected values in a sentence."""
LONGEST_EXAMPLE = 40


@dataclass(frozen=True)
class CheckResult:
    """The result of one expectation, in plain Python types.

    `outcome` distinguishes data that broke the rule (failed) from a rule that could not be run (raised: no such
    column); only passed is a success. `observed` is a short text. `failing` names up to 20 failing rows by key
    (`RA2|2024`) if the expectation is about rows.
    """

    check: str
    expectation_type: str
    severity: Severity
    success: bool
    outcome: Outcome
    observed: str
    failing: tuple[str, ...]
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a JSON-compatible dictionary; `from_dict` reverses it."""
        return asdict(self) | {"failing": list(self.failing)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckResult:
        """Return the result from the dictionary that `as_dict` made."""
        return cls(**{**data, "failing": tuple(data["failing"])})


def verdict(results: Iterable[CheckResult]) -> bool:
    """Return whether the data is accepted: every ERROR expectation was run and passed."""
    return all(result.success or result.severity != "ERROR" for result in results)


@cache
def _library() -> str:
    """Return the version of the library that checks, which is read from a file each time it is looked up."""
    return version("great_expectations")


@cache
def _code() -> str:
    """Return a digest of this module."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def suite_version(expectations: Sequence[Expectation], table: sa.Table) -> str:
    """Return a short digest of everything a verdict depends on besides the data: rules, columns, library version, code."""
    depends_on = {
        "code": _code(),
        "great_expectations": _library(),
        "expectations": [
            (rule.check, rule.type, dict(rule.kwargs), rule.severity, rule.why) for rule in expectations
        ],
        "columns": [
            (column.name, str(column.type), column.nullable, column.primary_key, dict(column.info))
            for column in table.columns
        ],
    }
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=_stable).encode()).hexdigest()[:16]


def expectation_class(type_: str) -> type[GXExpectation]:
    """Return the class of `expect_...`; raise ValueError, which names the nearest ones, if there is none."""
    from great_expectations.expectations import registry

    known = registry.list_registered_expectation_implementations()
    if type_ not in known:
        near = ", ".join(difflib.get_close_matches(type_, known)) or "nothing like it"
        raise ValueError(f"Great Expectations has no {type_!r}; the nearest are: {near}.")
    return registry.get_expectation_impl(type_)


def validate(
    frame: pd.DataFrame, expectations: Sequence[Expectation], *, key: Sequence[str]
) -> list[CheckResult]:
    """Run every expectation on `frame` and return one result each, in their order.

    `key` names the columns by which failing rows are reported. An expectation that cannot be run is reported as
    raised, and the others still run.
    """
    if not expectations:
        return []
    with warnings.catch_warnings():  # also takes back the logging.captureWarnings(True) of the import
        warnings.simplefilter("ignore")
        rows = frame.reset_index(drop=True)  # failing rows come back as index labels: make them positions
        rules, unusable = build(expectations)
        answers = _run(rows, rules)
    return [
        _result(rule, "raised", unusable[number])
        if number in unusable
        else _judge(rule, answers[number], rows, key)
        for number, rule in enumerate(expectations)
    ]


def build(expectations: Sequence[Expectation]) -> tuple[list[GXExpectation], dict[int, str]]:
    """Return the rules that can be built, numbered in `meta`, and the problems of the others by number."""
    rules: list[GXExpectation] = []
    unusable: dict[int, str] = {}
    for number, rule in enumerate(expectations):
        # tuples and sets suit plain data, but Great Expectations treats a tuple of columns as one column
        arguments: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple | set | frozenset) else value
            for name, value in rule.kwargs.items()
        }
        try:
            rules.append(expectation_class(rule.type)(**arguments, meta={"number": number}))
        except (TypeError, ValueError) as error:  # pydantic's ValidationError is a ValueError
            unusable[number] = str(error)
    return rules, unusable


@cache
def _any_table() -> BatchDefinition[Any]:
    """Return the batch definition for any table, made once: making a context takes as long as a small table."""
    import great_expectations as gx
    from great_expectations.data_context.types import base

    in_memory = base.InMemoryStoreBackendDefaults()  # the usual ones make a temporary directory for pages
    quiet = base.ProgressBarsConfig(globally=False)
    context = gx.get_context(
        mode="ephemeral",
        project_config=base.DataContextConfig(store_backend_defaults=in_memory, progress_bars=quiet),
    )
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("whole")


def _run(rows: pd.DataFrame, rules: list[GXExpectation]) -> dict[int, ExpectationValidationResult]:
    """Run all rules at once and return the answers by number: they come back in another order."""
    import great_expectations as gx

    batch = _any_table().get_batch({"dataframe": rows})
    suite = gx.ExpectationSuite(name="suite", expectations=rules)
    # SUMMARY is the smallest format that lists failing rows; having it name them by column takes 40 times as long
    detail = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_FAILING}
    answers = batch.validate(suite, result_format=detail).results
    return {each.expectation_config.meta["number"]: each for each in answers if each.expectation_config}


def _judge(
    rule: Expectation, answer: ExpectationValidationResult, rows: pd.DataFrame, key: Sequence[str]
) -> CheckResult:
    error = _error(answer.exception_info or {})
    if error is not None:
        return _result(rule, "raised", error)
    places = answer.result.get("partial_unexpected_index_list")
    examples = "" if answer.success else _examples(rule, answer.result, rows)
    return _result(
        rule,
        "passed" if answer.success else "failed",
        _observed(rule.type, answer.result) + examples,
        _keys(rows[list(key)].iloc[places]) if places else (),
    )


def _examples(rule: Expectation, result: Mapping[str, Any], rows: pd.DataFrame) -> str:
    """Return the first different unexpected values, with the rows of the publisher's file: `, such as 'Y60' (row 209)`."""
    places = result.get("partial_unexpected_index_list") or []
    pair = [rule.kwargs[name] for name in ("column_A", "column_B") if name in rule.kwargs]
    shown: dict[str, str] = {}
    for place, value in zip(places, result.get("partial_unexpected_list") or [], strict=False):
        number = rows["source_row"].iloc[place] if "source_row" in rows else None
        named = dict(zip(pair, value, strict=True)) if pair else value
        shown.setdefault(_example(named), "" if number is None else f" (row {number})")
    listed = ", ".join(text + where for text, where in list(shown.items())[:MOST_SHOWN])
    return f", such as {listed}" if listed else ""


def _example(value: Any) -> str:
    """Return a value short and escaped: one of several columns as its parts."""
    import pandas as pd

    if isinstance(value, dict):
        return " and ".join(f"{name} {_example(part)}" for name, part in value.items())
    if isinstance(value, str):
        return repr(value[:LONGEST_EXAMPLE])
    return "no value" if pd.isna(value) else _text(value)


def _keys(failing: pd.DataFrame) -> tuple[str, ...]:
    return tuple("|".join(row) for row in failing.astype("string").fillna("").to_numpy())


def _result(rule: Expectation, outcome: Outcome, observed: str, failing: tuple[str, ...] = ()) -> CheckResult:
    short = textwrap.shorten(observed, LONGEST_TEXT, placeholder=" ...")
    success = outcome == "passed"
    return CheckResult(rule.check, rule.type, rule.severity, success, outcome, short, failing, rule.why)


def _error(info: Mapping[str, Any]) -> str | None:
    """Return the first exception message: a rule reports it flat, its metrics report it nested by metric."""
    reports = [info] if "raised_exception" in info else info.values()
    return next((str(each["exception_message"]) for each in reports if each["raised_exception"]), None)


def _observed(type_: str, result: Mapping[str, Any]) -> str:
    """Return what was observed: `3 of 2,565 values unexpected (0.1 %)`, `285 rows`, `0.25`."""
    if "element_count" in result:
        unexpected = result["unexpected_count"]
        tried = result["element_count"] - result.get("missing_count", 0)
        noun = "values" if type_.startswith("expect_column_value") else "rows"
        return f"{unexpected:,} of {tried:,} {noun} unexpected ({100 * unexpected / max(tried, 1):.1f} %)"
    if "partial_missing_list" in result:  # a set of values compared with the one expected
        lists = {word: result.get(f"partial_{word}_list") or [] for word in ("unexpected", "missing")}
        return "; ".join(f"{word}: {_text(set(values)) or 'none'}" for word, values in lists.items())
    unit = {"expect_table_row_count": " rows", "expect_table_column_count": " columns"}
    seen = _text(result["observed_value"]) if "observed_value" in result else "no further details"
    return seen + next((unit[start] for start in unit if type_.startswith(start)), "")


def _text(value: Any) -> str:
    if isinstance(value, set):
        return ", ".join(sorted(map(_text, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    plain = value.item() if hasattr(value, "item") else value  # numpy writes np.float64(0.25)
    if isinstance(plain, int | float):
        return f"{plain:,}" if isinstance(plain, int) else f"{plain:,.10g}"
    return "no value" if plain is None else str(plain)


def _stable(value: object) -> Any:
    """Return a JSON value that is the same in every process: sets in order, dates and decimals as text."""
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)
