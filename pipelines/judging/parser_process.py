"""Parsing a file in a child process of its own, so that no file can stop, starve or hang a run.

A parser works on what strangers wrote with libraries that others wrote: one small file makes a reader of workbooks
abort its process, another keeps one busy for minutes. The child is forked from a warm server, may use so much memory,
processor time and no more, reads the bytes from the archive itself, writes the rows as Parquet and answers with small
facts. A child that dies or uses up its limits is a fault of the file, and the same for ever; one that is stopped by the
clock or from outside says nothing about the file (`UnreadError`).
"""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assets.contract.duplicate_rows import once
from assets.contract.errors import DigitalMaturityError
from assets.contract.parsed import Parsed, Rejected, StructureError
from assets.reading.structure import problems
from pipelines.storage.archive import Archive, DamagedArchiveError, Vintage
from pipelines.storage.parquet import temporary_of, to_arrow, write_parquet
from pipelines.workers.fork_server import TURN, leave_with_parent, server

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

    from assets.contract.source import Source

MOST_REJECTED = 0.05
"""Share of a file's rows that may be rejected before the whole file is."""
LONGEST_REASON = 300
WORKERS = min(2, os.cpu_count() or 1)
WARM_UP = 300
"""Seconds that the server may take until it forks its first child."""


@dataclass(frozen=True)
class Limits:
    """What one parser may use: bytes of memory of its own, seconds of processor time, seconds by the clock.

    The largest file, a year's accounts of the foundation trusts, needs about 710 MiB and 10 seconds.
    """

    memory: int = 2 << 30
    processor: int = 40
    clock: int = 55


LIMITS = Limits()
NOT_READ = tuple(f"the parser {how}" for how in ("took", "needed", "ended", "was stopped"))
"""How the sentence on a file begins that was the end of its parser."""
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that a parser does not get by its own doing: a machine without memory left sends the first."""


class UnreadError(DigitalMaturityError):
    """A file could not be read for a reason that lies with this machine: no verdict is kept."""


OF_THIS_MACHINE = (DamagedArchiveError, OSError, UnreadError)
"""Faults that say nothing about the file."""


@dataclass(frozen=True)
class Found:
    """What was found in a file: what is wrong with it, and how many rows it has; the rows are in Parquet."""

    problems: tuple[str, ...]
    rows_in: int = 0
    rows_used: int = 0
    rows_staged: int = 0
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A file to be parsed: by what, into which table, and where its rows go."""

    archive: Archive
    vintage: Vintage
    parse: Callable[..., Parsed]
    reads_part: bool
    once: tuple[str, ...]
    table: sa.Table
    path: Path

    def read(self) -> Parsed:
        """Parse the file; the archive verifies its bytes."""
        where = (self.vintage.edition, self.vintage.part) if self.reads_part else (self.vintage.edition,)
        return once(self.parse(self.archive.read(self.vintage), *where), self.once)


def submit(source: "Source", archive: Archive, vintage: Vintage, path: Path) -> Callable[[], Found]:
    """Have a file parsed into `path`, as soon as it is its turn; return what waits for the answer.

    The answer raises what is in `OF_THIS_MACHINE`.
    """
    job = Job(
        archive.at_hand(vintage), vintage, source.parse, source.reads_part, source.once, source.table, path
    )
    return _turns().submit(_in_child, job, LIMITS).result


