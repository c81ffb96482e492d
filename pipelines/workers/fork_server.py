"""The server that child processes are forked from: one for a whole run, for parsers and for checks alike.

It imports once, while the first process does something else, what both need; a child is forked in milliseconds and
holds nothing of the process that asked for it: no lock, no socket, no file but the pipe of its answer. Children end
with the process that asked, however that ends.
"""

import multiprocessing
import os
import signal
import threading
from functools import cache
from multiprocessing import resource_tracker
from multiprocessing.context import ForkServerContext

from assets.catalogue import modules

NEEDED = (
    "great_expectations",
    "fastexcel",
    "assets.reading.csv_columns",
    "assets.reading.opendocument",
    "assets.reading.gzip_file",
    "pipelines.judging.parser_process",
    "pipelines.judging.validator",
)
TURN = threading.Lock()
"""Held while a child is started or collected: the library asks after every child then, and may take another's answer."""


@cache
def server() -> ForkServerContext:
    """Return what starts processes; the first one started waits for the server to be warm.

    The processes ignore Ctrl-C where the thread that starts them blocks SIGINT. Python's tracker of shared resources
    unblocks it when it starts, so it starts here and the thread's signals are set again.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*NEEDED, *modules().values()])
    return context


def leave_with_parent() -> None:
    """Have this process leave when the one that asked for it is gone, even if that was killed."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
