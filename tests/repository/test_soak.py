"""Many refreshes of the small world, one after another, with random faults, prunes and upgrades from a seed.

What is published stays true, and the home stays small.

`make soak` makes 200; the tests make fewer. The seed is printed: `SOAK_SEED=... make soak` makes the same ones again.
"""

import csv
import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from releases import differences
from small_world import Answer, World, half_written

COUNT = int(os.environ.get("SOAK", "40"))
SEED = int(os.environ.get("SOAK_SEED") or random.randrange(10**6))  # noqa: S311 - no secret
KEEP = 5
"""Releases that stay where a refresh prunes."""
CODES = [f"X{letter}{digit}" for letter in "ABC" for digit in range(1, 10)]
Rows = frozenset[tuple[str, float]]


@dataclass
class Publisher:
    """A publisher who changes the file now and then, and spoils it: `good` has the rows of every good file served."""

    chance: random.Random
    good: dict[str, Rows] = field(default_factory=dict)
    now: str = ""

    def answer(self) -> str | None:
        """Return what the publisher answers next; None where nobody does."""
        if not self.now or self.chance.random() < 0.5:
            self.now = self.changed()
        spoilt = [
            None,
            "",
            "<!doctype html><title>Log in</title>",
            self.now.replace("score", "points"),
            self.now + self.now.splitlines()[1] + "\n",
            self.now.replace(",", ",?"),
            self.now[: self.chance.randrange(1, 10)],
        ]
        return self.chance.choice(spoilt) if self.chance.random() < 0.3 else self.now

    def changed(self) -> str:
        """Return another good file."""
        codes = sorted(self.chance.sample(CODES, self.chance.randrange(2, 12)))
        rows = [(code, self.chance.randrange(1, 9000)) for code in codes]
        text = "".join(["code,score\n", *(f"{code},{score}\n" for code, score in rows)])
        self.good[text] = frozenset((code, float(score)) for code, score in rows)
        return text


def befalls(chance: random.Random) -> dict[str, Any]:
    """Return what befalls a refresh: half of the time nothing."""
    number, largest = chance.randrange(1, 90), 8 ** chance.randrange(7)
    faults: list[dict[str, Any]] = [
        {"number": number},
        {"number": number, "errno": errno.ENOSPC},
        {"largest": largest},
        {"largest": largest, "dies_of_it": True},
    ]
    return chance.choice(faults) if chance.random() < 0.5 else {}


def clocks(chance: random.Random) -> Iterator[str]:
    """Yield moments, most of them later than the one before."""
    moment = datetime(2026, 1, 1, 6, tzinfo=UTC)
    while True:
        yield moment.isoformat(timespec="seconds")
        moment += timedelta(hours=chance.choice([1, 6, 24, 24, 0, -1, -30]))


def published(home: Path) -> dict[str, Rows]:
    """Return the rows of the latest release by edition and file."""
    found: dict[str, set[tuple[str, float]]] = {}
    with (home / "releases" / "latest" / "csv" / "tiny_score.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        for row in csv.DictReader(lines):
            cell = (row["org_code"], float(row["score"]))
            found.setdefault(f"{row['edition']} {row['source_file_sha256']}", set()).add(cell)
    return {file: frozenset(rows) for file, rows in found.items()}


def sizes(home: Path) -> dict[Path, int]:
    """Return the bytes of each file of a home that is neither kept for ever nor part of a release."""
    apart = {"archive", "releases"}
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path: path.stat().st_size for path in files if path.relative_to(home).parts[0] not in apart}


def ended(answer: Answer) -> str:
    """Return in a word how a refresh ended."""
    return "killed" if answer.signal else answer.outcome or answer.error.split(":")[0]


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.mark.thorough
def test_after_any_number_of_faults_every_published_cell_is_one_of_an_accepted_file(
    world: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    print(f"\nSOAK={COUNT} SOAK_SEED={SEED}")
    chance = random.Random(SEED)  # noqa: S311 - no secret
    publisher, clock = Publisher(chance), clocks(chance)
    world.refresh(tmp_path, publisher.changed(), clock=next(clock))
    outcomes: Counter[str] = Counter()
    editions: set[str] = set()
    for number in range(COUNT):
        code = f"code {number // 10}"
        keep = KEEP if chance.random() < 0.2 else 0
        answer = world.refresh(
            tmp_path, publisher.answer(), clock=next(clock), code=code, keep=keep, **befalls(chance)
        )
        outcomes[ended(answer)] += 1
        assert differences((tmp_path / "releases" / "latest").resolve()) == [], (
            f"seed {SEED}, refresh {number}"
        )
        now = published(tmp_path)
        assert set(now.values()) <= set(publisher.good.values()), f"seed {SEED}, refresh {number}"
        held = {file.split()[0] for file in now}
        assert held >= editions, f"seed {SEED}, refresh {number}: an edition is lost"
        editions = held
    last = publisher.changed()
    assert world.refresh(tmp_path, last, clock=next(clock), keep=KEEP).outcome.startswith("published")
    assert publisher.good[last] in published(tmp_path).values()
    assert half_written(tmp_path) == []
    releases = [path for path in (tmp_path / "releases").iterdir() if not path.is_symlink()]
    assert [path.name for path in releases if differences(path)] == []
    assert len(releases) <= KEEP
    # With the same archive and nothing that went before, a home is hardly smaller.
    anew = tmp_path_factory.mktemp("anew") / "home"
    shutil.copytree(tmp_path / "archive", anew / "archive")
    assert world.refresh(anew, last, clock=next(clock)).outcome.startswith("published")
    size, least = (sum(sizes(home).values()) for home in (tmp_path, anew))
    print(f"{size:,} bytes beside archive and releases, {least:,} in a new home")
    assert size < 1.5 * least
    print(f"{dict(sorted(outcomes.items()))}, {len(releases)} releases, {len(editions)} editions")
    assert set(outcomes) <= {"published", "published_with_rejections", "unchanged", "killed", "MachineError"}
    assert outcomes["killed"]
