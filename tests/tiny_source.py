"""A tiny artificial source whose parser does what a test tells it, in the child process that parses as everywhere."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assets.contract.columns import column, org_code, staged
from assets.contract.expectations import Expectation
from assets.contract.parsed import Parsed
from assets.contract.remote import Remote
from assets.contract.source import Source
from assets.reading.structure import find_table, read_csv, tidy
from pipelines.fetching.archive_update import Outcome
from pipelines.staging import source_status, staged_tables
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.parquet import read_parquet

TABLE = staged("tiny", "Artificial.", [org_code(), column("score", sa.Double, "Artificial.", maximum=9000)])
GOOD = b"code,score\nX11,1111\nX22,2222\n"
BETTER = b"code,score\nX11,3333\nX22,4444\nX33,5555\n"
FAILING_A_CHECK = b"code,score\nX11,1111\nX11,2222\n"
RENAMED = b"code,points\nX11,1111\nX22,2222\n"
SENTENCE = "the file is refused and the last good one stays in use."


@dataclass
class Tiny:
    """An artificial source: what its parser does to some contents, and what was asked of it, written into `log`."""

    log: Path
    does: dict[bytes, Callable[[], object]] = field(default_factory=dict)

    @property
    def calls(self) -> Counter[bytes]:
        """Return how often each content was parsed, in whatever process."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(map(bytes.fromhex, lines))

    def parse(self, content: bytes, edition: str) -> Parsed:
        with self.log.open("a") as log:
            log.write(f"{content.hex()}\n")
        if content in self.does:
            self.does[content]()
        sheet, drift = read_csv(content, "")
        return tidy(
            find_table(sheet, ["code", "score"]),
            lambda row: [{"org_code": row.code("code"), "score": row.number("score", 0, 9000)}],
            drift=drift,
        )

    @property
    def source(self) -> Source:
        return Source(
            name="tiny",
            title="Artificial",
            publisher="Artificial",
            landing_page="",
            licence="Artificial",
            attribution="Artificial",
            cadence="never",
            max_age_days=1,
            evidence_grade="administrative",
            table=TABLE,
            parse=self.parse,
            facts=lambda _: {},
            remotes=(Remote("https://example.org/artificial.csv"),),
            expectations=(
                Expectation(
                    "a_code_is_there_once",
                    "expect_column_values_to_be_unique",
                    {"column": "org_code"},
                    "Artificial.",
                ),
            ),
        )


def arrive(
    home: Home,
    content: bytes,
    *,
    source: str = "tiny",
    edition: str = "2025",
    day: int = 1,
    part: str = "",
    name: str = "artificial.csv",
) -> None:
    """Put a file into the archive as if it had been fetched on a day of January 2027, after every edition of a test."""
    home.archive.add(
        content,
        Vintage(
            source=source,
            edition=edition,
            part=part,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            origin="fetched",
            url=f"https://example.org/{name}",
            final_url=f"https://example.org/{name}",
            publisher_file_name=name,
            retrieved_at=datetime(2027, 1, day, tzinfo=UTC).isoformat(timespec="seconds"),
            published_at="",
            etag="",
            last_modified="",
            licence="Artificial",
            how="made for a test",
        ),
    )


def answer(
    home: Home, status: Any, why: str = "", source: str = "tiny", *, ago: timedelta = timedelta(0)
) -> None:
    """Record what a publisher answered, now or some time ago."""
    source_status.record(Outcome(source, status, why, (), (datetime.now(UTC) - ago).isoformat()), home)


def scores(source: Source, home: Home) -> list[float]:
    """Return the scores staged, in order."""
    return sorted(read_parquet(staged_tables.staged_path(source.name, home))["score"].to_pylist())


def fail(error: type[BaseException], *told: object) -> None:
    """Raise an error, where a function is wanted."""
    raise error(*told)
