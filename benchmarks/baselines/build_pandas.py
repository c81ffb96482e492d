"""Join the frozen editions with pandas, as one analyst would in one script: `build_pandas.py FROZEN CURATED OUT`.

Writes `maturity_score`, `maturity_change` and the core of `trust_profile` as CSV. Names become codes by the list of
trusts nearest to the day, then by any list; trusts are followed to today's by the curated successions; what a split
leaves over is nobody's. Stops where a check fails.
"""

import re
import sys
from pathlib import Path

import pandas as pd

COLLECTED = "2025-07-15"
"""The list of trusts nearest to the collection of the assessment."""
NEWEST = "2026-07-08"
SPAN = ("2024-01-01", "2025-06-30")
PILLARS = [
    "well_led", "ensure_smart_foundations", "safe_practice", "support_workforce", "empower_people", "improve_care",
    "healthy_populations",
]  # fmt: skip
KEY = ["org_code", "care_setting"]
DROPPED = {"NHS", "FOUNDATION", "TRUST", "FT", "THE"}


def read(path: Path, *numbers: str) -> pd.DataFrame:
    """Read a CSV as text, but for its numbers: 5E1 is a code."""
    rows = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    for number in numbers:
        rows[number] = pd.to_numeric(rows[number])
    return rows


def editions(folder: Path, *numbers: str) -> pd.DataFrame:
    """Read all editions of a source, each row with the name of its file."""
    return pd.concat(
        [
            read(path, *numbers).assign(edition=path.name.split(".")[0])
            for path in sorted(folder.glob("*.csv"))
        ],
        ignore_index=True,
    )


def normal(name: str) -> str:
    """Return a name as it is compared."""
    text = re.sub(r"['\u2019\u2018]", "", name.upper().replace("&", " AND "))
    text = re.sub(r"[^A-Z0-9]+", " ", text).replace("NATIONAL HEALTH SERVICE", "NHS")
    return " ".join(word for word in text.split() if word not in DROPPED)


def check(*, holds: bool, what: str) -> None:
    """Stop where something is not as it must be."""
    if not holds:
        sys.exit(f"expected {what}")


