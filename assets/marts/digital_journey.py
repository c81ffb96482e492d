"""Columns of `sql/digital_journey.sql`."""

import sqlalchemy as sa

from assets.contract.columns import (
    CARE_SETTINGS,
    EVIDENCE_GRADES,
    MARTS,
    SHA256,
    UNVERIFIED,
    column,
    org_code,
    org_display_name,
    table,
)
from assets.contract.expectations import Expectation
from assets.organisations import succession

EVENT_TYPES = {
    "programme": "it was named as a member of a digital programme",
    "accreditation": "it was accredited at the end of a programme",
    "candidacy": "it was proposed for a programme or withdrawn from it, and was never a member",
    "award": "central money awarded by name; a sum with the unit GBP at most is a ceiling, not a receipt",
    "epr_event": "a dated event of its electronic patient record",
    "epr_supplier": "the supplier of its electronic patient record on the day of a list",
    "epr_group": "its group in the Frontline Digitisation programme on the day of a list",
    "emram_validation": "a validation by HIMSS, as reported",
    "self_assessment": "capabilities in the self-assessment of 2015/16 or 2017, on the eight sections of both rounds",
    "assessment": "comparable overall score in the assessment of 2024 or 2025, one event for each care setting",
    "security_status": "data security and protection status on the day of a list",
    "cyber_incident": "a cyber incident that affected it, without what is unverified",
    "cqc_rating": "rating by the Care Quality Commission, overall or well led, on the day of a list",
    "federated_data_platform": "it was on a list of who is live on the Federated Data Platform",
    "merger": "another organisation, or a part or services of it, became part of it",
    "medical_records_cost": "cost of keeping medical records in a financial year",
    "amortisation": "amortisation of intangible assets as a share of operating expenses, where both are held",
}
PRECISIONS = {
    "day": "the day",
    "month": "the first day of the month",
    "season": "the first day of the season, as meteorologists count",
    "three_months": "the first day of a period of three months",
    "year": "the first day of the year",
    "financial_year": "the first day of the first financial year",
}
DATE_BASES = {
    "stated": "its source dates the event",
    "latest": "it happened on or before this day",
    "missed": "it was planned for then and did not happen",
    "year_inferred": "its source gives no year",
    "listed": "it was so on the day of a list, and since when is not known",
    "period": "the value is about the whole period",
}
UNITS = ("GBP", "GBP at most", "group 0 to 3", "percent of operating expenses", "score 0 to 100", "score 1 to 5", "stage 0 to 7")  # fmt: skip


def _meanings(words: dict[str, str]) -> str:
    return "; ".join(f"{word}: {meaning}" for word, meaning in words.items())


