"""The successors of each organisation: dated successions, and every way from then to today.

An edge leads from an organisation that ended to one that took over, on a day. Edges are many-to-many (a split has
several successors, a merger several predecessors) and form no cycle. A way follows edges until it reaches an
organisation that is open, or one that has no successor. No organisation code is written here.
"""

import graphlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from assets.organisations.curation import Curated, day
from assets.organisations.names import normalise

Row = dict[str, Any]

RELATIONS = {
    "merger": "merged_into",
    "acquisition": "acquired_by",
    "rename": "renamed_to",
    "transfer": "transferred_to",
    "split": "part_by_split",
}
"""How an organisation relates to the one that took over, by kind of succession."""


def dated_edges(table: Curated, organisations: Mapping[str, Row]) -> Iterator[Row]:
    """Yield the rows of `organisation_succession`: the curated edges with a successor.

    Only the code is known of a predecessor that ended before the lists begin.
    """
    held = [(number, row) for number, row in enumerate(table.rows, start=2) if row["successor_code"]]
    arrivals = Counter((row["successor_code"], row["succession_date"]) for _, row in held)
    splits = {row["predecessor_code"] for _, row in held if row["is_main"] != "true"}
    copied = (
        "predecessor_code",
        "successor_code",
        "basis",
        "evidence",
        "source_url",
        "evidence_grade",
        "note",
    )
    for number, row in held:
        before = organisations.get(str(row["predecessor_code"]), {"org_name": None})
        after = organisations[str(row["successor_code"])]
        days = {key: day(row[key]) for key in ("succession_date", "stated_date", "predecessor_close_date")}
        yield {
            **{key: row[key] for key in copied},
            **days,
            "predecessor_name": before["org_name"],
            "successor_name": after["org_name"],
            "kind": _kind(
                splits=row["predecessor_code"] in splits,
                founds=after["open_date"] == days["succession_date"],
                joins=arrivals[row["successor_code"], row["succession_date"]] > 1,
                keeps_name=normalise(before["org_name"] or "") == normalise(after["org_name"]),
            ),
            "is_main": {"true": True, "false": False}.get(row["is_main"] or ""),
            "date_note": _date_note(days),
            "source_file_sha256": table.sha256,
            "source_row": number,
        }


def _kind(*, splits: bool, founds: bool, joins: bool, keeps_name: bool) -> str:
    """Return the kind of a succession from what happened on its day."""
    if splits:
        return "split"
    if not founds:
        return "acquisition"
    if joins:
        return "merger"
    return "rename" if keeps_name else "transfer"


def _date_note(days: Mapping[str, date | None]) -> str | None:
    """Return how conflicting days were reconciled: the successor starts on the day after its predecessor's last."""
    first, stated = days["succession_date"], days["stated_date"]
    if stated not in (None, first):
        return f"{stated} is stated, the predecessor's last day; the successor starts the day after"
    if days["predecessor_close_date"] == first:
        return f"{first} is stated as the predecessor's last day too; kept as the successor's first"
    return None


def refuse_circles(edges: Sequence[Row]) -> None:
    """Raise ValueError, which names the codes, if succession is circular."""
    following: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        following[edge["predecessor_code"]].add(edge["successor_code"])
    try:
        graphlib.TopologicalSorter(following).prepare()
    except graphlib.CycleError as error:
        circle = ">".join(reversed(error.args[1]))
        raise ValueError(
            f"Following trusts to their successors: expected an end, found the circle {circle}; correct succession.csv."
        ) from error


def current(organisations: Mapping[str, Row], edges: Sequence[Row]) -> Iterator[Row]:
    """Yield a row of `organisation_current` for every way from an organisation to today.

    `organisations` by code, with org_name, is_current and close_date; `edges` must not form a cycle.
    """
    following: dict[str, list[Row]] = defaultdict(list)
    for edge in sorted(edges, key=lambda edge: edge["successor_code"]):
        following[edge["predecessor_code"]].append(edge)
    for code in sorted(organisations):
        ways = sorted(_ways(code, organisations, following), key=lambda way: _codes(code, way))
        yield from (_way(code, way, organisations) for way in ways)


def current_main(rows: Sequence[Row], why: Mapping[str, str | None]) -> Iterator[Row]:
    """Yield the main way of each organisation, and in `why` the reason it has no successor, by the last code of the way."""
    for row in rows:
        if row["is_main"]:
            last = row["path"].rsplit(">", 1)[-1]
            unknown = f"{last} has closed or not opened and no successor is known"
            reason = "" if row["current_org_code"] else why.get(last) or unknown
            yield {**{key: value for key, value in row.items() if key != "is_main"}, "why": reason}


def _ways(
    code: str, organisations: Mapping[str, Row], following: Mapping[str, list[Row]]
) -> Iterator[tuple[Row, ...]]:
    if organisations[code]["is_current"] or code not in following:
        yield ()
        return
    for edge in following[code]:
        for rest in _ways(edge["successor_code"], organisations, following):
            yield (edge, *rest)


def _codes(code: str, way: Sequence[Row]) -> str:
    return ">".join([code, *(edge["successor_code"] for edge in way)])


def _way(code: str, way: Sequence[Row], organisations: Mapping[str, Row]) -> Row:
    path = _codes(code, way)
    last = organisations[path.rsplit(">", 1)[-1]]
    is_split = any(edge["kind"] == "split" for edge in way)
    end = last["close_date"]
    ended = end + timedelta(days=1) if end and not last["is_current"] else None
    return {
        "org_code": code,
        "org_name": organisations[code]["org_name"],
        "current_org_code": last["org_code"] if last["is_current"] else None,
        "current_org_name": last["org_name"] if last["is_current"] else None,
        "relation": _relation(way, is_split=is_split) if last["is_current"] else "closed",
        "is_main": all(edge["is_main"] for edge in way),
        "is_split": is_split,
        "path": path,
        "since": ended or (way[-1]["succession_date"] if way else None),
    }


def _relation(way: Sequence[Row], *, is_split: bool) -> str:
    if not way:
        return "same"
    return RELATIONS["split" if is_split else way[-1]["kind"]]
