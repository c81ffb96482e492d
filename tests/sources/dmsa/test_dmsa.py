"""Digital Maturity Self-Assessment: both wide layouts, the arithmetic, and the figures that are known of both rounds.

Questions of the files made here are artificial: the wording of the real ones is not ours. The figures are those of the
frozen facts; where the publisher's files are at hand, `test_sources` shows that these facts are what they hold.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import openpyxl
import pandas as pd
import pytest
import reading
from conftest import staged_rows
from reading import csv_file, failed, plain, resolver

from assets.contract.parsed import Parsed, StructureError
from assets.reading.structure import problems
from assets.sources import dma
from assets.sources.dmsa import printed_sections, wide_answers
from assets.sources.dmsa import source as dmsa
from assets.sources.dmsa.sections import COMMON, DONT_KNOW_MISSING, NEW_IN_2017, SECTIONS, THEMES, WHOLE
from assets.tables.facts import maturity_score

FIRST, SECOND = "2015/16", "2017"
SALFORD = ("Salford Royal NHS Foundation Trust", "RM3")
DEVON = ("Devon Partnership NHS Trust", "RWV")
ASKED = tuple(name for name in SECTIONS if name != NEW_IN_2017 for _ in range(2))
"""The sections of the artificial questions: two each."""
WORDED = 9
"""The question (the second on information governance) that has no column of scores."""
SPLIT = {"RJ8": 45.1, "RQX": 71.0, "R1K": 51.8, "RJC": 32.6}
"""The four organisations of 2017 that answered by care setting, with capabilities over all settings."""


def question(number: int) -> str:
    return f"Artificial question {number} on {ASKED[number]}"


@pytest.fixture(autouse=True)
def artificial_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know the artificial questions in place of the real ones."""
    digest = wide_answers.digest
    known = {digest(question(number)): ("section", name) for number, name in enumerate(ASKED)}
    known |= {digest(f"Artificial service {name}"): ("service", name) for name in wide_answers.SERVICES}
    monkeypatch.setattr(wide_answers, "known_questions", lambda: known)


def header() -> list[str]:
    asked = [
        cell for number in range(len(ASKED)) for cell in (question(number), *([""] * (number != WORDED)))
    ]
    return [
        "organisation_name",
        "organisation_id",
        *(f"Artificial service {s}" for s in wide_answers.SERVICES),
        *asked,
    ]


def submission(who: Sequence[str], words: Sequence[str] = (), services: str = "1") -> list[str]:
    """Return a row in which every answer except the first ones is Mostly Agree."""
    answers = [*words, *["Mostly Agree"] * (len(ASKED) - len(words))]
    pairs = [
        cell
        for number, word in enumerate(answers)
        for cell in (word, *([_score(word)] if number != WORDED else []))
    ]
    return [*who, services, "", "", "", "", *pairs]


def _score(word: str) -> str:
    return {"": "", "N/A": "Not scored"}.get(word) or str(wide_answers.WORDS.get(word.lower(), ""))


ROWS = (submission(SALFORD, ["Agree Completely", "", "Don't Know", "N/A"]), submission(DEVON))


def answers(rows: Sequence[Sequence[str]] = ROWS, change: Callable[[list[str]], Any] = list.copy) -> bytes:
    names = header()
    change(names)
    return csv_file([names, *rows])


def read(content: bytes, edition: str = FIRST) -> dict[str, dict[str, Any]]:
    """Return the scores of each code, by measure."""
    found: dict[str, dict[str, Any]] = {}
    for row in plain(dmsa.SOURCE.read(content, edition, "").rows):
        found.setdefault(row["org_code_as_published"], {})[row["measure"]] = row["score"]
    return found


def staged(parsed: Parsed, edition: str) -> pd.DataFrame:
    return reading.staged(dmsa.SOURCE, parsed, edition)


# The round of 2015/16: answers


def test_a_section_is_the_mean_of_its_scored_answers_and_a_theme_that_of_its_sections() -> None:
    salford = read(answers())["RM3"]
    assert salford["strategic_alignment"] == 100  # the other answer is blank
    assert salford["leadership"] == 0  # Don't Know scores 0, not applicable is not scored
    assert salford["governance"] == salford["information_governance"] == 75
    assert salford["readiness"] == (100 + 0 + 75 + 75 + 75) / 5
    assert salford["capabilities"] == salford["infrastructure"] == 75
    assert NEW_IN_2017 not in salford


