"""The tables about the data: the state of each source, the files read, the checks, and what is missing."""

import sqlalchemy as sa

from assets.contract.columns import SHA256, column, org_code, table
from assets.contract.notes import COVERAGE

UNMATCHED, DISAGREES, CURATED = "unmatched", "name_disagrees", "curated"
"""Statuses of `unmatched_organisation`."""

ABOUT = "about"
WHY = ("new edition", "revised vintage", "organisation change", "method change")
"""Why a row changed from one release to the next; if several apply, the first."""
SOURCE_STATUS = ("fresh", "frozen", "stale", "refused", "never_fetched")

source_status = table(
    "source_status",
    "State of each source at publication. Grain: source.",
    [
        column("source", sa.Text, "Short name of the source, such as dma: see source_status."),
        column("title", sa.Text, "Title of the publication series."),
        column("publisher", sa.Text, "Organisation that publishes the source."),
        column(
            "status", sa.Text, "State of the source when the release was published.", allowed=SOURCE_STATUS
        ),
        column("why", sa.Text, "Why the source was not fresh at publication; empty where it was."),
        column(
            "newest_edition",
            sa.Text,
            "Newest edition of the source in this release; null where there is none.",
            nullable=True,
        ),
        column(
            "editions", sa.Integer, "How many editions of the source this release holds.", aggregation="sum"
        ),
        column(
            "rows_staged",
            sa.Integer,
            "Tidy rows read from the files of the source in use.",
            aggregation="sum",
        ),
        column(
            "rows_rejected",
            sa.Integer,
            "Publisher's rows that were rejected; see rejected_row.",
            aggregation="sum",
        ),
        column("cadence", sa.Text, "How often the publisher issues an edition."),
        column(
            "landing_page",
            sa.Text,
            "Page on which editions are announced; null where there is none.",
            nullable=True,
        ),
        column("licence", sa.Text, "Licence under which the publisher's facts may be used."),
        column("attribution", sa.Text, "Text with which to attribute the facts of the source."),
    ],
    key=["source"],
    layer=ABOUT,
)

source_file = table(
    "source_file",
    "Every file a number in this release was read from. Grain: source x edition x part x file.",
    [
        column("source", sa.Text, "Short name of the source, such as dma: see source_status."),
        column("edition", sa.Text, "Edition of the source, as its publisher names it."),
        column("part", sa.Text, "Which file of the edition; empty where there is only one."),
        column(
            "source_file_sha256",
            sa.Text,
            "SHA-256 of the publisher's file, which facts refer to.",
            pattern=SHA256,
        ),
        column(
            "bytes", sa.BigInteger, "Size of the publisher's file in bytes.", unit="bytes", aggregation="sum"
        ),
        column(
            "origin",
            sa.Text,
            "How the file was obtained: fetched from its address, ingested by hand, frozen in the repository, or transcribed.",
            allowed=["fetched", "ingested", "frozen", "transcribed"],
        ),
        column("file_url", sa.Text, "Address of the file; null where it has none.", nullable=True),
        column("publisher_file_name", sa.Text, "The publisher's name for the file.", nullable=True),
        column(
            "retrieved_on",
            sa.Text,
            "Day on which the file was retrieved; null where not known.",
            nullable=True,
        ),
        column("published_on", sa.Text, "Day the file was published, where known.", nullable=True),
        column("how", sa.Text, "How the file was obtained and read, in words."),
        column(
            "rows_in",
            sa.Integer,
            "Data rows in the file: rows_used and rows_rejected together.",
            aggregation="sum",
        ),
        column("rows_used", sa.Integer, "Data rows of the file that were used.", aggregation="sum"),
        column("rows_rejected", sa.Integer, "Data rows of the file that were rejected.", aggregation="sum"),
        column("ignored", sa.Text, "Sheets and rows outside the layout that is read, and why."),
        column(
            "drift",
            sa.Text,
            "Oddities of the layout that were tolerated, in words; empty where there were none.",
        ),
    ],
    key=["source", "edition", "part", "source_file_sha256"],
    layer=ABOUT,
)

