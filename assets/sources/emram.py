"""Validations on the scale of HIMSS for electronic records (EMRAM), as reported by the press.

HIMSS, which validates hospitals, publishes no list of them for England. A register transcribed from articles holds what
they report: often a hospital, not its trust, and only those that wanted to be known.
"""

from typing import Any

import pandas as pd

from assets.contract import expectations, guards, prose, row
from assets.contract.parsed import Parsed
from assets.contract.source import Facts, transcribed
from assets.reading import registers
from assets.reading.rows import csv_rows
from assets.reading.structure import Record

PROSE = prose.beside(__file__)
MODELS = {"emram": "EMRAM"}

ROW = row.Row(
    row.org_code("ods_code"),
    row.org_name("hospital_or_trust"),
    row.word("model", "model", MODELS),
    row.whole("stage", "stage", "stage 0 to 7", (0, 7)),
    *registers.FIELDS,
    row.text("note", "note", missing=""),
    prose=PROSE,
)
TABLE = ROW.staged("emram", own_headers=True)

emram_validation = ROW.fact(
    "emram_validation",
    ("model", "stage", *registers.PUBLISHED, "note"),
    key=["org_code", "model", "stage", "org_name_as_published", "edition"],
)


def _validation(record: Record) -> dict[str, Any]:
    return {**registers.dated(record), "evidence_grade": registers.graded(record.text("source_url"))}


def parse(content: bytes, edition: str) -> Parsed:  # noqa: ARG001 - every edition has the same layout
    """Read the register: a row per validation. Raises StructureError."""
    return csv_rows(ROW, content, _validation, more=registers.HEADERS)


def facts(frame: pd.DataFrame) -> Facts:
    """Map staged rows to `emram_validation`."""
    return {"emram_validation": registers.on_their_days(frame)}


VALIDATION = ("org_code_as_published", "org_name_as_published", "model", "stage")
SOURCE = transcribed(
    "emram",
    PROSE,
    table=TABLE,
    parse=parse,
    facts=facts,
    absent={"emram_validation": PROSE["absent"]},
    once=VALIDATION,
    expectations=(
        expectations.row_count("as_many_validations_as_the_register_holds", (5, 300)),
        expectations.unique("a_stage_is_validated_once", VALIDATION),
        expectations.TRUST_CODES,
        expectations.ADDRESSES,
        expectations.values("high_stages_make_news", "stage", (5, 7), severity="WARN"),
    ),
    guards=(*guards.usual("confidence", words=0.5, by=("model", "stage")), guards.nobody_gone()),
)
