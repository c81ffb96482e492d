"""What is read of the folder of publishers' files, and with what it is compared.

`everything` reads each file that facts of a release come from; `compare_all` compares them with the tables of a
release. Files that the product does not use yet have no reader: `UNREAD` says why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from . import (
    cqc,
    deflator,
    dma,
    dmsa,
    dspt,
    epr,
    epr_group,
    eric,
    events,
    fdp,
    financial_position,
    kh03,
    nof,
    ods,
    spend25k,
    succession,
    tac_compiled,
    transcribed,
)
from .core import Comparison, Expected, Row, compare

DSPT_LISTS = {
    "dspt_progress_2019-06-17.xlsx": date(2019, 6, 17),
    "dspt_search_results_2022-09-09_full.csv.gz": date(2022, 9, 9),
    "dspt_trusts_2023-10-17.csv": date(2023, 10, 17),
}

CQC_LISTS = {f"cqc_trust_ratings_{month}_by_reuser.csv": month for month in ("2018-10", "2019-03")}
ANSWERED = date(2025, 5, 1)
"""A day on which trusts answered the Digital Maturity Assessment of 2025."""

BESIDE = (
    "ods/icb_names_codes_dec_2024.csv",
    *(f"tac/{name}_{year}.json" for name in tac_compiled.FILES for year in ("2022-23", "2023-24")),
)
"""Files that are read beside those the facts come from."""
UNREAD = {
    "MANIFEST.csv": "the list of the files",
    "ods/*.pdf": "the layout of the lists of trusts",
    "ods/ord_organisation_*.json": "samples of an interface that the product does not ask",
    "ods/eccg_*.csv": "commissioners, who are no trusts",
    "dspt/dspt_ccg_*.csv": "commissioners, who are no trusts",
    "dspt/dspt_csu_*.csv": "support units, which are no trusts",
    "dspt/dspt_icb_*.csv": "boards: listed and staged, never a fact about a trust",
    "nof/*_RDY_only.csv": "cuts for one trust of the files that are read",
    "dmsa/question_key_*": "a re-user's table of questions, whose wording is not ours",
    "cqc/rating_score_words_*": "the key of a re-user's scores",
    "tac/*.xlsx": "illustrative workbooks, without amounts of any trust",
    "tac/values_wide_*": "the same values as in the long table",
}
"""Files that no published fact comes from, with the reason."""


@dataclass(frozen=True)
class Reading:
    """The facts expected of one source, and how their rows are found in a release."""

    source: str
    facts: Sequence[Expected]
    by_place: bool = True
    only: Callable[[Row], bool] = lambda row: True


def everything(folder: Path, facts: Path, words: Path) -> Iterable[Reading]:
    """Yield what the second reader expects of every file of a folder of publishers' files and one of gathered facts.

    `words` is the table of words for payments.
    """
    edges = [*succession.transcribed(facts / "trust_succession_2013_2026.csv")]
    yield from _organisations(folder / "ods", edges)
    yield from _lists(folder, edges)
    yield Reading("eric", [*_eric(folder / "eric")])
    book = folder / "deflator/GDP_Deflators_Budget_March_2020_update.xlsx"
    yield Reading("deflator", [*deflator.facts(book, "2020-03")])
    yield Reading("kh03", [*kh03.everything(folder / "kh03")])
    payments = sorted(path for path in (folder / "spend25k").glob("*/*") if path.is_file())
    yield Reading("spend25k", [fact for path in payments for fact in spend25k.facts(path, words)])
    yield Reading("tac", [*tac_compiled.facts(folder / "tac/values_long_2022-23_2023-24_derived.csv")])
    positions = folder / "tac/financial_positions_2010-11_2018-19_by_reuser.csv"
    yield Reading("financial_position", [*financial_position.facts(positions)])
    yield Reading("funding", [*transcribed.funding(facts / "central_digital_funding.csv")])
    yield Reading("gde", [*_programmes(facts)])
    yield Reading("epr_event", [*events.records(facts / "epr_events.csv")])
    yield Reading("emram", [*events.validations(facts / "emram_validations.csv")])
    listed = events.wannacry(facts / "wannacry_acute_trusts.csv")
    yield Reading("cyber_incident", [*events.incidents(facts / "cyber_incidents.csv"), *listed])


def _organisations(folder: Path, edges: Sequence[Expected]) -> Iterable[Reading]:
    yield Reading("ods", [*ods.facts(folder)])
    yield Reading(
        "ods: names",
        [*ods.names(folder)],
        by_place=False,
        only=lambda row: row["kind"] == "official" and "etr" in row["source_url"],
    )
    yield Reading(
        "ods: succession",
        [*succession.extract(folder / "succ_succarc_2022-01_decoded.csv")],
        by_place=False,
        only=lambda row: row["evidence"].startswith("ODS succ and succarc"),
    )
    known = {(edge.key["predecessor_code"], edge.key["successor_code"]) for edge in edges}
    yield Reading(
        "succession since 2013",
        edges,
        by_place=False,
        only=lambda row: (row["predecessor_code"], row["successor_code"]) in known,
    )


def _lists(folder: Path, edges: Iterable[Expected]) -> Iterable[Reading]:
    """Yield the sources whose rows are about trusts that the lists of trusts must know."""
    book = folder / "dma/dma_2024_2025_results_data_file.xlsx"
    boards = ods.boards(folder / "ods/icb_names_codes_dec_2024.csv")
    codes = ods.codes_by_name(folder / "ods", ANSWERED)
    yield Reading("dma", [*dma.facts(book, codes, boards), *dma.places(book, boards)])
    rounds = (("dmsa_2015-16_answers_wide.csv", dmsa.first), ("dmsa_2017_answers_wide.csv", dmsa.second))
    yield Reading("dmsa", [fact for name, read in rounds for fact in read(folder / "dmsa" / name)])
    trusts = {one.code: one for rows in ods.lists(folder / "ods") for one in rows}
    yield Reading("epr", [*epr.facts(folder / "epr/epr_primary_suppliers_20240101.xlsx", trusts)])
    groups = folder / "epr/frontline_digitisation_epr_groups_2023-05-26.csv"
    yield Reading("epr_group", [*epr_group.facts(groups, trusts)])
    live = folder / "fdp/fdp_live_organisations_extracted_2026.csv"
    yield Reading("fdp", [*fdp.facts(live, ods.codes_by_name(folder / "ods", fdp.DAY), boards)])
    yield Reading("nof", [*nof.everything(folder / "nof")])
    known = {one.code for one in ods.newest(folder / "ods").values() if not one.welsh}
    known |= {code for edge in edges for code in edge.key.values()}
    months = [cqc.facts(folder / "cqc" / name, month, known, trusts) for name, month in CQC_LISTS.items()]
    yield Reading("cqc", [fact for found in months for fact in found])
    lists = [dspt.facts(folder / "dspt" / name, day, known, trusts) for name, day in DSPT_LISTS.items()]
    yield Reading("dspt", [fact for found in lists for fact in found])
    pages = sorted((folder / "dspt").glob("dspt_history_*.csv"))
    yield Reading("dspt_history", [fact for path in pages for fact in dspt.history(path, trusts)])


def _programmes(facts: Path) -> Iterable[Expected]:
    """Yield the members of the first register, and those that were added to it."""
    additions = facts / "programme_additions.csv"
    accredited = transcribed.accreditations(facts / "gde_accreditation_epr.csv", additions)
    first = [*transcribed.programmes(facts / "digital_programmes.csv", accredited)]
    held = {(fact.key["programme"], fact.key.get("role", ""), fact.key["org_code"]) for fact in first}
    return [*first, *transcribed.added(additions, held)]


def _eric(folder: Path) -> Iterable[Expected]:
    yield from eric.publisher(folder / "ERIC_201819_TrustData_v4.csv", 2018)
    yield from eric.publisher(folder / "ERIC - 2024_25 - Trust data.csv", 2024)
    yield from eric.compiled(folder / "medical_records_cost_2017-18_to_2023-24_derived.csv")


def compare_all(tables: Mapping[str, Sequence[Row]], readings: Iterable[Reading]) -> Comparison:
    """Compare the tables of a release with every reading."""
    result = Comparison()
    for one in readings:
        result.add(compare(tables, one.facts, source=one.source, by_place=one.by_place, only=one.only))
    return result
