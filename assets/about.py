"""The tables about the data: how fresh each source is, which files were read, what was checked, what is missing."""

import sqlalchemy as sa

from assets.columns import SHA256, column, org_code, table
from assets.source import COVERAGE

ABOUT = "about"
WHY = ("new edition", "revised vintage", "organisation change", "method change")
"""Why a row changed from one release to the next; where several hold, the first."""
SOURCE_STATUS = ("fresh", "frozen", "stale", "refused", "never_fetched")

source_status = table(
    "source_status",
    "State of each source at publication. Grain: source.",
    [
        column("source", sa.Text, "Source."),
        column("title", sa.Text, "Title of the series."),
        column("publisher", sa.Text, "Publisher."),
        column("status", sa.Text, "State at publication.", allowed=SOURCE_STATUS),
        column("why", sa.Text, "Why the state is not fresh; empty where it is."),
        column("newest_edition", sa.Text, "Newest edition in this release.", nullable=True),
        column("editions", sa.Integer, "Editions in this release.", aggregation="sum"),
        column("rows_staged", sa.Integer, "Tidy rows staged.", aggregation="sum"),
        column(
            "rows_rejected", sa.Integer, "Publisher's rows rejected; see rejected_row.", aggregation="sum"
        ),
        column("cadence", sa.Text, "How often the publisher issues an edition."),
        column(
            "landing_page",
            sa.Text,
            "Where the publisher announces it; null where nobody does.",
            nullable=True,
        ),
        column("licence", sa.Text, "Licence."),
        column("attribution", sa.Text, "How to attribute."),
    ],
    key=["source"],
    layer=ABOUT,
)

source_file = table(
    "source_file",
    "Every file a number in this release was read from. Grain: source x edition x part x file.",
    [
        column("source", sa.Text, "Source."),
        column("edition", sa.Text, "Edition of the source."),
        column("part", sa.Text, "Which file of the edition; empty where there is one."),
        column("source_file_sha256", sa.Text, "SHA-256 of the file.", pattern=SHA256),
        column("bytes", sa.BigInteger, "Size of the file.", unit="bytes", aggregation="sum"),
        column(
            "origin", sa.Text, "How it came here.", allowed=["fetched", "ingested", "frozen", "transcribed"]
        ),
        column("file_url", sa.Text, "Address of the file; null where it has none.", nullable=True),
        column("publisher_file_name", sa.Text, "The publisher's name for the file.", nullable=True),
        column("retrieved_on", sa.Text, "Day the file was retrieved.", nullable=True),
        column("published_on", sa.Text, "Day the file was published, where known.", nullable=True),
        column("how", sa.Text, "How it was read."),
        column("rows_in", sa.Integer, "The publisher's data rows.", aggregation="sum"),
        column("rows_used", sa.Integer, "Rows that were staged.", aggregation="sum"),
        column("rows_rejected", sa.Integer, "Rows that were rejected.", aggregation="sum"),
        column("ignored", sa.Text, "Sheets and rows outside the layout that is read, and why."),
        column("drift", sa.Text, "Oddities tolerated."),
    ],
    key=["source", "edition", "part", "source_file_sha256"],
    layer=ABOUT,
)

check_result = table(
    "check_result",
    "Every check of every table of this release. Grain: table x file x check.",
    [
        column("table_name", sa.Text, "Table checked."),
        column(
            "checked",
            sa.Text,
            "Edition and file checked; release: the table of this release; csv: its CSV file.",
        ),
        column("check_name", sa.Text, "Check."),
        column(
            "expectation_type",
            sa.Text,
            "Great Expectations expectation; guard_...: a comparison with the edition before, or with values that are known; "
            "csv_text: what a spreadsheet would do to text.",
        ),
        column("severity", sa.Text, "ERROR refuses the data, WARN does not.", allowed=["ERROR", "WARN"]),
        column("outcome", sa.Text, "Outcome.", allowed=["passed", "failed", "raised"]),
        column("observed", sa.Text, "What was observed."),
        column("failing_keys", sa.Text, "Keys of up to 20 failing rows, separated by semicolons."),
        column("why", sa.Text, "Why the check is made."),
    ],
    key=["table_name", "checked", "check_name"],
    layer=ABOUT,
)

rejected_row = table(
    "rejected_row",
    "Rows that were read and not staged. Grain: file x sheet x row.",
    [
        column("source", sa.Text, "Source."),
        column("edition", sa.Text, "Edition of the source."),
        column("source_file_sha256", sa.Text, "SHA-256 of the file.", pattern=SHA256),
        column("source_sheet", sa.Text, "Sheet; empty for a file without sheets."),
        column("source_row", sa.Integer, "Row, counted from 1."),
        column("rule", sa.Text, "Rule the row breaks."),
        column("reason", sa.Text, "Why it was rejected."),
        column("excerpt", sa.Text, "The first characters of the row, digits masked, escaped."),
    ],
    key=["source", "edition", "source_file_sha256", "source_sheet", "source_row"],
    layer=ABOUT,
)

