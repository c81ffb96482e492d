"""A home in an object store, spoken to as S3 is: the same release, whole or the one before, for every machine."""

import hashlib
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from few_sources import few_catalogue, few_home, judge_few, leave_out_the_explorer
from releases import DATABASE, ask, differences, optional, sums_of
from servers import postgresql, s3
from small_release import released

from assets.contract.errors import BusyError
from pipelines.cli import main
from pipelines.definitions import build_defs
from pipelines.publishing.release import hashes
from pipelines.storage import object_client
from pipelines.storage.archive import Vintage
from pipelines.storage.home import VARIABLE, Home
from pipelines.storage.object_store import CACHE, Store, StoreError
from pipelines.storage.release_hashes import damage
from pipelines.storage.retention import removals, remove

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "object-stores.md").read_text("utf-8")
REGION = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-2"}}
BUCKET = "artificial"
OLD, NEW = "20260101T000000Z", "20260102T000000Z"
FILES = {"datapackage.json": "{}", "csv/a.csv": "a", "csv/b.csv": "b", "SHA256SUMS": "sums"}
Machine = Callable[[str], Home]


@dataclass
class Served:
    """S3 as this machine serves it in one process, and what is published there for all tests: see `shared`."""

    address: str
    client: Any = None
    published: tuple[str, dict[str, Any]] | None = None

    def name(self, patch: pytest.MonkeyPatch) -> None:
        """Name it in the environment as the SDK wants it."""
        patch.setenv("AWS_ENDPOINT_URL", self.address)
        patch.setenv("AWS_ACCESS_KEY_ID", "artificial")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "artificial")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """Serve S3 to the end: tests of this file may be run in several goes, with those of others between them."""
    for needed in ("upath", "s3fs"):
        optional(needed)
    server = optional("moto.server", attributes=["ThreadedMotoServer"]).ThreadedMotoServer(
        "127.0.0.1", 0, verbose=False
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    host, port = server.get_host_and_port()
    found = Served(f"http://{host}:{port}")
    with pytest.MonkeyPatch.context() as named:
        found.name(named)
        found.client = optional("boto3").client("s3")
        found.client.create_bucket(Bucket=BUCKET, **REGION)
        found.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield found
    server.stop()


@pytest.fixture(scope="module")
def bucket(served: Served) -> Iterator[Any]:
    """Name the store in the environment, and yield a client that sees every version of an object."""
    with pytest.MonkeyPatch.context() as patch:
        served.name(patch)
        yield served.client


def written(bucket: Any, below: str) -> dict[str, int]:
    """Return how often each object below a prefix was written."""
    found: dict[str, int] = {}
    for page in bucket.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Prefix=below):
        for version in page.get("Versions", []):
            found[version["Key"]] = found.get(version["Key"], 0) + 1
    return found


def at(url: str, cache: Path) -> Home:
    with pytest.MonkeyPatch.context() as named:
        named.setenv(VARIABLE, url)
        named.setenv(CACHE, str(cache))
        return Home.default()


