"""Which release `digital-maturity verify` compares with its hashes, and what it says of it."""

from contextlib import AbstractContextManager
from pathlib import Path

from pipelines.storage.home import Home
from pipelines.storage.home_format import refuse_later
from pipelines.storage.release_hashes import VerifyError


def release_named(name: str) -> AbstractContextManager[Path]:
    """Return the folder of a release, or of the latest; raise VerifyError for a name that no release here has.

    A home that `refresh` would not open, because a later version has written it, raises NewerHomeError here too.
    """
    home = Home.default()
    refuse_later(home.root)
    held = home.release_names()
    wanted = home.latest_name() if name == "latest" else name
    if wanted not in held:
        raise VerifyError(
            f"Verifying release {name!r}: expected one of {', '.join(held) or 'none yet'} in {home.address}/releases, found no such release; name one of them, or run `digital-maturity refresh`."
        )
    return home.fresh(wanted)


def summary(wrong: dict[str, str], count: int) -> str:
    """Return in words how a release of `count` files is."""
    if not wrong:
        return f"every file is as it was published ({count} files)"
    return (
        "1 file is not as it was published"
        if len(wrong) == 1
        else f"{len(wrong)} files are not as they were published"
    )
