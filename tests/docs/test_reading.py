"""docs/reading.md stays true: its blocks read a site of the shared release from a web server on this machine."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest
from releases import missing, offline_home, optional

from pipelines.cli import main
from pipelines.publishing.sqlite import QUESTIONS
from tools.canned_queries import questions

PAGE = (Path(__file__).parents[2] / "docs" / "reading.md").read_text("utf-8")
ADDRESS = "https://data.example.org/"
MARKED = re.compile(r"(?:<!-- (not run|needs httpfs) -->\n\n)?```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = {
    f"{number}-{language}": (mark, language, code)
    for number, (mark, language, code) in enumerate(MARKED.findall(PAGE))
}
NOT_RUN = [name for name, (mark, _, _) in BLOCKS.items() if mark == "not run"]
RUN = [name for name in BLOCKS if name not in NOT_RUN]


class Static(SimpleHTTPRequestHandler):
    """Serves files as GitHub Pages and buckets do: also parts of them, which Python's own server does not."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        path, wanted = Path(self.translate_path(self.path)), self.headers.get("Range")
        if not wanted or not path.is_file():
            return super().do_GET()
        first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted).groups()  # type: ignore[union-attr]
        size = path.stat().st_size
        start = int(first) if first else size - int(last)
        end = min(int(last), size - 1) if first and last else size - 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(start)
            self.wfile.write(file.read(end - start + 1))
        return None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a site of the shared release, and yield its address."""
    folder = tmp_path_factory.mktemp("site")
    home = offline_home(tmp_path_factory.getbasetemp())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITAL_MATURITY_HOME", str(home.root))
        assert main(["site", "--to", str(folder)]) == 0
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Static, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", RUN)
def test_a_block_reads_the_site(
    name: str, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, language, code = BLOCKS[name]
    assert ADDRESS in code
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert LANGUAGES[language](code.replace(ADDRESS, site), capsys).strip()


def _python(code: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run Python in this process, where the libraries are imported already, and return what it prints."""
    for module in re.findall(
        r"^(?:import|from) (pandas|polars|pins|duckdb|frictionless)", code, re.MULTILINE
    ):
        optional(module)
    exec(code, {})  # noqa: S102 - our own page
    return capsys.readouterr().out


def _sql(code: str, _: object) -> str:
    """Return the rows of a block of SQL; skip it where DuckDB has no extension to read over HTTP with."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        try:
            connection.execute("load httpfs")
        except duckdb.Error as error:
            pytest.skip(f"DuckDB has no extension httpfs of its version here: {str(error).splitlines()[0]}")
        return str(connection.execute(code).fetchall())


def _r(code: str, _: object) -> str:
    program = shutil.which("Rscript") or missing("Rscript is not installed: r-base-core and r-cran-jsonlite")
    return _program([program, "-e", code])


def _sh(code: str, _: object) -> str:
    optional("datasette")
    if not shutil.which("curl"):
        missing("curl is not installed")
    return _program(["bash", "-ec", code])


def _program(command: list[str]) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PATH": programs},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LANGUAGES = {"python": _python, "sql": _sql, "r": _r, "sh": _sh}


def test_every_block_is_run_or_says_why_not() -> None:
    assert len(RUN) >= 10
    assert len(NOT_RUN) == 4
    before = re.split(r"<!-- not run -->", PAGE)[:-1]
    assert all(re.search(r"\*not\s+run\*", part.rpartition("\n## ")[2], re.IGNORECASE) for part in before)


def test_the_page_counts_the_questions_that_datasette_has() -> None:
    held = json.loads(QUESTIONS.read_text("utf-8"))
    numbers = {name.split("_")[1] for name in held}
    every_query = list(questions())
    asked = {name.split("_")[1] for name, *_ in every_query}
    assert (
        f"{len(held)} of {len(every_query)} queries are there, of {len(numbers)} of the {len(asked)} questions"
        in PAGE
    )
