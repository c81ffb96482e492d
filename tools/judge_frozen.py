"""`python -m tools.judge_frozen` checks the frozen editions and keeps the results, so that a first refresh does not have to.

Run it after a change of a frozen edition, a rule, a parser or a pinned library; until then such editions are checked again
in each new home, which takes longer and gives the same results.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.catalogue import sources
from assets.contract.frozen_editions import FROZEN, frozen_editions
from pipelines.judging import kept_verdicts
from pipelines.orchestration import refresh_steps
from pipelines.storage.home import Home


def results(home: Home) -> Iterator[tuple[Path, str]]:
    """Yield the file of each source with frozen editions, and the results for it, parsed and checked in an empty home."""
    for source in sources().values():
        refresh_steps.stage(source, sources(), home)
    for name in sources():
        if keys := {one.sha256 for one in frozen_editions(name)}:
            yield FROZEN / name / kept_verdicts.NAME, kept_verdicts.as_lines(home.verdicts, keys)


if __name__ == "__main__":
    for path in FROZEN.glob(f"*/{kept_verdicts.NAME}"):
        path.unlink()
    with TemporaryDirectory() as folder:
        for path, lines in results(Home(Path(folder))):
            path.write_text(lines, "utf-8")
