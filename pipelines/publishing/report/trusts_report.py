"""A report on a few trusts beside their peers, from a release: one HTML file that opens from disk, prints, and needs no script."""

from importlib.resources import files
from typing import Any

import duckdb
from markupsafe import Markup

from pipelines.publishing.report.answers import Answers, Dot, dot_plot
from pipelines.publishing.report.document import FOLDER, document, environment

MEASURES = (
    *("well_led", "ensure_smart_foundations", "safe_practice", "support_workforce"),
    *("empower_people", "improve_care", "healthy_populations", "overall_comparable"),
)
"""What a plot shows, in its order: the pillars, then the score that may be compared between years."""
TITLE = "Digital maturity beside peers"


def of_trusts(connection: duckdb.DuckDBPyConnection, trusts: list[str], release: str) -> str:
    """Return the report on trusts, named by the codes of today, from a connection to a release."""
    answers = Answers(connection, lambda name: sql_of(name, trusts))
    rows = {
        name: answers.query(name).rows
        for name in ("trusts", "scores", "changes", "earlier", "journey", "caveats")
    }
    current = {row["org_code"]: row["current_org_code"] for row in _today(connection)}
    template = environment().from_string((FOLDER / "trusts.html").read_text("utf-8"))
    body = template.render(
        **{**rows, "changes": [row | {"current": current[row["org_code"]]} for row in rows["changes"]]},
        plots={
            trust: _plots([row for row in rows["scores"] if current[row["org_code"]] == trust])
            for trust in trusts
        },
        release=release,
    )
    return document(Markup(body), answers.asked.values(), TITLE)  # noqa: S704 - our own template, filled with escaped values


def sql_of(name: str, trusts: list[str]) -> str:
    """Return the SQL of a query about trusts, their codes in it, so that it can be asked again as it is."""
    codes = ", ".join(f"'{code}'" for code in sorted(trusts))
    text = (files("pipelines.publishing.report") / "trust_queries" / f"{name}.sql").read_text("utf-8")
    return text.replace("getvariable('trusts')", f"[{codes}]")


def _today(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    found = connection.execute("select org_code, current_org_code from organisation_current_main").fetchall()
    return [{"org_code": code, "current_org_code": today} for code, today in found]


def _plots(scores: list[dict[str, Any]]) -> list[tuple[str, Markup]]:
    """Return a plot for each organisation and care setting assessed: own score beside the middle half of the peers."""
    plots = []
    for org_code, setting in sorted({(row["org_code"], row["care_setting"]) for row in scores}):
        found = {r["measure"]: r for r in scores if (r["org_code"], r["care_setting"]) == (org_code, setting)}
        dots = [
            Dot(
                measure.replace("_", " "),
                float(found[measure]["score"]),
                float(found[measure]["lower_quartile"]),
                float(found[measure]["upper_quartile"]),
                "own",
            )
            for measure in MEASURES
            if measure in found
        ]
        name = next(iter(found.values()))["org_name"]
        title = f"{setting.replace('_', ' ')} care, {name}"
        plots.append((title, dot_plot(dots, (1, 5), [1, 2, 3, 4, 5], title, "score, 1 to 5")))
    return plots
