"""The format of a home: a number in the file `format`, and the migration of homes of earlier versions.

1. Homes without the file.
2. A class named in `dagster/dagster.yaml` keeps Dagster's event log open; its history stays in the same files. The
   manifest of a staged table is JSON instead of a digest.
"""

from pathlib import Path

from assets.contract.errors import UsageError
from pipelines.storage.atomic_files import write_atomically

FORMAT = 2
FILE = "format"
SETTINGS = Path("dagster") / "dagster.yaml"
STORAGES = {"storage", "run_storage", "event_log_storage", "schedule_storage"}
"""Settings for where Dagster keeps its records: a user who has set one decides for all of them."""


class NewerHomeError(UsageError):
    """A home was written by a later version of this product."""


def refuse_later(root: Path) -> None:
    """Raise NewerHomeError if a later version of this product has written the home."""
    held = _format_of(root)
    if held > FORMAT:
        raise NewerHomeError(
            f"Opening the home {root}: expected format {FORMAT} or earlier, found {held}; use the version of this product that wrote it, or a later one."
        )


def bring_up_to_date(root: Path, settings: str) -> None:
    """Migrate a home to this format; `settings` are Dagster's settings for a new home.

    A home without `dagster.yaml` gets one. Raises NewerHomeError if a later version has written the home.
    """
    refuse_later(root)
    held = _format_of(root)
    if not (root / SETTINGS).exists():
        write_atomically(root / SETTINGS, settings.encode())
    elif held < 2:
        _name_the_event_log(root / SETTINGS, settings)
    if held < FORMAT:
        for marker in (root / "staged").glob("*.digest"):
            marker.unlink()
        write_atomically(root / FILE, f"{FORMAT}\n".encode())


def _format_of(root: Path) -> int:
    """Return the format of a home; 1 if it has no number."""
    try:
        return int((root / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return 1
    except (ValueError, IsADirectoryError) as error:
        found = "a folder" if isinstance(error, IsADirectoryError) else "something else"
        raise NewerHomeError(
            f"Opening the home {root}: expected a number in {root / FILE}, found {found}; put {FORMAT} there if this version wrote the home."
        ) from None


def _name_the_event_log(path: Path, settings: str) -> None:
    """Add the class of the event log to settings without a storage of their own."""
    import yaml

    text = path.read_text("utf-8")
    stated = yaml.safe_load(text) or {}
    if not STORAGES & stated.keys():
        added = {"event_log_storage": yaml.safe_load(settings)["event_log_storage"]}
        write_atomically(path, f"{text.rstrip()}\n{yaml.safe_dump(added)}".encode())
