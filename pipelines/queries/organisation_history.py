"""The history of one organisation, in words: names, places, predecessors and successors, programmes, money, facts held.

Everything is shown as the release has it, under the code at the time. Which ways lead from then to today, and what is
inherited on them, is read from its tables; nothing is derived or added up here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby, pairwise

from pipelines.queries.named_organisation import code_of
from pipelines.queries.opened_release import ExplainError, Release, Row, opened, page, pairs, section, wrapped
from pipelines.queries.release_query import database
from pipelines.storage.release_folder import shown

FACT = {"org_code", "edition", "period_start", "period_end", "source_file_sha256"}
"""What a fact table has."""
PASSES = "list_contains(string_split(path, '>'), ?)"
"""Whether a way to today passes an organisation."""


def tell(name: str) -> str:
    """Return the history of the organisation with an ODS code or a name, as text; raise ExplainError for an unknown one."""
    with opened(database()) as release:
        one = _organisation(release, code_of(name).strip().upper())
        code = one["org_code"]
        ways = release.rows(f"from organisation_current where {PASSES} order by is_main desc, path", code)
        own = [way for way in ways if way["org_code"] == code]
        codes = [code, *sorted({way["org_code"] for way in ways} - {code})]
        into = "from organisation_succession where list_contains(?, successor_code)"
        split = {way["org_code"] for way in ways if way["is_split"] and way["current_org_code"] == code}
        return page(
            [
                section(f"{code}  {one['org_name']}", _today(release, one, own)),
                section("Names", _names(release, code)),
                section("Regions and integrated care boards (ICBs)", _places(release, code)),
                section("Took over", succession_steps(release.rows(into, codes))),
                section("Succeeded by", succession_steps(steps_of(release, [way["path"] for way in own]))),
                section("Types", _types(release, code)),
                section("Programmes", _programmes(release, code)),
                section("Central funding", _funding(release, codes)),
                section("Facts held", _facts(release, codes, split)),
                section("Where the organisation itself was read", _read(release, one)),
            ]
        )


def _organisation(release: Release, code: str) -> Row:
    found = release.rows("from organisation where org_code = ?", code)
    if found:
        return found[0]
    heirs = release.rows("from organisation_succession where predecessor_code = ? order by all", code)
    found_instead = "found none of that code; look for its name with `digital-maturity resolve`"
    if heirs:
        heir = heirs[0]
        found_instead = f"found it only as a predecessor of {heir['successor_code']}, which took it over on {heir['succession_date']}; explain organisation {heir['successor_code']}"
    raise ExplainError(
        f"Explaining organisation {code!r}: expected the ODS code of a trust in the lists of trusts, {found_instead}."
    )


def _today(release: Release, one: Row, own: Iterable[Row]) -> Iterator[str]:
    """Yield what an organisation is today, or what it was when it ended and every way from there."""
    until = f"to {one['close_date']}" if one["close_date"] else f"on, and open on {one['as_of_date']}"
    by = f", by the postcode of its headquarters, {one['postcode']}" if one["postcode"] else ""
    facts = {
        "open": f"from {one['open_date']} {until}",
        "today": "; and ".join(_end(release, way) for way in own),
        "legal form": one["legal_form"].replace("_", " "),
        "region": one["region"] or ("" if one["in_scope"] else "not in England: out of scope"),
        "ICB": one["icb_code"] and f"{one['icb_code']}{by}",
    }
    yield from pairs({word: text for word, text in facts.items() if text})


def _end(release: Release, way: Row) -> str:
    """Return where a way to today ends."""
    if way["relation"] == "same":
        return "still itself"
    if way["relation"] == "closed":
        main = release.rows("from organisation_current_main where org_code = ?", way["org_code"])[0]
        return f"none: {main['why'] or way['path'] + ' has ended'}"
    side = ", not its main successor" if not way["is_main"] else ""
    return f"{way['current_org_code']} {way['current_org_name']}, since {way['since']} by way of {way['path']} ({way['relation']}{side})"


def _names(release: Release, code: str) -> Iterator[str]:
    sql = "from organisation_name where org_code = ? order by position"
    for row in release.rows(sql, code):
        seen = f", first seen {row['first_seen']}, last seen {row['last_seen']}" if row["first_seen"] else ""
        yield from wrapped(f"{row['name']} ({row['kind']}{seen or _days(row)})")


def _places(release: Release, code: str) -> Iterator[str]:
    sql = "from organisation_geography where org_code = ? order by relation desc, valid_from nulls first, edition"
    for row in release.rows(sql, code):
        region = row["region"] or f"region {row['region_code']}"
        icb = " ".join(filter(None, (row["icb_code"], row["icb_name"])))
        whose = f"{row['relation']}, {row['source']} {row['edition']}{_days(row)}"
        yield from wrapped(f"{'; '.join(filter(None, (region, icb)))} ({whose})", hang=4)


def _days(row: Row) -> str:
    """Return the days on which something can have been so; lists are years apart, so days of two rows may overlap."""
    limits = (("not before", row["valid_from"]), ("not after", row["valid_to"]))
    return "".join(f", {word} {day}" for word, day in limits if day)


def steps_of(release: Release, paths: Iterable[str]) -> list[Row]:
    """Return the steps of succession that paths to today follow."""
    taken = [">".join(step) for path in paths for step in pairwise(path.split(">"))]
    sql = "from organisation_succession where list_contains(?, predecessor_code || '>' || successor_code)"
    return release.rows(sql, taken)


def succession_steps(steps: Iterable[Row]) -> Iterator[str]:
    """Yield steps of succession in order of time, then what each rests on."""
    found = sorted(
        steps, key=lambda step: (step["succession_date"], step["predecessor_code"], step["successor_code"])
    )
    for step in found:
        side = ", not its main successor" if step["is_main"] is False else ""
        yield from wrapped(
            f"{step['predecessor_code']} {step['predecessor_name'] or '(name not listed)'} into {step['successor_code']} {step['successor_name']} ({step['kind']}{side})",
            f"  {step['succession_date']}  ",
        )
        day = step["date_note"] or (None if step["stated_date"] else "the evidence gives no day")
        for text in filter(None, (day, step["note"])):
            yield from wrapped(text, " " * 14)
    rests = lambda step: (step["basis"], step["evidence"], step["evidence_grade"], step["source_url"])  # noqa: E731
    for (basis, evidence, grade, url), resting in groupby(sorted(found, key=rests), key=rests):
        codes = ", ".join(dict.fromkeys(step["predecessor_code"] for step in resting))
        yield from wrapped(f"{codes}: {basis} by {evidence} ({grade}) {url}", hang=4)


def _types(release: Release, code: str) -> Iterator[str]:
    sql = """
        from organisation_type where org_code = ?
        qualify row_number() over (partition by scheme order by as_of_date desc, source, edition desc) = 1
        order by scheme"""
    for row in release.rows(sql, code):
        yield f"  {row['scheme']}: {row['type']}, {row['as_of_date']} ({row['source']} {row['edition']})"


def _programmes(release: Release, code: str) -> Iterator[str]:
    """Yield the programmes of an organisation and of those it took over, and how today's organisation holds each."""
    table = "programme_membership_current"
    found = _on_ways(release, table, code, "start_date")
    for ways in found:
        row = ways[0]
        what = f"{row['programme']} {row['role']}, {row['care_setting']}, wave {row['wave']}, {row['status']} from {row['start_date']}"
        yield from _as_published(row, what)
        for way in ways:
            status, through = way["inherited_status"], way["inherited_through"]
            meaning = release.meaning(table, "inherited_status", status)
            since = f"; {through} since {way['inherited_since']}" if through else ""
            yield from wrapped(f"{_whose(way, code)}{status}: {meaning}{since}", "    ")
    if not found:
        yield from wrapped("no known programme: not all members are held here; see coverage")
    for ways in _on_ways(release, "programme_candidate_current", code, "announced_on"):
        row = ways[0]
        what = f"{row['programme']} {row['role']} {row['status']} on {row['announced_on']}, never a member"
        yield from _as_published(row, what)
        for way in (way for way in ways if way["since"]):
            relation = f"{way['relation']} since {way['since']} by way of {way['path']}"
            yield from wrapped(f"{_whose(way, code)}{relation}", "    ")


