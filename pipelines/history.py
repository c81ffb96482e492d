"""The history of one organisation, in words: names, predecessors and successors, programmes, money, facts held.

Everything is told as the release has it, under the code at the time; nothing is added up over organisations.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.asking import database
from pipelines.released import ExplainError, Release, Row, opened, page, pairs, section, shown, wrapped

FACT = {"org_code", "edition", "period_start", "period_end", "source_file_sha256"}
"""What a fact table has."""


@dataclass(frozen=True)
class Line:
    """The way from a predecessor to the organisation: its code and the steps, the first step first."""

    code: str
    name: str
    steps: tuple[Row, ...]

    @property
    def relation(self) -> str:
        """Return how what the predecessor had is held today: a split never hands on a membership."""
        kinds = {step["kind"] for step in self.steps}
        if "split" in kinds:
            return "part_by_split"
        return "same" if kinds == {"rename"} else "absorbed_member"


def tell(code: str) -> str:
    """Return the history of the organisation with an ODS code, as text; raise ExplainError for an unknown code."""
    with opened(database()) as release:
        found = release.rows("from organisation where org_code = ?", code.upper())
        if not found:
            raise ExplainError(
                f"Explaining organisation {code!r}: expected the ODS code of an NHS trust, found none of that code; look for its name with `digital-maturity resolve`."
            )
        one = found[0]
        steps = release.rows(
            "from organisation_succession order by succession_date, predecessor_code, successor_code"
        )
        before = list(_before(one["org_code"], steps))
        codes = [one["org_code"], *(line.code for line in before)]
        return page(
            [
                section(f"{one['org_code']}  {one['org_name']}", _today(release, one)),
                section("Names", _names(release, one["org_code"])),
                section("Took over", _steps(line.steps[0] for line in before)),
                section("Went over to", _steps(_after(one["org_code"], steps))),
                section("Types", _types(release, one["org_code"])),
                section("Programmes", _programmes(release, one, before)),
                section("Central funding", _funding(release, codes)),
                section("Facts held", _facts(release, codes)),
                section("Where the organisation itself was read", _read(release, one)),
            ]
        )


def _before(code: str, steps: Iterable[Row], after: tuple[Row, ...] = ()) -> Iterator[Line]:
    """Yield every predecessor, nearest first, with the way from it; succession has no circles."""
    steps = list(steps)
    for step in steps:
        if step["successor_code"] == code:
            line = Line(step["predecessor_code"], step["predecessor_name"], (step, *after))
            yield line
            yield from _before(line.code, steps, line.steps)


def _after(code: str, steps: Iterable[Row]) -> Iterator[Row]:
    """Yield every step that leads away from an organisation."""
    steps = list(steps)
    for step in steps:
        if step["predecessor_code"] == code:
            yield step
            yield from _after(step["successor_code"], steps)


def _today(release: Release, one: Row) -> Iterator[str]:
    """Yield what an organisation is today, or what it was when it ended."""
    main = release.rows("from organisation_current_main where org_code = ?", one["org_code"])[0]
    until = f"to {one['close_date']}" if one["close_date"] else f"on, and open on {one['as_of_date']}"
    now = f"{main['current_org_code']} {main['current_org_name']}, since {main['since']} by way of {main['path']}"
    told = {
        "open": f"from {one['open_date']} {until}",
        "today": {"same": "still itself", "closed": f"none: {main['why']}"}.get(main["relation"], now),
        "is split": "yes: only its main successor is named here" if main["is_split"] else "",
        "legal form": one["legal_form"].replace("_", " "),
        "region": one["region"] or ("" if one["in_scope"] else "not in England: out of scope"),
        "ICB": one["icb_code"]
        and f"{one['icb_code']}, by the postcode of its headquarters, {one['postcode']}",
    }
    yield from pairs({word: text for word, text in told.items() if text})


def _names(release: Release, code: str) -> Iterator[str]:
    sql = (
        "from organisation_name where org_code = ? order by valid_from nulls first, valid_to nulls last, name"
    )
    for row in release.rows(sql, code):
        days = " ".join(
            f"{word} {row[day]}" for word, day in (("from", "valid_from"), ("to", "valid_to")) if row[day]
        )
        yield from wrapped(f"{row['name']} ({row['kind']}{f', {days}' if days else ''})")


def _steps(steps: Iterable[Row]) -> Iterator[str]:
    """Yield steps of succession in order of time, each with its evidence."""
    once = {
        (step["succession_date"], step["predecessor_code"], step["successor_code"]): step for step in steps
    }
    for (day, before, after), step in sorted(once.items()):
        main = ", not its main successor" if step["is_main"] is False else ""
        yield from wrapped(
            f"{before} {step['predecessor_name'] or '(name not listed)'} into {after} {step['successor_name']} ({step['kind']}{main})",
            f"  {day}  ",
        )
        told = [
            f"{step['basis']} by {step['evidence']} ({step['evidence_grade']})",
            step["source_url"],
            step["note"],
        ]
        for text in filter(None, told):
            yield from wrapped(text, " " * 14)


def _types(release: Release, code: str) -> Iterator[str]:
    sql = """
        from organisation_type where org_code = ?
        qualify row_number() over (partition by scheme order by as_of_date desc, source, edition desc) = 1
        order by scheme"""
    for row in release.rows(sql, code):
        yield f"  {row['scheme']}: {row['type']}, {row['as_of_date']} ({row['source']} {row['edition']})"


def _programmes(release: Release, one: Row, before: Iterable[Line]) -> Iterator[str]:
    """Yield the programmes of an organisation and of those it took over, and how these are held today."""
    members = release.rows("from programme_membership order by start_date, programme, role, edition")
    candidates = release.rows("from programme_candidate order by announced_on, programme, role, edition")
    lines = list(before)
    relations = {one["org_code"]: "same", **{line.code: line.relation for line in reversed(lines)}}
    for row in (row for row in members if row["org_code"] in relations):
        what = f"{row['programme']} {row['role']}, {row['care_setting']}, wave {row['wave']}, {row['status']} from {row['start_date']}"
        yield from _held(row, what, relations[row["org_code"]])
    for row in (row for row in candidates if row["org_code"] in relations):
        what = f"{row['programme']} {row['role']} {row['status']} on {row['announced_on']}, never a member"
        yield from _held(row, what, relations[row["org_code"]])
    if not any(row["org_code"] in relations for row in members):
        yield from wrapped("no known programme: members that nobody named in print are not known here")


def _held(row: Row, what: str, relation: str) -> Iterator[str]:
    passed = ", which makes no member" if relation == "part_by_split" else ""
    yield from wrapped(
        f"{what}; as {row['org_code']} {row['org_name_as_published']} ({relation}{passed})", hang=4
    )
    yield from wrapped(f"{row['source_url']} ({row['evidence_grade']})", "    ")


def _funding(release: Release, codes: list[str]) -> Iterator[str]:
    sql = "from digital_funding where list_contains(?, org_code) order by fy_end_year, programme, wave, org_code, edition"
    for row in release.rows(sql, codes):
        amount = "nothing" if row["amount_gbp"] is None else f"GBP {row['amount_gbp']:,}"
        counted = "" if row["may_be_summed"] else ", never to be summed"
        yield from wrapped(
            f"{row['financial_years']}: {amount} ({row['amount_basis']}{counted}), {row['programme']}, {row['wave']}; as {row['org_code']} {row['org_name_as_published']}",
            hang=4,
        )
        yield from wrapped(f"{row['source_url']} ({row['evidence_grade']})", "    ")


def _facts(release: Release, codes: list[str]) -> Iterator[str]:
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
            yield f"  {table:<22}{row['org_code']:<7}{rows:<10}{shown(row['first'])} to {shown(row['last'])}"


def _read(release: Release, one: Row) -> Iterator[str]:
    sql = "from source_file where source_file_sha256 = ? and source = ? and edition = ? order by part limit 1"
    file = release.rows(sql, one["source_file_sha256"], one["source"], one["edition"])[0]
    told: Mapping[str, str | None] = {
        "source": f"{one['source']} {one['edition']}, row {one['source_row']} ({one['evidence_grade']})",
        "file": file["publisher_file_name"],
        "address": file["file_url"],
        "came by": f"{file['origin']}: {file['how']}",
        "sha256": one["source_file_sha256"],
    }
    yield from pairs({word: text for word, text in told.items() if text})
