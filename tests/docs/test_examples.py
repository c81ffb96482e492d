"""The notebooks in `examples` run on a release, show something, and say no number and no cause that the release does not hold."""

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from releases import offline_home

from pipelines.storage.home import VARIABLE

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "latest_release")
OWN = re.compile(r"`RM3`|\b20[12]\d(/\d\d)?\b|\b[01] to (5|100)\b|\b(2\.5|95) %")
"""The numbers that a text may hold by itself: years, scales, a code, and the two conventions of the tables."""
CAUSE = re.compile(
    r"\b(caus|effect|impact|because|due to|led to|leads to|result(s|ed) in|thanks to|improv|help(s|ed)\b|works?\b)",
    re.IGNORECASE,
)


def texts(notebook: str) -> list[str]:
    """Return the texts that a notebook shows as Markdown, without what it puts into them."""
    calls = [
        one
        for one in ast.walk(ast.parse((EXAMPLES / f"{notebook}.py").read_text("utf-8")))
        if isinstance(one, ast.Call)
    ]
    shown = [one.args[0] for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "md"]
    parts = [part for one in shown for part in (one.values if isinstance(one, ast.JoinedStr) else [one])]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def run(notebook: str) -> tuple[list[Any], dict[str, Any]]:
    """Run a notebook from top to bottom; return its outputs and what it defines."""
    spec = importlib.util.spec_from_file_location(notebook, EXAMPLES / f"{notebook}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outputs, defined = module.app.run()
    return list(outputs), dict(defined)


def test_there_are_three() -> None:
    assert NOTEBOOKS == ["exemplars_then_and_now", "first_look", "my_trust_against_peers"]


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_shows_rows_charts_caveats_and_how_to_cite(
    notebook: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = offline_home(tmp_path_factory.getbasetemp())
    monkeypatch.setenv(VARIABLE, str(home.root))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    outputs, defined = run(notebook)
    defined["release"].connection.close()
    frames = {name: one for name, one in defined.items() if isinstance(one, pd.DataFrame)}
    charts = [one for one in defined.values() if isinstance(one, alt.TopLevelMixin)]
    assert len(frames) >= 2
    assert not [name for name, one in frames.items() if one.empty]
    assert charts
    assert all(chart.to_dict()["datasets"] for chart in charts)
    page = " ".join(one.text for one in outputs if hasattr(one, "text"))
    assert "marimo-callout" in page
    assert f"release {home.latest.resolve().name}" in page


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_number_and_no_cause_stands_in_the_text_of_a_notebook(notebook: str) -> None:
    assert texts(notebook)
    assert not [text for text in texts(notebook) if re.search(r"\d", OWN.sub("", text))]
    assert not [text for text in texts(notebook) if CAUSE.search(text)]