unmatched_organisation = table(
    "unmatched_organisation",
    "Facts whose organisation could not be told for certain: kept out of the fact tables, never guessed.",
    [
        column("source", sa.Text, "Source."),
        column("edition", sa.Text, "Edition of the source."),
        column("table_name", sa.Text, "Table the facts were meant for."),
        column("org_name_as_published", sa.Text, "Name as published."),
        column("org_code_as_published", sa.Text, "Code as published; empty where there is none."),
        column("resolve_on", sa.Date, "Day on which the organisation was looked for."),
        column("facts", sa.Integer, "Facts left out.", aggregation="sum"),
        column("reason", sa.Text, "Why it could not be told."),
        column("candidates", sa.Text, "Nearest organisations: code and name, separated by semicolons."),
    ],
    key=["source", "edition", "table_name", "org_name_as_published", "org_code_as_published"],
    layer=ABOUT,
)

coverage = table(
    "coverage",
    "How much of what exists this release holds, and why not all. Grain: source x table x edition x subject.",
    [
        column("source", sa.Text, "Source."),
        column("table_name", sa.Text, "Fact table it is about; empty for the source as a whole."),
        column("edition", sa.Text, "Edition it is about; empty where it is about several, or none is known."),
        column("subject", sa.Text, "What is counted."),
        column("held", sa.Integer, "How many this release holds.", aggregation="none"),
        column(
            "expected",
            sa.Integer,
            "How many there are; null where unknown.",
            nullable=True,
            aggregation="none",
        ),
        column(
            "status",
            sa.Text,
            "Why there are holes.",
            allowed=COVERAGE,
        ),
        column("why", sa.Text, "In words."),
        column(
            "org_codes",
            sa.Text,
            "Codes of the trusts it is about, separated by semicolons; empty where it names none, or over 100.",
        ),
    ],
    key=["source", "table_name", "edition", "subject"],
    layer=ABOUT,
)

comparability = table(
    "comparability",
    "Which measures and periods may be compared, and why not.",
    [
        column("instrument", sa.Text, "Instrument."),
        column("measure", sa.Text, "Measure."),
        column("period", sa.Text, "Period."),
        column("with_instrument", sa.Text, "Instrument compared with."),
        column("with_measure", sa.Text, "Measure compared with."),
        column("with_period", sa.Text, "Period compared with."),
        column("comparable", sa.Boolean, "Whether the two may be compared."),
        column("why", sa.Text, "Why, or why not."),
    ],
    key=["instrument", "measure", "period", "with_instrument", "with_measure", "with_period"],
    layer=ABOUT,
)

caveat = table(
    "caveat",
    "What a reader must know before using a table or a measure. Grain: caveat x table.",
    [
        column("caveat", sa.Text, "Name of the caveat."),
        column("source", sa.Text, "Source it comes from."),
        column("table_name", sa.Text, "Table it is about, or one that is made from that table."),
        column("measure", sa.Text, "Measure it is about; empty for the whole table."),
        column("text", sa.Text, "The caveat."),
    ],
    key=["caveat", "table_name"],
    layer=ABOUT,
)

release_change = table(
    "release_change",
    "What changed since the release before, and why; empty in the first. Grain: table x row x column; where more than "
    "1000 values of a table changed, table x column, with their number.",
    [
        column("table_name", sa.Text, "Table that changed. Tables about the data are not compared."),
        column(
            "row_key", sa.Text, "Values of the key of the row, joined by |; empty where changes are counted."
        ),
        column("column_name", sa.Text, "Column that changed; empty for a whole row or table."),
        column("change", sa.Text, "What happened.", allowed=["added", "removed", "changed"]),
        org_code(comment="ODS code of the organisation the row is about.", nullable=True),
        column("old_value", sa.Text, "Value in the release before; null where it had none.", nullable=True),
        column("new_value", sa.Text, "Value in this release; null where it has none.", nullable=True),
        column("rows", sa.Integer, "How many changes this is: 1, or the number counted.", aggregation="sum"),
        column(
            "why",
            sa.Text,
            "new edition: its source issued one; revised vintage: the publisher replaced the file; organisation "
            "change: the organisation model says otherwise; method change: this project reads or joins otherwise.",
            allowed=WHY,
        ),
    ],
    key=["table_name", "row_key", "column_name", "change", "why"],
    layer=ABOUT,
)

data_dictionary = table(
    "data_dictionary",
    "Every column of every table. Grain: table x column.",
    [
        column("table_name", sa.Text, "Table."),
        column("column_name", sa.Text, "Column."),
        column("position", sa.Integer, "Position in the table, counted from 1.", aggregation="none"),
        column("type", sa.Text, "Type: string, integer, number, boolean or date."),
        column("is_key", sa.Boolean, "Whether the column is part of the key."),
        column("may_be_null", sa.Boolean, "Whether the column may be empty."),
        column("description", sa.Text, "What it means."),
        column("unit", sa.Text, "Unit.", nullable=True),
        column("aggregation", sa.Text, "How it may be aggregated.", nullable=True),
        column("allowed_values", sa.Text, "Values it may hold, separated by semicolons.", nullable=True),
        column(
            "publisher_header",
            sa.Text,
            "The publisher's own header, by source and editions held; null where the publisher has no such column.",
            nullable=True,
        ),
        column("caveats", sa.Text, "Names of caveats to read first, separated by semicolons.", nullable=True),
        column(
            "first_period",
            sa.Text,
            "First day or year with a value in the column; null where its table tells none.",
            nullable=True,
        ),
        column(
            "last_period",
            sa.Text,
            "Last day or year with a value in the column; null where its table tells none.",
            nullable=True,
        ),
    ],
    key=["table_name", "column_name"],
    layer=ABOUT,
)