def test_an_answer_without_a_column_of_scores_is_scored_by_its_word() -> None:
    words = ["Mostly Agree"] * WORDED
    for word, score in (("Somewhat Disagree", 25), ("Don't Know", 0), ("N/A", None), ("", None)):
        found = read(answers([submission(DEVON, [*words, word])]))["RWV"]["information_governance"]
        assert found == (75 if score is None else (75 + score) / 2)


def test_a_printed_score_that_is_not_that_of_its_word_stays_and_is_noted() -> None:
    row = submission(DEVON)
    row[8] = "100"
    parsed = dmsa.SOURCE.read(answers([row, ROWS[0]]), FIRST, "")
    assert parsed.drift == ("row 2, column 9: not the score of the answer beside it; kept",)
    assert parsed.rows["score"][parsed.rows["measure"] == "strategic_alignment"].iloc[0] == 87.5


def test_scores_shifted_against_their_answers_are_refused() -> None:
    down = [["Agree Completely", "Somewhat Disagree"], ["Neither Agree nor Disagree"]]
    rows = [submission((f"Artificial {n} NHS Trust", f"R{n}A"), down[n % 2] * 9) for n in range(9)]
    shifted = [[*row[:8], *rows[(n + 1) % 9][8:9], *row[9:]] for n, row in enumerate(rows)]
    assert dmsa.SOURCE.read(answers(rows), FIRST, "").drift == ()
    with pytest.raises(StructureError, match="answers and scores are shifted"):
        dmsa.SOURCE.read(answers(shifted), FIRST, "")


def test_questions_are_found_wherever_they_stand_and_however_they_are_spaced() -> None:
    def turned(cells: list[str]) -> list[str]:
        # the last question first, before the names
        return [*cells[-2:], *cells[:-2]]

    names = [cell.upper().replace(" ON ", "  on: ") for cell in turned(header())]
    moved = csv_file([[], ["Title"], names, *map(turned, ROWS)])
    assert read(moved) == read(answers())


def test_organisations_and_their_services_and_setting_are_read() -> None:
    community = submission((f"{SALFORD[0]} - Community", "RM32"), services="")
    rows = plain(dmsa.SOURCE.read(answers([*ROWS, community]), FIRST, "").rows)
    assert {(r["org_code_as_published"], r["care_setting"], r["services"]) for r in rows} == {
        ("RM3", WHOLE, "acute"),
        ("RWV", WHOLE, "acute"),
        ("RM32", "community", None),
    }


def test_who_answered_nothing_has_scores_that_are_missing_and_say_so() -> None:
    blank = submission(DEVON, [""] * len(ASKED))
    rows = plain(dmsa.SOURCE.read(answers([*ROWS[:1], blank]), FIRST, "").rows)
    missing = [r for r in rows if r["org_code_as_published"] == "RWV"]
    assert {(r["score"], r["value_status"]) for r in missing} == {(None, "x")}
    assert len(missing) == len(SECTIONS) - 1 + len(THEMES) + len([DONT_KNOW_MISSING])


def test_what_is_not_known_counts_nothing_and_in_a_measure_of_its_own_not_at_all() -> None:
    words = ["Don't Know" if number in {10, 12, 13} else "Mostly Agree" for number in range(len(ASKED))]
    found = read(answers([*ROWS[:1], submission(DEVON, words)]))["RWV"]
    first, second = THEMES["capabilities"][:2]
    assert (found[first], found[second], found["capabilities"]) == (37.5, 0, (37.5 + 0 + 6 * 75) / 8)
    assert found[DONT_KNOW_MISSING] == 75


