"""Corrections of codes that a publisher printed beside the wrong name: curated data with a reason and evidence.

A correction belongs to one source, edition, code and name. If the publisher changes the code or the name, the
correction no longer applies and the ordinary rules do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from assets.organisations.curation import curated
from assets.organisations.names import normalise

Key = tuple[str, str, str, str]
"""Source, edition, code as published, normal form of the name as published."""


@dataclass(frozen=True)
class Resolution:
    """The intended organisation (None: unknown, and no fact is kept), and the reason."""

    org_code: str | None
    reason: str


def key_of(source: str, edition: str, code: str, name: str) -> Key:
    """Return the key under which a correction of a published code and name is found."""
    return source, edition, code, normalise(name)


@cache
def resolutions() -> Mapping[Key, Resolution]:
    """Return the curated corrections by `key_of`."""
    return {
        key_of(
            *(
                str(row[name])
                for name in ("source", "edition", "org_code_as_published", "org_name_as_published")
            )
        ): Resolution(row["org_code"], str(row["reason"]))
        for row in curated("resolutions").rows
    }
