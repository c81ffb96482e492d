"""Data Quality Maturity Index: how good the data are that providers submit to national data sets, month by month.

One CSV file a month, tens of thousands of rows: provider x data set x data item, for organisations of all kinds. The
index of a provider is repeated on each of its rows, that of a data set on each of its items: a row per provider and
data set is staged, after every item was looked at; all the items of a hundred months would not fit in memory. The
publisher also issues each month with the Diagnostic Imaging Data Set (`-did` in the file name): another index, so
another edition. No copy of a file was at hand when this was written: headers are those that public code reads.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from assets.contract import expectations, guards, prose, row
from assets.contract.columns import ORG_CODE
from assets.contract.parsed import Parsed, StructureError
from assets.contract.periods import month_days, month_number, over
from assets.contract.source import Coverage, Editions, Facts, Remote, Revision, Source, counted, numbered
from assets.reading import csv_columns
from assets.reading.structure import safe_text

PROSE = prose.beside(__file__)
ENTRY_PAGE = "https://digital.nhs.uk/data-and-information/data-tools-and-services/data-services/data-quality"
PAGES = (ENTRY_PAGE, f"{ENTRY_PAGE}/archive")
LINK = (
    r"^(?:.*\((?P<month>[a-z]{3,9})[ -](?P<year>20\d\d)\))?.* "
    r"\S*/dqmi_(?P<issue>\d{1,3})_csv-v(?P<version>\d+)(?P<did>-did)?\.csv(?:$|[?#])"
)
"""A text such as `DQMI-100 (Jan 2026) CSV` with its address. Folders in the address are those of the publication."""
FIRST_ISSUE = 2026 * 12 - 100
"""The month of an issue, counted from the year 0, is this and its number: issue 100 is about January 2026."""
TEXTS = {
    "Dataset": "dataset",
    "Data Provider Code": "org_code_as_published",
    "Data Provider Name": "org_name_as_published",
    "Org Type": "org_type_as_published",
    "Recoded Data Item": "data_item",
    "Standard Item": "is_standard_item",
    "Reporting Period": "reporting_period",
}
NUMBERS: dict[str, tuple[str, float]] = {
    "Complete Denominator": ("records", 1e12),
    "Valid Numerator": ("valid_records", 1e12),
    "Coverage per dataset": ("coverage", 1),
    "DQMI": ("provider_score", 100),
    "Dataset Score": ("dataset_score", 100),
    "Data Item Score": ("item_score", 100),
    "Experimental DQMI Score": ("provider_score_experimental", 100),
    "Experimental Dataset Score": ("dataset_score_experimental", 100),
}
"""Column and largest possible value by header; the smallest is 0."""
UNREAD = ("Default Numerator", "Threshold Value", "Defaults in Excess", "National Data Item Average")
NAMES = {**TEXTS, **{header: name for header, (name, _) in NUMBERS.items()}}
YES_NO = dict.fromkeys(("y", "yes", "true", "1"), True) | dict.fromkeys(("n", "no", "false", "0"), False)
PERIODS = ("%Y-%m", "%Y-%m-%d", "%d/%m/%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%B %Y", "%B-%Y", "%Y%m")
"""Ways to write a month; the file must use one of them, and one month only."""
PROVIDER = ["org_code_as_published"]
DATASET = [*PROVIDER, "dataset"]
REPEATED = {
    "org_name_as_published": PROVIDER,
    "provider_score": PROVIDER,
    "provider_score_experimental": PROVIDER,
    "coverage": DATASET,
    "dataset_score": DATASET,
    "dataset_score_experimental": DATASET,
}
"""What is repeated on every row of a provider or of one of its data sets, by the columns that tell it."""
DATASETS = 8
WITH_DID = "-did"
MOST_NAMED = 3
"""Problems of one kind that a refusal names."""
ALL = "all"
"""Stands for all data sets together: the provider's own score."""
MONTH = r"^\d{4}-\d{2}$"
FROM_0: dict[str, Any] = {"aggregation": "none", "nullable": True, "minimum": 0}
HUNDRED = {**FROM_0, "unit": "score 0 to 100", "maximum": 100}
ONE = {**FROM_0, "unit": "share 0 to 1", "maximum": 1}
STATUSES = ("published", "c", "x")
SCORED_NAMES = ("provider_score", "dataset_score")