def test_leaving_out_what_is_not_known_raises_capabilities_of_2015_by_a_point() -> None:
    rows = scores()
    means = rows[rows["period"] == FIRST].groupby("measure")["score"].mean()
    assert means[DONT_KNOW_MISSING] - means[dmsa.ON_COMMON] == pytest.approx(1.08, abs=0.005)
    later = rows[(rows["period"] == SECOND) & (rows["care_setting"] == WHOLE)]
    by = {m: one.set_index("org_code_as_published")["score"] for m, one in later.groupby("measure")}
    assert by[DONT_KNOW_MISSING].to_dict() == by[dmsa.ON_COMMON].to_dict()
    who = {
        m: set(map(tuple, one[["period", *dmsa.KEY[:2]]].to_numpy()))
        for m, one in rows[rows["score"].notna()].groupby("measure")
    }
    assert who[DONT_KNOW_MISSING] == who[dmsa.ON_COMMON]


def test_no_answer_and_no_question_leaves_the_parser() -> None:
    parsed = dmsa.SOURCE.read(answers([*ROWS, submission((DEVON[0], "x"))]), FIRST, "")
    shown = [*parsed.rejected, parsed.rows.astype(str).to_csv(), *parsed.ignored, *parsed.drift]
    assert len(parsed.rejected) == 1
    assert not any("Agree" in str(one) or "Artificial question" in str(one) for one in shown)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda names: names.__setitem__(7, "Worded differently"), "worded differently: 1 on strategic_alignment"),
        (lambda names: names.__setitem__(9, names[7]), "worded differently: 2 on strategic_alignment"),
        (lambda names: names.__setitem__(1, "Identifier"), "columns for organisation code"),
        (lambda names: names.__setitem__(2, ""), "in which services are ticked, found none for acute"),
        (lambda names: names.__setitem__(slice(7, None), ["?"] * len(names[7:])), "expected the questions of 2015/16, found none"),
    ],
)  # fmt: skip
def test_another_layout_is_refused(change: Callable[[list[str]], Any], why: str) -> None:
    with pytest.raises(StructureError, match=why):
        dmsa.SOURCE.read(answers(change=change), FIRST, "")


@pytest.mark.parametrize("score", ["10", "33", "101", "-25", "75%", "Agree"])
def test_a_score_on_no_scale_rejects_its_submission(score: str) -> None:
    row = submission(DEVON)
    row[8] = score
    parsed = dmsa.SOURCE.read(answers([*ROWS[:1], row]), FIRST, "")
    assert [one.reason for one in parsed.rejected] == [
        f"column 9: expected a score of the round, found {score!r}"
    ]


def test_a_code_that_is_none_and_a_formula_reject_their_submission() -> None:
    rows = [submission((DEVON[0], "rwv")), submission(("=HYPERLINK()", "RWV"))]
    parsed = dmsa.SOURCE.read(answers([*ROWS[:1], *rows]), FIRST, "")
    assert ["expected an ODS code" in parsed.rejected[0].reason, "formula" in parsed.rejected[1].reason] == [
        True
    ] * 2


# The round of 2017: printed sections

PRINTED = tuple(name.replace("_and_", "_&_") for name in printed_sections.PRINTED)


def line(who: Sequence[str], setting: str = "General", **scores: str) -> list[str]:
    """Return a row in which every section and theme except some is 50."""
    return [
        who[0],
        setting,
        who[1],
        *(scores.get(name, "50") for name in printed_sections.PRINTED),
        "100",
        "Mostly Agree",
    ]


def sections(rows: Sequence[Sequence[str]], names: Sequence[str] = PRINTED) -> bytes:
    head = ["organisation_name", "care_setting", "organisation_id", *names, "Artificial question", ""]
    return csv_file([head, *rows])


def test_printed_scores_are_read_as_printed_and_infrastructure_is_its_section() -> None:
    rows = [line(SALFORD, enabling_infrastructure="94"), line(DEVON, standards="59", capabilities="51")]
    found = read(sections(rows), SECOND)
    assert (found["RM3"]["enabling_infrastructure"], found["RM3"]["infrastructure"]) == (94, 94)
    assert (found["RWV"]["standards"], found["RWV"]["capabilities"]) == (59, 51)
    statuses = {
        r["measure"]: r["value_status"] for r in plain(dmsa.SOURCE.read(sections(rows), SECOND, "").rows)
    }
    assert {name for name, status in statuses.items() if status == "e"} == {"infrastructure"}


