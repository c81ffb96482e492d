"""The error for tables that must not be published."""

from collections.abc import Mapping, Sequence

from assets.contract.errors import RefusedError


class AuditError(RefusedError):
    """A built release that must not be published; `found` holds every problem by table."""

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        self.found = {table: list(problems) for table, problems in found.items() if problems}
        message = "; ".join(problem for each in self.found.values() for problem in each)
        super().__init__(
            f"Auditing the release: {message}; the last release stays, correct the source or the mapping and refresh."
        )


def refuse(found: Mapping[str, Sequence[str]]) -> None:
    """Raise AuditError if there is a problem in any table."""
    if any(found.values()):
        raise AuditError(found)
