"""From lists of trusts to organisations through time.

`build` takes the staged editions of the Organisation Data Service and the curated tables beside this module (care
trusts, succession, names from a vintage that is not held, days of renaming, aliases, regions) and returns the
organisation tables. Curated rows carry their own source and grade; no organisation code is written in the program.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pandas as pd

from assets.contract.periods import seen
from assets.organisations.board_names import boards
from assets.organisations.curation import CURATED, curated
from assets.organisations.curation import day as _day
from assets.organisations.display_names import display_name
from assets.organisations.geography import at_headquarters, place
from assets.organisations.name_history import bounded, named_days
from assets.organisations.names import Name, NameIndex, normalise
from assets.organisations.sightings import Sighting, runs
from assets.organisations.succession import Row, current, current_main, dated_edges, refuse_circles

REPORT = "https://www.odsdatasearchandexport.nhs.uk/api/getReport?report={}"

__all__ = ["CURATED", "build", "curated", "name_index"]


def build(ods: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the organisation tables, by name, from the staged rows of all editions of the lists of trusts.

    Raises ValueError, which names the codes, if succession is circular.
    """
    listed = _records(ods)
    organisations = _organisations(listed)
    succession = curated("succession")
    edges = list(dated_edges(succession, organisations))
    refuse_circles(edges)
    ways = list(current(organisations, edges))
    ended = {
        str(row["predecessor_code"]): row["note"] for row in succession.rows if not row["successor_code"]
    }
    return {
        "organisation": pd.DataFrame(organisations.values()),
        "organisation_name": _numbered(pd.DataFrame(_names(listed, organisations))),
        "organisation_type": pd.DataFrame(_legal_forms(listed, organisations)),
        "organisation_geography": pd.DataFrame(at_headquarters(listed)),
        "organisation_succession": pd.DataFrame(edges),
        "organisation_current": pd.DataFrame(ways),
        "organisation_current_main": pd.DataFrame(current_main(ways, ended)),
    }


def name_index(names: pd.DataFrame) -> NameIndex:
    """Return the index of the rows of `organisation_name` and of the boards that trusts are confused with."""
    columns = ["org_code", "name", "valid_from", "valid_to", "kind"]
    rows = names[columns].astype(object).where(names[columns].notna(), None)
    return NameIndex((Name(*row) for row in rows.itertuples(index=False)), boards())


def _records(ods: pd.DataFrame) -> list[Row]:
    """Return the staged rows with the days on which they can have been true, oldest first."""
    cells = ods.astype(object).where(ods.notna(), None).itertuples(index=False, name=None)
    rows = [dict(zip(ods.columns, row, strict=True)) for row in cells]
    days = {edition: seen(edition) for edition in {row["edition"] for row in rows}}
    dated = [{**row, "seen": days[row["edition"]]} for row in rows]
    return sorted(dated, key=lambda row: (row["seen"][1], row["seen"][0], row["org_code"]))


def _organisations(listed: Sequence[Row]) -> dict[str, Row]:
    """Return one row per code from its newest sighting, including care trusts that are in no list."""
    as_of = listed[-1]["seen"][1]
    found = {row["org_code"]: row for row in _care_trusts()}
    for row in listed:
        found[row["org_code"]] = _newer(_listed(row), found.get(row["org_code"]), row["seen"][1])
    for row in found.values():
        row["org_display_name"] = display_name(row["org_name"])
        named = place(row["region_code"], row["icb_code"])
        row |= {"region": named["region"], "icb_name": named["icb_name"]}
        row["is_current"] = row["open_date"] <= as_of and (
            row["close_date"] is None or row["close_date"] >= as_of
        )
        row["as_of_date"] = as_of
    return dict(sorted(found.items()))


def _newer(row: Row, before: Row | None, seen: date) -> Row:
    """Return the row of a list of the day `seen`, combined with older or curated evidence.

    A list cannot know that an organisation closes after the day of the list, so a later close date from other evidence
    stays. An organisation that had closed before that day and is listed as open is open: the newest list wins.
    """
    known = before["close_date"] if before else None
    stays = row["close_date"] is None and known is not None and known >= seen
    return {**row, "close_date": known} if stays else row


def _listed(row: Row) -> Row:
    """Return the row of an organisation as listed."""
    form = "foundation_trust" if "FOUNDATION TRUST" in row["name"] else "nhs_trust"
    kept = ("org_code", "region_code", "icb_code", "postcode", "open_date", "close_date")
    where = ("edition", "source_file_sha256", "source_sheet", "source_row")
    return {
        **{key: row[key] for key in (*kept, *where)},
        "org_name": row["name"],
        "legal_form": "care_trust" if row["org_code"].startswith("T") else form,
        "in_scope": row["gor_code"] != "W",
        "source": "ods",
        "evidence_grade": "administrative",
    }


