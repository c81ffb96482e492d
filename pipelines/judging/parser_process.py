"""Parsing each file in a child process, so that no file can crash, starve or hang a run.

Parsers read untrusted files with third-party libraries: one small file makes a workbook reader abort its process,
another keeps it busy for minutes. The child is forked from a warm server and has limits on memory and processor time.
It reads the bytes from the archive, writes the rows as Parquet and answers with a few facts. A child that crashes or
exceeds its limits is a permanent fault of the file. A child that is stopped by the clock or from outside says nothing
about the file (`UnreadError`).
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
"""Seconds that the server may take to fork its first child."""


@dataclass(frozen=True)
class Limits:
    """What one parser may use: bytes of its own memory, seconds of processor time, seconds by the clock.

    The largest file, a year's accounts of the foundation trusts, needs about 710 MiB and 10 seconds.
    """

    memory: int = 2 << 30
    processor: int = 40
    clock: int = 55


LIMITS = Limits()
NOT_READ = tuple(f"the parser {how}" for how in ("took", "needed", "ended", "was stopped"))
"""How a problem begins if the file ended its parser."""
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that a parser does not cause itself: a machine that runs out of memory sends the first."""


class UnreadError(DigitalMaturityError):
    """A file could not be read because of this machine: no verdict is stored."""


OF_THIS_MACHINE = (DamagedArchiveError, OSError, UnreadError)
"""Faults that say nothing about the file."""


@dataclass(frozen=True)
class Found:
    """The result of parsing a file: its problems and the number of its rows; the rows are in Parquet."""

    problems: tuple[str, ...]
    rows_in: int = 0
    rows_used: int = 0
    rows_staged: int = 0
    rejected: tuple[Rejected, ...] = ()
    drift: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A file to parse: its parser, its table, and the path for its rows."""

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
    """Submit a file to be parsed into `path` when a worker is free; return a function that waits for the answer.

    The function raises the exceptions in `OF_THIS_MACHINE`.
    """
    job = Job(
        archive.at_hand(vintage), vintage, source.parse, source.reads_part, source.once, source.table, path
    )
    return _turns().submit(_in_child, job, LIMITS).result


@cache
def _turns() -> ThreadPoolExecutor:
    """Return the threads that wait for children, one for each file parsed at the same time."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="parsing")


def examine(read: Callable[[], Parsed], table: sa.Table, where: dict[str, str], path: Path) -> Found:
    """Parse, compare with the definition of the table, and write the rows if there are no problems.

    `where` holds what the parser does not know about its rows: edition and hash. Raises the exceptions in
    `OF_THIS_MACHINE`.
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
    message = " ".join(str(error).split())[:LONGEST_REASON]
    return f"the parser stopped with {type(error).__name__}: {message}"


# In the parent process


def _in_child(job: Job, limits: Limits) -> Found:
    """Fork a child for one file and wait for its result, or for its end."""
    context = server()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, job, limits), daemon=True)
    with TURN:
        child.start()
    sender.close()  # the child now holds the only one, so that its end is noticed
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
    """Return the result of a child, what is wrong with this machine, or an empty text if it ended without an answer."""
    try:
        for patience in (WARM_UP, limits.clock):  # a child sends a message when it begins and when it is done
            if not receiver.poll(patience):
                return (
                    f"the parser was stopped after {patience} s by the clock of this machine; refresh again"
                )
            answer: Found | str = receiver.recv()
    except EOFError:
        return ""
    return answer


def _ended(child: "ForkServerProcess") -> int:
    """Collect a child, killing it if it still runs; return its exit code, negative for a signal."""
    with TURN:
        if child.exitcode is None:
            child.join(0.5)
        if child.exitcode is None:
            child.kill()
        child.join()
        return int(child.exitcode or 0)


def _why(code: int, limits: Limits) -> str:
    """Return how a parser that did not answer ended. Raises UnreadError if the cause was outside the parser."""
    if code >= 0:
        return f"the parser ended its process with status {code}"
    if -code == signal.SIGXCPU:
        return f"the parser took more than {limits.processor} s of processor time"
    name = signal.Signals(-code).name
    if -code in FROM_OUTSIDE:
        raise UnreadError(
            f"the process that parsed it was ended from outside ({name}), perhaps because this machine ran out of memory; refresh again"
        )
    return f"the parser ended with signal {-code} ({name}): the file is damaged or malicious"


# In the child process


def _child(sender: Connection, job: Job, limits: Limits) -> None:
    leave_with_parent()
    _limit(limits)
    _be_silent()
    sender.send("begun")
    sender.send(_found(job, limits))
    os._exit(0)  # nothing that a parser leaves behind may keep the process alive


def _found(job: Job, limits: Limits) -> Found | str:
    """Return the result of parsing a file, or what is wrong with this machine."""
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
    """Lower the limits of this process; a lower limit of the machine stays."""
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
    """Return the bytes that this process inherited from the server it was forked from."""
    import resource

    try:
        pages = Path("/proc/self/statm").read_text().split()[5]
    except OSError:  # a system that has no such file does not limit memory either
        return 0
    return int(pages) * resource.getpagesize()


def _be_silent() -> None:
    """Write nothing to the terminal: a library that aborts prints a message of its own first."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
