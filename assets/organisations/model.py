"""From lists of trusts to organisations through time.

`build` takes the staged editions of the Organisation Data Service and the curated tables beside this module (care
trusts, succession, names of a vintage that is not held, aliases, regions) and returns the organisation tables. Curated
rows carry their own source and grade; no code of an organisation stands in the program.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from assets.organisations.curation import CURATED, curated
from assets.organisations.curation import day as _day
from assets.organisations.names import Name, NameIndex, normalise
from assets.organisations.succession import current, current_main, dated_edges, refuse_circles
from assets.sources.ods import seen

__all__ = ["CURATED", "build", "curated", "name_index"]


def build(ods: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the organisation tables, by name, from the staged rows of all editions of the lists of trusts.

    Raises ValueError naming the codes where succession runs in a circle.
    """
    as_of = max(seen(edition)[1] for edition in ods["edition"].unique())
    organisations = _organisations(ods, as_of)
    names = list(_names(ods))
    succession = curated("succession")
    edges = list(dated_edges(succession, organisations))
    refuse_circles(edges)
    ways = list(current(organisations, edges))
    ended = {
        str(row["predecessor_code"]): row["note"] for row in succession.rows if not row["successor_code"]
    }
    return {
        "organisation": pd.DataFrame(organisations.values()),
        "organisation_name": pd.DataFrame(names),
        "organisation_type": _legal_forms(organisations),
        "organisation_succession": pd.DataFrame(edges),
        "organisation_current": pd.DataFrame(ways),
        "organisation_current_main": pd.DataFrame(current_main(ways, ended)),
    }


def name_index(names: pd.DataFrame) -> NameIndex:
    """Return the index over the rows of `organisation_name`."""
    columns = ["org_code", "name", "valid_from", "valid_to", "kind"]
    rows = names[columns].astype(object).where(names[columns].notna(), None)
    return NameIndex(Name(*row) for row in rows.itertuples(index=False))


def _organisations(ods: pd.DataFrame, as_of: date) -> dict[str, dict[str, Any]]:
    """Return one row per code from its newest sighting, care trusts that no list held included."""
    regions = {row["region_code"]: row["region"] for row in curated("regions").rows}
    order = ods.assign(seen_to=[seen(edition)[1] for edition in ods["edition"]]).sort_values(
        ["seen_to", "org_code"]
    )
    newest = order.drop_duplicates("org_code", keep="last")
    rows = [_listed(row) for row in newest.to_dict("records")]
    known = set(newest["org_code"])
    rows += [row for row in _care_trusts() if row["org_code"] not in known]
    for row in rows:
        row["region"] = regions.get(row["region_code"])
        row["is_current"] = row["open_date"] <= as_of and (
            row["close_date"] is None or row["close_date"] >= as_of
        )
        row["as_of_date"] = as_of
    return {row["org_code"]: row for row in sorted(rows, key=lambda row: row["org_code"])}


def _listed(row: dict[Any, Any]) -> dict[str, Any]:
    present: dict[str, Any] = {key: None if pd.isna(value) else value for key, value in row.items()}
    form = "foundation_trust" if "FOUNDATION TRUST" in present["name"] else "nhs_trust"
    kept = ("org_code", "region_code", "icb_code", "postcode", "open_date", "close_date")
    return {
        **{key: present[key] for key in kept},
        "org_name": present["name"],
        "legal_form": "care_trust" if present["org_code"].startswith("T") else form,
        "in_scope": present["gor_code"] != "W",
        "source": "ods",
        "evidence_grade": "administrative",
        **{key: present[key] for key in ("edition", "source_file_sha256", "source_sheet", "source_row")},
    }


def _care_trusts() -> Iterator[dict[str, Any]]:
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


def _names(ods: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield every name with the days it can have been valid.

    A name is valid from the last sighting of the name before to the first sighting of the name after it: lists are
    years apart, so the intervals of two names may overlap.
    """
    for code, sightings in sorted(_sightings(ods).items()):
        runs: list[list[tuple[date, date, str, str, str]]] = []
        for sighting in sorted(sightings):
            if runs and runs[-1][-1][2] == sighting[2]:
                runs[-1].append(sighting)
            else:
                runs.append([sighting])
        for place, run in enumerate(runs):
            yield {
                "org_code": code,
                "name": run[0][2],
                "kind": "official",
                "valid_from": runs[place - 1][-1][0] if place else None,
                "valid_to": runs[place + 1][0][1] if place + 1 < len(runs) else None,
                "normalised_name": normalise(run[0][2]),
                "source_url": run[0][3],
                "evidence_grade": run[0][4],
            }
    for row in curated("aliases").rows:
        yield {
            **{key: row[key] for key in ("org_code", "name", "source_url", "evidence_grade")},
            "kind": "alias",
            "valid_from": _day(row["valid_from"]),
            "valid_to": _day(row["valid_to"]),
            "normalised_name": normalise(str(row["name"])),
        }


def _sightings(ods: pd.DataFrame) -> dict[str, list[tuple[date, date, str, str, str]]]:
    """Return for each code its sightings: first day, last day, name, source, grade."""
    found: dict[str, list[tuple[date, date, str, str, str]]] = {}
    url = "https://www.odsdatasearchandexport.nhs.uk/api/getReport?report=etr"
    for code, name, edition in zip(ods["org_code"], ods["name"], ods["edition"], strict=True):
        found.setdefault(code, []).append((*seen(edition), name, url, "administrative"))
    for row in curated("names").rows:
        span = (date.fromisoformat(str(row["seen_from"])), date.fromisoformat(str(row["seen_to"])))
        sighting = (*span, str(row["name"]), str(row["source_url"]), str(row["evidence_grade"]))
        found.setdefault(str(row["org_code"]), []).append(sighting)
    for care_trust in curated("care_trusts").rows:
        if care_trust["org_code"] not in found:
            day = _day(care_trust["close_date"]) or date(2024, 10, 1)
            sighting = (
                day,
                day,
                str(care_trust["name"]),
                str(care_trust["source_url"]),
                str(care_trust["evidence_grade"]),
            )
            found[str(care_trust["org_code"])] = [sighting]
    return found


def _legal_forms(organisations: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the legal form of each organisation as rows of `organisation_type`."""
    kept = (
        "org_code",
        "org_name",
        "source",
        "edition",
        "source_file_sha256",
        "source_sheet",
        "source_row",
        "evidence_grade",
    )
    rows = [
        {
            **{key: row[key] for key in kept},
            "scheme": "legal_form",
            "type": row["legal_form"],
            "as_of_date": row["as_of_date"],
            "org_name_as_published": row["org_name"],
            "value_status": "e",
        }
        for row in organisations.values()
    ]
    return pd.DataFrame(rows)