def _care_trusts() -> Iterator[Row]:
    table = curated("care_trusts")
    for number, row in enumerate(table.rows, start=2):
        yield {
            **{key: row[key] for key in ("org_code", "region_code", "icb_code", "evidence_grade")},
            "org_name": row["name"],
            "legal_form": "care_trust",
            "postcode": None,
            "open_date": _day(row["open_date"]),
            "close_date": _day(row["close_date"]),
            "in_scope": True,
            "source": "curated",
            "edition": "care_trusts",
            "source_file_sha256": table.sha256,
            "source_sheet": "",
            "source_row": number,
        }


def _names(listed: Sequence[Row], organisations: Mapping[str, Row]) -> Iterator[Row]:
    """Yield every name with the days on which it was seen and those on which it can have been valid.

    A name is valid from the last sighting of the previous name to the first sighting of the next one, but only while
    its organisation is open. Lists are years apart, so the intervals of two names may overlap. A known day of renaming
    ends one interval and begins the other.
    """
    for code, sightings in sorted(_sightings(listed).items()):
        for run in bounded(named_days(code, list(runs(sightings))), organisations[code]):
            source_url, evidence_grade = run.sightings[0].where
            yield {
                "org_code": code,
                "name": run.value,
                "display_name": display_name(run.value),
                "kind": "official",
                "first_seen": run.first_seen,
                "last_seen": run.last_seen,
                "valid_from": run.valid_from,
                "valid_to": run.valid_to,
                "normalised_name": normalise(run.value),
                "source_url": source_url,
                "evidence_grade": evidence_grade,
            }
    for row in curated("aliases").rows:
        yield {
            **{key: row[key] for key in ("org_code", "name", "source_url", "evidence_grade")},
            "display_name": display_name(str(row["name"])),
            "kind": "alias",
            "first_seen": None,
            "last_seen": None,
            "valid_from": _day(row["valid_from"]),
            "valid_to": _day(row["valid_to"]),
            "normalised_name": normalise(str(row["name"])),
        }


def _numbered(names: pd.DataFrame) -> pd.DataFrame:
    """Return names with their position within the organisation: a trust may return to an earlier name."""
    return names.assign(position=names.groupby("org_code").cumcount() + 1)


def _sightings(listed: Sequence[Row]) -> dict[str, list[Sighting]]:
    """Return for each code the sightings of its names, each with its source and grade."""
    found: dict[str, list[Sighting]] = defaultdict(list)
    for row in listed:
        report = "ect" if _listed(row)["legal_form"] == "care_trust" else "etr"
        origin = (REPORT.format(report), "administrative")
        found[row["org_code"]].append(Sighting(row["seen"][0], row["seen"][1], row["name"], origin))
    for name in curated("names").rows:
        days = date.fromisoformat(str(name["seen_from"])), date.fromisoformat(str(name["seen_to"]))
        found[str(name["org_code"])].append(Sighting(*days, name["name"], _origin(name)))
    for trust in curated("care_trusts").rows:
        seen = date.fromisoformat(str(trust["name_seen"]))
        found[str(trust["org_code"])].append(Sighting(seen, seen, trust["name"], _origin(trust)))
    return found


def _origin(row: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    return row["source_url"], row["evidence_grade"]


def _legal_forms(listed: Sequence[Row], organisations: Mapping[str, Row]) -> Iterator[Row]:
    """Yield the legal form of each organisation at every sighting, by name and list, as rows of `organisation_type`.

    The form of a closed organisation is dated to its last day, even if it is listed later.
    """
    sighted = [{**_listed(row), "as_of_date": row["seen"][1]} for row in listed]
    unlisted = [row for row in organisations.values() if row["source"] != "ods"]
    where = ("source", "edition", "source_file_sha256", "source_sheet", "source_row", "evidence_grade")
    yielded: set[tuple[str, date]] = set()
    for row in sorted([*sighted, *unlisted], key=lambda row: (row["org_code"], row["as_of_date"])):
        as_of = min(row["as_of_date"], organisations[row["org_code"]]["close_date"] or row["as_of_date"])
        if (row["org_code"], as_of) not in yielded:
            yielded.add((row["org_code"], as_of))
            yield {
                **{key: row[key] for key in ("org_code", "org_name", *where)},
                "scheme": "legal_form",
                "type": row["legal_form"],
                "as_of_date": as_of,
                "org_name_as_published": row["org_name"],
                "value_status": "e",
            }
