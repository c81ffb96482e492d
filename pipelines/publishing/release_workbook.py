"""The workbook of a release, for people who open a spreadsheet.

It follows "Releasing statistics in spreadsheets" of the Government Analysis Function
(https://analysisfunction.civilservice.gov.uk/policy-store/releasing-statistics-in-spreadsheets/): a cover, contents
with links, numbered notes, and one table a sheet. Codes stay text, numbers numbers, days days; a number that is missing
shows the symbol of its status. The tables that most people want are sheets; the contents link to the CSV files of all.
The same tables give the same bytes: no clock is read.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from assets.contract.columns import VALUE_STATUS, status_of
from pipelines.publishing.attribution import credited, credits_of
from pipelines.publishing.empty_tables import described
from pipelines.publishing.workbook_sheets import CONTENTS, Book, Column, column
from pipelines.storage.parquet import read_parquet

SHEETS = {
    "trust_profile": "Trusts today",
    "maturity_score": "Maturity scores",
    "maturity_change": "Maturity change",
    "icb_maturity": "Maturity by ICB",
    "icb_score": "ICB scores",
    "trust_year": "Trusts by year",
    "digital_journey": "Digital journeys",
    "organisation_maturity_history": "Maturity history",
    "programme_membership": "Programme members",
    "exemplars_then_and_now": "Exemplars then and now",
    "exemplars_change": "Exemplars change",
    "exemplars_difference": "Exemplars difference",
    "digital_funding": "Digital funding",
    "organisation": "Organisations",
}
"""The tables that are sheets, and the names of these sheets."""
MISSING = ("x", "z", "c")
"""The statuses of a number that is not there; the others are about one that is."""
ABOUT = """\
Public, trust-level facts about digital maturity in the English NHS: joined, validated and traceable.
Sheet Contents lists every table of the release, with links to its sheet and to its CSV file: keep the workbook beside \
the folder csv. Sheet Notes holds what the sheets refer to as [note 1]. Sheet Columns says what every column means, in \
what unit it is and how it may be added up.
Each sheet has one table: the columns and rows of the CSV file of that name. Codes and financial years are text.
Where a number is missing and the release says why, its cell shows shorthand: {missing}. A status column beside it has \
the same letter.
What a status says about a number that is present: {present}.
Any other blank cell: there is no such value, for the reason that sheet Columns gives.
Organisations are those of the list of {day}.
Licence: Open Government Licence v3.0, unless the line of a source says otherwise.
Sources:"""

Tables = Mapping[str, pa.Table]
Definitions = Mapping[str, sa.Table]
Notes = dict[str, list[dict[str, Any]]]
"""The rows of `caveat` about sheets, by the name of the caveat, in the order of their numbers."""


def write_from_parquet(defined: Definitions, folder: Path, path: Path, title: str) -> None:
    """Write the workbook of a release whose tables are Parquet files in `folder`: work for another process."""
    write_workbook(defined, {name: read_parquet(folder / f"{name}.parquet") for name in defined}, path, title)


def write_workbook(defined: Definitions, tables: Tables, path: Path, title: str) -> None:
    """Write the workbook of a release; raise ValueError if a text is longer than a cell can hold."""
    from xlsxwriter import Workbook

    day: date = pc.max(tables["organisation"]["as_of_date"]).as_py()
    shown = {name: sheet for name, sheet in SHEETS.items() if name in tables and tables[name].num_rows}
    notes = _notes(tables["caveat"], shown)
    with Workbook(path, {"in_memory": True}) as workbook:
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
        book.cover(title, [*_about(day), *_attributions(tables["source_status"])])
        book.table(CONTENTS, "contents", ["Every table of the release."], _contents(defined, tables, shown))
        book.table("Notes", "notes", ["What to know before using a sheet."], _note_columns(notes, shown))
        for name, sheet in shown.items():
            above = _above(defined[name], tables, notes)
            book.table(sheet, name, above, _columns(defined[name], tables[name]))
        columns = _columns(defined["data_dictionary"], _dictionary(tables, shown))
        book.table("Columns", "data_dictionary", ["Every column of every sheet."], columns)


def _about(day: date) -> list[str]:
    present = [status for status in VALUE_STATUS if status not in {*MISSING, "published"}]
    facts = {"missing": _statuses(MISSING), "present": _statuses(present), "day": day.isoformat()}
    return ABOUT.format(**facts).split("\n")


def _statuses(wanted: Iterable[str]) -> str:
    return ", ".join(VALUE_STATUS[status] for status in wanted)


def _attributions(status: pa.Table) -> list[str]:
    return [
        f"{s['title']}: {s['attribution'].rstrip('.')}. Licence: {s['licence']}." for s in status.to_pylist()
    ]


def _contents(defined: Definitions, tables: Tables, shown: Mapping[str, str]) -> list[Column]:
    """Return the table of contents: first the tables that are sheets, then all others."""
    names = [*shown, *(name for name in defined if name not in shown)]
    files = [(f"external:csv/{name}.csv", f"csv/{name}.csv") for name in names]
    sheets = [
        (f"internal:'{shown[name]}'!A1", shown[name]) if name in shown else (address, "CSV only")
        for name, (address, _) in zip(names, files, strict=True)
    ]
    return [
        Column("Table", names),
        Column("Sheet", sheets, "link"),
        Column("CSV file", files, "link"),
        Column("Rows", [tables[name].num_rows for name in names], "quantity"),
        Column("What it holds", [described(defined[name], tables) for name in names]),
    ]


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
    return [
        Column("Note", [f"note {number}" for number, _ in enumerate(first, start=1)]),
        Column("Text", [row["text"] for row in first]),
        Column("Measure", [row["measure"] or "all" for row in first]),
        Column("Source", [row["source"] for row in first]),
        Column("Sheets", ["; ".join(shown[row["table_name"]] for row in rows) for rows in notes.values()]),
    ]


def _above(defined: sa.Table, tables: Tables, notes: Notes) -> list[str]:
    """Return the lines above a table: what it is, its sources, and what to know about it."""
    numbered = enumerate(notes.values(), start=1)
    references = [
        f"[note {n}]" for n, rows in numbered if any(row["table_name"] == defined.name for row in rows)
    ]
    count = f"This sheet has one table, {defined.name}, of {tables[defined.name].num_rows} rows."
    sources = f"Source: {credited(credits_of(defined, tables))}."
    return [f"{defined.comment} {count}", sources, f"Notes: {' '.join(references) or 'none'}"]


def _columns(defined: sa.Table, rows: pa.Table) -> list[Column]:
    """Return the columns of a published table, in its order."""
    status_columns = status_of(defined)
    statuses = {
        name: [status if status in MISSING else "" for status in rows[name].to_pylist()]
        for name in set(status_columns.values())
    }
    return [
        column(c, rows[c.name], statuses.get(status_columns.get(c.name, ""), ())) for c in defined.columns
    ]


def _dictionary(tables: Tables, shown: Mapping[str, str]) -> pa.Table:
    """Return the rows of `data_dictionary` about the sheets."""
    rows = tables["data_dictionary"]
    return rows.filter(pc.is_in(rows["table_name"], pa.array(shown)))
