"""Results of checks on frozen editions that come with the project: a first refresh need not check the same facts again.

A result is named after all it depends on: the bytes, the rules, the code, the libraries, the files compared with. If any
of them has changed, there is no result under the new name and the file is checked as any other. `python -m tools.judge_frozen`
writes `verdicts.jsonl` beside the frozen editions of each source; a test checks the editions itself and compares.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assets.contract.frozen_editions import FROZEN
from pipelines.storage.atomic_files import read_json, write_atomically

NAME = "verdicts.jsonl"


def stored(path: Path) -> Any:
    """Return the content of a file below `verdicts` of a home; None if it is in neither the home nor the project."""
    found = read_json(path)
    if found is None and path.name in kept():
        found = kept()[path.name]
        write_atomically(path, json.dumps(found, ensure_ascii=False).encode())
    return found


@cache
def kept() -> Mapping[str, Any]:
    """Return the results that came with the project, by the name of their file in a home."""
    lines = [line for path in FROZEN.glob(f"*/{NAME}") for line in path.read_text("utf-8").splitlines()]
    return {one["name"]: one["content"] for one in map(json.loads, lines)}


def as_lines(verdicts: Path, keys: set[str]) -> str:
    """Return the verdicts of a home on the files with these keys, one in each line, in the order of their names."""
    chosen = (path for path in sorted(verdicts.glob("*.json")) if path.name.partition("-")[0] in keys)
    contents = ({"name": path.name, "content": json.loads(path.read_text("utf-8"))} for path in chosen)
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in contents)
