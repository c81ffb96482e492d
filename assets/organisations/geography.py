"""Where organisations were: their region and integrated care board (ICB), according to which source, and when.

Two kinds of evidence are never mixed. `hq_postcode` is where the Organisation Data Service lists the headquarters;
`as_reported_in_<source>` is the place a source prints beside an organisation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from assets.organisations.curation import curated, day
from assets.organisations.names import normalise
from assets.organisations.sightings import Run, Sighting, runs

Row = dict[str, Any]


@cache
def _regions() -> dict[str, Row]:
    return {str(row["region_code"]): {**row} for row in curated("regions").rows}


@cache
def _icbs() -> dict[str, Row]:
    return {str(row["icb_code"]): {**row} for row in curated("icbs").rows}


@cache
def _mergers() -> dict[tuple[str | None, str | None], date | None]:
    return {(row["icb_code"], row["into_code"]): day(row["merged_on"]) for row in curated("icb_mergers").rows}


def place(region_code: str | None, icb_code: str | None) -> Row:
    """Return the codes of a region and an ICB with their names; an unknown name is None."""
    icb = _icbs().get(icb_code or "", {})
    return {
        "region_code": region_code,
        "region": _regions().get(region_code or "", {}).get("region"),
        "icb_code": icb_code,
        "icb_name": icb.get("icb_name"),
        "icb_gss_code": icb.get("gss_code"),
    }


def region_written(region: str) -> str:
    """Return a region with its code, for readers: `London (Y56)`."""
    codes = [code for code, row in _regions().items() if row["region"] == region]
    return f"{region} ({codes[0]})" if codes else region


def board_written(icb_code: str) -> str:
    """Return an integrated care board with its code, for readers; a board whose name is not held says so."""
    name = place(None, icb_code)["icb_name"]
    if not name:
        return f"{icb_code} (name not held)"
    return f"{str(name).replace('Integrated Care Board', 'ICB')} ({icb_code})"


def place_named(region: str, icb: str) -> Row:
    """Return the place that a source names; a name that is in no curated table has no code."""
    regions = {str(row["region"]).upper(): code for code, row in _regions().items()}
    found = place(regions.get(region.upper()), _by_key().get(board_key(icb)))
    return {**found, "region": found["region"] or region, "icb_name": found["icb_name"] or icb}


def board_names() -> dict[str, str]:
    """Return the code of every integrated care board by its name in capitals."""
    return {str(row["icb_name"]).upper(): code for code, row in _icbs().items() if row["icb_name"]}


def board_key(name: str) -> str:
    """Return the form in which names of boards are compared: publishers shorten their style and drop an AND."""
    text = normalise(name).replace("INTEGRATED CARE BOARD", "ICB")
    return " ".join(word for word in text.split() if word != "AND")


@cache
def _by_key() -> dict[str, str]:
    return {board_key(name): code for name, code in board_names().items()}


def last_day_of_board(name: str) -> date | None:
    """Return the last day of the board of that name; None for one that is unknown or has not ended."""
    return day(_icbs().get(_by_key().get(board_key(name), ""), {}).get("valid_to"))


def board_on(region: str, icb: str, on: date) -> Row:
    """Return the place that a source names on a day; a board that did not exist on the day has no code."""
    found = place_named(region, icb)
    row = _icbs().get(found["icb_code"] or "", {})
    first, last = day(row.get("valid_from")), day(row.get("valid_to"))
    if (first and on < first) or (last and on > last):
        return {**found, "icb_code": None, "icb_gss_code": None}
    return found


def at_headquarters(listed: Iterable[Row]) -> Iterator[Row]:
    """Yield a row of `organisation_geography` for every run of the same region and ICB in the lists of trusts.

    `listed` are staged rows of the lists with `seen`, the first and last day on which each can have been true.
    """
    sightings: dict[str, list[Sighting]] = {}
    for row in listed:
        where = (row["region_code"], row["icb_code"])
        sightings.setdefault(row["org_code"], []).append(Sighting(row["seen"][0], row["seen"][1], where, row))
    for code in sorted(sightings):
        for run in _on_the_day(list(runs(sightings[code]))):
            if run.sightings[0].value != (None, None):
                yield _row(run)


def _on_the_day(found: list[Run]) -> list[Run]:
    """Return the runs with the exact day between two of them where the change is a known merger of ICBs."""
    for number in range(1, len(found)):
        before, after = found[number - 1].sightings[-1], found[number].sightings[0]
        merged_on = _mergers().get((before.value[1], after.value[1]))  # type: ignore[index]
        if merged_on and before.last < merged_on <= after.first:
            found[number - 1] = replace(found[number - 1], valid_to=merged_on - timedelta(days=1))
            found[number] = replace(found[number], valid_from=merged_on)
    return found


def _row(run: Run) -> Row:
    first = run.sightings[0].where
    copied = ("org_code", "edition", "source_file_sha256", "source_sheet", "source_row")
    return {
        **{key: first[key] for key in copied},
        "org_name": first["name"],
        "org_name_as_published": first["name"],
        "relation": "hq_postcode",
        **place(first["region_code"], first["icb_code"]),
        "valid_from": run.valid_from,
        "valid_to": run.valid_to,
        "source": "ods",
        "evidence_grade": "administrative",
        "value_status": "published",
    }
