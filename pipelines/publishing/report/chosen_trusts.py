"""The report on trusts that somebody names, from the latest release, written where they say."""

from collections.abc import Iterable
from pathlib import Path

from assets.contract.errors import DigitalMaturityError
from pipelines.publishing.report import trusts_report
from pipelines.queries import release_query, resolve_names

MOST = 20
"""Trusts on one page: more cannot be read side by side."""


class ReportError(DigitalMaturityError):
    """A report that cannot be written: one sentence."""


def write(trusts: Iterable[str], out: Path) -> str:
    """Write the report on trusts, given by code or name, to a file; return a sentence. Raises ReportError, QueryError."""
    codes = _today(list(trusts))
    database = release_query.database()
    with release_query.connected(database) as connection:
        page = trusts_report.of_trusts(connection, codes, database.parent.name)
    try:
        out.write_bytes(page.encode())
    except OSError as error:
        raise ReportError(
            f"Writing the report {str(out)!r}: expected a place for it, found none ({error.strerror}); name another with --out."
        ) from error
    return f"{out}: {', '.join(codes)} beside their peers, from release {database.parent.name}"


def of_release() -> str:
    """Return where the report of the latest release is. Raises QueryError, ReportError."""
    path = release_query.database().parent / "report" / "exemplars.html"
    if not path.exists():
        raise ReportError(
            f"Looking for the report of the latest release: expected {path}, found nothing; refresh, or name trusts with --trust."
        )
    return f"{path}: exemplars then and now; name trusts with --trust for a report on them"


def _today(trusts: list[str]) -> list[str]:
    """Return the codes of today of trusts given by code or name, each once. Raises ReportError naming all that are not known."""
    if len(trusts) > MOST:
        raise ReportError(
            f"Choosing trusts: expected at most {MOST}, which can be read on one page, found {len(trusts)}; write several reports."
        )
    answer = resolve_names.answers(None)
    found = {trust: answer(trust) for trust in trusts}
    unknown = [
        f"{trust!r}" + (f" (perhaps {candidates})" if candidates else f" ({note})" if note else "")
        for trust, (_, today, _, _, note, candidates) in found.items()
        if not today
    ]
    if unknown:
        raise ReportError(
            f"Choosing trusts: expected codes or names of trusts that are open today or have a successor, found {'; '.join(unknown)}; `digital-maturity resolve NAME` helps."
        )
    return list(dict.fromkeys(today for _, today, *_ in found.values()))
