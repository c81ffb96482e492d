"""Numbers and tables of a report: every one comes from a query on the release, and leads back to it.

A report is a template that asks for numbers by query, column and row. What it gets is the number as a link to the query
and its rows, which stand at the end of the report. A sentence with a number can therefore only say what the release says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
from markupsafe import Markup, escape


class LackingError(ValueError):
    """The release does not hold what a report says."""


Row = dict[str, Any]
MINUS = "\u2212"


def shown(value: object, places: int | None = None) -> str:
    """Return a value for readers: whole numbers with commas, others with `places` decimals, names of words with blanks."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if any(letter in value for letter in " /:") else value.replace("_", " ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "isoformat"):
        return str(value)
    number = float(str(value)) + 0.0
    if places is None:
        places = 0 if isinstance(value, int) else 2
    text = f"{number:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", MINUS)


@dataclass(frozen=True)
class Answer:
    """A query with its name, its SQL and its rows."""

    name: str
    sql: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def purpose(self) -> str:
        """What the query is for, as its first line says."""
        return self.sql.partition("\n")[0].removeprefix("-- purpose: ")

    def row(self, **where: object) -> Row:
        """Return the one row with these values. Raises LackingError for none or several."""
        found = [row for row in self.rows if all(row[name] == value for name, value in where.items())]
        if len(found) != 1:
            raise LackingError(
                f"Filling the report from query {self.name}: expected one row where {where}, found {len(found)}; "
                "the template and its queries are about editions that this release does not hold alike."
            )
        return found[0]


@dataclass
class Answers:
    """The answers of a report: each query is asked once."""

    connection: duckdb.DuckDBPyConnection
    sql_of: Callable[[str], str]
    asked: dict[str, Answer] = field(default_factory=dict)

    def query(self, name: str) -> Answer:
        """Return the answer to a query by its name."""
        if name not in self.asked:
            sql = self.sql_of(name)
            found = self.connection.execute(sql)
            columns = tuple(column[0] for column in found.description or ())
            rows = tuple(dict(zip(columns, row, strict=True)) for row in found.fetchall())
            self.asked[name] = Answer(name, sql, columns, rows)
        return self.asked[name]

    def number(self, name: str, column: str, places: int | None = None, **where: object) -> Markup:
        """Return a number of one row as a link to its query, which says which row and column. Raises LackingError."""
        answer = self.query(name)
        row = answer.row(**where)
        if row[column] is None:
            raise LackingError(
                f"Filling the report from query {name}: expected a number in {column} where {where}, found none; "
                "the template and its queries are about editions that this release does not hold alike."
            )
        return Markup(
            '<a class="n" href="#q-{0}" title="{1}" data-row="{2}" data-column="{3}">{4}</a>'
        ).format(
            name,
            ": ".join(
                [column.replace("_", " "), *([", ".join(map(shown, where.values()))] if where else [])]
            ),
            answer.rows.index(row),
            column,
            shown(row[column], places),
        )

    def between(self, name: str, column: str, places: int | None = None, **where: object) -> Markup:
        """Return the interval of a number, as `a to b`."""
        ends = (self.number(name, f"{column}_{end}", places, **where) for end in ("lower", "upper"))
        return Markup("{} to {}").format(*ends)

    def holds(self, name: str, column: str, least: float, most: float, **where: object) -> str:
        """Return nothing where every such row has a number from `least` to `most`; else raise LackingError.

        It stands before a sentence that says so in words.
        """
        rows = [row for row in self.query(name).rows if all(row[k] == v for k, v in where.items())]
        wrong = [
            row[column] for row in rows if row[column] is None or not least <= float(row[column]) <= most
        ]
        if wrong or not rows:
            raise LackingError(
                f"Filling the report from query {name}: expected {column} from {least} to {most} where {where}, found "
                f"{', '.join(map(str, wrong[:3])) or 'no row'}; the sentence that says so is wrong for this release."
            )
        return ""

    def names(self, name: str, column: str, **where: object) -> str:
        """Return the words in a column of the rows with these values, in order, once each."""
        rows = [row for row in self.query(name).rows if all(row[k] == v for k, v in where.items())]
        return ", ".join(dict.fromkeys(str(row[column]) for row in rows))


@dataclass(frozen=True)
class Dot:
    """A line of a dot plot: a label, a value, an interval if there is one, its look, and a second, wider interval."""

    label: str
    value: float
    lower: float | None = None
    upper: float | None = None
    mark: str = ""
    widest: tuple[float, float] | None = None


LEFT, WIDTH, LINE, TOP = 290, 760, 26, 12
"""Width kept for labels, width of a plot, height of a line, and room above, in units of the drawing."""


def dot_plot(
    dots: list[Dot], limits: tuple[float, float], ticks: list[float], title: str, unit: str
) -> Markup:
    """Return a plot of values with their intervals as SVG, with a text alternative: it needs no script and prints.

    One plot of our own: all figures of a report are of this kind, and drawing libraries would take seconds of every
    refresh for it.
    """
    low, high = limits

    def x(value: float) -> str:
        return f"{LEFT + (min(max(value, low), high) - low) / (high - low) * (WIDTH - LEFT - 20):.1f}"

    bottom = TOP + len(dots) * LINE
    parts = [
        Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, bottom + 40, _alternative(dots, title, unit)
        )
    ]
    for tick in ticks:
        parts.append(
            Markup('<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(x(tick), TOP, bottom)
        )
        parts.append(
            Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
                x(tick), bottom + 16, shown(tick, _places(ticks))
            )
        )
    if low < 0 < high:
        parts.append(
            Markup('<line class="zero" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(x(0), TOP, bottom)
        )
    for place, dot in enumerate(dots):
        y = TOP + place * LINE + LINE / 2
        parts.append(
            Markup('<text class="label" x="{}" y="{}">{}</text>').format(LEFT - 10, y + 5, dot.label)
        )
        if dot.widest:
            ends = tuple(map(x, dot.widest))
            parts.append(Markup('<line class="wide" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(*ends, y, y))
        if dot.lower is not None and dot.upper is not None:
            parts.append(
                Markup('<line class="reach {}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                    dot.mark, x(dot.lower), x(dot.upper), y, y
                )
            )
        parts.append(
            Markup('<circle class="dot {}" cx="{}" cy="{}" r="6"/>').format(dot.mark, x(dot.value), y)
        )
    parts.append(
        Markup('<text class="unit" x="{}" y="{}">{}</text></svg>').format(WIDTH - 20, bottom + 35, unit)
    )
    return Markup("\n").join(parts)


def _places(ticks: list[float]) -> int:
    return 0 if all(float(tick).is_integer() for tick in ticks) else 1


def _alternative(dots: list[Dot], title: str, unit: str) -> str:
    lines = [
        f"{dot.label}: {shown(dot.value, 2)}"
        + (f" ({shown(dot.lower, 2)} to {shown(dot.upper, 2)})" if dot.lower is not None else "")
        + (f" (by permutation {shown(dot.widest[0], 2)} to {shown(dot.widest[1], 2)})" if dot.widest else "")
        for dot in dots
    ]
    return str(escape(f"{title}, {unit}. {'; '.join(lines)}."))