ROW = row.Row(
    row.given("reporting_month", sa.Text, pattern=MONTH),
    row.org_code("Data Provider Code"),
    row.org_name("Data Provider Name"),
    row.given("org_type_as_published", sa.Text, "Org Type", nullable=True),
    row.given("dataset", sa.Text, "Dataset"),
    row.given("lines", sa.Integer, unit="rows", minimum=1),
    row.given("items_expected", sa.Integer, unit="items", minimum=0),
    row.given("items_suppressed", sa.Integer, unit="items", minimum=0),
    row.given("completeness", sa.Double, **ONE),
    row.given("coverage", sa.Double, "Coverage per dataset", **ONE),
    row.given("provider_score", sa.Double, "DQMI", **HUNDRED),
    row.given("dataset_score", sa.Double, "Dataset Score", **HUNDRED),
    row.given("provider_score_status", sa.Text, allowed=STATUSES),
    row.given("dataset_score_status", sa.Text, allowed=STATUSES),
    row.given("provider_score_experimental", sa.Double, "Experimental DQMI Score", **HUNDRED),
    row.given("dataset_score_experimental", sa.Double, "Experimental Dataset Score", **HUNDRED),
    prose=PROSE,
)
TABLE = ROW.staged("dqmi")

dqmi_score = ROW.fact(
    "dqmi_score",
    [
        *("reporting_month", "dataset"),
        row.given("score", sa.Double, **HUNDRED),
        row.given("experimental_score", sa.Double, **HUNDRED),
        *("coverage", "completeness"),
        row.given("missed_submission", sa.Boolean),
        row.given("with_diagnostic_imaging", sa.Boolean),
        "org_type_as_published",
        row.given("open_on_snapshot", sa.Boolean),
        row.given("as_of_date", sa.Date),
    ],
    key=["org_code", "dataset", "edition"],
    expectations=[
        expectations.filled("experimental_is_not_official", "score", 0.8, severity="WARN"),
        expectations.among("no_closed_trust_reports", "open_on_snapshot", [True], severity="WARN"),
    ],
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of `edition` (a month, with `-did` the one with diagnostic imaging): a row per provider and data set.

    Raises StructureError, also where a score that belongs to a provider or a data set differs between its rows.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-did)?", edition):
        raise StructureError(f"expected an edition like 2025-07 or 2025-07-did, found {edition!r}")
    cells, drift = csv_columns.read(content, list(NAMES), UNREAD)
    frame, wrong = _typed(cells)
    reasons = {place: ("cell", reason) for place, reason in wrong.items()}
    reasons |= csv_columns.doubled(
        frame.drop(index=list(reasons)), [*DATASET, "data_item"], "an item of a provider"
    )
    items = frame.drop(index=list(reasons))
    if items.empty:
        first = next(iter(reasons.values()), ("", "no row under the header"))[1]
        raise StructureError(f"expected at least one usable data row, found none ({first})")
    if problems := [*_differing(items)]:
        raise StructureError(problems)
    month = _month(items["reporting_period"])
    if month != edition.removesuffix(WITH_DID):
        raise StructureError(
            f"column 'Reporting Period': expected {edition[:7]}, found {month}; correct the edition"
        )
    rows = _by_dataset(items).assign(reporting_month=month)
    return Parsed(rows, len(frame), tuple(csv_columns.rejected(cells, reasons)), tuple(drift))


def _typed(cells: pa.Table) -> tuple[pd.DataFrame, csv_columns.Wrong]:
    """Return the cells in their types, and what is wrong with the rows that break the grammar of a column."""
    made: dict[str, tuple[Any, csv_columns.Wrong]] = {
        name: csv_columns.texts(cells, header, _check) for header, name in TEXTS.items()
    }
    made |= {name: csv_columns.numbers(cells, header, most) for header, (name, most) in NUMBERS.items()}
    frame = pd.DataFrame({name: values for name, (values, _) in made.items()})
    wrong = {place: problem for _, found in reversed(made.values()) for place, problem in found.items()}
    for place in (frame["valid_records"] > frame["records"]).to_numpy().nonzero()[0]:
        valid, records = frame["valid_records"][place], frame["records"][place]
        reason = f"column 'Valid Numerator': expected at most the {records:g} of 'Complete Denominator', found {valid:g}"
        wrong.setdefault(int(place), reason)
    small = pd.DataFrame(
        {name: csv_columns.suppressed(cells, header) for header, (name, _) in NUMBERS.items()}
    )
    return frame.assign(
        is_suppressed=small.any(axis=1),
        provider_score_is_suppressed=small["provider_score"],
        dataset_score_is_suppressed=small["dataset_score"],
        is_standard_item=frame["is_standard_item"].str.lower().map(YES_NO),
        org_type_as_published=frame["org_type_as_published"].replace("", None),
        source_sheet="",
        source_row=cells["row"].to_pandas(),
    ), wrong