def test_columns_in_another_order_and_headers_in_words_change_nothing() -> None:
    rows = [line(SALFORD, leadership="60", readiness="52"), line(DEVON)]
    turned = [name.replace("_&_", " and ").replace("_", " ").title() for name in PRINTED[::-1]]
    other = sections([[*row[:3], *row[3:-2][::-1], *row[-2:]] for row in rows], turned)
    assert read(other, SECOND) == read(sections(rows), SECOND)


def test_a_section_answered_by_care_setting_is_not_missing_for_the_whole() -> None:
    nothing = dict.fromkeys(printed_sections.PRINTED, "")
    community = line(SALFORD, "Community", **{**nothing, "standards": "30", "capabilities": "30"})
    rows = [line(SALFORD, standards=""), community, line(DEVON, standards="")]
    found = plain(dmsa.SOURCE.read(sections(rows), SECOND, "").rows)
    standards = {
        (r["org_code_as_published"], r["care_setting"]): (r["score"], r["value_status"])
        for r in found
        if r["measure"] == "standards"
    }
    assert standards == {("RM3", "community"): (30, "published"), ("RWV", WHOLE): (None, "x")}
    assert len([r for r in found if r["care_setting"] == "community"]) == 2


def test_a_theme_that_is_not_the_mean_of_its_sections_rejects_its_row() -> None:
    parsed = dmsa.SOURCE.read(sections([line(DEVON), line(SALFORD, capabilities="52")]), SECOND, "")
    assert [one.reason for one in parsed.rejected] == [
        "column 'capabilities': expected the mean of its sections, 50.0, found 52.0"
    ]


@pytest.mark.parametrize(
    ("content", "edition", "why"),
    [
        (sections([line(DEVON)], [*PRINTED[:-1], "overall"]), SECOND, "one column with the score 'capabilities', found 0"),
        (answers(), SECOND, "found none; correct the edition"),
        (sections([line(DEVON)]), FIRST, "expected the questions of 2015/16, found none of them"),
        (sections([line(DEVON)]), "2018", "expected edition 2015/16 or 2017"),
        (b"%PDF-1.4 artificial", SECOND, "expected a CSV file or an xlsx workbook, found pdf"),
    ],
)  # fmt: skip
def test_another_round_is_refused(content: bytes, edition: str, why: str) -> None:
    with pytest.raises(StructureError, match=why):
        dmsa.SOURCE.read(content, edition, "")


def test_a_workbook_is_read_like_a_csv_file() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Artificial notes"])
    sheet = book.create_sheet("Scores")
    for row in csv.reader(io.StringIO(sections([line(SALFORD), line(DEVON)]).decode("utf-8-sig"))):
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    parsed = dmsa.SOURCE.read(content.getvalue(), SECOND, "")
    assert set(parsed.rows["source_sheet"]) == {"Scores"}
    assert parsed.ignored[0] == "sheet 'Sheet' holds no submissions"
    assert read(content.getvalue(), SECOND) == read(sections([line(SALFORD), line(DEVON)]), SECOND)


# The frozen rounds: the figures that are known


@cache
def scores() -> pd.DataFrame:
    """Return the maturity facts of both frozen rounds. Shared: copy before changing them."""
    return dmsa.facts(staged_rows("dmsa"))["maturity_score"]


def of(period: str, measure: str, *, whole: bool = False) -> "pd.Series[float]":
    """Return the scores of a measure by code, of every submission or of whole organisations only."""
    rows = scores()
    rows = rows[(rows["period"] == period) & (rows["measure"] == measure) & rows["score"].notna()]
    return rows[rows["care_setting"].eq(WHOLE) | (not whole)].set_index("org_code_as_published")["score"]


@pytest.mark.parametrize(
    ("period", "measure", "count", "mean"),
    [
        (FIRST, "readiness", 238, 72.89),
        (FIRST, "capabilities", 238, 40.35),
        (FIRST, "infrastructure", 237, 67.90),
        (FIRST, dmsa.OVERALL, 237, 60.36),
        (SECOND, "readiness", 232, 81.68),
        (SECOND, "capabilities", 232, 53.33),
        (SECOND, "infrastructure", 232, 76.50),
        (SECOND, dmsa.OVERALL, 232, 70.50),
        (SECOND, dmsa.ON_COMMON, 232, 50.94),
    ],
)
def test_a02_a26_a27_themes_have_the_known_means(period: str, measure: str, count: int, mean: float) -> None:
    found = of(period, measure, whole=period == SECOND)
    assert (len(found), found.mean()) == (count, pytest.approx(mean, abs=0.01))


