"""A file that a user downloaded by hand: judged like in the next refresh, and archived if it is accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assets.catalogue import Catalogue
from assets.contract.errors import RefusedError
from assets.contract.source import Source
from pipelines.integration import acceptance
from pipelines.judging import decisions
from pipelines.judging.file_verdicts import Verdict
from pipelines.judging.parser_process import NOT_READ
from pipelines.storage.archive import Vintage
from pipelines.storage.home import Home
from pipelines.storage.lock import exclusive


@dataclass(frozen=True)
class Ingested:
    """The verdict on an accepted file, and whether it is new in the archive."""

    verdict: Verdict
    new: bool


def ingest(
    content: bytes,
    vintage: Vintage,
    catalogue: Catalogue,
    home: Home,
    *,
    acknowledged: decisions.Reason | None,
) -> Ingested:
    """Judge `content` and archive it as `vintage` if it is accepted; `acknowledged` accepts a file that guards refuse.

    Raises RefusedError with every problem and the name of another source that can read the file, if there is one;
    DecisionError if the reason is too short; BusyError while another run is at work.
    """
    vintage = acceptance.cleaned(vintage)
    accepted_by = decisions.words("acknowledged", acknowledged) if acknowledged else ""
    with exclusive(home.lock, "digital-maturity ingest"), home.shared():
        verdict = acceptance.consider(content, vintage, catalogue, home, acknowledged=accepted_by)
        if not verdict.accepted:
            raise RefusedError(
                verdict.why_refused(kept=False)
                + _suggestion(vintage, content, verdict.problems, catalogue.sources)
            )
        new = home.archive.add(content, vintage)
        if acknowledged:
            decisions.decide("acknowledged", vintage, acknowledged, home)
    return Ingested(verdict, new)


def _suggestion(
    vintage: Vintage, content: bytes, problems: Sequence[str], sources: Mapping[str, Source]
) -> str:
    """Return a sentence that names another source that can read this content, or an empty text.

    Each source tries in a separate process. A file that ended one parser is not given to the next.
    """
    if not problems or problems[0].startswith(NOT_READ) or acceptance.of_options(problems):
        return ""
    for name, source in sources.items():
        tried = replace(vintage, source=name, part="")
        if name != vintage.source and not acceptance.alone(source, content, tried).problems:
            return f" It looks like a file of {name}: try `digital-maturity ingest {name}`."
    return ""
