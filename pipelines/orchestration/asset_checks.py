"""Expectations as Dagster's asset checks, and their results.

A check never blocks: a verdict is about the data, not about the run. A check that somebody selected always gets a result,
from the stored verdict where nothing is new. The job `refresh` selects no checks, for 200 of them cost 1.5 s and most
have nothing new to say: what was checked just now is reported as an evaluation.
"""

import json
from collections.abc import Iterable, Iterator

import dagster as dg

from assets.contract.expectations import Expectation
from pipelines.judging.expectation_results import CheckResult

NOTHING = "Nothing to check: there are no rows, or no file whose structure is right."
Reported = dg.AssetCheckResult | dg.AssetCheckEvaluation


def asset_check_spec(asset_key: dg.AssetKey | str, expectation: Expectation) -> dg.AssetCheckSpec:
    """Describe an expectation to Dagster."""
    return dg.AssetCheckSpec(
        expectation.check,
        asset=asset_key,
        description=expectation.why,
        blocking=False,
        metadata={
            "expectation": expectation.type,
            "severity": expectation.severity,
            "arguments": json.dumps(dict(expectation.kwargs), default=str, sort_keys=True),
        },
    )


def asset_check_result(
    asset_key: dg.AssetKey | str, result: CheckResult, *, file: str = ""
) -> dg.AssetCheckResult:
    """Return the result of an expectation as Dagster shows it; `file` names what was checked, where it is one of several."""
    values = result.as_dict()
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=result.check,
        passed=result.success,
        severity=dg.AssetCheckSeverity(result.severity),
        description=f"{result.outcome}: {result.observed}",
        metadata={
            "expectation": result.expectation_type,
            **{name: values[name] for name in ("outcome", "observed", "failing", "why")},
            **({"file": file} if file else {}),
        },
    )


def key_of(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    """Return which check a result is of. Raises ValueError for a result that does not say so."""
    if result.asset_key is None or result.check_name is None:
        raise ValueError("Reporting a check: expected the asset and the name of the check, found none.")
    return dg.AssetCheckKey(result.asset_key, result.check_name)


def reported(
    context: dg.AssetExecutionContext, results: Iterable[dg.AssetCheckResult], *, complete: bool = True
) -> Iterator[Reported]:
    """Yield results of selected checks, and evaluations of the others.

    With `complete`, a selected check without a result passes: there is nothing that it could be about.
    """
    left = {*context.selected_asset_check_keys}
    for result in results:
        key = key_of(result)
        if key in context.selected_asset_check_keys:
            left.discard(key)
            yield result
        else:
            yield _evaluation(key, result)
    if complete:
        for key in sorted(left, key=lambda key: key.to_user_string()):
            yield dg.AssetCheckResult(
                asset_key=key.asset_key, check_name=key.name, passed=True, description=NOTHING
            )


def _evaluation(key: dg.AssetCheckKey, result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )
