"""The workbook of a release, for people who open a spreadsheet.

It follows "Releasing statistics in spreadsheets" of the Government Analysis Function
(https://analysisfunction.civilservice.gov.uk/policy-store/releasing-statistics-in-spreadsheets/): a cover, contents
with links, numbered notes, and one table a sheet. Codes stay text, numbers numbers, days days; a number that is missing
shows the symbol of its status. The tables that most people want are sheets; the contents link to the CSV files of all.
The same tables give the same bytes: no clock is read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.contract.columns import VALUE_STATUS, status_of
from assets.organisations.display_names import display_name
from assets.organisations.geography import board_written, region_written
from assets.tables.current_tables import ENDING
from pipelines.publishing.attribution import credited, credits_of
from pipelines.publishing.empty_tables import described, why_empty
from pipelines.publishing.workbook_sheets import CONTENTS, Book, Column, column

SHEETS = {
    "trust_profile": "Trusts today",
    "organisation_maturity_history": "Maturity history",
    "maturity_change": "Maturity change",
    "peer_group": "Maturity and peers",
    "icb_maturity": "Maturity by ICB",
    "icb_score": "ICB scores",
    "trust_year": "Trusts by year",
    "programme_membership": "Programme members",
    "exemplars_then_and_now": "Exemplars then and now",
    "exemplars_change": "Exemplars change",
    "exemplars_difference": "Exemplars difference",
    "digital_funding": "Digital funding",
    "organisation": "Organisations",
    "source_status": "Sources",
}
"""The tables that are sheets, and the names of these sheets."""
MOST_ROWS = 100_000
"""Most rows of a sheet. A longer table would take minutes to open, and past 1,048,576 rows a spreadsheet would cut it."""
PRINTED = {
    "trust_profile": """
        org_display_name org_code region icb_code dma_overall_acute dma_overall_community
        dma_overall_mental_health dma_overall_ambulance epr_answer programme_role oversight_segment
    """,
    "organisation_maturity_history": """
        org_display_name org_code programme_role dmsa_2015_16_readiness dmsa_2015_16_capabilities
        dmsa_2015_16_infrastructure dmsa_2017_readiness dmsa_2017_capabilities
        dmsa_2017_infrastructure dma_2024_acute dma_2025_acute dma_2024_community dma_2025_community
        dma_2024_mental_health dma_2025_mental_health
    """,
    "maturity_change": """
        org_display_name org_code region care_setting period_before period_after score_before
        score_after score_change band in_matched_panel
    """,
    "peer_group": """
        org_display_name org_code care_setting measure score percentile n_peers lower_quartile
        median upper_quartile peer_type peer_band
    """,
    "icb_maturity": """
        icb_code region care_setting period measure board_score board_score_rank n_providers
        mean_of_providers mean_of_providers_rank spend_weighted_mean
    """,
    "icb_score": """
        icb_code region period measure score scale_minimum scale_maximum
    """,
    "trust_year": """
        org_display_name org_code financial_year operating_expenses_gbp wte beds medical_records_cost_gbp it_capital_narrow_gbp dspt_status
    """,
    "programme_membership": """
        org_name org_code programme role care_setting start_date end_date status current_org_name
        current_org_code
    """,
    "exemplars_then_and_now": """
        cohort care_type instrument edition period measure population n_organisations mean_score
        mean_lower mean_upper lower_quartile median upper_quartile
    """,
    "exemplars_change": """
        cohort care_type instrument edition period_before period_after measure n_organisations
        mean_before mean_after mean_change change_lower change_upper n_rose n_about_the_same n_fell
    """,
    "exemplars_difference": """
        cohort compared_with care_type instrument edition period_before period_after sample n_cohort
        n_others unadjusted_published adjusted_published unadjusted_common adjusted_common
    """,
    "digital_funding": """
        org_name org_code programme wave financial_years amount_gbp amount_basis may_be_summed
    """,
    "organisation": """
        org_display_name org_code legal_form region icb_code postcode open_date close_date
        is_current
    """,
    "source_status": """
        title publisher status why newest_edition rows_staged rows_rejected licence
    """,
}
"""The columns of each sheet that come first and are printed."""
CSV_ONLY = {
    *("org_name_as_published", "org_code_as_published", "source_file_sha256", "source_sheet", "source_row"),
    *("region_code", "icb_name"),
}
"""Columns that no sheet has: names as published, where a row was read, and what another column says with it."""
NAMES = {"org_name", "current_org_name"}
"""Columns that hold names of organisations in capitals, which a sheet shows in upper and lower case."""
HEADERS = {"org_name": "Organisation", "icb_code": "ICB"}
"""Headers of columns that a sheet shows otherwise than the CSV file: in upper and lower case, or with the name beside the code."""
MISSING = ("x", "z", "c")
"""The statuses of a number that is not there; the others are about one that is."""
ABOUT = """\
Public, trust-level facts about digital maturity in the English NHS: joined, validated and traceable.
Sheet Contents lists every table of the release, with links to its sheet and to its CSV file: keep the workbook beside \
the folder csv. References such as [note 1] lead to sheet Notes. Sheet Columns says what \
every column means, in what unit it is and how it may be added up. Sheet Sources says how fresh each source is.
Each sheet shows one CSV file; sheet Contents says which. Rows about organisations or boards are sorted by name. Names of \
trusts are in upper and lower case, and regions and boards have their codes. An organisation that is not identified has its name as published. Only the CSV file \
has all names as published, and the file, sheet and row each fact was read in. The first columns are printed, the others \
follow to the right of them. Codes and financial years are text.
Where a number is missing and the release says why, its cell shows shorthand: {missing}. Its status column says the \
same. A column with no numbers in this release shows [x] in every row.
What a status says about a number that is present: {present}.
For any other blank cell, see the entry of its column in sheet Columns.
Organisations are those of the list of {day}.
Licence: Open Government Licence v3.0, unless the line of a source says otherwise."""
EMPTY = "Tables without rows in this release, and why (this does not mean that there is nothing to know):"
SOURCES = "Sources:"

Tables = Mapping[str, pa.Table]
Definitions = Mapping[str, sa.Table]
Notes = dict[str, list[dict[str, Any]]]
"""The rows of `caveat` about sheets, by the name of the caveat, in the order of their numbers."""


def write_workbook(defined: Definitions, tables: Tables, path: Path, title: str) -> None:
    """Write the workbook of a release; raise ValueError if a text is longer than a cell can hold."""
    from xlsxwriter import Workbook

    day: date = pc.max(tables["organisation"]["as_of_date"]).as_py()
    shown = {
        name: sheet
        for name, sheet in SHEETS.items()
        if name in tables and 0 < tables[name].num_rows <= MOST_ROWS
    }
    notes = _notes(tables["caveat"], shown)
    options = {"in_memory": True, "default_format_properties": {"font_size": 10}}
    with Workbook(path, options) as workbook:
        workbook.set_properties(
            {
                "title": title,
                "subject": "NHS trusts in England",
                "author": "nhs-digital-maturity",
                "keywords": "NHS, digital maturity, open data",
                "comments": "Open Government Licence v3.0",
                "created": datetime.combine(day, time()),
            }
        )
        book = Book(workbook)
        book.cover(title, [*_about(day), *_empty(defined, tables), *_attributions(tables["source_status"])])
        book.table(CONTENTS, "contents", ["Every table of the release."], _contents(defined, tables, shown))
        book.table("Notes", "notes", ["What to know before using a sheet."], _note_columns(notes, shown))
        for name, sheet in shown.items():
            printed = len(PRINTED[name].split())
            above = _above(defined[name], tables, notes)
            book.table(sheet, name, above, _columns(defined[name], tables[name], notes), printed=printed)
        dictionary = _dictionary(defined, tables, shown)
        book.table("Columns", "data_dictionary", ["Every column of every sheet."], dictionary)


def _about(day: date) -> list[str]:
    present = [status for status in VALUE_STATUS if status not in {*MISSING, "published"}]
    facts = {"missing": _statuses(MISSING), "present": _statuses(present), "day": day.isoformat()}
    return ABOUT.format(**facts).split("\n")


def _statuses(wanted: Iterable[str]) -> str:
    return ", ".join(VALUE_STATUS[status] for status in wanted)


def _empty(defined: Definitions, tables: Tables) -> list[str]:
    """Return why tables have no rows; a table of today's organisations is empty where the table it is made of is."""
    whys = {name: why_empty(name, tables) for name in defined if not name.endswith(ENDING)}
    lines = [f"{name}: {why.partition(': ')[2]}" for name, why in whys.items() if why]
    return [EMPTY, *lines] if lines else []


