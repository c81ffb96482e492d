"""Data Quality Maturity Index: how good the data are that providers submit to national data sets, month by month.

One CSV file a month, hundreds of thousands of rows: provider x data set x data item, for organisations of all kinds.
The index of a provider is repeated on each of its rows, that of a data set on each of its items. Items are staged;
providers and data sets are published. The publisher also issues each month with the Diagnostic Imaging Data Set
(`-did` in the file name): another index, so another edition. No copy of a file was at hand when this was written:
headers are those that public code reads.

Files are read by column, not by row: Python touches a row only to reject it.
"""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa

from assets.columns import ORG_CODE, column, org_code, provenance, reading, staged, table
from assets.sniff import sniff
from assets.source import (
    OGL,
    Caveat,
    Comparability,
    Coverage,
    Expectation,
    Facts,
    Parsed,
    Rejected,
    Remote,
    Source,
    StructureError,
)
from assets.structure import Sheet, find_table, normal, safe_text, unmapped

LANDING_PAGE = (
    "https://digital.nhs.uk/data-and-information/data-tools-and-services/data-services/data-quality"
)
LINK = r"/dqmi-(?P<year>\d{4})/(?P<month>[a-z]{3,9}|\d{1,2})/dqmi_[^/]*_csv-v\d+(?P<did>-did)?\.csv(?:$|[?#])"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
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
    "Default Numerator": ("default_records", 1e12),
    "Threshold Value": ("default_threshold", 100),
    "Defaults in Excess": ("defaults_in_excess", 1e12),
    "Coverage per dataset": ("coverage", 1),
    "DQMI": ("provider_score", 100),
    "Dataset Score": ("dataset_score", 100),
    "Data Item Score": ("item_score", 100),
    "National Data Item Average": ("item_score_national", 100),
    "Experimental DQMI Score": ("provider_score_experimental", 100),
    "Experimental Dataset Score": ("dataset_score_experimental", 100),
}
"""Column and largest possible value by header; the smallest is 0."""
HEADERS = (*TEXTS, *NUMBERS)
NO_VALUE = ("", "-")
"""Cells without a number: `-` is the publisher's mark for what does not apply to an item."""
NUMBER = r"^(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$"
YES_NO = {
    "y": True,
    "yes": True,
    "true": True,
    "1": True,
    "n": False,
    "no": False,
    "false": False,
    "0": False,
}
PERIODS = ("%Y-%m", "%Y-%m-%d", "%d/%m/%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%B %Y", "%B-%Y", "%Y%m")
"""Ways to write a month; the file must use one of them, and one month only."""
KEY = ["org_code_as_published", "dataset", "data_item"]
ALL = "all"
"""Stands for all data sets together: the provider's own score."""
DATASETS = 8
WITH_DID = "-did"
MOST_TOLD = 3
"""Problems of one kind that a refusal names."""


def _figure(name: str, comment: str, header: str, unit: str) -> sa.Column[Any]:
    highest = dict(NUMBERS.values())[name]
    return column(
        name,
        sa.Double,
        comment,
        unit=unit,
        aggregation="none",
        header=header,
        nullable=True,
        minimum=0,
        maximum=highest,
    )


TABLE = staged(
    "dqmi",
    "Data Quality Maturity Index as published: provider x data set x data item.",
    [
        column("reporting_month", sa.Text, "Month reported, from the file.", pattern=r"^\d{4}-\d{2}$"),
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
        column("data_item", sa.Text, "Data item.", header="Recoded Data Item"),
        column(
            "is_standard_item",
            sa.Boolean,
            "Whether the item counts in the official score.",
            header="Standard Item",
        ),
        _figure("records", "Records that should hold the item.", "Complete Denominator", "records"),
        _figure("valid_records", "Records with a valid value.", "Valid Numerator", "records"),
        _figure("default_records", "Records with a default value.", "Default Numerator", "records"),
        _figure(
            "default_threshold",
            "Share of defaults accepted, as published.",
            "Threshold Value",
            "as published",
        ),
        _figure("defaults_in_excess", "Defaults beyond the threshold.", "Defaults in Excess", "records"),
        _figure("coverage", "Periods submitted / expected.", "Coverage per dataset", "share 0 to 1"),
        _figure("provider_score", "Index of the provider, repeated.", "DQMI", "score 0 to 100"),
        _figure("dataset_score", "Score of the data set, repeated.", "Dataset Score", "score 0 to 100"),
        _figure("item_score", "Score of the item.", "Data Item Score", "score 0 to 100"),
        _figure("item_score_national", "National average.", "National Data Item Average", "score 0 to 100"),
        _figure(
            "provider_score_experimental",
            "Experimental index of the provider, repeated.",
            "Experimental DQMI Score",
            "score 0 to 100",
        ),
        _figure(
            "dataset_score_experimental",
            "Experimental score of the data set, repeated.",
            "Experimental Dataset Score",
            "score 0 to 100",
        ),
    ],
)

