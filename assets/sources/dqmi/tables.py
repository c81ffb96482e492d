"""The tables of the Data Quality Maturity Index: what is staged, and what is published."""

import sqlalchemy as sa

from assets.contract import expectations
from assets.contract.columns import column, figure, org_code, provenance, reading, staged, table

ALL = "all"
"""Stands for all data sets together: the provider's own score."""
MONTH = r"^\d{4}-\d{2}$"
SCORE = ("score 0 to 100", (0, 100))
SHARE = ("share 0 to 1", (0, 1))

TABLE = staged(
    "dqmi",
    "Data Quality Maturity Index: provider x data set, from the items as published.",
    [
        column("reporting_month", sa.Text, "Month reported, from the file.", pattern=MONTH),
        org_code("org_code_as_published", "ODS code as published."),
        column("org_name_as_published", sa.Text, "Provider as published.", header="Data Provider Name"),
        column(
            "org_type_as_published",
            sa.Text,
            "Type of organisation as published.",
            header="Org Type",
            nullable=True,
        ),
        column("dataset", sa.Text, "Data set.", header="Dataset"),
        column("lines", sa.Integer, "Rows of the file: one per data item.", unit="rows", minimum=1),
        column(
            "items_expected",
            sa.Integer,
            "Standard items that a record was expected of.",
            unit="items",
            minimum=0,
        ),
        figure("completeness", "Mean over those items of valid records / records.", *SHARE),
        figure("coverage", "Periods submitted / expected.", *SHARE, header="Coverage per dataset"),
        figure("provider_score", "Index of the provider, repeated.", *SCORE, header="DQMI"),
        figure("dataset_score", "Score of the data set.", *SCORE, header="Dataset Score"),
        figure(
            "provider_score_experimental",
            "Experimental index of the provider, repeated.",
            *SCORE,
            header="Experimental DQMI Score",
        ),
        figure(
            "dataset_score_experimental",
            "Experimental score of the data set.",
            *SCORE,
            header="Experimental Dataset Score",
        ),
    ],
)

dqmi_score = table(
    "dqmi_score",
    "Data quality of what providers submit. Grain: organisation x data set (all: the provider) x month.",
    [
        *reading(),
        column("reporting_month", sa.Text, "Month that the score is about, such as 2025-07.", pattern=MONTH),
        column(
            "dataset", sa.Text, f"Data set as published; {ALL}: the index of the provider over all of them."
        ),
        figure(
            "score",
            "Official DQMI score of the data set and month; null where none is published (value_status).",
            *SCORE,
        ),
        figure(
            "experimental_score",
            "Experimental score over more items: never mix it with the official one.",
            *SCORE,
        ),
        figure("coverage", "Periods submitted / periods expected; null for all data sets together.", *SHARE),
        figure(
            "completeness",
            "Unweighted mean over the standard items of valid records / records, computed by this project; null where no record was expected.",
            *SHARE,
        ),
        column(
            "missed_submission",
            sa.Boolean,
            "Whether a submission was missed (coverage below 1): the score has collapsed, the data may be as good as ever.",
        ),
        column(
            "with_diagnostic_imaging",
            sa.Boolean,
            "Whether it is the index with the Diagnostic Imaging Data Set, which is published apart.",
        ),
        column("org_type_as_published", sa.Text, "Type of organisation as published.", nullable=True),
        column("open_on_snapshot", sa.Boolean, "Whether the organisation was open on as_of_date."),
        column("as_of_date", sa.Date, "First day of the month that the score is about."),
        *provenance(),
    ],
    key=["org_code", "dataset", "edition"],
    layer="facts",
    expectations=(
        expectations.filled(
            "experimental_is_not_official",
            "score",
            0.8,
            "Where the official score is missing, the experimental one does not stand in for it.",
            severity="WARN",
        ),
        expectations.among(
            "no_closed_trust_reports",
            "open_on_snapshot",
            [True],
            "A closed provider is not expected to submit, so it has no score.",
            severity="WARN",
        ),
    ),
)
