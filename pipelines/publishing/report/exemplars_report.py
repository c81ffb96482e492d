"""The report of a release on exemplars then and now: one HTML file that opens from disk, prints, and needs no script."""

from collections.abc import Callable, Mapping

import duckdb
import pyarrow as pa
from markupsafe import Markup

from pipelines.publishing.explorer.grid import connect
from pipelines.publishing.report.answers import Answer, Answers, Dot, LackingError, Row, dot_plot, shown
from pipelines.publishing.report.document import FOLDER, document, environment

TITLE = "Exemplars then and now"
COHORTS = {
    "exemplar": "exemplars",
    "fast_follower": "fast followers",
    "aspirant": "digital aspirants",
    "no_known_programme": "no known programme",
}


def page(tables: Mapping[str, pa.Table], version: str) -> str:
    """Return the report of the tables of a release, as HTML; `version` names what they were made of.

    Where the release does not hold what the report is about, the page says so.
    """
    with connect(tables) as connection:
        try:
            return from_connection(connection, version)
        except (LackingError, duckdb.CatalogException, duckdb.BinderException, KeyError) as error:
            # a report must not stop the release that it is about
            return document(
                Markup("<h1>{}</h1><p>There is no report on this release. {}</p>").format(TITLE, str(error)),
                (),
                TITLE,
            )


def from_connection(connection: duckdb.DuckDBPyConnection, version: str) -> str:
    """Return the report from a connection to the tables of a release. Raises LackingError."""
    answers = Answers(connection, sql_of)
    figures = {name: draw(answers) for name, draw in FIGURES.items()}
    body = (
        environment()
        .from_string((FOLDER / "exemplars.html").read_text("utf-8"))
        .render(
            cohorts=COHORTS,
            n=answers.number,
            between=answers.between,
            holds=answers.holds,
            names=answers.names,
            rows=answers.query,
            figures=figures,
            version=version,
            day=_list_of_trusts(connection),
        )
    )
    return document(Markup(body), answers.asked.values(), TITLE)  # noqa: S704 - our own template, filled with escaped values


def sql_of(name: str) -> str:
    """Return the SQL of a query of the report."""
    return (FOLDER / "queries" / f"{name}.sql").read_text("utf-8")


def _list_of_trusts(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the day of the list of trusts."""
    found = connection.execute("select max(as_of_date) from organisation").fetchone()
    return str(found[0]) if found else ""


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _dots(answer: Answer, label: str, value: str, *, ends: str = "") -> list[Dot]:
    """Return a dot for each row of an answer that has the value."""
    return [
        Dot(
            shown(row[label]),
            float(str(row[value])),
            _number(row.get(f"{ends}_lower")),
            _number(row.get(f"{ends}_upper")),
            row["cohort"].replace("_", "-"),
        )
        for row in answer.rows
        if row[value] is not None
    ]


def _of_cohorts(answer: Answer, value: str, ends: str, detail: Callable[[Row], str]) -> list[Dot]:
    """Return a dot for each row of an answer about cohorts, labelled with the cohort and a detail."""
    return [
        Dot(
            f"{COHORTS[row['cohort']]}, {detail(row)}",
            float(row[value]),
            _number(row[f"{ends}_lower"]),
            _number(row[f"{ends}_upper"]),
            row["cohort"].replace("_", "-"),
        )
        for row in answer.rows
    ]


def _start(answers: Answers) -> Markup:
    dots = _of_cohorts(answers.query("start"), "mean_score", "mean", lambda row: str(row["period"]))
    return dot_plot(
        dots, (30, 90), [30, 40, 50, 60, 70, 80, 90], "Capabilities of acute trusts",
        "mean score, 0 to 100, with 95 % interval",
    )  # fmt: skip


def _change(answers: Answers) -> Markup:
    def measured(row: Row) -> str:
        return "common sections" if "common" in row["measure"] else "as published"

    dots = _of_cohorts(answers.query("change"), "mean_change", "change", measured)
    return dot_plot(
        dots, (0, 20), [0, 5, 10, 15, 20], "Change of capabilities from 2015/16 to 2017",
        "points of 100, with 95 % interval",
    )  # fmt: skip


def _difference(answers: Answers) -> Markup:
    dots = [
        Dot(
            row["way"],
            float(row["difference"]),
            _number(row["difference_lower"]),
            _number(row["difference_upper"]),
            widest=(float(row["permutation_lower"]), float(row["permutation_upper"])),
        )
        for row in answers.query("difference").rows
    ]
    return dot_plot(
        dots, (-12, 12), [-10, -5, 0, 5, 10], "Exemplars compared with all other acute trusts",
        "points by which exemplars rose more (right) or less (left)",
    )  # fmt: skip


def _today(answers: Answers) -> Markup:
    dots = _dots(answers.query("today"), "assessed", "mean_score", ends="mean")
    return dot_plot(
        dots, (1.5, 3.5), [1.5, 2, 2.5, 3, 3.5], "Comparable DMA score by care setting and cohort",
        "mean score, 1 to 5 (drawn from 1.5 to 3.5), with 95 % interval",
    )  # fmt: skip


def _place(answers: Answers) -> Markup:
    dots = _dots(answers.query("place"), "assessed", "pct_scored_lower")
    return dot_plot(
        dots, (0, 100), [0, 25, 50, 75, 100], "Where the cohorts stood among the acute trusts that both instruments assessed",
        "percent of these trusts that scored lower, mean of the cohort",
    )  # fmt: skip


def _systems(answers: Answers) -> Markup:
    dots = _dots(answers.query("systems"), "assessed", "pct_with_epr")
    return dot_plot(
        dots, (0, 100), [0, 25, 50, 75, 100], "Trusts with an electronic patient record", "percent of trusts, 1 October 2024"
    )  # fmt: skip


FIGURES = {
    "start": _start,
    "change": _change,
    "difference": _difference,
    "today": _today,
    "place": _place,
    "systems": _systems,
}
