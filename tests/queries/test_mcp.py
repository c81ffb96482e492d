"""`digital-maturity mcp`: a client gets answers with their caveats and sources, sentences for errors, and the newest release."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent
from releases import DATABASE, ask, offline_home

from pipelines.cli import main
from pipelines.queries import cited_answers
from pipelines.queries.opened_release import opened
from pipelines.storage.home import VARIABLE, Home

ROOT = Path(__file__).parents[2]
Call = Callable[..., Awaitable[CallToolResult]]


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home that holds the database of the shared release as its own, made the default."""
    shared = offline_home(tmp_path_factory.getbasetemp())
    (tmp_path / "releases").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return publish(Home(tmp_path), shared.latest / DATABASE, "20260101T060000Z")


def publish(home: Home, database: Path, name: str) -> Home:
    folder = home.releases / name
    folder.mkdir()
    shutil.copyfile(database, folder / DATABASE)
    home.latest.unlink(missing_ok=True)
    home.latest.symlink_to(name)
    return home


def served(home: Home, conversation: Callable[[ClientSession, Call], Awaitable[None]]) -> None:
    """Start the server as a client does, and have a conversation with it."""
    environment = {"PYTHONPATH": str(ROOT)}
    arguments = ["-m", "pipelines.cli", "--home", str(home.root), "mcp"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environment)

    async def talk() -> None:
        async with stdio_client(server) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await conversation(session, lambda tool, **asked: session.call_tool(tool, asked))

    asyncio.run(asyncio.wait_for(talk(), 60))


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def found(result: CallToolResult) -> dict[str, Any]:
    assert not result.isError, text(result)
    assert result.structuredContent is not None
    return result.structuredContent


def refused(result: CallToolResult) -> str:
    assert result.isError
    return text(result)


def caveats(answer: dict[str, Any]) -> set[str]:
    return {one["text"] for one in answer["caveats"]}


def recorded(home: Home, table: str) -> set[str]:
    return {one for (one,) in ask(home.latest, f"select text from caveat where table_name = '{table}'")}


