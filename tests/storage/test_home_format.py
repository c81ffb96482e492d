"""The format of a home: new ones, those of an earlier version and those of a later one."""

from pathlib import Path

import pytest
import yaml
from small_release import released

from pipelines.cli import main
from pipelines.storage.home import VARIABLE, Home
from pipelines.storage.home_format import FORMAT, NewerHomeError

MODULE = "pipelines.orchestration.event_log"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def settings(home: Home) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((home.root / "dagster" / "dagster.yaml").read_text())
    return found


def old(home: Home, text: str) -> Home:
    (home.root / "dagster").mkdir(parents=True)
    (home.root / "dagster" / "dagster.yaml").write_text(text)
    return home


def test_a_new_home_has_a_number_and_settings(home: Home) -> None:
    home.prepare_dagster()
    assert (home.root / "format").read_text() == f"{FORMAT}\n"
    assert settings(home)["event_log_storage"]["module"] == MODULE  # type: ignore[index]


def test_a_home_of_an_earlier_version_gets_the_event_log_and_keeps_its_own_settings(home: Home) -> None:
    (home.root / "staged").mkdir(parents=True)
    (home.root / "staged" / "dma.digest").write_text("artificial")
    old(home, "# mine\nconcurrency:\n  runs:\n    max_concurrent_runs: 7\n").prepare_dagster()
    assert settings(home)["concurrency"] == {"runs": {"max_concurrent_runs": 7}}
    assert settings(home)["event_log_storage"]["module"] == MODULE  # type: ignore[index]
    assert (home.root / "dagster" / "dagster.yaml").read_text().startswith("# mine\n")
    assert not list((home.root / "staged").iterdir())
    before = (home.root / "dagster" / "dagster.yaml").read_bytes()
    home.prepare_dagster()
    assert (home.root / "dagster" / "dagster.yaml").read_bytes() == before


def test_records_that_are_kept_elsewhere_stay_there(home: Home) -> None:
    text = "storage:\n  postgres:\n    postgres_db: {}\n"
    old(home, text).prepare_dagster()
    assert (home.root / "dagster" / "dagster.yaml").read_text() == text


def test_settings_that_somebody_changed_later_are_left_alone(home: Home) -> None:
    home.prepare_dagster()
    (home.root / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    home.prepare_dagster()
    assert settings(home) == {"telemetry": {"enabled": False}}


@pytest.mark.parametrize(
    ("number", "words"), [("9\n", "found 9"), ("nine\n", "found something else"), ("", "found a folder")]
)
def test_f81_refresh_and_verify_refuse_a_home_of_a_later_version_in_the_same_words(
    home: Home, number: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released(home.root, "20260101T000000Z")
    if number:
        (home.root / "format").write_text(number)
    else:
        (home.root / "format").mkdir()
    monkeypatch.setenv(VARIABLE, str(home.root))
    said = set()
    for command in (["refresh", "--offline"], ["verify"]):
        assert main(command) == NewerHomeError.exit_code
        said.add(capsys.readouterr().err.splitlines()[-1])
    (sentence,) = said
    assert words in sentence
    assert not (home.root / "dagster").exists()


def test_f81_a_home_of_an_earlier_version_is_verified_before_and_after_it_is_brought_up_to_date(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released(home.root, "20260101T000000Z")
    monkeypatch.setenv(VARIABLE, str(home.root))
    assert main(["verify"]) == 0
    home.prepare_dagster()
    assert (home.root / "format").read_text() == f"{FORMAT}\n"
    assert main(["verify"]) == 0
