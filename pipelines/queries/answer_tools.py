"""The answers of `cited_answers` as tools of the Model Context Protocol. Importing it needs the extra `mcp`."""

import json
from collections.abc import Callable
from typing import Any

from mcp.server.fastmcp import FastMCP
from mcp.server.fastmcp.exceptions import ToolError
from mcp.types import TextContent, ToolAnnotations

from assets.contract.errors import DigitalMaturityError, UsageError
from pipelines.queries import cited_answers

ABOUT = """\
Public, trust-level facts about digital maturity in the English NHS, read-only, from the latest release. Every answer carries the caveats
and the sources of the tables it read: repeat those that matter, and name publisher and edition. A blank is not a zero: the table coverage
says what is missing and why. Answer from these tables only, and say so where they hold no answer. list_tables begins with rules that hold
for every question."""
TOOLS: dict[Callable[..., Any], str] = {
    cited_answers.list_tables: "The tables of the release, with purpose, grain and number of rows. Start here.",
    cited_answers.describe_table: "The columns of one table: meaning, unit, allowed values, and how its numbers may be combined. "
    "Call it before a query that uses the table.",
    cited_answers.query: "The rows of one SELECT in DuckDB's SQL; nothing can be written. Aggregate in SQL, not by hand, and only as "
    "describe_table says a column may be combined.",
    cited_answers.resolve: "The ODS codes of names or codes of NHS trusts, former ones too, and the organisation of today. Use it before "
    "filtering by a trust. Never guess where it gives candidates only: ask.",
    cited_answers.explain: "Where a row came from: file, sheet, row, checks and caveats; the key is the values of the table's key joined by |. "
    "With the table `organisation` and a code: names, mergers, programmes and awards.",
}
"""The tools, each with its description."""


class AnswerServer(FastMCP):
    """A server that returns the product's own error messages, and texts as short as JSON allows."""

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """Return the answer of a tool as structure and as text; raise the product's own error as it is.

        An argument that the tool does not have is refused: the library would leave it out silently.
        """
        taken = {tool.name: tool.inputSchema["properties"] for tool in await self.list_tools()}
        if unknown := sorted(arguments.keys() - taken.get(name, arguments).keys()):
            raise UsageError(
                f"Calling {name}: expected {', '.join(taken[name]) or 'no argument'}, found also {', '.join(unknown)}; leave that out."
            )
        try:
            answered: Any = await super().call_tool(name, arguments)
        except ToolError as error:
            if isinstance(error.__cause__, DigitalMaturityError):
                raise error.__cause__ from None
            raise
        _, structure = answered
        return [TextContent(type="text", text=json.dumps(structure, ensure_ascii=False))], structure


def server() -> AnswerServer:
    """Return the server of the latest release; raise QueryError where there is none.

    The description of `query` ends with what holds for every question, in the words of the release.
    """
    made = AnswerServer("digital-maturity", instructions=ABOUT, log_level="WARNING")
    rules = cited_answers.rules()
    for tool, summary in TOOLS.items():
        made.add_tool(
            tool,
            description="\n- ".join([summary, *(rules if tool is cited_answers.query else [])]),
            annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False),
            structured_output=True,
        )
    return made