def _check(text: str, header: str) -> None:
    """Raise ValueError where a text breaks the grammar of its column."""
    if not text and header != "Org Type":
        raise ValueError(f"column {header!r}: expected a value, found an empty cell")
    safe_text(text, header)
    if header == "Data Provider Code" and not re.fullmatch(ORG_CODE, text):
        raise ValueError(f"column {header!r}: expected an ODS code like {ORG_CODE}, found {text[:40]!r}")
    if header == "Standard Item" and text.lower() not in YES_NO:
        raise ValueError(f"column {header!r}: expected one of {', '.join(YES_NO)}, found {text[:40]!r}")


def _month(periods: "pd.Series[str]") -> str:
    """Return the one month that a file reports. Raises StructureError where it is none, or several."""
    written = sorted(periods.unique())
    months = {_month_of(text) for text in written}
    (found, *more) = months
    if found is None or more:
        listed = ", ".join(repr(text[:40]) for text in written[:5])
        raise StructureError(
            f"column 'Reporting Period': expected one month, such as 2025-07 or July 2025, found {listed}"
        )
    return found


def _month_of(text: str) -> str | None:
    for layout in PERIODS:
        try:
            return f"{datetime.strptime(text, layout):%Y-%m}"  # noqa: DTZ007 - a month has no time zone
        except ValueError:
            continue
    return None


def _differing(rows: pd.DataFrame) -> Iterator[str]:
    """Say where a score that belongs to a provider or a data set is not the same on each of its rows."""
    headers = {name: header for header, name in NAMES.items()}
    for name, by in REPEATED.items():
        distinct = rows.drop_duplicates([*by, name])
        # every row has the score of its provider, or it is suppressed; of the others some may be left blank
        blank = "provider_score_is_suppressed" if name == "provider_score" else ""
        distinct = distinct[~distinct[blank].astype(bool) if blank else distinct[name].notna()]
        differing = distinct[distinct.duplicated(by, keep=False)]
        for key, found in list(differing.groupby(by, sort=True))[:MOST_NAMED]:
            values = " and ".join(
                f"{row[name]} (row {row['source_row']})" for _, row in found.head(2).iterrows()
            )
            yield f"column {headers[name]!r}: expected one value in all rows of {' '.join(map(str, key))}, found {values}"


def _by_dataset(items: pd.DataFrame) -> pd.DataFrame:
    """Return one row per provider and data set: what its first row says, what its rows repeat, its completeness."""
    expected = items["is_standard_item"].astype(bool) & (items["records"] > 0)
    share = (items["valid_records"] / items["records"]).where(expected)
    groups = items.assign(share=share).groupby(DATASET, sort=True)
    first = ["org_name_as_published", "org_type_as_published", "source_sheet", "source_row"]
    repeated = [name for name in REPEATED if name not in first]
    rows = items.drop_duplicates(DATASET).set_index(DATASET)[first].join(groups[repeated].first())
    statuses = {
        f"{name}_status": _status(rows[name], groups[f"{name}_is_suppressed"].any()) for name in SCORED_NAMES
    }
    return (
        rows.assign(
            lines=groups.size(),
            items_expected=groups["share"].count(),
            items_suppressed=groups["is_suppressed"].sum(),
            completeness=groups["share"].mean(),
            **statuses,
        )
        .sort_index()
        .reset_index()
    )


