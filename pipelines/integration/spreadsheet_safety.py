"""How a spreadsheet would change the text of a CSV file.

A double click on a CSV file shows `5E1` as 50 and `2010/11` as a day in November. The files stay as they are, because
every other tool reads them correctly; the workbook keeps text as text; and a check of each table lists the affected
text. Text that a spreadsheet would run as a formula is refused when sources are read: here the release is audited for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.contract.columns import key_of
from assets.contract.expectations import Severity
from pipelines.judging.expectation_results import LONGEST_TEXT, MOST_FAILING, CheckResult
from pipelines.storage.release_folder import shown

RUN = r"^[=+@\t\r]|^-(\d*(\.\d*)?[^\d.]|$)"
"""Text that a spreadsheet would run; a negative number, such as a value observed by a check, is harmless."""
_MONTH = "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)"
_NUMBER_OF_MONTH = "(0?[1-9]|1[0-2])"
CHANGED = "^(?i:{})$".format(
    "|".join(
        (
            r"\s.*",  # leading spaces
            r"0\d+(\.\d+)?",  # leading zeros
            r"\d{16,}",  # more digits than a spreadsheet keeps
            r"\d+\.\d*0",  # trailing zeros
            r"\d+(\.\d*)?e[+-]?\d+",  # 5E1
            rf"\d{{4}}[-/]{_NUMBER_OF_MONTH}([-/]\d{{1,2}})?",  # 2010/11, 2023-10-17
            r"\d{1,2}[-/]\d{1,2}([-/]\d{2,4})?",  # 1-2, 1/2/2023
            rf"(\d{{1,2}}[ -/]?)?{_MONTH}[ -/]?\d{{1,4}}",  # MAR1, 1 March 2023
            rf"\d{{1,2}}[ -/]?{_MONTH}",  # 2-SEP
            r"\d{1,2}:\d{2}(:\d{2})?",
            r"\(\d+(\.\d+)?\)",  # a negative number in accounting notation
            r"true|false",
        )
    )
)
"""Text that an English spreadsheet shows differently; `2025` becomes a number but looks the same."""


@dataclass(frozen=True)
class _Rule:
    check: str
    pattern: str
    severity: Severity
    why: str


RULES = (
    _Rule(
        "no_text_runs_in_a_spreadsheet",
        RUN,
        "ERROR",
        "A spreadsheet runs text that begins with = + - @ tab or carriage return as a formula.",
    ),
    _Rule(
        "text_looks_the_same_in_a_spreadsheet",
        CHANGED,
        "WARN",
        "A spreadsheet that opens the CSV file reads such text as numbers or dates: import it as text, or use the workbook.",
    ),
)


def spreadsheet_checks(rows: pa.Table, table: sa.Table) -> list[CheckResult]:
    """Return the checks for text of a table that a spreadsheet would run (never published) or change."""
    return [_judged(rule, rows, table) for rule in RULES]


def _judged(rule: _Rule, rows: pa.Table, table: sa.Table) -> CheckResult:
    found = {name: where for name, where in _matching(rows, rule.pattern) if len(where)}
    examples = [
        f"{name}: {len(where)}, such as {rows[name][where[0].as_py()].as_py()!r}"
        for name, where in found.items()
    ]
    return CheckResult(
        check=rule.check,
        expectation_type="csv_text",
        severity=rule.severity,
        success=not found,
        outcome="failed" if found else "passed",
        observed="; ".join(examples)[:LONGEST_TEXT] or "no such text",
        failing=tuple(_keys(rows, table, found.values())),
        why=rule.why,
    )


def _matching(rows: pa.Table, pattern: str) -> Iterator[tuple[str, pa.Array]]:
    """Yield the text columns with values that match a pattern, and the places of these; distinct texts are matched once."""
    texts = {field.name: rows[field.name] for field in rows.schema if pa.types.is_string(field.type)}
    different = pa.chunked_array([column.unique() for column in texts.values()], pa.string()).unique()
    wanted = different.filter(pc.match_substring_regex(different, pattern))
    if len(wanted):
        for name, column in texts.items():
            yield name, pc.indices_nonzero(pc.is_in(column, wanted))


def _keys(rows: pa.Table, table: sa.Table, found: Iterable[pa.Array]) -> list[str]:
    """Return the keys of the first of these rows, in the order of the table."""
    places = sorted({place for where in found for place in where.slice(0, MOST_FAILING).to_pylist()})
    first = pa.array(places[:MOST_FAILING], pa.int64())
    keys = rows.select(key_of(table)).take(first).to_pylist()
    return ["|".join(map(shown, key.values())) for key in keys]