check_result = table(
    "check_result",
    "Every check of every table of this release. Grain: table x file x check.",
    [
        column(
            "table_name", sa.Text, "Table checked: of the release, or the tidy rows of a source (_staged)."
        ),
        column(
            "checked",
            sa.Text,
            "Edition and file checked; release: the table of this release; csv: what a spreadsheet would do to its CSV file, "
            "which is not a check of the data.",
        ),
        column("check_name", sa.Text, "Name of the check, unique within the table."),
        column(
            "expectation_type",
            sa.Text,
            "Great Expectations expectation; guard_...: a comparison with the previous edition, or with known values; "
            "csv_text: what a spreadsheet would do to text.",
        ),
        column("severity", sa.Text, "ERROR refuses the data, WARN does not.", allowed=["ERROR", "WARN"]),
        column(
            "outcome",
            sa.Text,
            "Result of the check; raised: it could not be run.",
            allowed=["passed", "failed", "raised"],
        ),
        column("observed", sa.Text, "What the check observed in the data, in words."),
        column("failing_keys", sa.Text, "Keys of up to 20 failing rows, separated by semicolons."),
        column("why", sa.Text, "Reason for the check, in words."),
        column(
            "trend",
            sa.Text,
            "Outcomes of the check in up to 12 releases, this one last, separated by semicolons; not made: the release does not have it.",
        ),
    ],
    key=["table_name", "checked", "check_name"],
    layer=ABOUT,
)

rejected_row = table(
    "rejected_row",
    "Rows that were read and not staged. Grain: file x sheet x row.",
    [
        column("source", sa.Text, "Short name of the source, such as dma: see source_status."),
        column("edition", sa.Text, "Edition of the source, as its publisher names it."),
        column(
            "source_file_sha256",
            sa.Text,
            "SHA-256 of the publisher's file, which facts refer to.",
            pattern=SHA256,
        ),
        column("source_sheet", sa.Text, "Sheet the row was read from; empty for a file without sheets."),
        column("source_row", sa.Integer, "Number of the rejected row in the sheet or file, counted from 1."),
        column("rule", sa.Text, "Name of the rule that the row breaks."),
        column("reason", sa.Text, "Why the row was rejected, in words."),
        column("excerpt", sa.Text, "The first characters of the row, digits masked, escaped."),
    ],
    key=["source", "edition", "source_file_sha256", "source_sheet", "source_row"],
    layer=ABOUT,
)

unmatched_organisation = table(
    "unmatched_organisation",
    "Organisations in doubt. Facts whose organisation is not certain are left out of the fact tables, never guessed "
    "(status unmatched). Facts are kept under the published code if its name is in no list yet (name_disagrees), and "
    "under the code that a curated resolution gives (curated).",
    [
        column("source", sa.Text, "Short name of the source, such as dma: see source_status."),
        column("edition", sa.Text, "Edition of the source, as its publisher names it."),
        column("table_name", sa.Text, "Fact table that the facts were meant for."),
        column("org_name_as_published", sa.Text, "Name of the organisation exactly as published."),
        column(
            "org_code_as_published",
            sa.Text,
            "Code of the organisation exactly as published; empty where there is none.",
        ),
        column("resolve_on", sa.Date, "Day for which the organisation was looked up."),
        column(
            "status",
            sa.Text,
            "unmatched: the facts are left out; name_disagrees: they are kept under the published code, whose name in "
            "every list is a different one; curated: they are kept under the code of a curated resolution.",
            allowed=[UNMATCHED, DISAGREES, CURATED],
        ),
        org_code(
            comment="Organisation under which the facts are kept; null where they are left out.",
            nullable=True,
        ),
        column(
            "facts",
            sa.Integer,
            "How many facts of the table are about this organisation, left out or kept according to status.",
            aggregation="sum",
        ),
        column("reason", sa.Text, "Why the organisation is in doubt."),
        column("candidates", sa.Text, "Nearest organisations: code and name, separated by semicolons."),
    ],
    key=["source", "edition", "table_name", "org_name_as_published", "org_code_as_published"],
    layer=ABOUT,
)

coverage = table(
    "coverage",
    "How much of what exists is in this release, and why the rest is missing. Grain: source x table x edition x subject.",
    [
        column("source", sa.Text, "Short name of the source, such as dma: see source_status."),
        column("table_name", sa.Text, "Fact table the row is about; empty for the whole source."),
        column(
            "edition", sa.Text, "Edition the row is about; empty where it covers several, or none is known."
        ),
        column("subject", sa.Text, "What is counted, such as trusts with a score."),
        column("held", sa.Integer, "How many of the subject this release holds.", aggregation="none"),
        column(
            "expected",
            sa.Integer,
            "How many of the subject there are; null where that is unknown.",
            nullable=True,
            aggregation="none",
        ),
        column("status", sa.Text, "Whether all are held, or why not.", allowed=COVERAGE),
        column("why", sa.Text, "Explanation of status, in words."),
        column(
            "org_codes",
            sa.Text,
            "Codes of the trusts concerned, separated by semicolons; empty where there are none, or over 100.",
        ),
    ],
    key=["source", "table_name", "edition", "subject"],
    layer=ABOUT,
)

