"""Where a publisher offers files: an address, or the links of a landing page."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class Remote:
    """One file a publisher offers, or a series of files on one landing page.

    Without `link`, `url` is the file. With `link`, `url` is the landing page (or a catalogue in JSON) and exactly one
    link on it must match the regular expression, in its address, its file name or its text. `edition` is None where
    the file states no edition: then the day of retrieval is the edition. `part` distinguishes the files of one edition.

    With `name`, every link that matches is a file of the series: `name` returns its edition and part from the match, or
    None for a link that is not a file of the series. No link, or two links of the same edition and part, is an error,
    unless `version` says which of the two is newer.

    With `page`, the file is a web page itself: its publisher prints the data there and offers no other file.

    With `immutable`, the file never changes (a web archive): other bytes at its address are refused.

    With `file` too, the links are pages of editions: the newest is opened, and exactly one link on it must match `file`.
    """

    url: str
    edition: str | None = None
    part: str = ""
    link: str | None = None
    name: Callable[[re.Match[str]], tuple[str, str] | None] | None = None
    version: Callable[[re.Match[str]], int] | None = None
    file: str | None = None
    immutable: bool = False
    page: bool = False

    def __post_init__(self) -> None:
        """Refuse an address other than plain https, or a name that is a path, so that a bad spec fails when definitions load."""
        for name in filter(None, (self.edition, self.part)):
            if not PLAIN_NAME.fullmatch(name):
                raise ValueError(
                    f"Reading the spec of a source: expected an edition or part of letters, digits, dots and dashes, found {name!r}; correct the source module."
                )
        if self.name is not None and self.link is None:
            raise ValueError(
                f"Reading the spec of a source: expected a link pattern beside the name of {self.url}."
            )
        if self.file is not None and self.name is None:
            raise ValueError(
                f"Reading the spec of a source: expected a name beside the file pattern of {self.url}."
            )
        parts = urlsplit(self.url)
        if parts.scheme != "https" or parts.netloc != parts.hostname or ".." in unquote(parts.path):
            raise ValueError(
                f"Reading the spec of a source: expected a plain https address, found {self.url!r}; correct the source module."
            )


def numbered(match: re.Match[str]) -> int:
    """Return the number of a replaced file, from the group `version` of a link: the first may have none."""
    return int(match["version"] or 1)
