"""A static site: addresses that stay, earlier releases kept, feeds, pins and citations that programs can read."""

import gzip
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from releases import differences, optional
from small_release import Change, released

from pipelines.cli import main
from pipelines.publishing.website.site_writer import SITEMAP, base_address
from pipelines.storage.home import VARIABLE

FIRST, SECOND = "20260101T060000Z", "20260201T060000Z"
BASE = "https://data.example.org/dm/"
A = {"a": "http://www.w3.org/2005/Atom"}
CHANGES: tuple[Change, ...] = (
    ("trust_profile", "R1A", "org_name", "changed", "R1A", "OLD <NAME>", None, 1, "organisation change"),
    ("maturity_score", "DMA|R0X", "", "added", "R0X", None, None, 1, "new edition"),
)
MANY: Change = ("denominator", "", "amount", "changed", None, None, None, 5000, "method change")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with one release, made the default."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    released(tmp_path / "home", FIRST, **{"old.txt": "gone by the second release"})
    return tmp_path / "home"


def written(place: Path, *options: str) -> Path:
    """Write the site of the latest release to a folder and return it."""
    assert main(["site", "--to", str(place), *options]) == 0
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


class Links(HTMLParser):
    """The addresses that a page links to, and its JSON-LD."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.data = ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]
        self.inside = tag == "script"

    def handle_data(self, data: str) -> None:
        self.data += data if self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


def dead_links(site: Path) -> list[str]:
    """Return the links of a site's pages and feeds that lead to no file of it."""
    dead = []
    for path in [
        *site.glob("*.html"),
        *site.glob("t*/*.html"),
        *site.glob("*.xml"),
        *site.glob("trusts/*.xml"),
    ]:
        place = f"https://site/{path.relative_to(site).as_posix()}"
        text = path.read_text("utf-8")
        for link in Links(text).found:
            target = urljoin(place, link).partition("#")[0]
            if (
                target.startswith("https://site/")
                and not (site / target.removeprefix("https://site/")).is_file()
            ):
                dead.append(f"{path.name}: {link}")
    return dead


# --- addresses


