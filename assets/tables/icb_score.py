"""Columns of `icb_score`: the scores that integrated care boards give their own digital maturity."""

import sqlalchemy as sa

from assets.contract.columns import PILLARS, column, org_code, provenance, table
from assets.tables.scale import ON_ITS_SCALE, scale

_OF_AN_ORGANISATION = ("org_code", "org_name_as_published")

icb_score = table(
    "icb_score",
    "Digital maturity scores that integrated care boards (ICBs) gave themselves; not scores of their trusts, and never "
    "carried over to the boards of April 2026. Grain: instrument x ICB x period x measure x edition.",
    [
        column("icb_name", sa.Text, "Name of the integrated care board at the time."),
        column(
            "icb_gss_code",
            sa.Text,
            "Code of the integrated care board in official statistics (GSS).",
            nullable=True,
        ),
        column("region", sa.Text, "NHS England region that the source prints beside the board."),
        column("instrument", sa.Text, "Assessment that gave the score, such as DMA."),
        column("period", sa.Text, "Year of the assessment, such as 2025."),
        column(
            "measure",
            sa.Text,
            "Pillar or comparable overall score; see comparability for what may be compared.",
            allowed=[*PILLARS, "overall_comparable"],
        ),
        column(
            "score",
            sa.Double,
            "Score that the board gave itself on the measure in the period.",
            unit="score on the scale of the instrument",
            aggregation="none",
        ),
        *scale(),
        org_code("icb_code", "ODS code of the integrated care board at the time of the assessment."),
        column("org_name_as_published", sa.Text, "Name of the board exactly as published."),
        *(c for c in provenance() if c.name not in _OF_AN_ORGANISATION),
    ],
    key=["instrument", "icb_code", "period", "measure", "edition"],
    layer="facts",
    expectations=ON_ITS_SCALE,
)
