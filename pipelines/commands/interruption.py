"""Ctrl-C and SIGTERM: they end the command with one sentence, not each of its processes with a traceback.

A terminal sends Ctrl-C to every process it can see: parsers, checkers and helpers of Dagster. They end with the
command in any case.
"""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

AGAIN = 5
"""Seconds after which an interrupt that had no effect is repeated; an orderly end takes less."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM ended the command: an interrupt with an exit code of its own."""


def terminate(_number: int, _frame: object) -> NoReturn:
    """Handle SIGTERM as Ctrl-C is handled."""
    raise TerminatedError


@contextmanager
def interrupted_alone() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt here (in a Dagster run: its own interrupt), and let child processes ignore it.

    SIGTERM raises TerminatedError. An interrupt is repeated until it has ended what runs here: a callback of a library, where Python
    ignores exceptions, or Dagster between two steps may swallow it.

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
    main, ended, by_hand = threading.get_ident(), threading.Event(), threading.Event()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    arrived, noticed = socket.socketpair()
    noticed.settimeout(0)
    woken = signal.set_wakeup_fd(noticed.fileno(), warn_on_full_buffer=False)
    threads = [
        threading.Thread(target=_pass_on, args=(main, ended, by_hand), name="interrupts", daemon=True),
        threading.Thread(target=_insist, args=(main, arrived, by_hand), name="interrupts", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        try:
            yield
        finally:
            ended.set()
            signal.set_wakeup_fd(woken)
            noticed.close()
            signal.pthread_kill(threads[0].ident or main, signal.SIGINT)
            for thread in threads:
                thread.join()
            arrived.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            signal.signal(signal.SIGTERM, before)
    except KeyboardInterrupt as error:
        raise error if by_hand.is_set() else TerminatedError from None


def _pass_on(main: int, ended: threading.Event, by_hand: threading.Event) -> None:
    """Take each SIGINT and send the main thread SIGTERM."""
    while signal.sigwait({signal.SIGINT}) and not ended.is_set():
        by_hand.set()
        signal.pthread_kill(main, signal.SIGTERM)


def _insist(main: int, arrived: socket.socket, by_hand: threading.Event) -> None:
    """Once an interrupt has arrived, send the main thread SIGTERM every `AGAIN` seconds until what runs there has ended."""
    while True:
        try:
            number = int.from_bytes(arrived.recv(1))
        except TimeoutError:
            signal.pthread_kill(main, signal.SIGTERM)
            continue
        if number == signal.SIGINT:  # a thread of a library that is older than the others here has taken it
            by_hand.set()
        if number in {signal.SIGINT, signal.SIGTERM}:
            arrived.settimeout(AGAIN)
        elif not number:  # the other end is closed
            return


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
