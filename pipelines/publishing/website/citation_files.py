"""How to cite a release, as programs read it: CITATION.cff (https://citation-file-format.github.io) and .zenodo.json.

They lie beside the releases of a site, not in them: a release has its name, its day and its address only once it is published.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from pipelines.publishing.website.published_release import PublishedRelease

AUTHOR = "nhs-digital-maturity developers"
Source = Mapping[str, Any]
"""A row of `source_status`."""


def citation(release: PublishedRelease, sources: Sequence[Source], base: str) -> str:
    """Return CITATION.cff of a release made from sources; `base` is the address of the site, empty if it is not known."""
    package = release.package
    digest = hashlib.sha256((release.folder / "datapackage.json").read_bytes()).hexdigest()
    about = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "title": f"{package['title']}, release {release.name}",
        "version": package["version"],
        "date-released": release.day,
        "license": package["licenses"][0]["name"],
        "message": "Please cite the release that you used, and the publishers of the facts that you used.",
        "abstract": package["description"],
        "authors": [{"name": AUTHOR}],
        "keywords": list(package["keywords"]),
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{digest}",
                "description": "SHA-256 of datapackage.json, which holds the SHA-256 of every table",
            }
        ],
        **({"url": _address(release, base)} if base else {}),
        "references": [_reference(source) for source in sources],
    }
    return yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=110)


def _reference(source: Source) -> dict[str, Any]:
    return {
        "type": "data",
        "title": source["title"],
        "authors": [{"name": source["publisher"]}],
        **({"url": source["landing_page"]} if source["landing_page"] else {}),
        "version": source["newest_edition"],
        "notes": f"{source['attribution'].rstrip('.')}. Licence: {source['licence'].rstrip('.')}.",
    }


def zenodo(release: PublishedRelease, sources: Sequence[Source], base: str) -> str:
    """Return .zenodo.json of a release: what Zenodo shows of a deposit (https://developers.zenodo.org/#representation)."""
    package = release.package
    about = {
        "upload_type": "dataset",
        "title": f"{package['title']}, release {release.name}",
        "description": package["description"],
        "creators": [{"name": AUTHOR}],
        "publication_date": release.day,
        "version": package["version"],
        "access_right": "open",
        "license": package["licenses"][0]["name"].lower(),
        "keywords": list(package["keywords"]),
        "language": "eng",
        "references": [_in_words(source) for source in sources],
        "related_identifiers": list(_related(release, sources, base)),
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _in_words(source: Source) -> str:
    where = f" {source['landing_page']}" if source["landing_page"] else ""
    return f"{source['publisher']}. {source['title']}, edition {source['newest_edition']}.{where}"


def _related(release: PublishedRelease, sources: Sequence[Source], base: str) -> Iterator[dict[str, str]]:
    if base:
        yield {"identifier": _address(release, base), "relation": "isIdenticalTo"}
    for page in dict.fromkeys(source["landing_page"] for source in sources if source["landing_page"]):
        yield {"identifier": page, "relation": "isDerivedFrom", "resource_type": "dataset"}


def _address(release: PublishedRelease, base: str) -> str:
    return f"{base}releases/{release.name}/"
