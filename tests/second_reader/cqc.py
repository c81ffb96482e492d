"""Ratings of the Care Quality Commission as a re-user compiled them, read again with the csv module.

Rules (`sources.md`, section 12): scores 0 to 3 stand for four words; only ratings of a provider as a whole, overall and
well-led; codes that no list of trusts knows are no trusts.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from . import files
from .core import Expected
from .ods import Listed

WORDS = ("inadequate", "requires_improvement", "good", "outstanding")
QUESTIONS = {"Overall": "overall", "Well-led": "well_led"}


def facts(path: Path, month: str, known: Collection[str], trusts: Mapping[str, Listed]) -> Iterator[Expected]:
    day = date.fromisoformat(f"{month}-01")
    for line in files.csv_lines(path):
        code, question = line.text("ORG_CODE"), line.text("QUESTION")
        if line.text("POPULATION") != "Overall" or question not in QUESTIONS or code not in known:
            continue
        word = WORDS[int(line.text("RATING_SCORE"))]
        given = datetime.strptime(line.text("DATE"), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no time zone
        yield Expected(
            "cqc_rating",
            files.place(path, line.row),
            {"edition": month, "org_code": code, "question": QUESTIONS[question]},
            {
                "rating": word,
                "rating_as_published": word.replace("_", " ").capitalize(),
                "rating_published_on": given,
                "as_of_date": day,
                "value_status": "published",
                **({"open_on_snapshot": trusts[code].open_on(day)} if code in trusts else {}),
            },
            {"rating": "RATING_SCORE", "rating_published_on": "DATE"},
        )
