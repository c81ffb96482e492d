"""Artificial sources whose files are parsed in a child process, as everywhere.

The child imports this module, and what it imports is what the server of such children has imported already: a test that
has a file parsed by a function of a heavier module waits a second for each file.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from assets.contract.columns import column, org_code, staged
from assets.contract.expectations import Expectation
from assets.contract.parsed import Parsed
from assets.contract.remote import Remote
from assets.contract.source import Source
from assets.reading.structure import find_table, read_csv, tidy

TABLE = staged("tiny", "Artificial.", [org_code(), column("score", sa.Double, "Artificial.", maximum=9000)])
GOOD = b"code,score\nX11,1111\nX22,2222\n"
BETTER = b"code,score\nX11,3333\nX22,4444\nX33,5555\n"
FAILING_A_CHECK = b"code,score\nX11,1111\nX11,2222\n"
RENAMED = b"code,points\nX11,1111\nX22,2222\n"
SENTENCE = "the file is refused and the last good one stays in use."


def scores(content: bytes, edition: str) -> Parsed:
    """Read codes and scores."""
    sheet, drift = read_csv(content, "")
    return tidy(
        find_table(sheet, ["code", "score"]),
        lambda row: [{"org_code": row.code("code"), "score": row.number("score", 0, 9000)}],
        drift=drift,
    )


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
        return scores(content, edition)

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