def test_a_client_gets_answers_with_caveats_and_sources_and_sentences_for_errors(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    async def conversation(session: ClientSession, call: Call) -> None:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert list(tools) == ["list_tables", "describe_table", "query", "resolve", "explain"]
        assert all(tool.annotations and tool.annotations.readOnlyHint for tool in tools.values())
        assert all(tool.outputSchema for tool in tools.values())
        for rule in (
            "DMSA with DMA",
            "Amounts up to a ceiling",
            "never average settings",
            "Trusts score themselves",
        ):
            assert rule in str(tools["query"].description)

        # A score: what it is, what must be known, and who published it.
        scores = "select score from maturity_score where org_code = 'RM3' and care_setting = 'acute' and period = '2025' and measure = 'well_led'"
        answer = found(
            await call("query", sql=f"with scores as ({scores}) select max(score) as highest from scores")
        )
        assert (answer["columns"], answer["rows"], answer["cut"]) == (["highest"], [[2.5]], "")
        assert answer["tables"] == ["maturity_score"]
        assert caveats(answer) == recorded(home, "maturity_score")
        sources = {one["source"]: one for one in answer["sources"]}
        dma = sources["dma"]
        assert (dma["publisher"], dma["licence"], dma["editions"]) == ("NHS England", "OGL-UK-3.0", "2025")

        # A mart has the caveats of the facts it is made from, beside those of the other table.
        joined = "select count(*) from trust_profile join digital_funding using (org_code)"
        answer = found(await call("query", sql=joined))
        assert caveats(answer) == recorded(home, "trust_profile") | recorded(home, "digital_funding")
        assert {"dma", "epr", "funding", "ods"} <= {one["source"] for one in answer["sources"]}

        # More rows than a model should read.
        answer = found(
            await call("query", sql="select org_code from organisation_name order by position, org_code")
        )
        rows = ask(home.latest, "select count(*) from organisation_name")[0][0]
        assert len(answer["rows"]) == cited_answers.ROWS < rows
        assert answer["cut"].startswith(f"These are the first {cited_answers.ROWS} of {rows} rows")

        # Where a number is from, who a trust is, and what a column means.
        answer = found(await call("explain", table="maturity_score", key="DMA|RM3|acute|2025|well_led"))
        assert "sheet      SC - 2025 Pillar Summary\n  row        104" in answer["text"]
        assert caveats(answer) == recorded(home, "maturity_score")
        answer = found(
            await call("resolve", names=["SALFORD ROYAL NHS FOUNDATION TRUST", "Bristol"], on="2019-01-01")
        )
        assert [(one["org_code"], one["current_org_code"]) for one in answer["matches"]] == [
            ("RM3", "RM3"),
            ("", ""),
        ]
        assert answer["matches"][1]["candidates"]
        answer = found(await call("describe_table", table="digital_funding"))
        (amount,) = (one for one in answer["columns"] if one["name"] == "amount_gbp")
        assert amount["aggregation"] == "sum where may_be_summed"

        # Errors are the sentences of the command line.
        for sql, part in (
            ("delete from caveat", "expected one SELECT"),
            ("select * from maturty_score", "did you mean maturity_score"),
            ("select * from read_text('/etc/passwd')", "disabled"),
        ):
            sentence = refused(await call("query", sql=sql))
            assert part in sentence
            assert main(["query", sql]) == 1
            assert capsys.readouterr().err == f"digital-maturity: {sentence}\n"
        assert "expected sql, found also x; leave" in refused(await call("query", sql="select 1", x=2))
        hidden = "from json_execute_serialized_sql(json_serialize_sql('from caveat'))"
        assert "write that SELECT itself" in refused(await call("query", sql=hidden))
        unknown = refused(await call("describe_table", table="trust_profiles"))
        assert unknown.startswith("Describing 'trust_profiles': expected a table of the release")
        assert "did you mean trust_profile?" in unknown

        # A release published meanwhile answers the next question.
        publish(home, home.latest / DATABASE, "20260202T060000Z")
        with duckdb.connect(str(home.latest / DATABASE)) as connection:
            connection.execute("delete from caveat where not contains(caveat, 'self_assessed')")
        answer = found(await call("query", sql=scores))
        assert answer["release"] == "20260202T060000Z"
        assert caveats(answer) == recorded(home, "maturity_score")
        assert len(caveats(answer)) == 2

    served(home, conversation)


def test_every_table_of_facts_names_its_sources_and_its_number_of_rows(home: Home) -> None:
    listed = {one.name: one.rows for one in cited_answers.list_tables().tables}
    counted = {name: ask(home.latest, f'select count(*) from "{name}"')[0][0] for name in listed}
    assert listed == counted
    about = {"caveat", "check_result", "comparability", "coverage", "data_dictionary", "rejected_row", "release_change",
             "source_file", "source_status", "unmatched_organisation"}  # fmt: skip
    with opened(cited_answers.database()) as release:
        without = {name for name in listed if not cited_answers._sources(release, [name])}
    assert without == about


def test_the_rows_of_an_answer_are_bounded_in_characters(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cited_answers, "SIZE", 100)
    answer = cited_answers.query("select repeat('x', 40) as x from range(5)")
    assert (answer.rows, answer.cut[:32]) == ([["x" * 40]] * 2, "These are the first 2 of 5 rows;")
    with pytest.raises(
        cited_answers.QueryError, match="expected rows of up to 100 characters, found a longer"
    ):
        cited_answers.query("select repeat('x', 101)")


def test_values_are_what_json_can_hold(home: Home) -> None:
    sql = "select null, true, 'inf'::double, date '2020-01-31', 1.50::decimal(4, 2), [1.5, 'nan'::double], {'a': [1]}"
    (row,) = cited_answers.query(sql).rows
    assert row == [None, True, None, "2020-01-31", 1.5, [1.5, None], {"a": [1]}]


def test_without_the_extra_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "pipelines.queries.answer_tools", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server.fastmcp", None)
    assert main(["mcp"]) == 2
    error = capsys.readouterr().err
    assert "expected the extra `mcp`" in error
    assert 'pip install -e ".[mcp]"' in error
    assert error.count("\n") == 1
