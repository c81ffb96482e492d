"""What draws the charts: the libraries (Vega, Vega-Lite, Vega-Embed) as one script, and the charts as specifications.

This takes seconds of processor time, blocks the interpreter and gives the same result every time. So another process does
it once for each version, while this one reads files or builds a release.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from assets.contract.errors import MachineError
from pipelines.judging.validator import in_background
from pipelines.storage.atomic_files import read_json, write_atomically
from pipelines.storage.home import Home


@dataclass(frozen=True)
class Drawing:
    """The libraries as a script that a page can contain, and every chart by the name of its table."""

    library: str
    specs: dict[str, Any]


class DrawingError(MachineError):
    """The charts could not be made: no file of a publisher is at fault."""


def begin(home: Home) -> None:
    """Have a worker make the drawing of a home, unless it is there and whole, or being made."""
    path = _path(home)
    if read_json(path) is None:
        _begun(path)


def drawing_of(home: Home) -> Drawing:
    """Wait for the drawing of a home and return it. Raises DrawingError if it could not be made."""
    path = _path(home)
    try:
        found = read_json(path)
        if found is None:
            _begun(path)()
            found = json.loads(path.read_text("utf-8"))
        return Drawing(**found)
    except Exception as error:
        raise DrawingError(
            f"Making the charts of the explorer at {path}: expected altair and vl-convert-python to draw them, "
            f"found {type(error).__name__}: {error}; install both as locked and refresh."
        ) from error
    finally:
        _begun.cache_clear()  # one that failed is made again


@cache
def _begun(path: Path) -> Callable[[], object]:
    """Have a worker make the drawing once; return what waits for it."""
    return in_background(_make, path)


def _path(home: Home) -> Path:
    return home.root / "cache" / f"drawing-{_version()}.json"


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


def _make(path: Path) -> None:
    write_atomically(path, json.dumps(vars(draw())).encode())
