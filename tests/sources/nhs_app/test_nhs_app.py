"""Hospital appointments in the NHS App: a page made from its description is read, and any other is refused.

No copy of the page is available. The names of the trusts here are artificial.
"""

import pytest
from conftest import every_frozen_edition
from reading import plain

from assets.contract.parsed import StructureError
from assets.sources.nhs_app import REGIONS, SOURCE

DAY = "2026-11-01"
NAMES = {region: [f"{region} First NHS Trust", f"{region} Second NHS Trust"] for region in REGIONS.values()}


def bullets(names: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{name}</li>" for name in names) + "</ul>"


def page(body: str) -> bytes:
    """Return a page with a menu, an introduction and a footer around its lists."""
    return (
        "<!doctype html><html><body><nav><h2>London</h2><ul><li>NHS App</li></ul></nav><h1>Appointments</h1>"
        f"<h2>Core features</h2><ul><li>View appointments</li></ul>{body}"
        "<footer><h2>London</h2><ul><li>Help</li></ul></footer></body></html>"
    ).encode()


def by_region() -> str:
    """Return the lists with the features below the regions."""
    return "".join(
        f"<h2>{region}</h2><h3>Trusts live with core features</h3>{bullets(names)}"
        f"<h3>Additional features</h3>{bullets(names[:1])}"
        for region, names in NAMES.items()
    )


def by_features() -> str:
    """Return the same lists with the regions below the features, each opening on a click."""
    return "".join(
        f"<h2>{words}</h2>"
        + "".join(
            f"<details><summary>{region} region</summary>{bullets(names[:most])}</details>"
            for region, names in NAMES.items()
        )
        for words, most in (("Core features", 2), ("Additional features", 1))
    )


@pytest.mark.parametrize("body", [by_region(), by_features()])
def test_a_trust_is_live_with_the_features_it_is_listed_under(body: str) -> None:
    parsed = SOURCE.read(page(body), DAY, "")
    rows = plain(parsed.rows)
    live = {(row["org_name_as_published"], row["region_as_published"], row["features"]) for row in rows}
    assert live == {
        (name, region, features)
        for region, names in NAMES.items()
        for features, most in (("core", 2), ("additional", 1))
        for name in names[:most]
    }
    assert parsed.rejected == ()
    assert parsed.ignored == ("1 items of lists under no region",)


def test_an_item_that_is_no_trust_is_rejected() -> None:
    body = by_region().replace("London Second NHS Trust", "Find out more")
    parsed = SOURCE.read(page(body), DAY, "")
    assert [rejected.reason for rejected in parsed.rejected] == [
        "column 'trust': expected a trust, found 'Find out more'"
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (page(by_region().replace("<h2>Midlands</h2>", "<h2>Midland</h2>")), "found none for Midlands"),
        (page(by_region().replace("core features", "features")), "found one under East of England alone"),
        (page("<p>Just a moment...</p>"), "found none for East of England, London"),
        (b"trust,region\nA,London\n", "expected a web page, found text"),
    ],
)
def test_a_page_laid_out_in_another_way_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(StructureError, match=problem):
        SOURCE.read(content, DAY, "")


def test_no_edition_is_held_and_the_source_is_fetched_as_a_page() -> None:
    assert not [one for one in every_frozen_edition() if one.descriptor.source == "nhs_app"]
    (remote,) = SOURCE.remotes
    assert (remote.page, remote.edition, remote.link) == (True, None, None)
