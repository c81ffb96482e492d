"""The tables of the Data Security and Protection Toolkit: what is staged, and what is published."""

import sqlalchemy as sa

from assets.contract import expectations
from assets.contract.columns import column, figure, org_code, provenance, reading, snapshot, staged, table
from assets.sources.dspt.statuses import FIRST_YEAR, STATUSES

TABLE = staged(
    "dspt",
    "Published status of trusts and commissioners on the day of a list.",
    [
        org_code("org_code_as_published", "ODS code as listed."),
        column("org_name_as_published", sa.Text, "Organisation as listed.", header="Organisation Name"),
        column(
            "status_as_published",
            sa.Text,
            "Status as listed; null where it is blank.",
            header="Status",
            nullable=True,
        ),
        column("status", sa.Text, "Status in the project's words.", allowed=dict.fromkeys(STATUSES.values())),
        column(
            "standard_year",
            sa.Text,
            "Financial year of the standard; null where nothing was published.",
            pattern=r"^\d{4}/\d\d$",
            nullable=True,
        ),
        column(
            "published_on",
            sa.Date,
            "Day the organisation published.",
            header="Date Of Publication",
            nullable=True,
        ),
        column("sector", sa.Text, "Sector as listed.", header="Primary Sector"),
        figure(
            "organisations_in_list",
            "Rows of the list, staged or not.",
            "organisations",
            (1, None),
            type_=sa.Integer,
            nullable=False,
        ),
    ],
)

DSPT_STATUS = table(
    "dspt_status",
    "Published DSPT status of a trust on the day of a list. Grain: organisation x edition. Closed trusts are listed "
    "too: count where open_on_snapshot.",
    [
        *reading(),
        column(
            "status",
            sa.Text,
            "Status in the project's words; plan_agreed is `Standards not fully met (plan agreed)`.",
            allowed=dict.fromkeys(STATUSES.values()),
        ),
        column(
            "standard_year",
            sa.Text,
            "Financial year of the standard assessed against; older than the list where the trust has not published since.",
            pattern=r"^\d{4}/\d\d$",
            nullable=True,
        ),
        column(
            "fy_end_year",
            sa.Integer,
            "Calendar year in which standard_year ends.",
            nullable=True,
            minimum=FIRST_YEAR,
        ),
        column(
            "regime",
            sa.Text,
            "What the standard is made of: the ten data security standards, or from 2024/25 the Cyber Assessment "
            "Framework (CAF). Not comparable with each other.",
            allowed=["data_security_standards", "caf_aligned"],
            nullable=True,
        ),
        column("status_as_published", sa.Text, "Status exactly as listed; null where blank.", nullable=True),
        column("published_on", sa.Date, "Day on which the trust published its assessment.", nullable=True),
        column("sector", sa.Text, "Sector of the organisation as listed; it is no type of trust."),
        *snapshot("the list"),
        *provenance(),
    ],
    key=["org_code", "edition"],
    layer="facts",
    expectations=(
        expectations.statistic(
            "almost_every_listed_trust_was_open",
            "mean",
            "open_on_snapshot",
            (0.95, 1),
            "A list of trusts that had closed is the list of another day.",
        ),
        expectations.filled(
            "almost_every_trust_has_published", "published_on", 0.95, "Every trust must publish every year."
        ),
    ),
)
