"""`digital-maturity ui`: the Dagster user interface."""

import os
import sys
from pathlib import Path

from pipelines.commands.command_line import command as declared


@declared("ui", "the Dagster user interface on http://127.0.0.1:3000", "digital-maturity ui")
def command() -> int:
    """Become the Dagster user interface."""
    from pipelines.storage.home import Home

    Home.default().prepare_dagster()
    root = Path(__file__).resolve().parents[2]
    program = str(Path(sys.executable).with_name("dagster"))
    os.execv(program, [program, "dev", "-w", str(root / "workspace.yaml"), "-h", "127.0.0.1", "-p", "3000"])  # noqa: S606 - replaces this process
