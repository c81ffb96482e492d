"""The pages of a site that are no part of a release: its front page, the feeds of trusts, and a page for each table.

Plain HTML without script. Links are relative, so that a site works wherever it lies; only what a program may take out of
its page (JSON-LD, code to copy) has the address of the site, where it is known.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.publishing.explorer.palette import COLOURS
from pipelines.publishing.website.published_release import PublishedRelease

UNKNOWN = "https://example.org/digital-maturity/"
"""The address in code to copy, where a site does not know its own."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipelines.publishing", "website"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """The pages of a site whose newest release is `release`; `base` is its address, empty if it is not known."""

    def __init__(self, release: PublishedRelease, base: str) -> None:
        self.release, self.base = release, base
        colours = "".join(f"--{name}:{value};" for name, value in COLOURS.items())
        style = (files("pipelines.publishing.website") / "site.css").read_text("utf-8")
        self.style = Markup(f":root{{{colours}}}\n{style}")  # noqa: S704 - ours

    def front(self, releases: Sequence[PublishedRelease]) -> str:
        """Return index.html: the newest release, what changed, every table, and earlier releases."""
        return self._page("front.html", releases=releases, tables=self.release.package["resources"])

    def trusts(self, names: Mapping[str, str]) -> str:
        """Return the page with the feed of each trust, by code."""
        return self._page("trust_feeds.html", names=names)

    def table(
        self, resource: Mapping[str, Any], caveats: Sequence[Mapping[str, Any]], licences: Mapping[str, str]
    ) -> str:
        """Return the page of a table: its meaning, columns, caveats, sources and files, and how to read it.

        `licences` has the licence of each source by its title.
        """
        return self._page(
            "table_page.html",
            table=resource,
            caveats=caveats,
            licences=licences,
            power_bi=bool(self.base),
            address=f"{self.base or UNKNOWN}latest/",
            dataset=self._dataset(resource),
        )

    def power_bi(self, resource: Mapping[str, Any]) -> str:
        """Return a data source file of Power BI (.pbids) that opens the CSV file of a table."""
        details = {"protocol": "http", "address": {"url": f"{self.base}latest/{resource['path']}"}}
        connection = {"details": details, "options": {}, "mode": "Import"}
        return json.dumps({"version": "0.1", "connections": [connection]}, indent=1) + "\n"

    def _page(self, template: str, **values: Any) -> str:
        found = _environment().get_template(template)
        return found.render(release=self.release, package=self.release.package, style=self.style, **values)

    def _dataset(self, resource: Mapping[str, Any]) -> Markup:
        """Return the schema.org Dataset of a table as JSON for a script element: none of its characters ends the element."""
        root = f"{self.base or '../'}latest/"
        package = self.release.package
        about = {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "name": f"{package['title']}: {resource['title']}",
            "description": resource["description"],
            "version": package["version"],
            "dateModified": self.release.day,
            "license": package["licenses"][0]["path"],
            "isAccessibleForFree": True,
            "creator": {"@type": "Organization", "name": package["contributors"][0]["title"]},
            "includedInDataCatalog": {"@type": "DataCatalog", "name": package["title"]},
            "isBasedOn": [source.get("path", source["title"]) for source in resource.get("sources", [])],
            "variableMeasured": [
                {"@type": "PropertyValue", "name": field["name"], "unitText": field["unit"]}
                for field in resource["schema"]["fields"]
                if "unit" in field
            ],
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": f"{root}{file['path']}"}
                for kind, file in (
                    ("text/csv", resource),
                    ("application/vnd.apache.parquet", resource["parquet"]),
                )
            ],
        }
        text = json.dumps(about, ensure_ascii=False, indent=1)
        return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - escaped
