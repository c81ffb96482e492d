"""The organisation that `explain` is given by name, or by a code that is no longer in use: never guessed, as in `resolve`."""

import re
from typing import NamedTuple

from pipelines.queries.opened_release import ExplainError, Release, Row, SeveralRowsError
from pipelines.queries.resolve_names import answers

CODE = r"\w{3}|(?=\w*\d)\w{4,6}"
"""An ODS code: three characters, or up to six with a digit."""


class Found(NamedTuple):
    """What `resolve` answers."""

    org_code: str
    current_org_code: str
    current_org_name: str
    matched_by: str
    note: str
    candidates: str

    def code(self, of_the_time: bool) -> str:  # noqa: FBT001 - one of two codes
        """Return the code at the time, or that of today."""
        return self.org_code if of_the_time else self.current_org_code


def find(release: Release, table: str, key: str) -> tuple[Row, str]:
    """Return the one row that a key names, and what was taken for a code; empty where the key is as the table has it.

    A part of the key may be the name of an organisation, or of one that is another today. Raises ExplainError, with the
    organisations that may be meant.
    """
    try:
        return release.find(table, key), ""
    except SeveralRowsError:
        raise
    except ExplainError as error:
        wrong = error
    answer, parts = answers(None), key.split("|")
    named = [part for part in parts if len(parts) == 1 or " " in part or re.fullmatch(CODE, part)]
    found = {part: Found(*answer(part)) for part in named}
    for of_the_time in (True, False):
        codes = [found[part].code(of_the_time) or part if part in found else part for part in parts]
        if codes == [part.upper() for part in parts]:
            continue
        try:
            return release.find(table, "|".join(codes)), _taken(parts, codes, found)
        except SeveralRowsError:
            raise
        except ExplainError:
            continue
    candidates = "; ".join(one.candidates for one in found.values() if one.candidates)
    raise ExplainError(
        f"{wrong}{f' Organisations that may be meant: {candidates}.' if candidates else ''}"
    ) from wrong


def code_of(name: str) -> str:
    """Return the code of an organisation given by code or name, a code as it is; raise ExplainError for a name that fits none.

    The error has the organisations that may be meant.
    """
    if re.fullmatch(CODE, name.strip()):
        return name
    found = Found(*answers(None)(name))
    if found.org_code or not found.candidates:
        return found.org_code or name
    raise ExplainError(
        f"Explaining organisation {name!r}: expected the code or a name of one organisation, found none that it fits with certainty ({found.note}); name one of {found.candidates}."
    )


def _taken(parts: list[str], codes: list[str], found: dict[str, Found]) -> str:
    """Return which parts of a key were taken for which codes, with the note on it, such as a split."""
    return "; ".join(
        f"{part} is taken as {code}{f': {found[part].note}' if found[part].note else ''}"
        for part, code in zip(parts, codes, strict=True)
        if part.upper() != code.upper()
    )
