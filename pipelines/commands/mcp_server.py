"""`digital-maturity mcp`: the latest release as tools for programs that speak the Model Context Protocol."""

import os
import sys
from contextlib import redirect_stdout

from assets.contract.errors import UsageError
from pipelines.commands.command_line import command as declared
from pipelines.commands.exit_codes import DONE


@declared(
    "mcp",
    "the latest release as read-only tools for a language model, over standard input and output",
    "digital-maturity mcp",
    "digital-maturity mcp --home /srv/digital-maturity",
)
def command() -> int:
    """Serve until standard input ends."""
    try:
        from pipelines.queries.answer_tools import server
    except ModuleNotFoundError as error:
        raise UsageError(
            f'Starting the MCP server: expected the extra `mcp`, found no library {error.name}; install it: pip install -e ".[mcp]".'
        ) from error
    with redirect_stdout(os.fdopen(os.dup(sys.stdout.fileno()), "w")):  # the library closes what it writes to
        server().run()
    return DONE
