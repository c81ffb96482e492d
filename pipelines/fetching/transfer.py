"""The body of a response: complete, decoded, and within the limits for one file.

The headers of a body are not trusted: the size limit applies after decoding, and a compressed body must be complete.
"""

import gzip
import time
from dataclasses import dataclass
from typing import Protocol

import requests
import urllib3

from pipelines.fetching.address_rules import failure


@dataclass(frozen=True)
class Limits:
    """How long (seconds), how much (bytes) and how often the fetcher tries."""

    connect: float = 5
    read: float = 20  # between two bytes, and for the first of them
    total: float = 120  # for one file, redirects, retries and waits included
    bytes: int = 256 * 2**20
    slowest: float = 2048  # bytes a second, on average, once `read` has passed: a slower transfer never ends
    redirects: int = 5
    retries: int = 2
    patience: float = 25  # a failure later than this is not retried, so that a hang costs under a minute
    backoff: float = 1
    longest_wait: float = 30  # if Retry-After requests more, the host is not contacted again in this run
    interval: float = 0.5  # between two requests to one host


@dataclass(frozen=True)
class Download:
    """One response: a whole file, or `not_modified` and no bytes; `hops` are the addresses contacted, in order."""

    content: bytes
    not_modified: bool
    etag: str
    last_modified: str
    hops: tuple[str, ...]

    @classmethod
    def of(cls, response: requests.Response, content: bytes, hops: tuple[str, ...]) -> "Download":
        """Return `response` and its content as a Download."""
        etag, last_modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return cls(content, response.status_code == 304, etag, last_modified, hops)

    @property
    def final_url(self) -> str:
        """The address that answered, after redirects."""
        return self.hops[-1]


def whole_body(response: requests.Response, limits: Limits, deadline: float) -> bytes:
    """Return the whole body, decoded; urllib3 itself refuses one shorter than its declared length."""
    too_large = failure(response.url, f"more than {limits.bytes} bytes", "check that this is the right file")
    with response:
        if int(response.headers.get("Content-Length") or 0) > limits.bytes:
            raise too_large
        body, started, stream = bytearray(), time.monotonic(), _decoding(response)
        while piece := stream.read1(2**16):
            body += piece
            now = time.monotonic()
            if len(body) > limits.bytes:
                raise too_large
            if now > deadline:
                raise TimeoutError("the deadline passed")
            if now - started > limits.read and len(body) < limits.slowest * (now - started):
                found = f"{len(body)} bytes after {now - started:.0f} s"
                raise failure(response.url, found, "try again later")
        return bytes(body)


class _Stream(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Arrived:
    """The input of gzip: as much as has arrived, so that a slow transfer is noticed between two reads."""

    def __init__(self, raw: urllib3.HTTPResponse) -> None:
        self.raw = raw

    def read(self, size: int) -> bytes:
        return self.raw.read1(size)


def _decoding(response: requests.Response) -> _Stream:
    """Return the stream of the decoded body. Python's gzip is used because urllib3 accepts a cut stream as complete."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return response.raw
    if encoding in {"gzip", "x-gzip"}:
        return gzip.GzipFile(fileobj=_Arrived(response.raw), mode="rb")  # type: ignore[call-overload,no-any-return]
    raise failure(
        response.url, f"bytes encoded as {encoding}, which was not requested",
        "download it in a browser and add it with `ingest`",
    )  # fmt: skip
