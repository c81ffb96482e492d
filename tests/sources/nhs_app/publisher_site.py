"""What the publisher of the NHS App serves: a page with lists of trusts by region, made from its description."""

from html import escape

from conftest import staged_rows

from assets.sources import nhs_app

EDITIONS = {("of the day", "")}
CODES = {
    region: code
    for code, region in (
        *(("Y56", "London"), ("Y58", "South West"), ("Y59", "South East"), ("Y60", "Midlands")),
        *(("Y61", "East of England"), ("Y62", "North West"), ("Y63", "North East and Yorkshire")),
    )
}


def listed(region: str) -> list[str]:
    """Return the names of the trusts of a region that are open in the newest frozen list."""
    rows = staged_rows("ods").query("edition == '2026-07-08' and gor_code != 'W'")
    rows = rows[rows["close_date"].isna() & (rows["region_code"] == CODES[region])]
    return [str(name) for name in rows["name"]]


def bullets(names: list[str]) -> str:
    """Return a list of a page."""
    items = (f'<li><a href="/x">{escape(name)}</a></li>' for name in names)
    return f"<ul>{''.join(items)}</ul>"


def page(by_region: dict[str, list[str]]) -> bytes:
    """Return a page with two lists for each region: the additional features are live at every second trust."""
    lists = "".join(
        f"<h2>{region}</h2><h3>Core features</h3>{bullets(names)}"
        f"<h3>Additional features</h3>{bullets(names[::2])}"
        for region, names in by_region.items()
    )
    menu = f"<nav><h2>London</h2>{bullets(['NHS App', 'Trusted services'])}</nav>"
    return f"<html><body>{menu}<h1>Hospital appointments</h1>{bullets(['View them'])}{lists}</body></html>".encode()


def site() -> dict[str, bytes]:
    """Return the page by its address."""
    (remote,) = nhs_app.SOURCE.remotes
    return {remote.url: page({region: listed(region) for region in CODES})}
