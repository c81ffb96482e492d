"""What the page of a trust holds, and by which names and codes it is found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.contract.notes import NO_ROWS
from assets.tables.current_tables import ENDING
from pipelines.publishing.explorer.grid import Grid, ask, query
from pipelines.publishing.explorer.headlines import Clause, headline
from pipelines.publishing.explorer.row_origins import Origins, apart, key_of


@dataclass(frozen=True)
class Section:
    """A part of a trust's page: the answer to the query `name`, whose first column says to which trust's page a row belongs.

    `table` is the published table it is read from, `sources` feed it, `split` is the column that parts its chart.
    """

    name: str
    title: str
    says: str
    table: str
    sources: tuple[str, ...]
    split: str = ""
    optional: bool = False


STATUS = """
    select source, title, replace(status, '_', ' ') || ': ' || why, publisher from source_status order by source"""
SECTIONS = (
    Section(
        "trust_journey",
        "What is known, in order",
        "Every dated event of the trust and of those that became it, under the code it had then. Each mark is an event, each row "
        "a kind of event. A list says how things were on its day, not since when. Affected through a supplier does not mean "
        "breached. No list is complete, and nothing here says that one event led to another.",
        "digital_journey",
        ("epr_event", "emram", "cyber_incident"),
    ),
    Section(
        "trust_scores",
        "Pillars beside peers",
        "Scores of the newest Digital Maturity Assessment (diamond) beside providers of the same care setting, type and size "
        "(line: lowest to highest, bar: the middle half, mark: median). Trusts score themselves; a place among few peers says little.",
        "peer_group",
        ("dma",),
        split="care_setting",
    ),
    Section(
        "trust_change",
        "The comparable score of both years",
        "The only score of the assessment that may be compared between years, and only where both years have a score of the "
        "same level: of the care setting, or one for several settings.",
        "maturity_change",
        ("dma",),
    ),
    Section(
        "trust_self_assessment",
        "Self-assessments of 2015/16 and 2017",
        "Scores of the earlier Digital Maturity Self-Assessment, 0 to 100, under the name and code of the day. It asked other "
        "questions on another scale: never subtract its scores from those of the later assessment.",
        "maturity_score_current",
        ("dmsa",),
    ),
    Section(
        "trust_programmes",
        "Digital programmes",
        "Also through a trust that it took over. 10 of 25 fast followers and 49 of 59 Digital Aspirants are not held here: a "
        "trust without a row is not known to have been outside the programmes. A part of a split member is not a member.",
        "programme_membership_current",
        ("gde",),
    ),
    Section(
        "trust_candidates",
        "Named for a programme, not known to have joined",
        "Proposed, or withdrawn.",
        "programme_candidate_current",
        ("gde",),
        optional=True,
    ),
    Section(
        "trust_funding",
        "Central money awarded by name",
        "Ceilings (up to) are not receipts and are never added up.",
        "digital_funding_current",
        ("funding",),
    ),
    Section(
        "trust_epr",
        "Electronic patient record",
        "Primary supplier, as NHS England answered a request.",
        "epr_supplier_current",
        ("epr",),
    ),
    Section(
        "trust_group",
        "Group in the Frontline Digitisation programme",
        "From management information of May 2023: 0 without a record system to 3 with one that has the core capabilities.",
        "epr_group_current",
        ("epr_group",),
    ),
    Section(
        "trust_platform",
        "Federated Data Platform",
        "Lists of who was live. The page is overwritten each quarter; a trust that is not on a list is not known to be without.",
        "fdp_status_current",
        ("fdp",),
    ),
    Section(
        "trust_spend",
        "IT capital by year",
        "Capital only, from the audited accounts, added up over those that became this trust: running costs, cloud, "
        "subscriptions and staff are not included, so that moving to services looks like spending less. Narrow: additions of IT "
        "equipment, software and leased IT. Broad: also assets under construction, from which IT cannot be separated.",
        "it_spend_current",
        ("tac",),
    ),
    Section(
        "trust_records",
        "Cost of medical records by year",
        "As trusts return it with their estates, added up over those that became this trust, in the prices of each year.",
        "medical_records_cost_current",
        ("eric",),
    ),
    Section(
        "trust_security",
        "Data security and protection",
        "Status in each list held, under the name and code of the day.",
        "dspt_status_current",
        ("dspt",),
    ),
    Section(
        "trust_security_history",
        "Data security and protection, as published since 2018/19",
        "Every status that the trust published, a baseline within each year included. For most trusts no page is held.",
        "dspt_history_current",
        ("dspt_history",),
        optional=True,
    ),
    Section(
        "trust_quality",
        "Data quality (DQMI) by month",
        "Over all data sets, 0 to 100: context.",
        "dqmi_score_current",
        ("dqmi",),
    ),
    Section(
        "trust_oversight",
        "Oversight segment by quarter",
        "Context, not an outcome of digital maturity.",
        "oversight_segment_current",
        ("nof",),
    ),
    Section(
        "trust_ratings",
        "Ratings of the Care Quality Commission",
        "Of the trust as a whole: context, not an outcome of digital maturity.",
        "cqc_rating_current",
        ("cqc",),
    ),
    Section(
        "trust_names",
        "Names and predecessors",
        "Every name of it and of those that became it, with the days known.",
        "organisation_name",
        ("ods",),
    ),
)


def trusts(connection: duckdb.DuckDBPyConnection, origins: Origins) -> dict[str, Any]:
    """Return everything the pages of trusts are made of, as JSON takes it."""
    every, read_from, _ = apart(ask(connection, "trusts"))
    return {
        "trusts": every.rows,
        "listed": [origins.of(read) for read in read_from],
        "headlines": _headlines(connection, {row[0]: str(row[1]) for row in every.rows}),
        "names": ask(connection, "names").rows,
        "ways": ask(connection, "ways").rows,
        "absences": ask(connection, "absences").rows,
        "sections": [_section(connection, section, origins) for section in SECTIONS],
        "status": {source: about for source, *about in connection.execute(STATUS).fetchall()},
    }


def _headlines(connection: duckdb.DuckDBPyConnection, names: Mapping[Any, str]) -> dict[str, list[Clause]]:
    """Return the headline of every trust of today by its code."""
    found = connection.execute(query("headlines"))
    columns = [column[0] for column in found.description or []]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return {row["org_code"]: headline(names[row["org_code"]], row) for row in rows}


def _section(connection: duckdb.DuckDBPyConnection, section: Section, origins: Origins) -> dict[str, Any]:
    """Return a section with its rows, where each was read, and the places of its key among the columns.

    The first `shown` columns are shown; the others complete the key.
    """
    plain, read_from, others = apart(ask(connection, section.name))
    columns = (*plain.columns, *others.columns)
    rows = tuple((*row, *rest) for row, rest in zip(plain.rows, others.rows, strict=True))
    names = ["current_org_code", *(column.name for column in columns[1:])]
    return {
        **vars(section),
        "says": " ".join((*_not_held(connection, section), section.says)),
        **Grid(section.name, columns, rows).packed(),
        "shown": len(plain.columns),
        "key": [names.index(name) for name in key_of(section.table)],
        "origins": [origins.of(read) for read in read_from],
        "caveats": list(_caveats(connection, section)),
    }


def _not_held(connection: duckdb.DuckDBPyConnection, section: Section) -> Iterator[str]:
    """Yield why the table of a section is empty, where its source says so although it holds files."""
    sql = "select distinct why from coverage where subject = ? and table_name = ? and list_contains(?, source) order by why"
    table = section.table.removesuffix(ENDING)
    yield from (
        f"{why.rstrip('.')}."
        for (why,) in connection.execute(sql, [NO_ROWS, table, list(section.sources)]).fetchall()
    )


def _caveats(connection: duckdb.DuckDBPyConnection, section: Section) -> Iterator[str]:
    """Yield what to know about a section: the caveats of its table from the sources that feed it."""
    sql = "select distinct text from caveat where table_name = ? and list_contains(?, source) order by text"
    yield from (
        text for (text,) in connection.execute(sql, [section.table, list(section.sources)]).fetchall()
    )