digital_journey = table(
    "digital_journey",
    "The dated events of each English trust of today, in order, each with its source: also those of the organisations that "
    "became it, under their codes and names of the time. It says what is known to have happened when, not what followed "
    "from what, and no list is complete. Events without a date are left out. Scores of different instruments are on different "
    "scales and are never chained. Grain: organisation of today x event.",
    [
        column("current_org_name", sa.Text, "Name of the trust today."),
        org_code(
            "current_org_code",
            "ODS code of the trust today: the main successor of the organisation that the event is about, so that no event is "
            "there twice after a split.",
        ),
        column(
            "event_date", sa.Date, "Day of the event, or the first day of the time given by date_precision."
        ),
        column(
            "event_number",
            sa.Integer,
            "Number of the event among those of the trust with the same event_date, so that a new event renumbers no other day.",
            aggregation="none",
            minimum=1,
        ),
        column(
            "date_precision", sa.Text, f"What event_date is. {_meanings(PRECISIONS)}.", allowed=PRECISIONS
        ),
        column(
            "date_basis",
            sa.Text,
            f"What the date says of the event. {_meanings(DATE_BASES)}.",
            allowed=DATE_BASES,
        ),
        column("event_type", sa.Text, f"Kind of event. {_meanings(EVENT_TYPES)}.", allowed=EVENT_TYPES),
        column("event", sa.Text, "What happened to the organisation, in words."),
        column(
            "care_setting",
            sa.Text,
            "Care setting that the event is about; null where it is about the whole organisation or none is stated.",
            nullable=True,
            allowed=CARE_SETTINGS,
        ),
        column(
            "value",
            sa.Double,
            "Number of the event, in value_unit: never add up or compare values of different units; null for an event without "
            "one.",
            unit="see value_unit",
            aggregation="none",
            nullable=True,
        ),
        column(
            "value_unit",
            sa.Text,
            "Unit of value; GBP at most is a ceiling, not a receipt, and is never added up.",
            nullable=True,
            allowed=UNITS,
        ),
        column(
            "value_change",
            sa.Double,
            "For a cost of medical records: the cost less that of the year before, under the same code. Null unless the trust "
            "was open in both years, neither took over nor gave away anything in them, neither cost is in doubt, and neither "
            "is ten times the other.",
            unit="GBP",
            aggregation="none",
            nullable=True,
        ),
        column(
            "status",
            sa.Text,
            "Word of the source table for the event: the kind of EPR event or merger, the basis of an award, a rating, a "
            "status, or what to doubt; null where it has none.",
            nullable=True,
        ),
        org_code(comment="ODS code of the organisation that the event is about, at the time."),
        column(
            "org_name",
            sa.Text,
            "Name of that organisation at the time (ODS).",
            nullable=True,
        ),
        org_display_name(nullable=True),
        column(
            "relation",
            sa.Text,
            "How the organisation at the time became part of the trust today; part_by_split: only a part of it did, so the "
            "event is not about all of the trust.",
            allowed=("same", *succession.RELATIONS.values()),
        ),
        org_code(
            "predecessor_code",
            "ODS code of the organisation that joined it in a merger, which may have ended before the first list held; null for "
            "other events.",
            nullable=True,
        ),
        column(
            "predecessor_name",
            sa.Text,
            "Name of the organisation that joined it in a merger; null for other events and where no list held names it.",
            nullable=True,
        ),
        column(
            "source_url",
            sa.Text,
            "Page that names the event; null where the file of the source is the only place.",
            nullable=True,
            pattern="^https?://.+$",
        ),
        column(
            "source", sa.Text, "Source the event came from; see source_status, and source_file for curated."
        ),
        column("edition", sa.Text, "Edition of the source, as its publisher issued it."),
        column(
            "source_file_sha256",
            sa.Text,
            "SHA-256 of the file the event was read from; see source_file.",
            pattern=SHA256,
        ),
        column("source_sheet", sa.Text, "Sheet of the workbook; empty for a file without sheets."),
        column("source_row", sa.Integer, "Row of the sheet or file, counted from 1.", minimum=1),
        column("evidence_grade", sa.Text, "How well founded the event is.", allowed=EVIDENCE_GRADES),
    ],
    key=["current_org_code", "event_date", "event_number"],
    layer=MARTS,
    expectations=(
        Expectation(
            "every_event_type_is_known",
            "expect_column_distinct_values_to_be_in_set",
            {"column": "event_type", "value_set": list(EVENT_TYPES)},
            "An event of an unknown type has no meaning in the dictionary.",
        ),
        Expectation(
            "nothing_unverified_is_an_event",
            "expect_column_values_to_not_be_in_set",
            {"column": "evidence_grade", "value_set": [UNVERIFIED]},
            "A fact whose origin is not stated is in no analysis table.",
        ),
        Expectation(
            "events_are_of_the_years_of_trusts",
            "expect_column_values_to_be_between",
            {"column": "event_date", "min_value": "1991-04-01", "max_value": "2040-12-31"},
            "The first trusts were formed in April 1991; another date is a misread one.",
        ),
        Expectation(
            "every_trust_has_a_journey",
            "expect_column_unique_value_count_to_be_between",
            {"column": "current_org_code", "min_value": 190, "max_value": 220},
            "England has about 200 trusts, and each is on one list at least.",
        ),
    ),
)