def _status(scores: "pd.Series[float]", suppressed: "pd.Series[bool]") -> "pd.Series[str]":
    """Return why there is no score, where there is none: c if it was suppressed, else x."""
    return pd.Series("x", index=scores.index).mask(suppressed, "c").mask(scores.notna(), "published")


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `dqmi_score`: a row per provider, and a row per provider and data set."""
    parts = frame.assign(
        score=frame["dataset_score"],
        experimental_score=frame["dataset_score_experimental"],
        value_status=frame["dataset_score_status"],
        missed_submission=frame["coverage"] < 1,
    )
    scores = pd.concat([_whole(parts), parts], ignore_index=True)
    days = {text: month_days(text) for text in scores["reporting_month"].unique()}
    dated = over(scores, [days[text] for text in scores["reporting_month"]])
    return {
        "dqmi_score": dated.assign(
            completeness=scores["completeness"].round(6),
            with_diagnostic_imaging=scores["edition"].str.endswith(WITH_DID),
            as_of_date=dated["period_start"],
            resolve_on=dated["period_start"],
        )
    }


def _whole(parts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per provider: its own score, and the mean completeness of all its items."""
    by = ["edition", "source_file_sha256", *PROVIDER]
    weighed = parts.assign(valid=parts["completeness"] * parts["items_expected"])
    groups = weighed.sort_values("source_row").groupby(by, sort=True)
    whole = groups.first().assign(
        dataset=ALL,
        coverage=None,
        missed_submission=groups["missed_submission"].any(),
        value_status=groups["provider_score_status"].first(),
        completeness=groups["valid"].sum() / groups["items_expected"].sum().replace(0, None),
    )
    own = {"score": whole["provider_score"], "experimental_score": whole["provider_score_experimental"]}
    return whole.assign(**own).astype({"coverage": float, "completeness": float}).reset_index()


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the months held, and the data sets of the newest."""
    months = frame["reporting_month"]
    newest = months.max()
    held = frame.loc[months == newest, "dataset"].nunique()
    return [
        Coverage("months held", int(months.nunique()), None, "partial", PROSE["months"]),
        counted(f"data sets in {newest}", held, max(held, DATASETS), PROSE["data_sets"]),
    ]


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Return the edition of a file: the month it is about, by the text of its link, else by the number of its issue."""
    year, month = divmod(FIRST_ISSUE + int(match["issue"]), 12)
    if match["month"]:
        year, month = int(match["year"]), (month_number(match["month"]) or 0) - 1
    if month < 0:
        raise ValueError(f"no month {match['month']!r}")
    return f"{year}-{month + 1:02d}{WITH_DID if match['did'] else ''}", ""


OF_PROVIDERS = ("provider_score", "provider_score_experimental")
OF_DATASETS = ("dataset_score", "dataset_score_experimental")
EACH: dict[str, Any] = {"by": ("dataset",)}
SOURCE = Source(
    "dqmi",
    PROSE,
    lists_others=True,
    editions=Editions(("month",), suffix=WITH_DID),
    remotes=tuple(Remote(page, link=LINK, name=_name, version=numbered) for page in PAGES),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    revision=Revision(key=("reporting_month", *DATASET), groups=("org_type_as_published",)),
    expectations=(
        expectations.row_count("about_as_many_data_sets_as_providers_submit", (800, 50_000)),
        expectations.distinct("more_providers_than_trusts", "org_code_as_published", (180, 5_000)),
        expectations.unique("one_row_per_provider_and_dataset", DATASET),
        expectations.values("coverage_is_a_share", "coverage", (0, 1)),
        expectations.statistic("scores_are_out_of_a_hundred", "max", "provider_score", (50, 100)),
        expectations.distinct("data_sets_are_a_handful", "dataset", (4, 16)),
        expectations.filled("most_rows_have_the_score_of_their_provider", "provider_score", 0.9),
        expectations.statistic(
            "mean_score_is_plausible", "mean", "provider_score", (40, 99), severity="WARN"
        ),
    ),
    guards=(
        guards.same_unit("provider_score", 10, **EACH),
        *guards.usual(OF_PROVIDERS, order=0.3, level=(0.7, 1.4)),
        *guards.usual((*OF_DATASETS, "completeness"), order=0.2, level=(0.6, 1.6), **EACH),
        guards.same_level("coverage", (0.8, 1.25), **EACH),
        guards.same_level("lines", (0.7, 1.4), **EACH),
        guards.same_level("items_expected", (0.7, 1.4), **EACH),
        guards.same_words("org_type_as_published", 0.5),
        guards.no_exchange(columns=(*OF_PROVIDERS, *OF_DATASETS), **EACH),
        guards.no_exchange(check="data_sets_are_not_exchanged", column="completeness", groups=("dataset",)),
        guards.no_copy(0.9, check="scores_are_no_copies", columns=("provider_score", "dataset_score")),
        guards.goes_with("scores_of_data_sets_follow_the_index", ("provider_score", "dataset_score"), 0.2),
        guards.goes_with("the_experimental_index_follows_the_index", OF_PROVIDERS, 0.3),
        guards.no_repeat(("provider_score", "dataset_score", "completeness"), 0.9, **EACH),
        guards.same_sizes(("dataset",), (0.8, 1.25)),
        guards.not_constant("provider_score", **EACH),
        guards.nobody_gone("provider_score"),
        guards.everybody_open(),
    ),
)
