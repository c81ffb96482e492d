"""What draws the charts: the libraries (Vega, Vega-Lite, Vega-Embed) as one script, and the charts as specifications.

This takes seconds of processor time, blocks the interpreter and gives the same result every time. So a process of its own
(`python -m pipelines.publishing.explorer.drawing PATH`) does it once for each version, while a release is built.
"""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipelines.storage.atomic_files import write_atomically
from pipelines.storage.home import Home

PATIENCE = 120
"""Seconds after which the process has failed."""


@dataclass(frozen=True)
class Drawing:
    """The libraries as a script that a page can contain, and every chart by the name of its table."""

    library: str
    specs: dict[str, Any]


class Draughtsman:
    """Makes the drawing of a home in the background, unless it is already there."""

    def __init__(self, home: Home) -> None:
        self.path = home.root / "cache" / f"drawing-{_version()}.json"
        command = [sys.executable, "-m", "pipelines.publishing.explorer.drawing", str(self.path)]
        self.process = None
        if not self.path.exists():
            self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own module

    def drawing(self) -> Drawing:
        """Wait for the drawing and return it. Raises RuntimeError if it could not be made."""
        errors = self._errors()
        if not self.path.exists():
            raise RuntimeError(
                f"Making the charts of the explorer at {self.path}: expected the libraries and the charts, "
                f"found {errors or 'nothing'}; install altair and vl-convert-python as locked and refresh."
            )
        return Drawing(**json.loads(self.path.read_text("utf-8")))

    def _errors(self) -> str:
        """Wait for the process and return the end of its error output."""
        if self.process is None:
            return ""
        try:
            return self.process.communicate(timeout=PATIENCE)[1].strip()[-300:]
        except subprocess.TimeoutExpired:
            self.close()
            return f"no answer in {PATIENCE} s"

    def close(self) -> None:
        """Stop the process if it still runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            self.process.communicate()


def _version() -> str:
    """Name everything the drawing is made of."""
    digest = hashlib.sha256(f"{version('altair')} {version('vl-convert-python')}".encode())
    for name in ("charts.py", "drawing.py", "palette.py"):
        digest.update((files("pipelines.publishing.explorer") / name).read_bytes())
    return digest.hexdigest()[:16]


def draw() -> Drawing:
    """Return the drawing, made now: about four seconds."""
    import vl_convert

    from pipelines.publishing.explorer import charts

    library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return Drawing(library.replace("</script", "<\\/script"), charts.specs())


if __name__ == "__main__":
    write_atomically(Path(sys.argv[1]), json.dumps(vars(draw())).encode())
