"""Where a publisher offers files: an address, or the links of a landing page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*")
FILE_TELLS = ""
"""The edition of a link whose name does not give it: only the file does (`Remote.edition_in`)."""


@dataclass(frozen=True)
class Remote:
    """One file a publisher offers, or a series of files on one landing page.

    Without `link`, `url` is the file. With `link`, `url` is the landing page (or a catalogue in JSON) and exactly one
    link on it must match the regular expression: in its address, its file name, its text, or its text and address in
    one line. `edition` is None where the file states no edition: then the day of retrieval is the edition. `part`
    distinguishes the files of one edition.

    With `name`, every link that matches is a file of the series: `name` returns its edition and part from the match,
    None for a link that is not a file of the series, or raises ValueError for one that should be and cannot be read.
    Two links of the same edition and part lose that edition, unless `version` says which of them is newer. Where the
    link does not give the edition, `name` returns FILE_TELLS, and `edition_in` reads it from the content.

    With `page`, the file is a web page itself: its publisher prints the data there and offers no other file.

    Pages with the same `link` are of one series: a file may be on any of them.

    With `file`, the links are pages: each is opened, and one link on it must match `file`. A page without such a link
    announces its file and is passed over. With `newest`, pages are opened from the newest edition back, until one has a file.

    With `unread`, a link that matches it is to a file nobody reads (a PDF): it is counted and passed over. With `as_of`, the
    page is known to have been there on that day or in that month and may be gone: where it cannot be read or has no file,
    it is passed over, unless no page answers.

    With `immutable`, the file never changes (a web archive): other bytes at its address are refused. `known` gives the
    edition and part of files by SHA-256: such a file under another name is refused.
    """

    url: str
    edition: str | None = None
    part: str = ""
    link: str | None = None
    name: Callable[[re.Match[str]], tuple[str, str] | None] | None = None
    version: Callable[[re.Match[str]], int] | None = None
    file: str | None = None
    newest: bool = False
    unread: str = ""
    as_of: str = ""
    edition_in: Callable[[bytes], str] | None = None
    known: Mapping[str, tuple[str, str]] = field(default_factory=dict, hash=False)
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


@dataclass(frozen=True)
class Crawl:
    """How the `pages` of a source are read where there is one for every organisation.

    Two requests to a host are `pace` seconds apart, or as far as its robots.txt wants them to be. A page that robots.txt
    disallows is not requested. Nor is one that was read in the last `days`: a crawl that was interrupted goes on where it
    ended, and pages are read again in time.
    """

    pace: float = 1
    days: int = 30


def numbered(match: re.Match[str]) -> int:
    """Return the number of a replaced file, from the group `version` of a link: the first may have none."""
    return int(match["version"] or 1)
