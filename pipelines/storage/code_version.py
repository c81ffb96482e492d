"""Cache keys for code: a result is stored under exactly the code it depends on.

A parsed file depends on the module of its source, on what that module imports from `assets`, and on the libraries that
read it. A release depends on the packages that make it, on `assets` and `sql`, and on the libraries that write it. An
edit anywhere else causes no new parsing and no new release.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from assets import catalogue

ROOT = Path(str(files("assets"))).parent
READ_WITH = ("fastexcel", "pandas", "pyarrow")
"""Libraries that read publishers' files."""
MADE_WITH = (*READ_WITH, "duckdb", "rapidfuzz", "sqlalchemy")
"""Libraries that published tables are made with: those that read the files are among them."""
WRITTEN_WITH = (*MADE_WITH, "altair", "great_expectations", "jinja2", "vl-convert-python", "xlsxwriter")
"""Libraries whose version affects what is published."""
MAKE_TABLES = (
    *("assets", "sql", "pipelines/integration", "pipelines/staging", "pipelines/judging"),
    *("pipelines/storage/parquet.py", "pipelines/storage/release_folder.py"),
)
"""Packages and modules that published tables are made by."""
MAKE_A_RELEASE = (*MAKE_TABLES, "pipelines/publishing")
KINDS = (".py", ".sql", ".csv", ".yml", ".html", ".css", ".js", ".json")
APART = {"frozen", "website"}
"""Folders that no release depends on by themselves: frozen editions are named by the files in use, a site is made of a release."""
CURATION = "assets.organisations.curation"
"""The module that reads the curated tables: modules that import it depend on them."""
FROZEN = "assets.contract.frozen_editions"
"""The module that reads frozen editions, whatever their source."""
IMPORT = re.compile(
    r"^[ \t]*(?:from (assets[\w.]*) import (\([^)]*\)|.*)|import (assets[\w.]*))", re.MULTILINE
)


@cache
def of_parser(source: str) -> str:
    """Return a digest of what a parsed file of a source depends on besides its bytes; 16 hexadecimal digits."""
    module = catalogue.modules().get(source)
    modules = imported_by(module) if module else frozenset(_modules("assets/contract", "assets/reading"))
    modules |= imported_by(FROZEN)
    paths = {ROOT / f"{name.replace('.', '/')}.py" for name in modules}
    if module and module.endswith(".source"):  # a package, with tables of its own
        paths |= {*(ROOT / "assets/sources" / source).rglob("*.csv")}
    if CURATION in modules:
        paths |= {*(ROOT / "assets/organisations").rglob("*.csv")}
    return digest(paths, READ_WITH)[:16]


@cache
def of_tables() -> str:
    """Name the code, the SQL and the curated tables a table of the working set depends on; 64 hexadecimal digits."""
    return digest(_sources_of(MAKE_TABLES), MADE_WITH)


@cache
def of_release() -> str:
    """Return a digest of the code, SQL and curated tables a release depends on; 64 hexadecimal digits."""
    return digest(_sources_of(MAKE_A_RELEASE), WRITTEN_WITH)


def _sources_of(rooms: Iterable[str]) -> Iterator[Path]:
    """Yield the files that rooms are made of, less those that stand apart."""
    for room in rooms:
        for path in [ROOT / room, *(ROOT / room).rglob("*")]:
            if path.suffix in KINDS and not APART.intersection(path.relative_to(ROOT).parts):
                yield path


def digest(paths: Iterable[Path], libraries: Iterable[str]) -> str:
    """Return the SHA-256 of files under the root with their names, and of the versions of libraries."""
    made = hashlib.sha256(" ".join(f"{library} {version(library)}" for library in libraries).encode())
    for path in sorted(path for path in paths if path.is_file()):
        made.update(f"\n{path.relative_to(ROOT).as_posix()} {_sha256(path)}".encode())
    return made.hexdigest()


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def imported_by(module: str) -> frozenset[str]:
    """Return a module of `assets` and all modules of `assets` that it imports, directly or indirectly."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return frozenset(found)


@cache
def _imports(module: str) -> tuple[str, ...]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    found: list[str] = []
    for package, names, plain in IMPORT.findall(path.read_text("utf-8")):
        named = (name.split(" as ")[0].strip() for name in names.strip("()").split(","))
        found += [package or plain, *(f"{package}.{name}" for name in named if name)]
    return tuple(name for name in found if (ROOT / f"{name.replace('.', '/')}.py").is_file())


def _modules(*rooms: str) -> list[str]:
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
    ]
