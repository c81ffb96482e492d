"""The shared fact tables, into which sources of any publisher map their rows.

A fact keeps the code and name under which it was published. A row begins with the organisation it is about and ends
with its provenance. Nothing here depends on a source.
"""

from typing import Any

import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    column,
    open_all_period,
    org_code,
    provenance,
    reading,
    table,
)
from assets.contract.expectations import Expectation
from assets.tables.scale import ON_ITS_SCALE, scale

FACTS = "facts"
URL = "^https?://.+$"


def _programme(*allowed: str) -> sa.Column[Any]:
    comment = "Programme: Global Digital Exemplars or Digital Aspirants."
    return column("programme", sa.Text, comment, allowed=allowed)


def _basis() -> sa.Column[Any]:
    comment = "Whether the source names the trust in this role, or it is inferred."
    return column("basis", sa.Text, comment, allowed=["named", "inferred"])


def _article() -> sa.Column[Any]:
    return column("source_url", sa.Text, "Article or announcement the fact was read in.", pattern=URL)


maturity_score = table(
    "maturity_score",
    "Digital maturity scores. Grain: instrument x organisation x care setting x period x measure x edition.",
    [
        *reading(),
        column(
            "care_setting",
            sa.Text,
            "Care setting assessed; whole_organisation where the instrument has no care settings.",
            allowed=[*CARE_SETTINGS, "whole_organisation"],
        ),
        column(
            "instrument",
            sa.Text,
            "Assessment that gave the score, such as DMA; instruments have different scales and are never chained.",
        ),
        column("period", sa.Text, "Year of the assessment, as named by the instrument, such as 2025."),
        column(
            "measure",
            sa.Text,
            "Pillar or composite that was scored; see comparability for what may be compared.",
        ),
        column(
            "score",
            sa.Double,
            "Score of the care setting of the organisation on the measure in the period; null where nothing was scored.",
            unit="score on the scale of the instrument",
            aggregation="none",
            nullable=True,
        ),
        *scale(),
        column(
            "shared_score",
            sa.Boolean,
            "Whether another care setting of the same provider has the same score; for a pillar or the mean of pillars: "
            "whether it has the same score on all seven pillars.",
        ),
        column(
            "org_code_as_published",
            sa.Text,
            "Code exactly as published. It differs from org_code where that code had closed or is not an ODS code; null where "
            "only a name was published.",
            nullable=True,
        ),
        *provenance(),
    ],
    key=["instrument", "org_code", "care_setting", "period", "measure", "edition"],
    layer=FACTS,
    expectations=(
        *ON_ITS_SCALE,
        Expectation(
            "almost_every_score_has_an_organisation_today",
            "expect_column_values_to_not_be_null",
            {"column": "current_org_code", "mostly": 0.98},
            "A score whose trust has no known successor today is of little use.",
            "WARN",
        ),
    ),
)

epr_supplier = table(
    "epr_supplier",
    "Primary electronic patient record (EPR) supplier. Grain: organisation x edition.",
    [
        *reading(),
        column("has_epr", sa.Boolean, "Whether the trust had an electronic patient record on the day."),
        column("supplier", sa.Text, "Primary supplier, as published; null without an EPR.", nullable=True),
        column("open_on_snapshot", sa.Boolean, "Whether the organisation was open on the day of the list."),
        column("as_of_date", sa.Date, "Day that the list of suppliers is about."),
        *provenance(),
    ],
    key=["org_code", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "almost_every_listed_trust_was_open",
            "expect_column_mean_to_be_between",
            {"column": "open_on_snapshot", "min_value": 0.98, "max_value": 1},
            "A list with many closed trusts is the list of another day.",
        ),
    ),
)

programme_membership = table(
    "programme_membership",
    "Members of digital programmes. Grain: programme x role x organisation x edition.",
    [
        *reading(),
        _programme("GDE", "digital_aspirant"),
        column(
            "role",
            sa.Text,
            "Role of the trust in the programme.",
            allowed=["exemplar", "fast_follower", "aspirant", "aspirant_seed"],
        ),
        column("care_setting", sa.Text, "Care setting the trust was chosen for.", allowed=CARE_SETTINGS),
        column("wave", sa.Text, "Wave of the programme in which the trust joined, as named in print."),
        column("start_date", sa.Text, "Day, month or year the membership was announced."),
        column("end_date", sa.Text, "End of the membership; null because none was published.", nullable=True),
        column(
            "date_precision",
            sa.Text,
            "Whether start_date is a day, month or year.",
            allowed=["day", "month", "year"],
        ),
        column(
            "status",
            sa.Text,
            "Whether the trust was only a member, or was accredited at the end.",
            allowed=["member", "accredited"],
        ),
        column("accredited_on", sa.Text, "Day or month of the accreditation, where known.", nullable=True),
        column(
            "accreditation_url", sa.Text, "Where the accreditation is reported.", nullable=True, pattern=URL
        ),
        _basis(),
        _article(),
        *provenance(),
    ],
    key=["programme", "role", "org_code", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "members_are_members",
            "expect_column_values_to_be_in_set",
            {"column": "role", "value_set": ["exemplar", "fast_follower", "aspirant", "aspirant_seed"]},
            "Proposed and withdrawn followers are candidates, not members.",
        ),
    ),
)

