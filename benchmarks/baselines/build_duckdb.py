"""Join the frozen editions with DuckDB: `build_duckdb.py FROZEN CURATED OUT` runs build_duckdb.sql.

Writes the same three tables as `build_pandas.py`, after the same checks.
"""

import sys
from pathlib import Path

import duckdb

ORDERS = {
    "maturity_score": "org_code, care_setting, measure, period",
    "maturity_change": "org_code, care_setting",
    "trust_profile": "org_code",
}


def main() -> None:
    """Build the three tables."""
    frozen, curated, out = sys.argv[1:]
    script = Path(__file__).with_suffix(".sql").read_text("utf-8")
    Path(out).mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set variable frozen = $1", [frozen])
        connection.execute("set variable curated = $1", [curated])
        connection.execute(script)
        broken = connection.execute("select what from checked where holds is not true").fetchall()
        if broken:
            sys.exit("expected " + "; ".join(what for (what,) in broken))
        for name, order in ORDERS.items():
            connection.sql(f"from {name} order by {order}").write_csv(str(Path(out) / f"{name}.csv"))


if __name__ == "__main__":
    main()
