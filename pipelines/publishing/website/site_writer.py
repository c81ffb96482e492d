"""`digital-maturity site`: a static site of a release, with addresses that stay.

`latest/` is a copy of the newest release and `releases/<name>/` of each release ever written there; around them lie pages,
feeds, pins and citations, made from the releases that the target holds. The same release written to the same target gives
the same bytes. What leads to a file is written after it, so that a run that is killed can be run again.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from assets.contract.errors import UsageError
from pipelines.publishing.website import citation_files, pin_board, site_feeds
from pipelines.publishing.website.published_release import NEEDED, PublishedRelease, as_xml
from pipelines.publishing.website.site_pages import Pages
from pipelines.publishing.website.site_targets import SiteError, Target, target_at
from pipelines.queries.verify_release import release_named, summary
from pipelines.storage.home import Home
from pipelines.storage.release_folder import COMPRESSED, PRUNED, SUMS
from pipelines.storage.release_hashes import differences, stated

LATEST, RELEASES = "latest", "releases"
MARK = "feed.xml"
"""The file by which a target is known to hold a site."""
OWN = ("latest/", "pins/", "tables/", "trusts/")
"""The folders of a site beside the releases."""
OWN_FILES = {"index.html", ".nojekyll", "CITATION.cff", ".zenodo.json", "sitemap.xml"}
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def write(release: str, place: str, base: str) -> str:
    """Write the site of a release (a name, or `latest`) to a folder or URL; return a sentence.

    `base` is the address under which readers will find it, empty if it is not known. Raises SiteError, UsageError, VerifyError
    and StoreError.
    """
    address = base_address(base)
    with release_named(release) as folder, TemporaryDirectory() as cache:
        _refuse_home(place)
        wrong, count = differences(folder)
        if wrong:
            raise SiteError(
                f"Writing the site of release {folder.name}: expected it as it was published, found that {summary(wrong, count)}; see `digital-maturity verify`."
            )
        site = Site(folder, target_at(place, Path(cache) / "store"), address, Path(cache))
        names = site.write()
    held = f"{len(names)} release{'s' * (len(names) != 1)}"
    return f"{place}: the site of release {names[-1]}, with {held} in all; open index.html"


def base_address(base: str) -> str:
    """Return the web address of a site with a slash at its end; raise UsageError for one that cannot have pages below it."""
    if "?" in base or "#" in base:
        raise UsageError(
            f"Reading --base-url {base!r}: expected the address of the site such as https://example.org/digital-maturity/, found one with ? or #; correct it."
        )
    return f"{base.rstrip('/')}/" if base else ""


def _refuse_home(place: str) -> None:
    """Raise SiteError for a place inside the home, or, in an object store, for one that contains the home."""
    home = Home.default()
    if "://" in place and not place.startswith("file:"):
        own, other = f"{home.address.rstrip('/')}/", f"{place.rstrip('/')}/"
        inside = own.startswith(other) or other.startswith(own)
    else:
        inside = Path(place.removeprefix("file://")).resolve().is_relative_to(home.root.resolve())
    if inside:
        raise SiteError(
            f"Writing the site to {place}: expected a place apart from the home {home.address}, found that one contains the other; name another with --to."
        )


@dataclass(frozen=True)
class Site:
    """The site of the release in `folder` at a target; `work` is a folder for what is made on the way."""

    folder: Path
    target: Target
    base: str
    work: Path

    def write(self) -> list[str]:
        """Write what the target lacks; return the names of the releases that it holds now, oldest first."""
        held = self.target.names()
        self._refuse(held)
        releases = [*self._earlier(held), PublishedRelease(self.folder.name, self.folder)]
        names = [release.name for release in releases]
        sums = f"{RELEASES}/{names[-1]}/{SUMS}"
        if sums not in held:
            self.target.put(self._copies(f"{RELEASES}/{names[-1]}"))
            self.target.put({sums: self.folder / SUMS})
        self._replace_latest(held)
        pins = dict(pin_board.pins_of(releases[-1], self._folder("pins")))
        self.target.put(pins)
        gone = {path for path in held if pin_board.release_of(path) not in {"", *names}}
        made = self._made(releases, {*held, *pins} - gone)
        leading = {path: made.pop(path) for path in ("index.html", MARK)}
        self.target.put(made)
        self.target.put(leading)
        own = {path for path in held if path.startswith(("tables/", "trusts/"))} | {"sitemap.xml"}
        self.target.remove(sorted((own & held) - made.keys() | gone))
        return names

    def _refuse(self, held: set[str]) -> None:
        """Raise SiteError for a target with something else, with a later release, or with another one of this name."""
        begun = f"{RELEASES}/{self.folder.name}/"  # by a run that was killed before it wrote MARK
        foreign = {path for path in held if not path.startswith((begun, *OWN)) and path not in OWN_FILES}
        if MARK not in held and (foreign or (held and not any(path.startswith(begun) for path in held))):
            raise SiteError(
                f"Writing the site of release {self.folder.name}: expected an empty place or a site, found other files such as {min(foreign or held)}; name another place with --to."
            )
        latest = max(self._names(held), default="")
        if latest > self.folder.name:
            raise SiteError(
                f"Writing the site of release {self.folder.name}: expected no later release there, found {latest}; write the site from the home that has it."
            )
        if latest == self.folder.name:
            self.target.bring([f"{RELEASES}/{latest}/{SUMS}"], self.work)
            if (self.work / RELEASES / latest / SUMS).read_bytes() != (self.folder / SUMS).read_bytes():
                raise SiteError(
                    f"Writing the site of release {latest}: expected the same files under that name there, found others; write to another place with --to."
                )

    @staticmethod
    def _names(held: Iterable[str]) -> list[str]:
        """Return the names of the whole releases of a site, oldest first."""
        parts = (path.split("/") for path in held)
        return sorted(part[1] for part in parts if part[0] == RELEASES and part[2:] == [SUMS])

    def _earlier(self, held: set[str]) -> Iterator[PublishedRelease]:
        """Yield the earlier releases of the target, each with the files that a site is made from."""
        for name in self._names(held):
            if name != self.folder.name:
                needed = {f"{RELEASES}/{name}/{file}" for file in NEEDED}
                self.target.bring(sorted(needed & held), self.work)
                yield PublishedRelease(name, self.work / RELEASES / name)

    def _copies(self, place: str) -> dict[str, Path]:
        """Return the files of the release by their paths below a place, without SHA256SUMS, which is written last."""
        files = {path: self._file(path) for path in (*stated(self.folder), PRUNED)}
        return {f"{place}/{path}": file for path, file in files.items() if file.exists()}

    def _file(self, path: str) -> Path:
        """Return a file of the release as it was published, also where `digital-maturity prune` has compressed it."""
        compressed = self.folder / f"{path}{COMPRESSED}"
        if not compressed.exists():
            return self.folder / path
        whole = self.work / "decompressed" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(gzip.decompress(compressed.read_bytes()))
        return whole

    def _replace_latest(self, held: set[str]) -> None:
        """Have `latest` hold the release: what is there already, according to SHA256SUMS, is not written again."""
        sums, copies = f"{LATEST}/{SUMS}", self._copies(LATEST)
        there: set[str] = set()
        if sums in held:
            self.target.bring([sums], self.work)
            there = set((self.work / sums).read_text("utf-8").splitlines())
            self.target.remove([sums])  # it would not be true of what is there while files are replaced
        same = {path for path, digest in stated(self.folder).items() if f"{digest}  {path}" in there}
        new = {
            path: file
            for path, file in copies.items()
            if path.partition("/")[2] not in same or path not in held
        }
        self.target.put(new)
        self.target.remove(sorted(p for p in held if p.startswith(f"{LATEST}/") and p not in {*copies, sums}))
        self.target.put({sums: self.folder / SUMS})

    def _made(self, releases: Sequence[PublishedRelease], held: set[str]) -> dict[str, Path]:
        """Return the files around the releases, by path; `held` are the paths of a site that has its pins."""
        release = releases[-1]
        texts: dict[str, str | bytes] = {".nojekyll": "", MARK: site_feeds.of_releases(releases, self.base)}
        texts[pin_board.MANIFEST] = pin_board.manifest(held)
        sources = [row for row in release.rows("source_status", "source") if row["newest_edition"]]
        texts["CITATION.cff"] = citation_files.citation(release, sources, self.base)
        texts[".zenodo.json"] = citation_files.zenodo(release, sources, self.base)
        texts |= self._pages(releases, held)
        if self.base:
            texts["sitemap.xml"] = self._sitemap(texts, releases)
        folder, made = self._folder("made"), {}
        for number, (path, text) in enumerate(texts.items()):
            made[path] = (
                folder / f"{number}{Path(path).suffix}"
            )  # by which a bucket knows the type of its content
            made[path].write_bytes(text if isinstance(text, bytes) else text.encode())
        return made

    def _pages(self, releases: Sequence[PublishedRelease], held: set[str]) -> dict[str, str | bytes]:
        """Return the pages of a site and the feeds of trusts; a trust that ended keeps the feed that its readers follow."""
        release = releases[-1]
        pages = Pages(release, self.base)
        found: dict[str, str | bytes] = {"index.html": pages.front(releases)}
        statuses = release.rows("source_status", "source")
        licences = {f"{row['publisher']}: {row['title']}": row["licence"] for row in statuses}
        caveats = release.rows("caveat", "measure", "caveat")
        for resource in release.package["resources"]:
            own = [row for row in caveats if row["table_name"] == resource["name"]]
            found[f"tables/{resource['name']}.html"] = pages.table(resource, own, licences)
            if self.base:
                found[f"tables/{resource['name']}.pbids"] = pages.power_bi(resource)
        trusts = release.rows("trust_profile", "org_name", "org_code")
        names = {row["org_code"]: row["org_name"] for row in trusts}
        found["trusts/index.html"] = pages.trusts(names)
        codes = {code: {code} for code in names}
        for row in release.rows("organisation_current", "org_code"):
            codes.setdefault(row["current_org_code"], set()).add(row["org_code"])
        known = {row["org_code"]: row["org_name"] for row in release.rows("organisation", "org_code")}
        ended = {Path(path).stem for path in held if path.startswith("trusts/")} & known.keys() - names.keys()
        for code, name in {**names, **{code: known[code] for code in sorted(ended)}}.items():
            found[f"trusts/{code}.xml"] = site_feeds.of_trust(
                code, name, codes.get(code, {code}), releases, self.base
            )
        return found

    def _sitemap(self, paths: Iterable[str], releases: Sequence[PublishedRelease]) -> bytes:
        """Return the sitemap (https://www.sitemaps.org/protocol.html), which has whole addresses only."""
        days = dict.fromkeys((path for path in paths if path.endswith(".html")), releases[-1].day)
        days |= {
            f"{LATEST}/index.html": releases[-1].day,
            f"{LATEST}/report/exemplars.html": releases[-1].day,
        }
        days |= {f"{RELEASES}/{release.name}/index.html": release.day for release in releases}
        root = ET.Element("urlset", xmlns=SITEMAP)
        for path, day in days.items():
            page = ET.SubElement(root, "url")
            ET.SubElement(page, "loc").text = self.base + path.removesuffix("index.html")
            ET.SubElement(page, "lastmod").text = day
        return as_xml(root)

    def _folder(self, name: str) -> Path:
        folder = self.work / name
        folder.mkdir()
        return folder