def test_latest_and_the_name_of_a_release_are_whole_copies_and_every_link_leads_somewhere(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = written(tmp_path / "site")
    assert f"{site}: the site of release {FIRST}, with 1 release in all" in capsys.readouterr().out
    assert differences(site / "latest") == differences(site / "releases" / FIRST) == []
    assert not [path for path in site.rglob("*") if path.is_symlink()]
    assert dead_links(site) == []
    assert not (site / "sitemap.xml").exists(), "a sitemap has whole addresses only"


def test_a_dead_link_would_be_found(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site")
    (site / "latest" / "csv" / "trust_profile.csv").unlink()
    assert dead_links(site) == [
        "index.html: latest/csv/trust_profile.csv",
        "trust_profile.html: ../latest/csv/trust_profile.csv",
    ]


def test_the_page_of_a_table_says_what_it_is_and_tells_search_engines(home: Path, tmp_path: Path) -> None:
    page = (written(tmp_path / "site", "--base-url", BASE) / "tables" / "trust_profile.html").read_text(
        "utf-8"
    )
    for shown in (
        "Artificial rows: trust_profile &lt;b&gt;.",
        "Only two trusts are known.",
        "An artificial publisher: Artificial list. Licence: OGL-UK-3.0.",
        f"read_parquet('{BASE}latest/parquet/trust_profile.parquet')",
    ):
        assert shown in page
    about = json.loads(Links(page).data)
    assert about["@type"] == "Dataset"
    assert [one["contentUrl"] for one in about["distribution"]] == [
        f"{BASE}latest/csv/trust_profile.csv",
        f"{BASE}latest/parquet/trust_profile.parquet",
    ]


def test_with_an_address_there_are_a_sitemap_and_files_for_power_bi(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site", "--base-url", BASE.rstrip("/"))
    places = [
        one.text or ""
        for one in ET.parse(site / "sitemap.xml").iter(f"{{{SITEMAP}}}loc")  # noqa: S314 - our own
    ]
    assert {BASE, f"{BASE}tables/trust_profile.html", f"{BASE}latest/", f"{BASE}releases/{FIRST}/"} <= {
        *places
    }
    for place in places:
        assert (site / place.removeprefix(BASE)).exists()
    opened = json.loads((site / "tables" / "trust_profile.pbids").read_text("utf-8"))
    assert opened["connections"][0]["details"] == {
        "protocol": "http",
        "address": {"url": f"{BASE}latest/csv/trust_profile.csv"},
    }


# --- again


def test_a_later_release_replaces_latest_and_keeps_the_earlier_one(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site", "--base-url", BASE)
    before = contents(site / "releases" / FIRST)
    released(home, SECOND, CHANGES)
    written(site)
    assert contents(site / "releases" / FIRST) == before
    assert differences(site / "latest") == []
    assert not (site / "latest" / "old.txt").exists()
    assert not [*site.glob("tables/*.pbids"), *site.glob("sitemap.xml")], "nothing with the address is left"
    assert dead_links(site) == []
    again = contents(site)
    written(site)
    assert contents(site) == again
    other = tmp_path / "other"
    for name in (FIRST, SECOND):
        written(other, name)
    assert contents(other) == again


def test_a_release_that_was_taken_away_is_gone_from_feed_and_pins(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site")
    released(home, SECOND, CHANGES)
    written(site)
    (site / "releases" / FIRST / "SHA256SUMS").unlink()
    written(site)
    assert FIRST not in (site / "feed.xml").read_text("utf-8")
    assert not [*site.glob(f"pins/*/{FIRST}*")]


def test_a_release_whose_databases_were_pruned_still_makes_a_site(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = released(home, SECOND, **{"digital_maturity.sqlite": "rows"})
    (folder / "digital_maturity.sqlite").unlink()
    (folder / "PRUNED").write_text("digital_maturity.sqlite\n", "utf-8")
    site = written(tmp_path / "site")
    assert (site / "latest" / "PRUNED").exists()
    released(home, "20260301T060000Z")
    written(site)
    assert not (site / "latest" / "PRUNED").exists()


def test_a_release_whose_csv_was_compressed_makes_a_site_with_plain_csv(home: Path, tmp_path: Path) -> None:
    folder = released(home, SECOND, **{"csv/large.csv": "rows"})
    (folder / "csv/large.csv.gz").write_bytes(gzip.compress((folder / "csv/large.csv").read_bytes()))
    plain = (folder / "csv/large.csv").read_bytes()
    (folder / "csv/large.csv").unlink()
    site = written(tmp_path / "site")
    assert (site / "latest/csv/large.csv").read_bytes() == plain
    assert not [*site.rglob("*.gz")]


def test_a_run_that_was_killed_can_be_run_again(home: Path, tmp_path: Path) -> None:
    whole, site = written(tmp_path / "whole"), tmp_path / "site"
    (site / "releases" / FIRST).mkdir(parents=True)
    (site / "releases" / FIRST / "index.html").write_text("half", "utf-8")
    assert contents(written(site)) == contents(whole)
    (site / "latest" / "SHA256SUMS").unlink()
    (site / "latest" / "index.html").write_text("half", "utf-8")
    assert contents(written(site)) == contents(whole)


# --- feeds


def entries(path: Path) -> dict[str, str]:
    """Return the text of each entry of a feed by its title; fail where the feed is not what RFC 4287 asks for."""
    feed = ET.parse(path).getroot()  # noqa: S314 - our own
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert feed.findtext("a:author/a:name", namespaces=A)
    assert feed.find("a:link[@rel='self']", A) is not None
    found = feed.findall("a:entry", A)
    for one in (feed, *found):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"a:{name}", A)) == 1
        assert (one.findtext("a:id", namespaces=A) or "").startswith("urn:uuid:")
        assert re.fullmatch(r"2026-0[12]-01T06:00:00\+00:00", one.findtext("a:updated", namespaces=A) or "")
        assert one.find("a:link[@rel='alternate']", A) is not None
    identities = [one.findtext("a:id", namespaces=A) for one in (feed, *found)]
    assert len({*identities}) == len(identities)
    assert feed.findtext("a:updated", namespaces=A) == found[0].findtext("a:updated", namespaces=A)
    return {one.findtext("a:title", "", A): one.findtext("a:content", "", A) for one in found}


def test_feeds_say_what_changed_and_for_each_trust_what_changed_about_it(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site")
    released(home, SECOND, CHANGES)
    written(site)
    assert entries(site / "feed.xml") == {
        f"Release {SECOND}": "<ul><li>`trust_profile`: 1 value changed.</li><li>`maturity_score`: 1 value added.</li></ul>",
        f"Release {FIRST}": "<ul><li>The first release.</li></ul>",
    }
    first = "<ul><li>The first release here: nothing to compare with.</li></ul>"
    assert entries(site / "trusts" / "R1A.xml") == {
        f"Release {SECOND}": "<ul><li>trust_profile R1A: org_name OLD &lt;NAME&gt; → none (organisation change).</li></ul>",
        f"Release {FIRST}": first,
    }
    assert entries(site / "trusts" / "R1B.xml") == {
        f"Release {SECOND}": "<ul><li>maturity_score DMA|R0X: added (new edition).</li></ul>",
        f"Release {FIRST}": first,
    }
    listed = (site / "trusts" / "index.html").read_text("utf-8")
    assert 'title="SECOND &amp; LAST &lt;NHS&gt; TRUST" href="R1B.xml"' in listed
    assert 'type="application/atom+xml" title="What changed" href="feed.xml"' in (
        site / "index.html"
    ).read_text("utf-8")


def test_a_trust_that_ended_keeps_its_feed(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site")
    for code in ("R0X", "R9Z"):
        (site / "trusts" / f"{code}.xml").write_text("of a release before", "utf-8")
    released(home, SECOND, CHANGES)
    written(site)
    assert next(iter(entries(site / "trusts" / "R0X.xml"))) == f"Release {SECOND}"
    assert not (site / "trusts" / "R9Z.xml").exists()


def test_changes_that_are_only_counted_are_named_in_the_feed_of_every_trust(
    home: Path, tmp_path: Path
) -> None:
    site = written(tmp_path / "site")
    released(home, SECOND, [MANY])
    written(site)
    for code in ("R1A", "R1B"):
        assert (
            "not listed by trust: denominator."
            in entries(site / "trusts" / f"{code}.xml")[f"Release {SECOND}"]
        )


def test_a_trust_without_changes_has_no_entry_but_the_first(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site")
    released(home, SECOND, CHANGES[:1])
    written(site)
    assert list(entries(site / "trusts" / "R1B.xml")) == [f"Release {FIRST}"]


# --- pins and citations


def test_pins_are_laid_out_as_their_documentation_says(home: Path, tmp_path: Path) -> None:
    """https://pins.rstudio.com/articles/using-board-url.html: a manifest of version folders, each with data.txt."""
    site = written(tmp_path / "site")
    released(home, SECOND, CHANGES)
    written(site)
    board = site / "pins"
    versions = yaml.safe_load((board / "_pins.yaml").read_text("utf-8"))
    assert list(versions) == ["release_change", "trust_profile"]
    for name, paths in versions.items():
        assert [path.split("/")[1].partition("-")[0] for path in paths] == [FIRST, SECOND]
        for path in paths:
            assert re.fullmatch(rf"{name}/\d{{8}}T\d{{6}}Z-[0-9a-f]{{5}}/", path)
            about = yaml.safe_load((board / path / "data.txt").read_text("utf-8"))
            content = (board / path / about["file"]).read_bytes()
            assert about["pin_hash"] == hashlib.sha256(content).hexdigest()
            assert about["file_size"] == len(content)
            assert (about["api_version"], about["type"]) == (1, "parquet")
            assert path.startswith(f"{name}/{about['created']}-{about['pin_hash'][:5]}/")


def test_the_pins_library_reads_the_board(home: Path, tmp_path: Path) -> None:
    board = optional("pins").board_folder(str(written(tmp_path / "site") / "pins"))
    assert sorted(board.pin_read("trust_profile")["org_code"]) == ["R1A", "R1B"]


def test_citations_are_filled_from_the_release_and_valid(home: Path, tmp_path: Path) -> None:
    site = written(tmp_path / "site", "--base-url", BASE)
    cited = yaml.safe_load((site / "CITATION.cff").read_text("utf-8"))
    folder = files("check_jsonschema.builtin_schemas") / "vendor"
    schema = next(p for p in folder.iterdir() if "citation" in p.name and p.name.endswith(".json"))
    jsonschema.validate(cited, json.loads(schema.read_text("utf-8")))
    digest = hashlib.sha256((site / "latest" / "datapackage.json").read_bytes()).hexdigest()
    deposit = json.loads((site / ".zenodo.json").read_text("utf-8"))
    assert cited["identifiers"][0]["value"] == f"sha256:{digest}"
    assert cited["version"] == deposit["version"] == "0123456789ab"
    assert cited["date-released"] == deposit["publication_date"] == "2026-01-01"
    assert cited["license"].lower() == deposit["license"] == "ogl-uk-3.0"
    assert [one["title"] for one in cited["references"]] == ["Artificial list"]
    assert deposit["references"] == [
        "An artificial publisher. Artificial list, edition 2025. https://example.org/list"
    ]
    assert {one["relation"] for one in deposit["related_identifiers"]} == {"isIdenticalTo", "isDerivedFrom"}


# --- refusals


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """Return the one sentence with which the command refuses."""
    assert main(["site", *arguments]) == code
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_place_with_something_else_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", "utf-8")
    assert "found other files such as letter.txt" in refusal(capsys, "--to", str(tmp_path / "mine"))
    assert "found a file" in refusal(capsys, "--to", str(tmp_path / "mine" / "letter.txt"))
    assert "found that one contains the other" in refusal(
        capsys, "--to", str(home / "releases" / FIRST / "site")
    )
    copied = shutil.copytree(home, tmp_path / "copy", symlinks=True)
    (copied / "format").write_text("2", "utf-8")
    (copied / "tables").mkdir()
    (copied / "tables" / "a.parquet").write_bytes(b"a")
    before = contents(copied)
    assert "found other files such as format" in refusal(capsys, "--to", str(copied))
    assert contents(copied) == before
    assert "the address of a web page" in refusal(capsys, "--to", "https://example.org/site")
    assert "found a user name, a password" in refusal(capsys, "--to", "s3://someone:secret@bucket/site")
    assert contents(tmp_path / "mine") == {"letter.txt": b"mine"}


def test_an_altered_release_and_one_before_that_on_the_site_are_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = written(tmp_path / "site")
    released(home, SECOND, CHANGES)
    written(site)
    before = contents(site)
    capsys.readouterr()
    assert f"found {SECOND}" in refusal(capsys, FIRST, "--to", str(site))
    (home / "releases" / SECOND / "index.html").write_text("altered", "utf-8")
    assert "1 file is not as it was published" in refusal(capsys, "--to", str(site))
    assert contents(site) == before


def test_another_release_of_the_same_name_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = written(tmp_path / "site")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    released(tmp_path / "elsewhere", FIRST, CHANGES)
    capsys.readouterr()
    assert "expected the same files under that name" in refusal(capsys, "--to", str(site))


@pytest.mark.parametrize(
    "address",
    ["data.example.org", "ftp://example.org", "https://", "https://example.org/?a=b", "https://[::1"],
)
def test_an_address_that_is_none_is_wrong_usage(
    address: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, "--to", str(tmp_path / "site"), "--base-url", address, code=2)
    assert re.search("expected (the address of the site|an address) such as https://example.org/", message)
    assert not (tmp_path / "site").exists()


def test_an_address_ends_in_a_slash() -> None:
    assert (
        base_address("https://example.org/dm")
        == base_address("https://example.org/dm/")
        == "https://example.org/dm/"
    )


@pytest.mark.parametrize("place", ["memory://x", "ftp://example.org/x", "S3://bucket/x"])
def test_a_store_that_is_not_supported_is_refused(
    place: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, "--to", place)
    assert f"begins with s3://, gs:// or az://, found {place}; correct it" in message
