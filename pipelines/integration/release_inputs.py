"""What a release depends on besides its files: a digest of the code, and one of the files in use with it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from pipelines.staging.staged_tables import Staged

MADE_WITH = ("altair", "great_expectations", "jinja2", "vl-convert-python")
"""Libraries whose version shows in what is published."""


def inputs_digest(staged: Mapping[str, Staged]) -> str:
    """Name everything a release is made of but its state: the files in use and the code that reads and joins them."""
    parts = [f"{name} {one.manifest.digest}" for name, one in sorted(staged.items())]
    return hashlib.sha256("\n".join([*parts, code_digest()]).encode()).hexdigest()


@cache
def code_digest() -> str:
    """Name the code, the SQL and the curated tables a release depends on."""
    digest = hashlib.sha256(" ".join(map(version, MADE_WITH)).encode())
    for package in ("assets", "pipelines", "sql"):
        root = Path(str(files(package)))
        for path in sorted(
            path
            for kind in ("*.py", "*.sql", "*.csv", "*.html", "*.css", "*.js")
            for path in root.rglob(kind)
        ):
            if "frozen" not in path.relative_to(root).parts:  # those are named by the files in use
                digest.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()
