"""The standard that a status of data security is under: columns that lists of statuses and histories share."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assets.contract import row
from assets.contract.columns import column
from assets.reading.security_statuses import FIRST_YEAR, STATUSES

if TYPE_CHECKING:
    import pandas as pd

CAF_FROM = 2024
REGIMES = {True: "caf_aligned", False: "data_security_standards"}
OF_STATUS = "Status in the project's words; plan_agreed is `Standards not fully met (plan agreed)`."
OF_REGIME = "What the standard is made of: the ten data security standards, or from 2024/25 the Cyber Assessment Framework (CAF). Not comparable with each other."
STATUS = row.given("status", sa.Text, comment=OF_STATUS, allowed=dict.fromkeys(STATUSES.values()))


def standard() -> list[sa.Column[Any]]:
    """Return the columns `fy_end_year` and `regime`, which follow from the year of the standard."""
    end = "Calendar year in which standard_year ends."
    return [
        column("fy_end_year", sa.Integer, end, nullable=True, minimum=FIRST_YEAR),
        column("regime", sa.Text, OF_REGIME, allowed=list(REGIMES.values())[::-1], nullable=True),
    ]


def by_year(years: "pd.Series[str]") -> dict[str, "pd.Series[Any]"]:
    """Return the values of the columns of `standard` for the years of standards, such as 2023/24."""
    started = years.str[:4].astype("Int64")
    return {"fy_end_year": started + 1, "regime": (started >= CAF_FROM).astype(object).map(REGIMES)}
