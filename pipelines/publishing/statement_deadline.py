"""A deadline for each statement on a database server: its client library waits for ever for a server that froze."""

import os
import socket
from threading import Timer
from typing import Any

import sqlalchemy as sa

PATIENCE = 600
"""Seconds that the server may take for a statement, with what this process does until the next one."""


class StatementDeadline:
    """What cuts the one connection of an engine when a statement takes too long; the statement then fails."""

    def __init__(self, engine: sa.Engine) -> None:
        self.passed = False
        self._timer: Timer | None = None
        # before SQLAlchemy's own first questions to the server
        sa.event.listen(engine, "connect", self._watch, insert=True)
        sa.event.listen(engine, "before_cursor_execute", self.renew)
        sa.event.listen(engine, "close", self.end)

    def end(self, *_: Any) -> None:
        """Stop watching until the next statement: the connection may now be idle."""
        if self._timer:
            self._timer.cancel()

    def _watch(self, connection: Any, _: Any) -> None:
        self._file = connection.fileno()
        self.renew()

    def renew(self, *_: Any) -> None:
        """Restart the deadline. SQLAlchemy does so before each statement it sends; call it before one that psycopg sends itself."""
        self.end()
        self._timer = Timer(PATIENCE, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        with socket.socket(fileno=os.dup(self._file)) as cut:
            self.passed = True
            cut.shutdown(socket.SHUT_RDWR)