dqmi_score = table(
    "dqmi_score",
    "Data quality of what providers submit. Grain: organisation x data set (all: the provider) x month.",
    [
        *reading(),
        column("reporting_month", sa.Text, "Month reported, such as 2025-07.", pattern=r"^\d{4}-\d{2}$"),
        column(
            "dataset", sa.Text, f"Data set as published; {ALL}: the index of the provider over all of them."
        ),
        column(
            "score",
            sa.Double,
            "Official score; null where none is published (value_status).",
            unit="score 0 to 100",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        column(
            "experimental_score",
            sa.Double,
            "Experimental score over more items: never mix it with the official one.",
            unit="score 0 to 100",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        column(
            "coverage",
            sa.Double,
            "Periods submitted / periods expected; null for all data sets together.",
            unit="share 0 to 1",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        column(
            "completeness",
            sa.Double,
            "Unweighted mean over the standard items of valid records / records, computed by this project; null where "
            "no record was expected.",
            unit="share 0 to 1",
            aggregation="none",
            nullable=True,
            minimum=0,
            maximum=1,
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
        column("as_of_date", sa.Date, "First day of the month reported."),
        *provenance(),
    ],
    key=["org_code", "dataset", "edition"],
    layer="facts",
    expectations=(
        Expectation(
            "experimental_is_not_official",
            "expect_column_values_to_not_be_null",
            {"column": "score", "mostly": 0.8},
            "Where the official score is missing, the experimental one does not stand in for it.",
            "WARN",
        ),
        Expectation(
            "no_closed_trust_reports",
            "expect_column_values_to_be_in_set",
            {"column": "open_on_snapshot", "value_set": [True]},
            "A closed provider is not expected to submit, so it has no score.",
            "WARN",
        ),
    ),
)


def parse(content: bytes, edition: str) -> Parsed:
    """Read the file of `edition` (a month, with `-did` the one with diagnostic imaging): a row per item.

    Raises StructureError, also where a score that belongs to a provider or a data set differs between its rows.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-did)?", edition):
        raise StructureError([f"expected an edition like 2025-07 or 2025-07-did, found {edition!r}"])
    cells, drift = _read(content)
    frame, reasons = _typed(cells)
    reasons = _doubled(frame, reasons)
    rows = frame.drop(index=list(reasons))
    if rows.empty:
        first = next(iter(reasons.values()), ("", "no row under the header"))[1]
        raise StructureError([f"expected at least one usable data row, found none ({first})"])
    if problems := [*_differing(rows)]:
        raise StructureError(problems)
    rows = rows.drop(columns="reporting_period").assign(reporting_month=_month(rows["reporting_period"]))
    return Parsed(rows, len(frame), tuple(_rejected(cells, reasons)), tuple(drift))


def _read(content: bytes) -> tuple[pa.Table, list[str]]:
    """Return the cells as text, a column per header of the contract and `row`, and the oddities tolerated."""
    if (kind := sniff(content)) != "text":
        raise StructureError([f"expected a CSV file, found {kind}; download the file again"])
    head = content[: content.find(b"\n") + 1] or content
    header = next(csv.reader(io.StringIO(head.decode("utf-8-sig", errors="replace"))), [])
    sheet = Sheet("", [header], [])
    find_table(sheet, HEADERS)
    if content.count(b'"') % 2:
        raise StructureError(
            ["expected every quotation mark closed, found one open: the file is cut or damaged"]
        )
    drift = unmapped(sheet, HEADERS)
    try:
        cells = _cells(content, len(header), "utf8")
    except StructureError as problem:
        if "UTF8" not in str(problem):
            raise
        cells = _cells(content, len(header), "cp1252")
        drift.append("not utf-8: read as cp1252")
    cells = cells.append_column("row", pa.array(range(2, cells.num_rows + 2), pa.int32()))
    names = [normal(cell) for cell in header]
    places = {name: str(names.index(normal(name))) for name in HEADERS}
    kept = cells.select([*places.values(), "row"]).rename_columns([*places, "row"])
    return kept.filter(pc.invert(_blank(kept))), drift


def _cells(content: bytes, width: int, encoding: str) -> pa.Table:
    """Return every cell under the header as text. Raises StructureError naming the row that cannot be read."""
    names = [str(place) for place in range(width)]
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(content),
            pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, encoding=encoding, use_threads=False),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0][:120]
        raise StructureError(
            [f"expected {width} columns in every row, found a file that is cut or damaged ({reason})"]
        ) from error


def _blank(cells: pa.Table) -> pa.ChunkedArray:
    """Tell blank lines from data rows."""
    texts = [pc.equal(cells[header], "") for header in TEXTS]
    return reduce(pc.and_, texts)


Reasons = dict[int, tuple[str, str]]
"""Why a row is rejected (rule, reason), by its place."""


def _typed(cells: pa.Table) -> tuple[pd.DataFrame, Reasons]:
    """Return the cells in the types of the table, and the rows with a cell that breaks the grammar of its column."""
    made: dict[str, Any] = {}
    found: dict[int, str] = {}
    for header in HEADERS:
        name = TEXTS.get(header) or NUMBERS[header][0]
        made[name], wrong = _texts(cells, header) if header in TEXTS else _numbers(cells, header)
        found = wrong | found
    frame = pd.DataFrame(made)
    for place in (frame["valid_records"] > frame["records"]).to_numpy().nonzero()[0]:
        valid, records = frame["valid_records"][place], frame["records"][place]
        found.setdefault(
            int(place),
            f"column 'Valid Numerator': expected at most the {records:g} of 'Complete Denominator', found {valid:g}",
        )
    frame["is_standard_item"] = frame["is_standard_item"].str.lower().map(YES_NO)
    frame["org_type_as_published"] = frame["org_type_as_published"].replace("", None)
    located = frame.assign(source_sheet="", source_row=cells["row"].to_pandas())
    return located, {place: ("cell", reason) for place, reason in found.items()}


def _texts(cells: pa.Table, header: str) -> tuple["pd.Series[str]", dict[int, str]]:
    """Return a column of texts, and what is wrong with which; every different text is looked at once."""
    values = pc.utf8_trim(cells[header], characters=" \n\u00a0").to_pandas()
    wrong = {value: problem for value in values.unique() if (problem := _wrong(header, value))}
    bad = values[values.isin(list(wrong))]
    return values, {int(place): wrong[value] for place, value in bad.items()}


def _numbers(cells: pa.Table, header: str) -> tuple["pd.Series[float]", dict[int, str]]:
    """Return a column of numbers, missing where there is none, and what is wrong with which."""
    highest = NUMBERS[header][1]
    text = pc.utf8_trim(cells[header], characters=" \u00a0")
    good = pc.match_substring_regex(text, NUMBER)
    plain = pc.replace_substring(pc.if_else(good, text, pa.scalar(None, pa.string())), ",", "")
    values = plain.cast(pa.float64()).to_pandas()
    known = pc.or_(good, pc.is_in(text, value_set=pa.array(NO_VALUE))).to_pandas()
    bad = (~known | (values > highest)).to_numpy().nonzero()[0]
    shown = text.take(bad).to_pylist()
    return values, {
        int(place): f"column {header!r}: expected a number from 0 to {highest:g}, found {found[:40]!r}"
        for place, found in zip(bad, shown, strict=True)
    }


def _wrong(header: str, value: str) -> str:
    """Say what is wrong with a text, or nothing."""
    if not value:
        return "" if header == "Org Type" else f"column {header!r}: expected a value, found an empty cell"
    try:
        safe_text(value, header)
    except ValueError as problem:
        return str(problem)
    if header == "Data Provider Code" and not re.fullmatch(ORG_CODE, value):
        return f"column {header!r}: expected an ODS code like {ORG_CODE}, found {value[:40]!r}"
    if header == "Standard Item" and value.lower() not in YES_NO:
        return f"column {header!r}: expected one of {', '.join(YES_NO)}, found {value[:40]!r}"
    return ""


def _month(periods: "pd.Series[str]") -> str:
    """Return the one month that a file reports. Raises StructureError where it is none, or several."""
    written = sorted(set(periods.unique()) - {""})
    months = {found for text in written if (found := _month_of(text))}
    if len(months) != 1 or not all(map(_month_of, written)):
        listed = ", ".join(repr(text[:40]) for text in written[:5]) or "none"
        raise StructureError(
            [f"column 'Reporting Period': expected one month, such as 2025-07 or July 2025, found {listed}"]
        )
    return months.pop()


def _month_of(text: str) -> str | None:
    for layout in PERIODS:
        try:
            return f"{datetime.strptime(text, layout):%Y-%m}"  # noqa: DTZ007 - a month has no time zone
        except ValueError:
            continue
    return None


def _doubled(frame: pd.DataFrame, reasons: Reasons) -> Reasons:
    """Add the rows of an item that is there twice: the later one where all is equal, else both."""
    sound = frame.drop(index=list(reasons))
    again = sound[sound.duplicated(KEY, keep=False)]
    same = again.duplicated([name for name in again if name != "source_row"])
    conflicting = again[~same].duplicated(KEY, keep=False)
    found = dict(reasons)
    for place in again.index[same]:
        found[int(place)] = ("duplicate", "expected an item of a provider once, found the same row again")
    for place in conflicting.index[conflicting]:
        found[int(place)] = ("conflict", "expected an item of a provider once, found rows that differ")
    return found


def _differing(rows: pd.DataFrame) -> Iterable[str]:
    """Say where a score that belongs to a provider or a data set is not the same on each of its rows."""
    provider = ["org_code_as_published"]
    repeated = {
        "Data Provider Name": provider,
        "DQMI": provider,
        "Experimental DQMI Score": provider,
        "Coverage per dataset": [*provider, "dataset"],
        "Dataset Score": [*provider, "dataset"],
        "Experimental Dataset Score": [*provider, "dataset"],
    }
    for header, by in repeated.items():
        name = TEXTS.get(header) or NUMBERS[header][0]
        distinct = rows.drop_duplicates([*by, name])
        if header != "DQMI":  # every row has the score of its provider; of the others some may be left blank
            distinct = distinct[distinct[name].notna()]
        differing = distinct[distinct.duplicated(by, keep=False)]
        for key, found in list(differing.groupby(by, sort=True))[:MOST_TOLD]:
            values = " and ".join(
                f"{row[name]} (row {row['source_row']})" for _, row in found.head(2).iterrows()
            )
            yield f"column {header!r}: expected one value in all rows of {' '.join(map(str, key))}, found {values}"


def _rejected(cells: pa.Table, reasons: Reasons) -> Iterable[Rejected]:
    places = sorted(reasons)
    for place, row in zip(places, cells.take(places).to_pylist() if places else [], strict=True):
        yield Rejected("", row.pop("row"), *reasons[place], " | ".join(row.values()))


def facts(frame: pd.DataFrame) -> Facts:
    """Map items to `dqmi_score`: a row per provider, and a row per provider and data set."""
    provider = ["edition", "source_file_sha256", "org_code_as_published"]
    shares = frame.assign(
        completeness=(frame["valid_records"] / frame["records"].where(frame["records"] > 0)).where(
            frame["is_standard_item"].astype(bool)
        )
    )
    whole = _scores(
        shares.assign(dataset=ALL),
        provider,
        {"provider_score": "score", "provider_score_experimental": "experimental_score"},
    ).assign(coverage=None)
    parts = _scores(
        shares,
        [*provider, "dataset"],
        {"dataset_score": "score", "dataset_score_experimental": "experimental_score"},
    )
    parts["coverage"] = parts["lowest_coverage"]
    scores = pd.concat([whole, parts], ignore_index=True)
    first = pd.Series([date.fromisoformat(f"{m}-01") for m in scores["reporting_month"]], index=scores.index)
    last = first.map(lambda day: (day + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    return {
        "dqmi_score": scores.assign(
            coverage=scores["coverage"].astype(float),
            missed_submission=scores["lowest_coverage"] < 1,
            with_diagnostic_imaging=scores["edition"].str.endswith(WITH_DID),
            as_of_date=first,
            period_start=first,
            period_end=last,
            resolve_on=first,
            value_status=scores["score"].notna().map({True: "published", False: "x"}),
        ).drop(columns="lowest_coverage")
    }


def _scores(items: pd.DataFrame, by: list[str], named: dict[str, str]) -> pd.DataFrame:
    """Return one row per group: what its first row says, its repeated scores, its lowest coverage, its completeness."""
    kept = [
        "dataset",
        "reporting_month",
        "org_name_as_published",
        "org_type_as_published",
        "source_sheet",
        "source_row",
    ]
    groups = items.groupby(by, sort=True)
    first = items.drop_duplicates(by).set_index(by)[[name for name in kept if name not in by]]
    figures = groups[list(named)].first().rename(columns=named)
    figures["lowest_coverage"] = groups["coverage"].min()
    figures["completeness"] = groups["completeness"].mean().round(6)
    return first.join(figures).reset_index()


def coverage(frame: pd.DataFrame) -> list[Coverage]:
    """Count the months held, and the data sets of the newest."""
    newest = frame[frame["reporting_month"] == frame["reporting_month"].max()]
    held = int(newest["dataset"].nunique())
    return [
        Coverage(
            "months held",
            int(frame["reporting_month"].nunique()),
            None,
            "partial",
            "The landing page links to the newest month; months gather from then on.",
        ),
        Coverage(
            f"data sets in {newest['reporting_month'].iloc[0]}",
            held,
            DATASETS,
            "complete" if held >= DATASETS else "partial",
            "The index covers eight national data sets.",
        ),
    ]


def _name(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the edition of a file: its month, as the address has it."""
    month = match["month"].lower()
    number = (
        int(month)
        if month.isdigit()
        else next((n for n, m in enumerate(MONTHS, 1) if month.startswith(m)), 0)
    )
    if not 1 <= number <= len(MONTHS):
        return None
    return f"{match['year']}-{number:02d}{WITH_DID if match['did'] else ''}", ""


SOURCE = Source(
    name="dqmi",
    title="Data Quality Maturity Index",
    publisher="NHS England",
    landing_page=LANDING_PAGE,
    licence=OGL,
    attribution="NHS England, Data Quality Maturity Index",
    cadence="monthly",
    max_age=timedelta(days=75),
    evidence_grade="administrative",
    lists_others=True,
    remotes=(Remote(LANDING_PAGE, link=LINK, name=_name),),
    table=TABLE,
    parse=parse,
    facts=facts,
    coverage=coverage,
    expectations=(
        Expectation(
            "about_as_many_items_as_providers_submit",
            "expect_table_row_count_to_be_between",
            {"min_value": 5_000, "max_value": 3_000_000},
            "Some 200 trusts submit several data sets of several items each, others beside them.",
        ),
        Expectation(
            "more_providers_than_trusts",
            "expect_column_unique_value_count_to_be_between",
            {"column": "org_code_as_published", "min_value": 180, "max_value": 5_000},
            "Every trust submits, and others do.",
        ),
        Expectation(
            "one_row_per_provider_dataset_and_item",
            "expect_compound_columns_to_be_unique",
            {"column_list": KEY},
            "An item is scored once.",
        ),
        Expectation(
            "coverage_is_a_share",
            "expect_column_values_to_be_between",
            {"column": "coverage", "min_value": 0, "max_value": 1},
            "Periods submitted over periods expected.",
        ),
        Expectation(
            "scores_are_out_of_a_hundred",
            "expect_column_max_to_be_between",
            {"column": "provider_score", "min_value": 50, "max_value": 100},
            "A best index of 1 or less is a share: another unit.",
        ),
        Expectation(
            "data_sets_are_a_handful",
            "expect_column_unique_value_count_to_be_between",
            {"column": "dataset", "min_value": 4, "max_value": 16},
            "There are eight national data sets.",
        ),
        Expectation(
            "most_rows_have_the_score_of_their_provider",
            "expect_column_values_to_not_be_null",
            {"column": "provider_score", "mostly": 0.9},
            "The index is repeated on every row.",
        ),
        Expectation(
            "mean_score_is_plausible",
            "expect_column_mean_to_be_between",
            {"column": "provider_score", "min_value": 40, "max_value": 99},
            "An index near nothing or all perfect needs a look.",
            "WARN",
        ),
    ),
    caveats=(
        Caveat(
            "dqmi_missed_submission",
            "dqmi_score",
            "A provider that misses a submission has coverage below 1 and its score collapses for that month, however "
            "good its data: look at missed_submission before calling a fall a fall in quality.",
        ),
        Caveat(
            "dqmi_experimental_apart",
            "dqmi_score",
            "experimental_score holds items that may join the index later. It is no revision of score: never mix them.",
            "experimental_score",
        ),
        Caveat(
            "dqmi_items_not_published",
            "dqmi_score",
            "Scores of single data items are read and staged, and not published yet.",
        ),
        Caveat(
            "dqmi_completeness_is_ours",
            "dqmi_score",
            "completeness is an unweighted mean computed here: it leaves out defaults and coverage, unlike score.",
            "completeness",
        ),
        Caveat(
            "dqmi_not_digital_maturity",
            "dqmi_score",
            "The index is about data submitted to national data sets, not about how digital a trust is.",
        ),
        Caveat(
            "dqmi_with_diagnostic_imaging",
            "dqmi_score",
            "Editions that end in -did are the index with the Diagnostic Imaging Data Set: compare a month only with "
            "months of the same kind (with_diagnostic_imaging).",
        ),
    ),
    comparability=(
        Comparability(
            "DQMI",
            "score",
            "any month",
            "DQMI",
            "experimental_score",
            "any month",
            comparable=False,
            why="The experimental score holds other items.",
        ),
    ),
)
