"""Tables about the data: its origin, its checks, its rejected rows, and the meaning of its columns."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.catalogue import Catalogue
from assets.organisations import model
from assets.tables.current_tables import fact_of
from pipelines.integration.frames import Frames, frame
from pipelines.integration.warehouse import facts_read
from pipelines.judging.expectation_results import CheckResult
from pipelines.judging.file_verdicts import Verdict
from pipelines.staging.frozen_series import files_in_use
from pipelines.staging.staged_tables import Staged

EXCERPT = 120
READ_BY_TODAY = ("organisation", "organisation_succession")
"""The tables that say what an organisation is today are made from these."""


def notes(catalogue: Catalogue) -> Frames:
    """Return the tables of caveats and comparability, which contain only prose."""
    compared = [vars(row) for one in catalogue.sources.values() for row in one.comparability]
    return {
        "comparability": frame("comparability", compared),
        "caveat": frame("caveat", list(_caveats(catalogue))),
    }


def tables_about(staged: Mapping[str, Staged]) -> Frames:
    """Return the tables about the files of the sources: their state, the files and the rows that were rejected."""
    everyone = list(staged.values())
    in_use = [judged for one in everyone for judged in files_in_use(one.manifest)]
    return {
        "source_status": frame("source_status", [_status(one) for one in everyone]),
        "source_file": frame(
            "source_file",
            [*(_file(judged) for judged in in_use), *_curated_files()],
        ),
        "rejected_row": frame("rejected_row", [row for judged in in_use for row in _rejected(judged)]),
    }


def _caveats(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield every caveat beside the table it is about and beside every table made from that one."""
    made_from = {name: ["organisation_current", "organisation_current_main"] for name in READ_BY_TODAY}
    for current in catalogue.current:
        made_from.setdefault(fact_of(current), []).append(current)
    for mart, table in catalogue.marts.items():
        for read in sorted(facts_read(table)):
            made_from.setdefault(fact_of(read), []).append(mart)
    for one in catalogue.sources.values():
        for c in one.caveats:
            for name in dict.fromkeys([c.table, *made_from.get(c.table, [])]):
                yield {
                    "source": one.name,
                    "caveat": c.caveat,
                    "table_name": name,
                    "measure": c.measure,
                    "text": c.text,
                }


def _status(one: Staged) -> dict[str, Any]:
    used = one.manifest.used
    source = one.source
    return {
        "source": source.name,
        "title": source.title,
        "publisher": source.publisher,
        "status": one.status,
        "why": one.why,
        "newest_edition": max((judged.copy.edition for judged in used), default=None),
        "editions": len({judged.copy.edition for judged in used}),
        "rows_staged": len(one.rows),
        "rows_rejected": sum(len(judged.rejected) for judged in files_in_use(one.manifest)),
        "cadence": source.cadence,
        "landing_page": source.landing_page or None,
        "licence": source.licence,
        "attribution": source.attribution,
    }


def _file(judged: Verdict) -> dict[str, Any]:
    copy = judged.copy
    return {
        "source": copy.source,
        "edition": copy.edition,
        "part": copy.part,
        "source_file_sha256": copy.sha256,
        "bytes": copy.bytes,
        "origin": copy.origin,
        "file_url": copy.file_url or None,
        "publisher_file_name": copy.publisher_file_name or None,
        "retrieved_on": copy.retrieved_on or None,
        "published_on": copy.published_on or None,
        "how": copy.how,
        "rows_in": judged.rows_in,
        "rows_used": judged.rows_used,
        "rows_rejected": len(judged.rejected),
        "ignored": "; ".join(judged.ignored),
        "drift": "; ".join(judged.drift),
    }


def _curated_files() -> Iterator[dict[str, Any]]:
    """Yield the curated tables of the organisation model, which are read like files of a source."""
    for name in model.CURATED:
        table = model.curated(name)
        yield {
            "source": "curated",
            "edition": name,
            "part": "",
            "source_file_sha256": table.sha256,
            "bytes": table.bytes,
            "origin": "transcribed",
            "publisher_file_name": f"assets/organisations/curated/{name}.csv",
            "how": "curated in the project; each row names its source and grade",
            "rows_in": len(table.rows),
            "rows_used": len(table.rows),
            "rows_rejected": 0,
            "ignored": "",
            "drift": "",
        }


def _rejected(judged: Verdict) -> Iterator[dict[str, Any]]:
    for row in judged.rejected:
        yield {
            "source": judged.copy.source,
            "edition": judged.copy.edition,
            "source_file_sha256": judged.copy.sha256,
            "source_sheet": row.sheet,
            "source_row": row.row,
            "rule": row.rule,
            "reason": harmless(row.reason),
            "excerpt": redacted(row.raw),
        }


def redacted(raw: str) -> str:
    """Return the beginning of a rejected row with masked digits, safe in a spreadsheet and on a page."""
    return harmless(re.sub(r"\d", "9", raw))[:EXCERPT]


def harmless(text: str) -> str:
    """Return `text` with control characters and markup escaped, and with a quote before a leading formula sign."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    escaped = html.escape(shown, quote=False)
    return f"'{escaped}" if escaped[:1] in {"=", "+", "-", "@"} else escaped


def check_rows(table: str, checked: str, results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """Return the rows of `check_result` for the checks of one table."""
    return [
        {
            "table_name": table,
            "checked": checked,
            "check_name": result.check,
            "expectation_type": result.expectation_type,
            "severity": result.severity,
            "outcome": result.outcome,
            "observed": result.observed,
            "failing_keys": "; ".join(result.failing),
            "why": result.why,
        }
        for result in results
    ]


def check_results(
    staged: Mapping[str, Staged],
    checks: Mapping[str, list[CheckResult]],
    opened: Mapping[str, list[CheckResult]],
) -> list[dict[str, Any]]:
    """Return the rows of `check_result`, without their trend, for files in use, tables of the release and its CSV files.

    `opened` holds the checks of the CSV files.
    """
    rows = [row for name, results in checks.items() for row in check_rows(name, "release", results)]
    rows += [row for name, results in opened.items() for row in check_rows(name, "csv", results)]
    for one in staged.values():
        for judged in one.manifest.used:
            copy = judged.copy
            checked = " ".join(filter(None, (copy.edition, copy.part, copy.sha256[:12])))
            rows += check_rows(one.source.table.name, checked, judged.checks)
    return rows