def _attributions(status: pa.Table) -> list[str]:
    held = [row for row in status.to_pylist() if row["rows_staged"]]
    return [
        SOURCES,
        *(f"{s['title']}: {s['attribution'].rstrip('.')}. Licence: {s['licence']}." for s in held),
    ]


def _contents(defined: Definitions, tables: Tables, shown: Mapping[str, str]) -> list[Column]:
    """Return the table of contents: first the tables that are sheets, then all others."""
    names = [*shown, *(name for name in defined if name not in shown)]
    files = [(f"external:csv/{name}.csv", f"csv/{name}.csv") for name in names]
    sheets = [
        (f"internal:'{shown[name]}'!A1", shown[name])
        if name in shown
        else (address, _why_no_sheet(name, tables))
        for name, (address, _) in zip(names, files, strict=True)
    ]
    return [
        Column("Table", names),
        Column("Sheet", sheets, "link"),
        Column("CSV file", files, "link"),
        Column("Rows", [tables[name].num_rows for name in names], "quantity"),
        Column("What it holds", [described(defined[name], tables) for name in names], "wrapped"),
    ]


def _why_no_sheet(name: str, tables: Tables) -> str:
    too_long = name in SHEETS and tables[name].num_rows > MOST_ROWS
    return f"CSV only: more than {MOST_ROWS:,} rows" if too_long else "CSV only"