@cache
def _turns() -> ThreadPoolExecutor:
    """Return the threads that wait for children: as many files are parsed at once."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="parsing")


def examine(read: Callable[[], Parsed], table: sa.Table, where: dict[str, str], path: Path) -> Found:
    """Parse, compare with the definition of the table, and write the rows where nothing is wrong.

    `where` is what the parser does not know of its rows: edition and hash. Raises what is in `OF_THIS_MACHINE`.
    """
    try:
        parsed = read()
    except StructureError as error:
        return Found(error.problems)
    except (*OF_THIS_MACHINE, MemoryError):
        raise
    except Exception as error:
        return Found((_stopped(error),))
    frame = parsed.rows.assign(**where)
    found = problems(frame, table)
    if len(parsed.rejected) > MOST_REJECTED * parsed.rows_in:
        found.append(
            f"expected at most {MOST_REJECTED:.0%} of rows to be rejected, found {len(parsed.rejected)} of {parsed.rows_in}, the first in row {parsed.rejected[0].row} ({parsed.rejected[0].reason})"
        )
    if not found:
        write_parquet(to_arrow(frame, table), path)
    counted = (parsed.rows_in, parsed.rows_used, len(parsed.rows))
    return Found(tuple(found), *counted, parsed.rejected, parsed.drift, parsed.ignored)


def _stopped(error: BaseException) -> str:
    told = " ".join(str(error).split())[:LONGEST_REASON]
    return f"the parser stopped with {type(error).__name__}: {told}"


# In the process that asks


def _in_child(job: Job, limits: Limits) -> Found:
    """Fork a child for one file and wait for what it found, or for its end."""
    context = server()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, job, limits), daemon=True)
    with TURN:
        child.start()
    sender.close()  # the child holds the only one, so that its end is seen
    with receiver:
        answer = _answer(receiver, limits)
    code = _ended(child)
    if isinstance(answer, Found):
        return answer
    temporary_of(job.path, child.pid).unlink(missing_ok=True)
    if answer:
        raise UnreadError(answer)
    return Found((_why(code, limits),))


def _answer(receiver: Connection, limits: Limits) -> Found | str:
    """Return what a child found, what is wrong with this machine, or nothing where it ended without a word."""
    try:
        for patience in (WARM_UP, limits.clock):  # a child speaks when it begins and when it is done
            if not receiver.poll(patience):
                return (
                    f"the parser was stopped after {patience} s by the clock of this machine; refresh again"
                )
            answer: Found | str = receiver.recv()
    except EOFError:
        return ""
    return answer


def _ended(child: "ForkServerProcess") -> int:
    """Collect a child, killing one that still works; return its exit code, negative for a signal."""
    with TURN:
        if child.exitcode is None:
            child.join(0.5)
        if child.exitcode is None:
            child.kill()
        child.join()
        return int(child.exitcode or 0)


def _why(code: int, limits: Limits) -> str:
    """Say how a parser ended that did not answer. Raises UnreadError where that was not its own doing."""
    if code >= 0:
        return f"the parser ended its process with status {code}"
    if -code == signal.SIGXCPU:
        return f"the parser took more than {limits.processor} s of processor time"
    name = signal.Signals(-code).name
    if -code in FROM_OUTSIDE:
        raise UnreadError(
            f"the process that parsed it was ended from outside ({name}), perhaps for want of memory on this machine; refresh again"
        )
    return f"the parser ended with signal {-code} ({name}): the file is damaged or made to do harm"


# In the child


def _child(sender: Connection, job: Job, limits: Limits) -> None:
    leave_with_parent()
    _limit(limits)
    _be_silent()
    sender.send("begun")
    sender.send(_found(job, limits))
    os._exit(0)  # nothing that a parser left behind may keep the process


def _found(job: Job, limits: Limits) -> Found | str:
    """Return what is found in a file, or what is wrong with this machine."""
    where = {"edition": job.vintage.edition, "source_file_sha256": job.vintage.sha256}
    try:
        return examine(job.read, job.table, where, job.path)
    except MemoryError:
        return Found((f"the parser needed more than {limits.memory >> 20} MiB of memory",))
    except OF_THIS_MACHINE as error:
        return str(error) or type(error).__name__
    except BaseException as error:  # a failure within a library may be no Exception
        return Found((_stopped(error),))


def _limit(limits: Limits) -> None:
    """Lower what this process may use; where the machine allows less, that stays."""
    import resource

    wanted: dict[int, Any] = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.processor,
        resource.RLIMIT_DATA: _held() + limits.memory,
    }
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _held() -> int:
    """Return the bytes that this process has from the server it was forked from."""
    import resource

    try:
        pages = Path("/proc/self/statm").read_text().split()[5]
    except OSError:  # a system that has no such file does not limit memory either
        return 0
    return int(pages) * resource.getpagesize()


def _be_silent() -> None:
    """Write nothing to the terminal: a library that aborts says so on the way, in words of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
