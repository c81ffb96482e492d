"""Ctrl-C for commands that start processes: it interrupts the command, and not each of its processes with a traceback.

A terminal sends the signal to every process it can see: parsers, checkers and helpers of Dagster. They end with the
command in any case.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_alone() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt here (in a Dagster run: its own interrupt), and let child processes ignore it.

    Children inherit that SIGINT is blocked. A thread takes it and sends SIGTERM to the main thread, which has the same
    handler (as Dagster sets it: `dagster._utils.interrupts`). Where SIGINT is ignored, as in a background job of a shell,
    it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN or not _in_main_thread():
        yield
        return
    os.environ.setdefault(
        "PYTHONWARNINGS", "ignore:resource_tracker"
    )  # it frees what is left, which needs no mention
    main, ended = threading.get_ident(), threading.Event()
    terminate = signal.signal(signal.SIGTERM, signal.default_int_handler)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def pass_on() -> None:
        while signal.sigwait({signal.SIGINT}) and not ended.is_set():
            signal.pthread_kill(main, signal.SIGTERM)

    thread = threading.Thread(target=pass_on, name="interrupts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        signal.pthread_kill(thread.ident or main, signal.SIGINT)
        thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGTERM, terminate)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