def _notes(caveats: pa.Table, shown: Mapping[str, str]) -> Notes:
    found: Notes = {}
    rows = caveats.to_pylist()
    for name in shown:
        for row in rows:
            if row["table_name"] == name:
                found.setdefault(row["caveat"], []).append(row)
    return found


def _note_columns(notes: Notes, shown: Mapping[str, str]) -> list[Column]:
    first = [rows[0] for rows in notes.values()]
    sheets = ["; ".join(shown[row["table_name"]] for row in rows) for rows in notes.values()]
    return [
        Column("Note", [f"note {number}" for number, _ in enumerate(first, start=1)]),
        Column("Text", [row["text"] for row in first], "wrapped"),
        Column("Measure", [(row["measure"] or "all").replace("_", " ") for row in first]),
        Column("Source", [row["source"] for row in first]),
        Column("Sheets", sheets, "wrapped"),
    ]


def _numbers(notes: Notes, table: sa.Table) -> dict[str, list[str]]:
    """Return the references to the notes on a table, by the column each is about, or else by its source."""
    found: dict[str, list[str]] = {}
    for number, rows in enumerate(notes.values(), start=1):
        for row in (row for row in rows if row["table_name"] == table.name):
            place = row["measure"] if row["measure"] in columns_of(table) else row["source"]
            found.setdefault(place, []).append(f"[note {number}]")
    return found


def _above(defined: sa.Table, tables: Tables, notes: Notes) -> list[str]:
    """Return the lines above a table: what it is, its sources, and what to know about each."""
    numbers = _numbers(notes, defined)
    status = tables["source_status"].to_pylist()
    about = [
        f"{row['title']}: {' '.join(numbers[row['source']])}" for row in status if row["source"] in numbers
    ]
    count = f"This sheet has one table, {defined.name}, of {tables[defined.name].num_rows} rows."
    sources = f"Source: {credited(credits_of(defined, tables))}."
    return [
        f"{defined.comment} {count}",
        sources,
        *(f"Notes on {line}" for line in about or ["the sheet: none"]),
    ]


def columns_of(defined: sa.Table) -> list[str]:
    """Return the names of the columns of a sheet: those that are printed, then the others of the table."""
    printed = PRINTED[defined.name].split()
    left_out = {*CSV_ONLY, *(("org_name",) if "org_display_name" in defined.c else ())}
    return [*printed, *(c.name for c in defined.columns if c.name not in {*printed, *left_out})]


def _columns(defined: sa.Table, rows: pa.Table, notes: Notes) -> list[Column]:
    """Return the columns of a sheet, its rows sorted by the name of the organisation or board, if it has one."""
    order = columns_of(defined)
    rows = _written(rows)
    if order[0] in {*HEADERS, "org_display_name"}:
        first = rows[order[0]].to_pylist()
        rows = rows.take(sorted(range(rows.num_rows), key=lambda place: (first[place] or "").casefold()))
    status_columns, numbers = status_of(defined), _numbers(notes, defined)
    statuses = {
        name: [status if status in MISSING else "" for status in rows[name].to_pylist()]
        for name in set(status_columns.values())
    }
    found = []
    for name in order:
        words: str = HEADERS.get(name) or defined.c[name].info["label"]
        header = " ".join([words, *numbers.get(name, ())])
        why = statuses.get(status_columns.get(name, ""), ())
        if not why and "aggregation" in defined.c[name].info and rows[name].null_count == rows.num_rows:
            why = ["x"] * rows.num_rows
        found.append(column(defined.c[name], header, rows[name], why))
    return found


def _written(rows: pa.Table) -> pa.Table:
    """Return rows with names of organisations in upper and lower case, and regions and boards with their codes.

    The name as published stands for an organisation that is not known.
    """
    if {"org_name", "org_name_as_published"} <= set(rows.column_names):
        named = pc.coalesce(rows["org_name"], rows["org_name_as_published"])
        rows = rows.set_column(rows.column_names.index("org_name"), "org_name", named)
    ways: dict[str, Callable[[str], str]] = {
        **dict.fromkeys(NAMES, display_name),
        "icb_code": board_written,
        "region": region_written,
    }
    for name in ways.keys() & set(rows.column_names):
        written = {value: ways[name](value) for value in rows[name].unique().to_pylist() if value is not None}
        values = pa.array([written.get(value) for value in rows[name].to_pylist()], pa.string())
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows


def _dictionary(defined: Definitions, tables: Tables, shown: Mapping[str, str]) -> list[Column]:
    """Return what `data_dictionary` says about the columns of the sheets, in their order."""
    rows = {(row["table_name"], row["column_name"]): row for row in tables["data_dictionary"].to_pylist()}
    found = [rows[name, each] for name in shown for each in columns_of(defined[name])]
    return [
        Column("Sheet", [shown[row["table_name"]] for row in found]),
        Column("Column", [HEADERS.get(row["column_name"], row["label"]) for row in found]),
        Column("Name in the CSV file", [row["column_name"] for row in found]),
        Column("What it means", [row["description"] for row in found], "wrapped"),
        Column("Unit", [row["unit"] for row in found], "wrapped"),
        Column("How it may be combined", [row["aggregation"] for row in found], "wrapped"),
    ]