def refreshed(home: Home) -> dict[str, Any]:
    """Refresh as the job does, offline, and return how it went as any machine reads it."""
    settings = {"ops": {"archive": {"config": {"offline": True}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs(home=home, catalogue=few_catalogue()).resolve_job_def("refresh")
        assert job.execute_in_process(instance=instance, run_config=settings).success
    return home.read_status("run")


# A release


@pytest.fixture(scope="module")
def shared(
    bucket: Any, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """Return a home in the bucket into which one machine has published, and how that went."""
    if served.published is None:
        base, url = tmp_path_factory.getbasetemp(), f"s3://{BUCKET}/shared"
        home = at(url, tmp_path_factory.mktemp("first"))
        judge_few(home, base)
        with pytest.MonkeyPatch.context() as spared:
            leave_out_the_explorer(spared)
            served.published = (url, refreshed(home))
    return served.published


@pytest.fixture
def machine(shared: tuple[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return the home as another machine sees it that has nothing of its own, made the default."""
    monkeypatch.setenv(VARIABLE, shared[0])
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return Home.default()


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return few_home(tmp_path_factory.getbasetemp()).latest.resolve()


def test_a_release_in_a_bucket_is_byte_for_byte_the_one_on_disk(
    shared: tuple[str, dict[str, Any]], machine: Home, on_disk: Path
) -> None:
    assert shared[1]["release"] == machine.latest_name()
    assert machine.release_names() == [machine.latest_name()]
    with machine.fresh(machine.latest_name()) as release:
        assert differences(release) == []
        found, expected = sums_of(release), sums_of(on_disk)
    assert found.keys() == expected.keys()
    assert {path for path in found if found[path] != expected[path]} <= {DATABASE}  # DuckDB's own layout


def test_another_machine_goes_on_where_the_first_ended_and_writes_nothing_that_is_there(
    bucket: Any, shared: tuple[str, dict[str, Any]], machine: Home
) -> None:
    before = written(bucket, "shared/")
    status = refreshed(machine)
    after = written(bucket, "shared/")
    assert (status["outcome"], status["release"]) == ("unchanged", shared[1]["release"])
    assert {path for path in after if after[path] != before.get(path)} <= {
        path for path in after if path.startswith("shared/status/")
    }
    assert set(before.values()) == {1}


def test_questions_are_answered_from_the_database_alone(
    machine: Home, on_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = "select count(*) from maturity_change"
    [(expected,)] = ask(on_disk, question)
    assert main(["query", question, "--format", "csv"]) == 0
    assert capsys.readouterr().out.split() == ["count_star()", f"{expected}"]
    assert [path.name for path in machine.root.rglob("*") if path.is_file()] == [DATABASE]
    assert main(["resolve", "RJ1"]) == 0
    assert main(["explain", "organisation", "R0A", "--since", machine.latest_name()]) == 0
    assert main(["explain", "epr_supplier", "R0A|2024-10-01"]) == 0
    assert main(["sources"]) == 0
    assert "status         frozen" in capsys.readouterr().out


def test_verify_looks_at_the_bucket_and_names_what_was_altered_there(
    bucket: Any, machine: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", "select 1"]) == 0  # what this machine has is not what is looked at
    assert main(["verify"]) == 0
    key = f"shared/releases/{machine.latest_name()}/{DATABASE}"
    altered = bucket.put_object(Bucket=BUCKET, Key=key, Body=b"altered")
    capsys.readouterr()
    try:
        assert main(["verify"]) == 1
        printed = capsys.readouterr()
        assert main(["sources", "--strict"]) == 1
        assert f"is not as it was published: {DATABASE};" in capsys.readouterr().err
    finally:
        bucket.delete_object(Bucket=BUCKET, Key=key, VersionId=altered["VersionId"])
    assert printed.out.startswith(f"{DATABASE}: differs: SHA-256 expected ")
    assert main(["verify", "20200101T000000Z"]) == 1
    assert f"in s3://{BUCKET}/shared/releases, found no such release" in capsys.readouterr().err


# How one comes there


@pytest.fixture
def machines(bucket: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Machine:
    """Return what makes machines that share an empty home."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return lambda name: at(f"s3://{BUCKET}/{digest}", tmp_path / name)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Return the folder of an artificial release."""
    for name, text in FILES.items():
        path = tmp_path / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "made"


def store_of(home: Home) -> Store:
    assert home.store
    return home.store


def test_what_a_killed_upload_leaves_is_never_the_latest_and_the_next_run_publishes(
    machines: Machine, release: Path
) -> None:
    home = machines("one")
    store_of(home).publish(release, OLD, after="")
    program = (
        "import os, signal, sys; from pathlib import Path; from pipelines.storage.home import Home; from pipelines.storage.object_store import Store\n"
        "send, sent = Store.send, []\n"
        "def killed(store, files, **how):\n"
        "    send(store, files, **how); sent.append(files)\n"
        "    if len(sent) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Store.send = killed\n"
        "Home.default().store.publish(Path(sys.argv[1]), sys.argv[2], sys.argv[3])"
    )
    environment = {**os.environ, VARIABLE: home.address, CACHE: str(home.root.parent)}
    done = subprocess.run(
        [sys.executable, "-c", program, release, NEW, OLD],
        env=environment,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert store_of(home).listed(f"releases/{NEW}").keys() == {
        f"releases/{NEW}/{name}" for name in FILES if name != "SHA256SUMS"
    }
    assert home.latest_name() == OLD
    home.of_every_release("csv/a.csv")
    assert [path.name for path in home.releases.iterdir()] == [OLD]
    later = "20260103T000000Z"
    store_of(machines("two")).publish(release, later, after=OLD)
    assert home.latest_name() == later
    home.of_every_release("csv/a.csv")
    assert sorted(path.name for path in home.releases.iterdir()) == [OLD, later]


def test_of_two_runs_on_two_machines_one_publishes_and_the_other_says_so(
    machines: Machine, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = store_of(machines("one")), store_of(machines("two"))
    one.publish(release, OLD, after="")
    with pytest.raises(BusyError, match=f"publishes release {OLD} meanwhile; refresh again"):
        two.publish(release, NEW, after="")
    one.send({f"releases/{NEW}/datapackage.json": release / "datapackage.json"})
    with pytest.raises(BusyError, match=f"publishes release {NEW}"):  # in the same second
        two.publish(release, NEW, after=OLD)
    known = two._pointed()
    one.publish(release, "20260103T000000Z", after=OLD)
    asked = iter([known, known, one._pointed()])  # the other machine was faster by an instant
    monkeypatch.setattr(Store, "_pointed", lambda _: next(asked))
    with pytest.raises(BusyError, match="publishes release 20260103T000000Z"):
        two.publish(release, "20260104T000000Z", after=OLD)
    monkeypatch.undo()
    assert two.latest() == "20260103T000000Z"
    assert not two.listed("releases/20260104T000000Z")
    assert len(two.listed(f"releases/{NEW}")) == 1


def test_the_first_release_of_two_machines_is_one(
    machines: Machine, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = store_of(machines("one")), store_of(machines("two"))
    nothing = two._pointed()
    one.publish(release, OLD, after="")
    asked = iter([nothing, nothing, one._pointed()])
    monkeypatch.setattr(Store, "_pointed", lambda _: next(asked))
    with pytest.raises(BusyError, match=f"publishes release {OLD}"):
        two.publish(release, NEW, after="")
    assert not two.listed(f"releases/{NEW}")


def test_another_place_that_upath_names_works_by_the_same_code(release: Path, tmp_path: Path) -> None:
    optional("upath")
    one, two = (Store("memory://artificial/home", tmp_path / name) for name in ("one", "two"))
    for name, after in ((OLD, ""), (NEW, OLD)):
        one.publish(release, name, after)
    with pytest.raises(BusyError, match=f"publishes release {NEW}"):
        two.publish(release, "20260103T000000Z", OLD)
    with two.shared(released=True):
        assert (two.root / "releases" / "latest").resolve() == two.release("", "csv/a.csv")
    with two.fresh(OLD) as folder:
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} | {"SHA256SUMS"} == {
            *FILES
        }


def test_old_releases_leave_the_store_and_this_machine(release: Path, tmp_path: Path) -> None:
    optional("upath")
    home = Home(tmp_path / "one", Store("memory://artificial/pruned", tmp_path / "one"))
    (release / DATABASE).write_bytes(b"database")
    names = [OLD, NEW, "20260103T000000Z"]
    for name, after in zip(names, ["", *names], strict=False):
        home.store.publish(release, name, after)
    with home.shared(released=True):
        pass
    gone = [remove(home, one) or one for one in removals(home, 2, 1)]
    assert [(one.release, one.files) for one in gone] == [(OLD, ()), (NEW, (DATABASE,))]
    assert home.release_names() == names[1:]
    assert sorted(home.release_sizes(NEW)) == sorted({*FILES, "PRUNED"})
    assert DATABASE in home.release_sizes(names[2])
    assert not (home.releases / OLD).exists()
    assert removals(home, 2, 1) == []


def test_large_csv_of_old_releases_is_compressed_in_the_store_and_on_this_machine(
    release: Path, tmp_path: Path
) -> None:
    optional("upath")
    home = Home(tmp_path / "one", Store("memory://artificial/compressed", tmp_path / "one"))
    (release / "csv" / "large.csv").write_bytes(b"RXX,1\r\n" * 30_000)
    stated = "".join(f"{digest}  {path}\n" for path, digest in hashes(release))
    (release / "SHA256SUMS").write_text(stated)
    home.store.publish(release, OLD, "")
    home.store.publish(release, NEW, OLD)
    home.whole_release(OLD)
    [removal] = removals(home, None, None, 1)
    remove(home, removal)
    assert sorted(home.release_sizes(OLD)) == sorted({*FILES, "SHA256SUMS", "csv/large.csv.gz"})
    assert not (home.releases / OLD / "csv" / "large.csv").exists()
    assert "csv/large.csv" in home.release_sizes(NEW)
    assert damage(home.whole_release(OLD)) == []
    compressed = home.releases / OLD / "csv" / "large.csv.gz"
    compressed.write_bytes(b"x" * compressed.stat().st_size)
    assert damage(home.whole_release(OLD)) == []
    with home.fresh(OLD) as copy:
        assert damage(copy) == []


def test_f80_the_copy_of_a_release_is_what_the_store_has_so_that_refresh_sees_what_verify_sees(
    bucket: Any, machines: Machine, release: Path
) -> None:
    stated = "".join(f"{digest}  {path}\n" for path, digest in hashes(release))
    (release / "SHA256SUMS").write_text(stated)
    store, prefix = store_of(machines("one")), machines("one").address.rpartition("/")[2]
    store.publish(release, OLD, after="")
    copy = store.mirror(OLD)
    assert damage(copy) == []
    assert store.damaged(OLD) == []
    (copy / "csv" / "a.csv").write_text("x")  # of the same size
    (copy / "extra").write_text("x")
    assert damage(store.mirror(OLD)) == []
    time.sleep(1)  # S3 knows when an object was written to the second
    bucket.put_object(Bucket=BUCKET, Key=f"{prefix}/releases/{OLD}/csv/a.csv", Body=b"y")
    bucket.delete_object(Bucket=BUCKET, Key=f"{prefix}/releases/{OLD}/csv/b.csv")
    assert damage(store.mirror(OLD)) == ["csv/a.csv", "csv/b.csv"]
    assert store.damaged(OLD) == ["csv/a.csv", "csv/b.csv"]
    for name in ("a", "b"):  # restored
        bucket.put_object(Bucket=BUCKET, Key=f"{prefix}/releases/{OLD}/csv/{name}.csv", Body=name.encode())
    assert store.damaged(OLD) == []
    bucket.put_object(Bucket=BUCKET, Key=f"{prefix}/releases/{OLD}/SHA256SUMS", Body=b"no hashes")
    assert store.damaged(OLD) == ["SHA256SUMS"]
    bucket.delete_object(Bucket=BUCKET, Key=f"{prefix}/releases/{OLD}/SHA256SUMS")
    assert store.damaged(OLD) == ["SHA256SUMS"]


# The archive


def vintage(content: bytes) -> Vintage:
    known = {"edition": "2025", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    given = {"source": "tiny", "origin": "ingested", "retrieved_at": "2026-01-01T00:00:00+00:00"}
    return Vintage(**{**dict.fromkeys(Vintage.__dataclass_fields__, ""), "hops": (), **given, **known})


def test_what_one_machine_archives_others_have_and_its_bytes_when_they_read_them(machines: Machine) -> None:
    one, two, content = machines("one"), machines("two"), b"artificial"
    with one.shared():
        one.archive.add(content, vintage(content))
        one.write_status("tiny", {"status": "fresh"})
    with two.shared():
        (found,) = two.archive.vintages("tiny")
        assert not (two.root / "archive" / "blobs").exists()
        assert two.archive.holds(found)
        assert two.archive.at_hand(found).read(found) == content
        assert not two.archive.add(content, found)
    two.write_status("tiny", {"status": "stale"})
    two.pull("status")
    assert two.read_status("tiny") == {"status": "fresh"}


def test_a_step_that_fails_sends_nothing_and_the_next_one_sends_what_it_left(machines: Machine) -> None:
    one, two, content = machines("one"), machines("two"), b"artificial"

    def fails() -> None:
        with one.shared():
            one.archive.add(content, vintage(content))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    two.pull("archive")
    assert two.archive.vintages("tiny") == []
    with one.shared():
        pass
    two.pull("archive")
    assert two.archive.vintages("tiny") == [vintage(content)]


def test_bytes_lost_in_the_bucket_are_of_no_archive_and_are_sent_again(
    bucket: Any, machines: Machine
) -> None:
    one, two, content = machines("one"), machines("two"), b"artificial"
    with one.shared():
        one.archive.add(content, vintage(content))
    key = f"{one.address.rpartition('/')[2]}/archive/blobs/{vintage(content).sha256}"
    bucket.delete_object(Bucket=BUCKET, Key=key)
    two.pull("archive")
    assert not two.archive.holds(vintage(content))
    with pytest.raises(FileNotFoundError):
        two.archive.at_hand(vintage(content)).read(vintage(content))
    with one.shared():
        pass
    assert two.archive.at_hand(vintage(content)).read(vintage(content)) == content


def test_an_object_whose_name_leads_elsewhere_is_refused(bucket: Any, machines: Machine) -> None:
    home = machines("one")
    bucket.put_object(
        Bucket=BUCKET, Key=f"{home.address.rpartition('/')[2]}/archive/../../escaped", Body=b"artificial"
    )
    with pytest.raises(StoreError, match=r"found an object named artificial/\S+/archive/\.\./\.\./escaped"):
        home.pull("archive")


# What is wrong with a store


@pytest.mark.parametrize(
    "url",
    ["s3://someone:secret@bucket/prefix", "s3://bucket/prefix?secret=1", "s3://bucket/prefix#secret"],
)
def test_credentials_in_the_address_are_refused_and_not_repeated(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "unset")
    assert main(["query", "select 1", "--home", url]) == 1
    text = capsys.readouterr().err
    assert "found a user name, a password or options in it; leave them out" in text
    assert text.count("\n") == 1
    assert "secret" not in text


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3:///prefix", "name the bucket"),
        ("s3://[::1", "found another .Invalid IPv6 URL.; correct it"),
        ("sftp://host/prefix", "s3://, gs:// or az://, found sftp://host/prefix; correct it"),
        ("http://host/prefix", "s3://, gs:// or az://, found http://host/prefix; correct it"),
    ],
)
def test_an_address_of_no_bucket_is_refused(url: str, found: str) -> None:
    with pytest.raises(StoreError, match=found):
        Store.at(url)


def test_a_store_whose_library_is_missing_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optional("upath")
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(StoreError, match=r"library gcsfs, found none; install `.*\[s3\]` and gcsfs\."):
        Store("gs://bucket/prefix", tmp_path).names()


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/nothing-there", "s3://no-such-bucket/prefix"])
def test_a_store_without_a_release_is_one_sentence(
    bucket: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path))
    monkeypatch.setenv(VARIABLE, "unset")
    assert main(["query", "select 1", "--home", url]) == 1
    error = capsys.readouterr().err
    assert f"in {url}: expected one, found none; run `digital-maturity refresh` first" in error
    assert error.count("\n") == 1


def test_a_store_that_does_not_answer_is_one_sentence_within_a_minute(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(  # a connection of its own: those to one place are shared
        object_client, "PATIENCE", {**object_client.PATIENCE, "user_agent_extra": "artificial"}
    )
    home = at("s3://silent/prefix", tmp_path)
    with pytest.raises(StoreError, match=r"^Working with s3://silent/prefix: .+ try again\.$"):
        home.latest_name()


def test_f85_a_frozen_store_is_given_up_after_a_total_deadline_and_the_rest_of_the_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server is stopped: its system accepts connections, and nothing answers."""
    optional("s3fs")
    with s3() as (endpoint, process):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "artificial")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "artificial")
        patience = {**object_client.PATIENCE, "user_agent_extra": "frozen"}  # a connection of its own
        monkeypatch.setattr(object_client, "PATIENCE", patience)
        optional("boto3").client("s3").create_bucket(Bucket="freezing", **REGION)
        home = at("s3://freezing/prefix", tmp_path / "cache")
        home.write_status("run", {"artificial": True})
        with home.shared():
            home.write_status("tiny", {"status": "fresh"})
        monkeypatch.setattr(object_client, "DEADLINE", 0.4)
        os.kill(process, signal.SIGSTOP)
        transfers: list[Callable[[], object]] = [
            lambda: store_of(home).bring(["status/tiny.json"]),
            lambda: store_of(home).send({"status/tiny.json": home.root / "status" / "tiny.json"}),
            home.latest_name,
            home.release_names,
        ]
        for transfer in transfers:
            object_client._silent.clear()
            began = time.monotonic()
            with pytest.raises(
                StoreError, match=r"found an object that took more than 0\.4 s; .* try again\.$"
            ):
                transfer()
            assert 0.3 < time.monotonic() - began < 4
        began = time.monotonic()
        with pytest.raises(
            StoreError,
            match=r"found that it did not answer within the last 0\.4 s, so it was not tried again; .* try again\.$",
        ):
            home.pull("status")
        assert time.monotonic() - began < 0.5
        monkeypatch.setenv(VARIABLE, "unset")
        monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
        assert main(["refresh", "--offline", "--home", home.address]) == 1
        assert capsys.readouterr().err.count("Working with s3://freezing/prefix: ") == 1
        os.kill(process, signal.SIGCONT)
        object_client._silent.clear()
        home.pull("status")
        assert home.read_status("tiny") == {"status": "fresh"}


def test_a_home_in_a_folder_imports_no_library_of_stores(on_disk: Path) -> None:
    program = (
        "import sys; from pipelines.cli import main; main(['query', 'select 1'])\n"
        "print({'pipelines.storage.object_store', 'upath', 's3fs', 'botocore'} & set(sys.modules))"
    )
    environment = {**os.environ, VARIABLE: str(on_disk.parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


# Dagster on more than one machine


def test_machines_have_the_settings_of_dagster_from_the_bucket(bucket: Any, machines: Machine) -> None:
    home = machines("one")
    key = f"{home.address.rpartition('/')[2]}/dagster/dagster.yaml"
    bucket.put_object(Bucket=BUCKET, Key=key, Body=b"# artificial\n")
    with pytest.MonkeyPatch.context() as left_alone:
        left_alone.setenv(VARIABLE, "unset")
        left_alone.setenv("DAGSTER_HOME", "unset")
        folder = home.prepare_dagster()
        assert os.environ[VARIABLE] == home.address
    settings = (folder / "dagster.yaml").read_bytes()
    assert settings.startswith(b"# artificial\n"), "only what a home of this format needs is added"
    assert list(yaml.safe_load(settings)) == ["event_log_storage"]


def test_the_settings_on_the_page_keep_what_dagster_knows_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings,) = re.findall(r"```yaml\n# dagster.yaml\n(.+?)```", PAGE, re.DOTALL)
    (driver,) = re.findall(r"`(postgresql\S*)://dagster@server/dagster`", PAGE)
    (tmp_path / "dagster.yaml").write_text(settings, "utf-8")
    with postgresql() as url:
        address = url.set(drivername=driver).render_as_string(hide_password=False)
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", address)
        for _ in range(2):  # the second stands for another machine
            with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
                instance.run_storage.set_cursor_values({"artificial": "known to all"})
                instance.report_runless_asset_event(dg.AssetMaterialization("artificial"))
                assert type(instance.event_log_storage).__module__.startswith("dagster_postgres.")
                assert not instance.telemetry_enabled
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            assert instance.run_storage.get_cursor_values({"artificial"}) == {"artificial": "known to all"}
            assert instance.get_latest_materialization_event(dg.AssetKey("artificial"))
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


# A site


def test_a_site_in_a_bucket_is_the_one_in_a_folder_and_a_later_release_joins_it(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    folder, url = tmp_path / "site", f"s3://{BUCKET}/site"
    for name in (OLD, NEW):
        released(tmp_path / "home", name, **{f"{name}.txt": "of this release only"})
        for place in (str(folder), url):
            assert main(["site", "--to", place]) == 0
    objects = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert f"releases/{OLD}/SHA256SUMS" in objects
    assert f"latest/{OLD}.txt" not in objects
    found = bucket.list_objects_v2(Bucket=BUCKET, Prefix="site/")["Contents"]
    assert {one["Key"].removeprefix("site/") for one in found} == objects.keys()
    for path, content in objects.items():
        assert bucket.get_object(Bucket=BUCKET, Key=f"site/{path}")["Body"].read() == content
    about = bucket.head_object(Bucket=BUCKET, Key="site/index.html")
    assert about["ContentType"] == "text/html"