comparability = table(
    "comparability",
    "Which measures and periods may be compared, and why not.",
    [
        column("instrument", sa.Text, "Instrument of the first score: an assessment such as DMA."),
        column("measure", sa.Text, "Measure of the first score; any stands for all."),
        column("period", sa.Text, "Period of the first score; any stands for all."),
        column("with_instrument", sa.Text, "Instrument of the second score."),
        column("with_measure", sa.Text, "Measure of the second score; any stands for all."),
        column("with_period", sa.Text, "Period of the second score; any stands for all."),
        column("comparable", sa.Boolean, "Whether the two scores may be compared."),
        column("why", sa.Text, "Why the two scores may be compared, or why not."),
    ],
    key=["instrument", "measure", "period", "with_instrument", "with_measure", "with_period"],
    layer=ABOUT,
)

caveat = table(
    "caveat",
    "What a reader must know before using a table or a measure. Grain: caveat x table.",
    [
        column("caveat", sa.Text, "Short name of the caveat, as used in data_dictionary."),
        column("source", sa.Text, "Source whose facts the caveat is about."),
        column("table_name", sa.Text, "Table that the caveat is about, or a table derived from it."),
        column("measure", sa.Text, "Measure or column that the caveat is about; empty for the whole table."),
        column("text", sa.Text, "What to know before using the table, in words."),
    ],
    key=["caveat", "table_name"],
    layer=ABOUT,
)

release_change = table(
    "release_change",
    "What changed since the previous release, and why; empty in the first release. Grain: table x row x column; where "
    "more than 1000 values of a table changed, table x column, with their number.",
    [
        column("table_name", sa.Text, "Table that changed. Tables about the data are not compared."),
        column(
            "row_key",
            sa.Text,
            "Values of the key of the row, joined by |; empty where changes are only counted.",
        ),
        column("column_name", sa.Text, "Column that changed; empty for a whole row or table."),
        column(
            "change",
            sa.Text,
            "Whether the row or value was added, removed or changed.",
            allowed=["added", "removed", "changed"],
        ),
        org_code(comment="ODS code of the organisation the row is about.", nullable=True),
        column("old_value", sa.Text, "Value in the previous release; null where it had none.", nullable=True),
        column("new_value", sa.Text, "Value in this release; null where it has none.", nullable=True),
        column("rows", sa.Integer, "How many changes the row stands for.", aggregation="sum"),
        column(
            "why",
            sa.Text,
            "new edition: its source issued one; revised vintage: the publisher replaced the file; organisation "
            "change: the organisation model changed; method change: this project reads or joins data differently.",
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
        column("table_name", sa.Text, "Name of the published table."),
        column("column_name", sa.Text, "Name of the column in its table."),
        column("label", sa.Text, "Name of the column in words."),
        column("position", sa.Integer, "Position in the table, counted from 1.", aggregation="none"),
        column("type", sa.Text, "Type of the values: string, integer, number, boolean or date."),
        column("is_key", sa.Boolean, "Whether the column is part of the key."),
        column("may_be_null", sa.Boolean, "Whether the column may be empty."),
        column("description", sa.Text, "What the column means, in words."),
        column("unit", sa.Text, "Unit of the numbers of the column; null where it has none.", nullable=True),
        column(
            "aggregation",
            sa.Text,
            "How the numbers of the column may be combined; null for a column without numbers.",
            nullable=True,
        ),
        column(
            "allowed_values", sa.Text, "Values the column may hold, separated by semicolons.", nullable=True
        ),
        column(
            "publisher_header",
            sa.Text,
            "The publisher's own header, per source and editions held; null where the publisher has no such column.",
            nullable=True,
        ),
        column("caveats", sa.Text, "Names of caveats to read first, separated by semicolons.", nullable=True),
        column(
            "first_period",
            sa.Text,
            "First day or year with a value in the column; null where its table has no dates.",
            nullable=True,
        ),
        column(
            "last_period",
            sa.Text,
            "Last day or year with a value in the column; null where its table has no dates.",
            nullable=True,
        ),
    ],
    key=["table_name", "column_name"],
    layer=ABOUT,
)
