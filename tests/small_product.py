"""The product made small, for `small_world_server`: a catalogue of one source and nine tables.

What is the product's own: archive, staging, parsing, audit, warehouse, every writer but those of the workbook, the
explorer and the report, the pointer, the comparison with the release before. Importing this replaces what is slow, for the whole
process: the parser and the one check run where the refresh does, without Great Expectations.
"""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import sqlalchemy as sa
from small_world import Request
from tiny_source import Tiny

from assets.catalogue import Catalogue
from assets.contract.columns import METADATA, SHA256, column, org_code, table
from assets.tables.facts import FACTS
from pipelines.fetching.client import Download, FetchError
from pipelines.integration import audit, build_tables, frames, metadata_tables
from pipelines.integration.build_tables import Made
from pipelines.judging import file_verdicts, parser_process
from pipelines.judging.expectation_results import CheckResult
from pipelines.orchestration import refresh_steps
from pipelines.publishing import copies, release
from pipelines.publishing.explorer import drawing
from pipelines.storage import code_version, retention
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

NAMES = (
    "tiny_score",
    "source_status",
    "source_file",
    "rejected_row",
    "unmatched_organisation",
    "caveat",
    "check_result",
    "data_dictionary",
    "release_change",
)
"""The tables that are published."""
SCORES = table(
    "tiny_score",
    "Artificial.",
    [
        org_code(),
        column("score", sa.Double, "Artificial.", unit="points", aggregation="none"),
        column("source", sa.Text, "Artificial."),
        column("edition", sa.Text, "Artificial."),
        column("source_file_sha256", sa.Text, "Artificial.", pattern=SHA256),
    ],
    key=["org_code", "edition"],
    layer=FACTS,
)
TINY = replace(Tiny(Path(os.devnull)).source, facts=lambda rows: {"tiny_score": rows})
SMALL = Catalogue({"tiny": TINY}, {name: METADATA.tables[name] for name in NAMES})


def _facts(staged: Any, organisations: Any, names: Any) -> dict[str, Made]:
    del organisations
    rows = staged["tiny"].rows.assign(source="tiny")[list(SCORES.columns.keys())]
    return {name: Made({"tiny_score": rows}[name]) for name in names}


def _about(staged: Any, *_: Any) -> dict[str, pd.DataFrame]:
    about = {name: f for name, f in metadata_tables.tables_about(staged).items() if name in NAMES}
    return {"unmatched_organisation": frames.frame("unmatched_organisation", []), **about}


def _checked(path: Path, rules: Any, *, key: Any) -> Callable[[], Any]:
    del key
    codes = read_parquet(path)["org_code"].to_pylist() if rules else []
    unique = len(codes) == len(set(codes))
    found = (unique, "passed" if unique else "failed", f"{len(codes)} codes", (), "Artificial.")
    return lambda: [CheckResult(rule.check, rule.type, "ERROR", *found) for rule in rules]


def _parsed(job: Any, limits: Any) -> Any:
    answer = parser_process._found(job, limits)
    if isinstance(answer, str):
        raise parser_process.UnreadError(answer)
    return answer


def _at_once(call: Callable[..., Any], *given: Any) -> Any:
    return SimpleNamespace(result=lambda: call(*given))


def _page(shown: Any, drawn: Any, version: str, before: Any) -> str:
    del drawn, before
    return f"<!doctype html><title>{version}</title>{len(shown)} tables\n"


build_tables.facts = _facts  # type: ignore[assignment]
build_tables.about = _about  # type: ignore[assignment]
parser_process._in_child = _parsed
parser_process._turns = lambda: SimpleNamespace(submit=_at_once)  # type: ignore[assignment, return-value]
file_verdicts.submit = audit.submit = _checked  # type: ignore[assignment]
file_verdicts.frozen_editions = lambda name: ()  # type: ignore[assignment]
release.page = _page
release.exemplars_report.page = lambda shown, version: _page(shown, None, version, None)
drawing.begin = drawing.drawing_of = lambda home: None  # type: ignore[assignment, return-value]
copies.write_workbook = lambda _, tables, path, title: path.write_text(  # type: ignore[assignment]
    f"{title}: {len(tables)} tables\n"
)
release.meanwhile = lambda call, *given, **_: nullcontext(call(*given))  # type: ignore[assignment]
refresh_steps.validator.start = lambda: None
refresh_steps.postgres.serve = lambda *_: ""


def refresh_once(request: Request) -> str:
    """Refresh as the main job does, with what the request says for publisher, clock and code; return the outcome."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(request.clock).astimezone(tz)

    class Publisher:
        def fetch(self, url: str, *_: Any, **__: Any) -> Download:
            if request.answer is None:
                raise FetchError(f"Fetching {url}: nobody answered; try again later")
            return Download(
                request.answer.encode(), not_modified=False, etag="", last_modified="", hops=(url,)
            )

    refresh_steps.datetime = release.datetime = Clock  # type: ignore[attr-defined, misc]
    code_version.of_release = lambda: request.code  # type: ignore[assignment]
    home, sources = Home(Path(request.home)), SMALL.sources
    refresh_steps.archive(sources, sources, home, Publisher, offline=False)  # type: ignore[arg-type]
    outcome = refresh_steps.publish(SMALL, home).outcome
    for removal in retention.removals(home, request.keep or None):
        retention.remove(home, removal)
    return outcome