def _on_ways(release: Release, table: str, code: str, day: str) -> list[list[Row]]:
    """Return the rows of a table whose way to today passes an organisation, the ways of one fact together."""
    fact = (day, "programme", "role", "org_code", "edition")
    sql = f'from "{table}" where {PASSES} order by {", ".join(fact)}, path'
    grouped = groupby(release.rows(sql, code), key=lambda row: [row[name] for name in fact])
    return [list(ways) for _, ways in grouped]


def _whose(way: Row, code: str) -> str:
    """Return the organisation at the end of a way, unless it is the one described."""
    if way["current_org_code"] in (code, None):
        return ""
    return f"today {way['current_org_code']} {way['current_org_name']}, "


def _as_published(row: Row, what: str) -> Iterator[str]:
    yield from wrapped(f"{what}; as {row['org_code']} {row['org_name_as_published']}", hang=4)
    yield from wrapped(f"{row['source_url']} ({row['evidence_grade']})", "    ")


def _funding(release: Release, codes: list[str]) -> Iterator[str]:
    sql = "from digital_funding where list_contains(?, org_code) order by fy_end_year, programme, wave, org_code, edition"
    for row in release.rows(sql, codes):
        amount = "nothing" if row["amount_gbp"] is None else f"GBP {row['amount_gbp']:,}"
        counted = "" if row["may_be_summed"] else ", never to be summed"
        what = f"{row['financial_years']}: {amount} ({row['amount_basis']}{counted}), {row['programme']}, {row['wave']}"
        yield from _as_published(row, what)


def _facts(release: Release, codes: list[str], split: Collection[str]) -> Iterator[str]:
    """Yield how many rows each fact table has under each code, and about which days."""
    tables = {name: columns.keys() for name, columns in release.tables.items()}
    for table in (
        name for name, columns in tables.items() if columns >= FACT and not name.endswith("_current")
    ):
        sql = f"""
            select org_code, count(*) as n, min(period_start) as first, max(coalesce(period_end, period_start)) as last
            from "{table}" where list_contains(?, org_code) group by org_code order by list_position(?, org_code)"""  # noqa: S608 - a table of the release
        for row in release.rows(sql, codes, codes):
            rows = f"{row['n']} row{'s' * (row['n'] != 1)}"
            part = ", split" if row["org_code"] in split else ""
            yield f"  {table:<22}{row['org_code']:<7}{rows:<10}{shown(row['first'])} to {shown(row['last'])}{part}"


def _read(release: Release, one: Row) -> Iterator[str]:
    sql = "from source_file where source_file_sha256 = ? and source = ? and edition = ? order by part limit 1"
    file = release.rows(sql, one["source_file_sha256"], one["source"], one["edition"])[0]
    facts: Mapping[str, str | None] = {
        "source": f"{one['source']} {one['edition']}, row {one['source_row']} ({one['evidence_grade']})",
        "file": file["publisher_file_name"],
        "address": file["file_url"],
        "obtained": f"{file['origin']}: {file['how']}",
        "sha256": one["source_file_sha256"],
    }
    yield from pairs({word: text for word, text in facts.items() if text})
