"""`digital-maturity ui`: the Dagster user interface."""

import os
import socket
import sys
from pathlib import Path

from assets.contract.errors import MachineError
from pipelines.commands.command_line import command as declared

PORT = 3000


@declared("ui", "the Dagster user interface on http://127.0.0.1:3000", "digital-maturity ui")
def command() -> int:
    """Become the Dagster user interface."""
    from pipelines.storage.home import Home

    try:
        socket.create_server(("127.0.0.1", PORT)).close()
    except OSError as error:
        raise MachineError(
            f"Starting the user interface: expected port {PORT} to be free, found {error.strerror}; end what uses it and try again."
        ) from error
    Home.default().prepare_dagster()
    root = Path(__file__).resolve().parents[2]
    program = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "-w", str(root / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(PORT)]
    os.execv(program, [program, *arguments])  # noqa: S606 - replaces this process
