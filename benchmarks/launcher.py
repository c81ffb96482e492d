"""Run one command and say what it and every process it started took: `python -I -S launcher.py ANSWER COMMAND...`.

It is small, for a process begins with the peak memory of the one that starts it, and it becomes the parent of orphans
(a server of children outlives whoever started it), so that the kernel counts all of them. Seconds end with the command.
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
EVERY = 0.05


def main() -> None:
    """Run the command, and write what it took as JSON."""
    answer, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
    together = [0]
    threading.Thread(target=_sample, args=(together,), daemon=True).start()
    started = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status = os.waitpid(process, 0)
    seconds = time.perf_counter() - started
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss * unit / 2**20,
        "together_mib": together[0] / 2**20,
    }
    Path(answer).write_text(json.dumps(found), "utf-8")


def _sample(most: list[int]) -> None:
    """Keep the most memory that all descendants held at once; a page that two share counts twice."""
    while True:
        most[0] = max(most[0], sum(_held(process) for process in _below(os.getpid())))
        time.sleep(EVERY)


def _below(process: int) -> list[int]:
    """Return the descendants of a process; none where the system does not list them."""
    found: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children = [int(child) for child in listed.read_text().split()]
            found += [one for child in children for one in (child, *_below(child))]
    return found


def _held(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # it has ended
        return 0


if __name__ == "__main__":
    main()