def test_a03_a06_a26_the_first_three_and_the_ranks_are_the_known_ones() -> None:
    overall = of(FIRST, dmsa.OVERALL).sort_values(ascending=False)
    assert overall.head(3).round(1).to_dict() == {"RM3": 93.0, "RRK": 89.4, "REP": 87.2}
    ranks = overall.rank(ascending=False)
    assert (ranks["RWN"], ranks["RXA"]) == (5, 137)


def test_a04_a26_the_lowest_for_readiness_are_the_known_ones() -> None:
    lowest = of(FIRST, "readiness").sort_values().head(3)
    assert lowest.round(1).to_dict() == {"RWV": 27.8, "RRU": 33.6, "RMY": 34.1}


def test_a09_a27_the_leaders_and_the_bands_of_2017_are_the_known_ones() -> None:
    capabilities = of(SECOND, "capabilities", whole=True)
    assert (int((capabilities >= 70).sum()), int((capabilities < 40).sum())) == (30, 38)
    assert [*of(SECOND, dmsa.OVERALL).sort_values(ascending=False).index[:2]] == ["RGT", "RM3"]


def test_a27_every_printed_theme_is_the_mean_of_its_sections() -> None:
    rows = staged_rows("dmsa").query("edition == '2017'")
    wide = rows.pivot(index=["org_code_as_published", "care_setting"], columns="measure", values="score")
    apart = [
        (wide[[*THEMES[theme]]].mean(axis=1) - wide[theme]).dropna().abs()
        for theme in ("readiness", "capabilities")
    ]
    assert (sum(map(len, apart)), max(one.max() for one in apart)) == (472, 0.5)


def test_the_four_that_answered_by_setting_have_capabilities_over_all_settings() -> None:
    found = of(SECOND, dmsa.OF_ALL_SETTINGS)
    assert found.round(1).to_dict() == SPLIT
    by_setting = scores()[(scores()["period"] == SECOND) & (scores()["care_setting"] != WHOLE)]
    assert set(by_setting["org_code_as_published"]) == set(SPLIT)
    assert by_setting["org_code_as_published"].nunique() == 4
    assert not set(by_setting["measure"]) & {dmsa.OVERALL, dmsa.ON_COMMON}


def test_capabilities_rose_as_stated_on_all_sections_and_on_the_common_ones() -> None:
    before, after, common = (
        of(FIRST, "capabilities"),
        of(SECOND, "capabilities", whole=True),
        of(SECOND, dmsa.ON_COMMON),
    )
    both = before.index.intersection(after.index)
    assert len(both) == 231
    assert (after[both] - before[both]).mean() == pytest.approx(13.01, abs=0.01)
    assert (common[both] - before[both]).mean() == pytest.approx(10.62, abs=0.01)
    assert of(FIRST, dmsa.ON_COMMON).equals(before.rename(None).reindex(of(FIRST, dmsa.ON_COMMON).index))


def test_the_ceiling_of_readiness_is_as_stated() -> None:
    shares = [
        round(float((of(period, "readiness", whole=period == SECOND) >= 90).mean()), 2)
        for period in (FIRST, SECOND)
    ]
    assert shares == [0.09, 0.31]
    new = of(SECOND, NEW_IN_2017)
    assert (round(new.mean(), 1), new.mean() > max(of(SECOND, name).mean() for name in COMMON)) == (
        72.2,
        True,
    )


def test_organisations_are_the_known_ones_and_one_is_nobodys() -> None:
    kept, unmatched = resolver().resolve(scores(), dmsa.SOURCE, "maturity_score")
    counts = kept[kept["score"].notna()].groupby("period")["org_code"].nunique().to_dict()
    assert counts == {FIRST: 237, SECOND: 232}
    assert [(row["org_code_as_published"], row["edition"]) for row in unmatched] == [("RFW", FIRST)]
    codes = {row["org_code_as_published"]: row["org_code"] for row in kept.to_dict("records")}
    assert (codes["R1G"], codes["RLU"], codes["RWN"], codes["RKE2"]) == ("RA9", "RQ3", "R1L", "RKE")
    assert {"RW3", "RM2"} <= set(kept.loc[kept["period"] == SECOND, "org_code"])
    assert "RJ7" not in set(kept.loc[kept["period"] == SECOND, "org_code"])
    assert problems(kept[[c.name for c in maturity_score.columns]], maturity_score) == []


