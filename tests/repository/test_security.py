"""What can be checked without a network: pinned packages, no secret in the repository, SECURITY.md tells the truth."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,-]+\])?)==(\S+)(?: ; [^\\\n]+)?((?: \\\n {4}--hash=sha256:[0-9a-f]{64})+)\n")  # fmt: skip
SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|pypi-\w{30,})",
    "signed token": r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+",
    "password": r"(?i)\b(?:password|passwd|secret|token|api_?key)\w*[\"']?\s*[:=]\s*[\"'][^\"'{}\s]{8,}[\"']",
    "password in an address": r"\w://[^/\s:@\"'`{}]+:[^/\s:@\"'`{}]+@",
    "path of a machine": r"(?<![\w.*])/(?:home|root|Users)/\w+",
}
REVIEWED = {
    "s://user:secret@": "tests of what is refused or hidden",
    "3://someone:secret@": "tests of what is refused or hidden",
    "l://someone:secret@": "tests of what is refused or hidden",
    "g://someone:secret@": "tests of what is refused or hidden",
    "s://someone:secret@": "tests of what is refused or hidden",
}
"""What looks like a secret and is none, and why it is there: in tests only."""


def tracked() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every file of the repository that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no clone: git knows no files here")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", "replace")


def secrets(name: str, text: str) -> Iterator[str]:
    """Yield what looks like a secret in a text, and where."""
    for kind, pattern in SECRETS.items():
        for found in re.finditer(pattern, text):
            if not (name.startswith("tests/") and found[0] in REVIEWED):
                yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {kind}"


def test_no_file_of_the_repository_holds_a_secret_or_the_path_of_a_machine() -> None:
    assert [found for name, text in tracked() for found in secrets(name, text)] == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN {}PRIVATE KEY-----".format("EC ")),
        ("AWS key", "AKIA" + "ABCDEFGH12345678"),
        ("token", "gh" + "p_" + "a" * 36),
        ("signed token", "eyJ" + "hbGciOiJIUzI1" + ".eyJzdWIiOiIx" + ".sig"),
        ("password", "password" + " = 'hunter2hunter2'"),
        ("password in an address", "postgresql://me" + ":hunter2@host/base"),
        ("path of a machine", "see /home" + "/someone/data"),
    ],
)
def test_the_search_finds(kind: str, text: str) -> None:
    assert list(secrets("a.py", f"first\n{text}\n")) == [f"a.py:2: {kind}"]


def test_a_reviewed_exception_is_none_outside_of_the_tests_and_each_is_needed() -> None:
    text = next(iter(REVIEWED))
    assert list(secrets("pipelines/a.py", f"http{text}")) == ["pipelines/a.py:1: password in an address"]
    assert list(secrets("tests/a.py", f"http{text}")) == []
    everything = "".join(text for name, text in tracked() if name != "tests/repository/test_security.py")
    assert [exception for exception in REVIEWED if exception not in everything] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_its_hashes_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert PIN.sub("", text) == "", "what is left is no pinned package with hashes"
    assert len(PIN.findall(text)) > 50


def test_tests_run_with_the_packages_that_are_published_with() -> None:
    runtime, dev = ({name: version for name, version, _ in PIN.findall((ROOT / lock).read_text("utf-8"))} for lock in LOCKS)  # fmt: skip
    assert {
        name: (version, dev.get(name)) for name, version in runtime.items() if dev.get(name) != version
    } == {}


def test_every_link_of_the_page_on_security_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []
