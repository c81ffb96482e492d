"""What the notebooks beside this file share: the latest release as a database, and the caveats and sources of its tables."""

import os
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import marimo as mo
import pandas as pd

HOME = Path(os.environ.get("DIGITAL_MATURITY_HOME", Path(__file__).parents[1] / "data"))
"""The folder that holds the releases: another one is named by the environment."""
COHORTS = {
    "exemplar": "#003087",
    "fast follower": "#006747",
    "aspirant": "#5b2d86",
    "no known programme": "#768692",
}
"""Cohorts of the digital programmes, each with its colour."""


class Release:
    """The latest release, opened for reading; raises FileNotFoundError where there is none."""

    def __init__(self, home: Path = HOME) -> None:
        self.folder = (home / "releases" / "latest").resolve()
        database = self.folder / "digital_maturity.duckdb"
        if not database.exists():
            raise FileNotFoundError(
                f"Opening the latest release: expected {database}, found nothing; run `make refresh`, or set DIGITAL_MATURITY_HOME."
            )
        self.connection = duckdb.connect(str(database), read_only=True)

    def ask(self, sql: str, *parameters: Any) -> pd.DataFrame:
        """Return the answer to a SELECT."""
        return self.connection.execute(sql, list(parameters)).df()

    def caveat(self, *names: str) -> str:
        """Return some caveats by their names, as a list in Markdown; raise LookupError for a name the release does not have."""
        sql = "select distinct caveat, text from caveat where list_contains(?, caveat)"
        texts = dict(self.connection.execute(sql, [names]).fetchall())
        if missing := set(names) - texts.keys():
            raise LookupError(
                f"Reading caveats: expected {', '.join(sorted(missing))}, found no caveat of that name."
            )
        return "\n".join(f"- {texts[name]}" for name in names)

    def caveats(self, *tables: str) -> dict[str, str]:
        """Return every caveat of some tables in Markdown, under a title that says how many there are."""
        sql = "select distinct text from caveat where list_contains(?, table_name) order by text"
        texts = [text for (text,) in self.connection.execute(sql, [tables]).fetchall()]
        return {
            f"All {len(texts)} caveats of {' and '.join(tables)}": "\n".join(f"- {text}" for text in texts)
        }

    def sources(self, *tables: str) -> pd.DataFrame:
        """Return the sources of some tables: title, publisher, newest edition and licence."""
        return self.ask(
            """
            select distinct title, publisher, newest_edition, licence
            from source_status inner join caveat on source_status.source = caveat.source
            where list_contains(?, table_name) order by title""",
            tables,
        )

    @property
    def citation(self) -> str:
        """How to cite this release."""
        return f"nhs-digital-maturity developers. *Digital maturity of NHS trusts in England*, release {self.folder.name}."


def words(names: pd.Series) -> pd.Series:
    """Return machine names, such as well_led, as words."""
    return names.str.replace("_", " ")


def table(frame: pd.DataFrame) -> mo.ui.table:
    """Return rows to read: the texts whole, without buttons."""
    texts = [name for name in frame.columns if frame[name].dtype == "str"]
    return mo.ui.table(
        frame,
        selection=None,
        pagination=len(frame) > 15,
        page_size=15,
        show_column_summaries=False,
        show_data_types=False,
        show_download=False,
        show_search=False,
        wrapped_columns=texts,
    )


def cohort_colours() -> alt.Color:
    """Return the cohorts as colours of a chart."""
    return alt.Color(
        "cohort:N", title=None, scale=alt.Scale(domain=list(COHORTS), range=list(COHORTS.values()))
    )
