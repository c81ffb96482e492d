"""A file that somebody downloaded by hand: judged as the next refresh would, and kept where it is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assets.catalogue import sources
from assets.contract.errors import RefusedError
from assets.contract.source import Source
from pipelines.integration import acceptance
from pipelines.judging import decisions
from pipelines.judging.file_verdicts import Judged
from pipelines.judging.parser_process import NOT_READ
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.lock import exclusive


@dataclass(frozen=True)
class Ingested:
    """The verdict on an accepted file, and whether the archive did not hold it before."""

    verdict: Judged
    new: bool


def ingest(
    source: Source, content: bytes, vintage: Vintage, home: Home, *, acknowledged: decisions.Reason | None
) -> Ingested:
    """Judge `content` and keep it as `vintage` where it is accepted; `acknowledged` accepts what guards refuse.

    Raises RefusedError with every problem and, where another source reads the file, its name; DecisionError for a reason
    that explains nothing; BusyError while another run is at work.
    """
    vintage = acceptance.cleaned(vintage)
    accepted_by = decisions.words("acknowledged", acknowledged) if acknowledged else ""
    with exclusive(home.lock, "digital-maturity ingest"), home.shared():
        verdict = acceptance.consider(source, content, vintage, home, acknowledged=accepted_by)
        if not verdict.accepted:
            raise RefusedError(
                verdict.why_refused(kept=False) + _suggestion(vintage, content, verdict.problems)
            )
        new = home.archive.add(content, vintage)
        if acknowledged:
            decisions.decide("acknowledged", vintage, acknowledged, home)
    return Ingested(verdict, new)


def _suggestion(vintage: Vintage, content: bytes, problems: Sequence[str]) -> str:
    """Name another source that reads this content, where one does; each tries in a process of its own.

    A file that ended one parser is not given to the next.
    """
    if not problems or problems[0].startswith(NOT_READ) or acceptance.of_options(problems):
        return ""
    for name, source in sources().items():
        tried = replace(vintage, source=name, part="")
        if name != vintage.source and not acceptance.alone(source, content, tried).problems:
            return f" It looks like a file of {name}: try `digital-maturity ingest {name}`."
    return ""
