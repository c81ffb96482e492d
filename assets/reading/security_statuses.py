"""The words of a status of data security: what was met, and of which year the standard was."""

import re
from datetime import date

from assets.reading.structure import normal

STATUSES = {
    "standards exceeded": "standards_exceeded",
    "standards met": "standards_met",
    "approaching standards": "approaching_standards",
    "standards not met": "standards_not_met",
    "standards not fully met (plan agreed)": "plan_agreed",
    "entry level": "entry_level",
    "baseline": "baseline",
    "not published": "not_published",
    "": "not_published",
}
YEARS_PRINTED_FROM = date(2020, 4, 1)
FIRST_YEAR = 2018
"""Start of the first standard, 2018/19. Older lists print no year for it: the list of 2022-09-09 prints 18/19 beside
every assessment that the list of 2019-06-17 shows with the same code and day and without a year."""
_YEAR = r"(?:20)?(\d\d)[/-](\d\d)"
_STATUS = re.compile(rf"(?:{_YEAR} (?:\(version \d+\) )?(?:- )?)?(.*?)(?: \({_YEAR}\))?")


def read_status(text: str, day: date) -> tuple[str, int | None]:
    """Return the status in the project's words and the year its standard starts; raise ValueError for anything else."""
    found = _STATUS.fullmatch(normal(text))
    if found is None or found[3] not in STATUSES:
        raise ValueError(f"column 'Status': expected a known status, found {text[:60]!r}")
    status = STATUSES[found[3]]
    start, end = (found[1] or found[4]), (found[2] or found[5])
    if start is None:
        if status == "not_published":
            return status, None
        if day >= YEARS_PRINTED_FROM:
            raise ValueError(f"column 'Status': expected a year like 22/23, found {text[:60]!r}")
        return status, FIRST_YEAR
    year = 2000 + int(start)
    if int(end) != (year + 1) % 100 or not FIRST_YEAR <= year <= day.year:
        raise ValueError(
            f"column 'Status': expected a year from {FIRST_YEAR % 100}/{FIRST_YEAR % 100 + 1} to that of the list, found {text[:60]!r}"
        )
    return status, year
