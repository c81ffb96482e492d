"""A board of pins, for the pins package of R and of Python: every table of every release of a site, as Parquet.

A version of a pin is a folder `<table>/<version>/` with the file and a `data.txt` that describes it; `_pins.yaml` lists the
versions of each pin, oldest first (https://pins.rstudio.com/articles/using-board-url.html). A version is named by the
release and the hash of its file, so that what a name means never changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from pipelines.publishing.website.published_release import PublishedRelease

BOARD = "pins"
"""The folder of a site that is the board."""
MANIFEST = f"{BOARD}/_pins.yaml"
DESCRIBED = "data.txt"
HASHED = 5
"""Characters of the hash in the name of a version."""


def pins_of(release: PublishedRelease, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of the pins of a release with their paths in the site, each description after its data.

    Descriptions are written into `folder`.
    """
    for resource in release.package["resources"]:
        name, file = resource["name"], resource["parquet"]
        digest = file["hash"].removeprefix("sha256:")
        place = f"{BOARD}/{name}/{release.name}-{digest[:HASHED]}"
        yield f"{place}/{name}.parquet", release.folder / file["path"]
        about = folder / f"{name}.txt"
        about.write_text(_yaml(_description(resource, release, digest)), "utf-8")
        yield f"{place}/{DESCRIBED}", about


def _description(resource: Mapping[str, Any], release: PublishedRelease, digest: str) -> dict[str, Any]:
    return {
        "file": f"{resource['name']}.parquet",
        "file_size": resource["parquet"]["bytes"],
        "pin_hash": digest,
        "type": "parquet",
        "title": resource["title"],
        "description": resource["description"],
        "tags": None,
        "urls": None,
        "created": release.name,
        "api_version": 1,
    }


def manifest(paths: Iterable[str]) -> str:
    """Return `_pins.yaml` of a board with files at these paths of the site: the whole versions of each pin, oldest first."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        if release_of(path) and path.endswith(f"/{DESCRIBED}"):
            _, name, version, _ = path.split("/")
            found.setdefault(name, []).append(f"{name}/{version}/")
    return _yaml(found)


def release_of(path: str) -> str:
    """Return the release that a file of the board is of; empty for the manifest and for other files of the site."""
    parts = path.split("/")
    return parts[2].partition("-")[0] if parts[0] == BOARD and len(parts) == 4 else ""


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=10_000)
