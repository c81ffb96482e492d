"""Exit codes of the command line, each with its meaning for scripts."""

DONE, REFUSED, USAGE, BUSY, FAULT, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 70, 130, 143
EXIT_CODES = {
    DONE: "done",
    REFUSED: "refused, failed audit, stale or refused under --strict, verify found a difference, resolve found nothing",
    USAGE: "wrong usage",
    BUSY: "another run holds the lock",
    FAULT: "a fault in the program; the message says how to report it",
    INTERRUPTED: "interrupted with Ctrl-C",
    TERMINATED: "ended by SIGTERM, which `kill`, systemd and containers send",
}