programme_pairing = table(
    "programme_pairing",
    "Which exemplar a confirmed fast follower was paired with. Grain: follower x exemplar x edition.",
    [
        *reading(),
        _programme("GDE"),
        org_code("exemplar_org_code", "ODS code at the time of the exemplar with which it was paired."),
        _basis(),
        _article(),
        *provenance(),
    ],
    key=["programme", "org_code", "exemplar_org_code", "edition"],
    layer=FACTS,
)

programme_candidate = table(
    "programme_candidate",
    "Trusts proposed for a programme or withdrawn from it: never members. Grain: programme x role x organisation.",
    [
        *reading(),
        _programme("GDE"),
        column("role", sa.Text, "Role for which the trust was proposed.", allowed=["fast_follower"]),
        column("care_setting", sa.Text, "Care setting the trust was chosen for.", allowed=CARE_SETTINGS),
        column(
            "status", sa.Text, "Whether only proposed, or later withdrawn.", allowed=["proposed", "withdrawn"]
        ),
        column("announced_on", sa.Text, "Day, month or year the proposal or withdrawal was announced."),
        column(
            "date_precision",
            sa.Text,
            "Whether announced_on is a day, month or year.",
            allowed=["day", "month", "year"],
        ),
        org_code("partner_org_code", "ODS code at the time of the exemplar it was to follow."),
        _article(),
        *provenance(),
    ],
    key=["programme", "role", "org_code", "edition"],
    layer=FACTS,
)

digital_funding = table(
    "digital_funding",
    "Central digital funding. Grain: programme x wave x recipient x edition. Add up only rows with may_be_summed.",
    [
        *reading(),
        column("programme", sa.Text, "Name of the central funding programme that made the award."),
        column("wave", sa.Text, "Wave of the programme, with what is known of its completeness."),
        column("financial_years", sa.Text, "Financial years, April to March, that the award is for."),
        column(
            "fy_end_year",
            sa.Integer,
            "Year in which the last financial year of the award ends.",
            minimum=2000,
        ),
        column(
            "amount_gbp",
            sa.BigInteger,
            "Amount of the award, in pounds at the prices of the time; null where nothing was awarded.",
            unit="GBP",
            aggregation="sum where may_be_summed",
            nullable=True,
            minimum=0,
        ),
        column(
            "amount_basis",
            sa.Text,
            "What kind of amount: exact and rounded amounts were awarded; up_to is a ceiling; shared_total belongs to "
            "several trusts together.",
            allowed=["exact", "rounded", "up_to", "shared_total", "withdrawn"],
        ),
        column(
            "may_be_summed",
            sa.Boolean,
            "Whether the amount may be added up: only exact and rounded ones.",
        ),
        column("source_url", sa.Text, "Address of the article that names the award.", pattern=URL),
        *provenance(org_nullable=True),
    ],
    key=["programme", "wave", "org_name_as_published", "edition"],
    layer=FACTS,
    expectations=(
        Expectation(
            "most_awards_have_an_organisation",
            "expect_column_values_to_not_be_null",
            {"column": "org_code", "mostly": 0.95},
            "Only totals shared by several trusts have no organisation.",
        ),
    ),
)

DOUBTS = {
    "recovered": "scaled by the re-user who compiled it and computed back to the whole thousand",
    "unrounded_maybe_scaled": "not a whole thousand, so perhaps scaled by the re-user",
    "scaled_down_by_source": "scaled down by the re-user to fit a total, so lower than in the accounts",
    "zero_or_negative_in_source": "dropped by the re-user because it was 0 or negative in the accounts",
    "part_of_a_year": "accounts of part of the year",
    "cost_far_from_income": "cost is below 75 or above 130 per cent of income, so one of them may be wrong",
    "cost_without_income": "there is a cost and no income, as after a trust was dissolved",
}
"""What to doubt of a denominator that a re-user compiled."""
denominator = table(
    "denominator",
    "Denominators: staff, beds, money. Grain: measure x organisation x period x edition.",
    [
        *reading(),
        column("measure", sa.Text, "What is counted, in the words of its source."),
        column("measure_unit", sa.Text, "Unit of the value.", allowed=["GBP", "WTE", "beds", "percent"]),
        column(
            "aggregation",
            sa.Text,
            "How it rolls up over organisations: flows add up; averages are weighted by months reported; stocks add up "
            "over organisations open at the date; none is listed for each organisation by itself.",
            allowed=["flow", "average", "stock", "none"],
        ),
        column(
            "fy_end_year", sa.Integer, "Year in which the financial year ends.", nullable=True, minimum=2000
        ),
        column(
            "value",
            sa.Double,
            "Amount of the measure for the organisation and period, in measure_unit; null where not reported.",
            unit="see measure_unit",
            aggregation="see aggregation",
            nullable=True,
        ),
        column(
            "months_reported",
            sa.Integer,
            "Months of the period that were reported: the weight of an average.",
            nullable=True,
            minimum=1,
            maximum=12,
        ),
        column(
            "value_flag",
            sa.Text,
            f"What to doubt of the value: {'; '.join(f'{word}, {why}' for word, why in DOUBTS.items())}; null where nothing is.",
            nullable=True,
            allowed=DOUBTS,
            gathers=True,
        ),
        open_all_period(),
        *provenance(),
    ],
    key=["measure", "org_code", "period_start", "period_end", "org_name_as_published", "edition"],
    layer=FACTS,
)