def organisations(frozen: Path, curated: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every listing of a trust, oldest first, and the trusts of today."""
    lists = editions(frozen / "ods")
    care = read(curated / "care_trusts.csv").assign(edition=NEWEST)
    lists = pd.concat([care, lists], ignore_index=True)
    check(holds=not lists.duplicated(["org_code", "edition"]).any(), what="a trust once in a list")
    regions = read(curated / "regions.csv").set_index("region_code")["region"]
    known = lists.drop_duplicates("org_code", keep="last")
    known = known.assign(region=known["region_code"].map(regions))
    ended = read(curated / "succession.csv")["predecessor_code"]  # the list of care trusts tells no later end
    is_open = (
        (known["open_date"] <= NEWEST) & ~(known["close_date"] < NEWEST) & ~known["org_code"].isin(ended)
    )
    return lists, known.assign(is_current=is_open)


def successors(curated: Path, known: pd.DataFrame) -> pd.Series:
    """Return today's trust of every code; none for one that was split on the way or has ended."""
    edges = read(curated / "succession.csv").dropna(subset="successor_code")
    single = edges[~edges["predecessor_code"].duplicated(keep=False)]
    after = single.set_index("predecessor_code")["successor_code"]
    current = set(known.loc[known["is_current"], "org_code"])
    codes = pd.Series(known["org_code"].to_numpy(), index=known["org_code"])
    while (
        (moved := codes.where(codes.isin(current) | ~codes.isin(after.index), codes.map(after)))
        .ne(codes)
        .any()
    ):
        codes = moved
    return codes.where(codes.isin(current))


def coded(names: pd.Series, lists: pd.DataFrame, aliases: pd.DataFrame) -> pd.Series:
    """Return the code of every name: of the list nearest to the day, else of any list, else of an alias."""
    bearers = lists.assign(key=lists["name"].map(normal))[["key", "org_code", "edition"]]
    found = pd.Series(None, index=names.index, dtype="object")
    keys = names.map(normal)
    alias = aliases.assign(key=aliases["name"].map(normal))
    for listed in (bearers[bearers["edition"] == COLLECTED], bearers, alias):
        one = listed.drop_duplicates(["key", "org_code"])
        codes = one[~one["key"].duplicated(keep=False)].set_index("key")["org_code"]
        found = found.fillna(keys.map(codes))
    check(holds=bool(found.notna().all()), what="a code for every name")
    return found


def scores(frozen: Path, lists: pd.DataFrame, aliases: pd.DataFrame, today: pd.Series) -> pd.DataFrame:
    """Return the scores as published and the mean of the seven pillars, each with its trust."""
    rows = read(frozen / "dma" / "2025.csv", "score")
    rows = rows[rows["org_name_as_published"].notna()]
    same = ["org_name_as_published", "care_setting", "measure", "period"]
    check(holds=bool(rows["score"].between(1, 5).all()), what="scores from 1 to 5")
    check(holds=not rows.duplicated(same).any(), what="one score per provider, setting, measure and year")
    check(holds=set(rows["measure"]) == {*PILLARS, "overall_comparable"}, what="every measure")
    check(holds=190 <= rows["org_name_as_published"].nunique() <= 215, what="190 to 215 providers")
    pillars = rows[rows["measure"].isin(PILLARS)]
    means = pillars.groupby(["org_name_as_published", "care_setting", "period"], as_index=False)[
        "score"
    ].mean()
    rows = pd.concat([rows, means.assign(measure="pillar_mean_derived", score=means["score"].round(6))])
    rows = rows.reset_index(drop=True)
    rows["org_code"] = coded(rows["org_name_as_published"], lists, aliases)
    rows["current_org_code"] = rows["org_code"].map(today)
    rows["shared_score"] = shared(rows)
    more = ["measure", "period", "org_name_as_published", "current_org_code", "score", "shared_score"]
    return pd.DataFrame(rows, columns=[*KEY, *more])


def shared(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether another setting of the provider has the same overall score, or the same seven pillars."""
    setting = ["org_name_as_published", "care_setting", "period"]
    is_overall = rows["measure"] == "overall_comparable"
    pillars = rows[~is_overall].sort_values([*setting, "measure"])
    answers = pillars.groupby(setting)["score"].agg(tuple).rename("answers").reset_index()
    same = rows.merge(answers, on=setting, how="left")["answers"].astype(str).set_axis(rows.index)
    same = same.where(~is_overall, rows["score"].astype(str))
    keys = rows[["org_name_as_published", "measure", "period"]].assign(same=same)
    return keys.duplicated(keep=False)


def changes(rows: pd.DataFrame, curated: Path) -> pd.DataFrame:
    """Return how far the comparable score moved, by setting and by provider."""
    overall = rows[rows["measure"] == "overall_comparable"]
    wide = overall.pivot(index=KEY, columns="period", values="score").dropna().round(9).reset_index()
    wide["score_change"] = (wide["2025"] - wide["2024"]).round(9)
    wide["provider_change"] = (wide.groupby("org_code")["score_change"].transform("mean") + 1e-12).round(9)
    edges = read(curated / "succession.csv")
    joined = edges.loc[edges["succession_date"].between(*SPAN), "successor_code"]
    return wide.assign(
        direction=wide["score_change"].map(direction),
        provider_direction=wide["provider_change"].map(direction),
        boundary_changed=wide["org_code"].isin(joined),
    ).rename(columns={"2024": "score_before", "2025": "score_after"})


def direction(change: float) -> str:
    """Name a change."""
    return "unchanged" if abs(change) <= 1e-9 else "rose" if change > 0 else "fell"


def records(frozen: Path, today: pd.Series) -> pd.DataFrame:
    """Return what medical records cost today's trusts in the newest year that is known, all they took over included."""
    rows = editions(frozen / "eric", "total_gbp")
    check(
        holds=not rows.duplicated(["edition", "org_code_as_published"]).any(), what="a trust once in a year"
    )
    check(holds=bool((rows["total_gbp"].dropna() >= 0).all()), what="no negative cost")
    rows["org_code"] = rows["org_code_as_published"].map(today)
    rows["medical_records_fy_end_year"] = rows["edition"].str[:4].astype(int) + 1
    costs = rows.groupby(["org_code", "medical_records_fy_end_year"])["total_gbp"].sum(min_count=1)
    newest = costs.dropna().rename("medical_records_cost_gbp").reset_index()
    return newest.drop_duplicates("org_code", keep="last")


def profile(frozen: Path, known: pd.DataFrame, today: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the trusts of today with the latest that is known of each."""
    trusts = known[known["is_current"] & (known["gor_code"] != "W")].rename(columns={"name": "org_name"})
    check(holds=190 <= len(trusts) <= 215, what="190 to 215 trusts today")
    overall = rows[(rows["measure"] == "overall_comparable") & (rows["period"] == "2025")]
    dma = overall.pivot(index="org_code", columns="care_setting", values="score").add_prefix("dma_overall_")
    supplier = read(frozen / "epr" / "2024-10-01.csv").rename(columns={"org_code_as_published": "org_code"})
    check(holds=not supplier["org_code"].duplicated().any(), what="a trust once in the list of suppliers")
    security = editions(frozen / "dspt").rename(columns={"org_code_as_published": "org_code"})
    newest = security.sort_values("edition", kind="stable").drop_duplicates("org_code", keep="last")
    newest = newest.rename(columns={"status": "dspt_status", "edition": "dspt_as_of_date"})
    joined = trusts[["org_code", "org_name", "region", "icb_code", "open_date"]]
    for part in (
        dma.assign(dma_period="2025").reset_index(),
        supplier[["org_code", "has_epr", "supplier"]].rename(columns={"supplier": "epr_supplier"}),
        newest[["org_code", "dspt_status", "dspt_as_of_date"]],
        records(frozen, today),
    ):
        joined = joined.merge(part, on="org_code", how="left", validate="one_to_one")
    return joined


def main() -> None:
    """Build the three tables."""
    frozen, curated, out = map(Path, sys.argv[1:])
    lists, known = organisations(frozen, curated)
    today = successors(curated, known)
    maturity = scores(frozen, lists, read(curated / "aliases.csv"), today)
    made = {
        "maturity_score": maturity.sort_values([*KEY, "measure", "period"]),
        "maturity_change": changes(maturity, curated).sort_values(KEY),
        "trust_profile": profile(frozen, known, today, maturity).sort_values("org_code"),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in made.items():
        rows.to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
