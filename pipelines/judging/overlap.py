"""Whether an edition agrees with an earlier one on the values that both hold.

A pure comparison of two frames; `pipelines.judging.guard_results` decides what it means for the file.
"""

from dataclasses import dataclass

import pandas as pd

from assets.contract.held_rules import Overlap
from pipelines.judging.equal_values import differs
from pipelines.judging.revision import EXAMPLES, LEAST_IN_GROUP, Problem, by_key, shown


@dataclass(frozen=True)
class Agreement:
    """Values that two editions both hold: how many were compared, how many differ, and which limits are exceeded."""

    differing: int
    compared: int
    problems: tuple[Problem, ...] = ()
    examples: tuple[str, ...] = ()

    def described(self, edition: str) -> str:
        """Return the agreement in one sentence that names the earlier edition."""
        counts = f"{self.differing} of {self.compared} values that {edition} holds too differ from it"
        limits = [problem.text for problem in self.problems]
        examples = [f"such as {', '.join(self.examples)}"] if self.examples else []
        return "; ".join([counts, *limits, *examples])


def meets(rule: Overlap, earlier: pd.DataFrame, found: pd.DataFrame) -> bool:
    """Return whether two editions hold enough values of the same period to compare."""
    return len(_both(rule, earlier, found)[0]) >= LEAST_IN_GROUP


def compare(rule: Overlap, earlier: pd.DataFrame, found: pd.DataFrame) -> Agreement:
    """Compare the values of an edition with those of an earlier one for the rows that both have."""
    one, other = _both(rule, earlier, found)
    problems: list[Problem] = []
    examples: list[str] = []
    total = 0
    for name in rule.columns:
        where = differs(one[name], other[name], rule.within)
        total += (count := int(where.sum()))
        keys = list(one.index[where])[: EXAMPLES - len(examples)]
        examples += [
            f"{key}: {name} held {shown(one[name][key])}, found {shown(other[name][key])}" for key in keys
        ]
        if count > rule.differing * len(one):
            text = (
                f"{name}: {count} of {len(one)} differ ({count / len(one):.1%}, at most {rule.differing:.0%})"
            )
            problems.append(Problem(f"differing {name}", text))
    return Agreement(total, len(rule.columns) * len(one), tuple(problems), tuple(examples))


def _both(rule: Overlap, earlier: pd.DataFrame, found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the matching rows of both sides, in the same order; a value missing on either side is not compared."""
    sides = [by_key(rows.dropna(subset=[*rule.key, *rule.columns]), rule.key) for rows in (earlier, found)]
    both = sides[0].index.intersection(sides[1].index).sort_values()
    return sides[0].loc[both], sides[1].loc[both]
