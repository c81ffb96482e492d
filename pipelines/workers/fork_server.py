"""The server from which child processes are forked: one for a whole run, for parsers and checks alike.

It imports the libraries of both once, while the main process does other work. A child is forked in milliseconds and
inherits nothing from the process that starts it: no lock, no socket, no file except the pipe for its answer. Children
end with that process, however it ends.
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
    "pipelines",
    "great_expectations",
    "fastexcel",
    "assets.reading.csv_columns",
    "assets.reading.opendocument",
    "assets.reading.gzip_file",
    "pipelines.judging.parser_process",
    "pipelines.judging.validator",
)
TURN = threading.Lock()
"""Held while a child is started or collected: the library then polls all children and may take another's exit status."""


@cache
def server() -> ForkServerContext:
    """Return the context that starts processes; the first process waits until the server is warm.

    The processes ignore Ctrl-C if the thread that starts them blocks SIGINT. Python's resource tracker unblocks it when
    it starts, so it is started here and the thread's signal mask is restored.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*NEEDED, *modules().values()])
    return context


def leave_with_parent() -> None:
    """End this process when its parent is gone, even if the parent was killed."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