def test_a_score_says_of_which_instrument_scale_and_period_it_is() -> None:
    rows = scores()
    assert set(rows["instrument"]) == {"DMSA"}
    assert set(zip(rows["scale_minimum"], rows["scale_maximum"], strict=True)) == {(0.0, 100.0)}
    dated = rows.groupby("period")[["period_start", "period_end", "resolve_on"]].first()
    assert dated.loc[FIRST].tolist() == [date(2015, 4, 1), date(2016, 3, 31), date(2015, 12, 31)]
    assert dated.loc[SECOND].tolist() == [date(2017, 9, 1), date(2017, 11, 30), date(2017, 10, 31)]
    derived = rows[rows["value_status"] == "e"]
    assert set(derived.loc[derived["period"] == SECOND, "measure"]) == {
        *(dmsa.OVERALL, dmsa.ON_COMMON, dmsa.OF_ALL_SETTINGS, DONT_KNOW_MISSING, "infrastructure")
    }


def test_the_same_score_in_two_settings_is_marked() -> None:
    rows = scores().query("period == '2017' and org_code_as_published == 'R1K' and measure == 'capabilities'")
    shared = dict(zip(rows["care_setting"], rows["shared_score"], strict=True))
    assert shared == {"acute": True, "community": True, WHOLE: False}


def test_services_are_types_of_organisations() -> None:
    types = dmsa.facts(staged_rows("dmsa"))["organisation_type"]
    assert set(types["scheme"]) == {"services_ticked"}
    assert not types.duplicated("org_code_as_published").any()
    acute = types[types["type"].str.startswith("acute")]
    assert (len(types), len(acute)) == (237, 154)


# Checks and notes


def test_the_rounds_are_compared_theme_by_theme_and_never_with_the_assessment() -> None:
    found: Mapping[tuple[str, str], bool] = {
        (row.measure, row.with_measure): row.comparable
        for row in dmsa.SOURCE.comparability
        if row.with_instrument == "DMSA"
    }
    assert {pair[0] for pair, yes in found.items() if yes} == {
        *("readiness", "infrastructure", dmsa.ON_COMMON, DONT_KNOW_MISSING)
    }
    assert {pair[0] for pair, yes in found.items() if not yes} == {
        *("capabilities", dmsa.OVERALL, "information_governance", "standards")
    }
    others = [row for row in dmsa.SOURCE.comparability if row.with_instrument != "DMSA"]
    assert {row.with_instrument for row in others} == {"DMA"}
    assert not any(row.comparable for row in others)
    assert {(row.period, row.with_measure) for row in others} == {
        (period, name)
        for period in (FIRST, SECOND)
        for name in (*dma.PILLARS.values(), dma.OVERALL, dma.PILLAR_MEAN)
    }


def test_coverage_counts_organisations_and_sections() -> None:
    assert reading.counted(dmsa.SOURCE, staged_rows("dmsa")) == {
        "organisations that answered, 2015/16": (237, 239, "partial"),
        "sections with a score, 2015/16": (3308, 3346, "partial"),
        "organisations that answered, 2017": (232, 233, "partial"),
        "sections with a score, 2017": (3463, 3492, "partial"),
    }


def test_a_round_that_is_cut_or_on_another_scale_is_refused() -> None:
    rows = staged_rows("dmsa").query("edition == '2017'")
    key = ("org_code_as_published", "measure")
    assert failed(dmsa.SOURCE, rows, key) == set()
    assert failed(dmsa.SOURCE, rows.head(2_000), key) >= {"as_many_scores_as_sections_and_themes"}
    fifths = rows.assign(score=rows["score"] / 20)
    assert failed(dmsa.SOURCE, fifths, key) == {f"mean_of_{theme}_is_plausible" for theme in THEMES}
