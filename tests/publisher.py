"""A publisher on loopback: a real HTTPS server under the publishers' own names, with the faults they have.

The fetcher under test keeps every rule: only the look-up of names leads here (`locate`), and only the
authority made for the test is trusted (`REQUESTS_CA_BUNDLE`): certificates and names are verified for real.
"""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast

from certificates import certify

Send = Callable[["PublisherHandler"], None]


@dataclass(frozen=True)
class Page:
    """One answer. `send` replaces the plain way of sending where the fault is in the transfer itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    send: Send | None = None


class PublisherHandler(BaseHTTPRequestHandler):
    """Serves what its publisher was set to serve."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        publisher = cast("PublisherServer", self.server).publisher
        key = (self.headers.get("Host", ""), self.path)
        publisher.requests[key] += 1
        publisher.headers_seen.append(dict(self.headers))
        pages = publisher.pages.get(key, [Page(status=404, body=b"no such page")])
        page = pages.pop(0) if len(pages) > 1 else pages[0]
        if page.send is not None:
            page.send(self)
            self.close_connection = True
        elif self._is_known(page):
            self.answer(replace(page, status=304, body=b""))
        else:
            self.answer(page)
            publisher.bytes_sent += len(page.body)

    def _is_known(self, page: Page) -> bool:
        named = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        asked = ((self.headers.get(asks), page.headers.get(has)) for asks, has in named.items())
        return any(value is not None and value == has for value, has in asked)

    def answer(self, page: Page) -> None:
        self.send_response(page.status)
        headers = {"Content-Length": str(len(page.body))} | page.headers
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class PublisherServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    publisher: "Publisher"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of many tests."""


class Publisher:
    """All publishers of a test: pages by host and path, and what was asked of them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[tuple[str, str], list[Page]] = {}
        self.requests: Counter[tuple[str, str]] = Counter()
        self.headers_seen: list[dict[str, str]] = []
        self.located: list[str] = []
        self.dead: set[str] = set()
        self.bytes_sent = 0

    def serve(self, url: str, *pages: Page | bytes) -> str:
        """Answer `url` with `pages` one after the other, the last one from then on; return the address."""
        host, _, path = url.removeprefix("https://").partition("/")
        self.pages[host, f"/{path}"] = [page if isinstance(page, Page) else Page(page) for page in pages]
        return url

    def count(self, url: str) -> int:
        """Return how often `url` was asked for."""
        host, _, path = url.removeprefix("https://").partition("/")
        return self.requests[host, f"/{path}"]

    def locate(self, host: str) -> tuple[str, int]:
        """Stand in for the name service: every host is here, and the dead ones refuse the connection."""
        self.located.append(host)
        return "127.0.0.1", 1 if host in self.dead else self.port


def redirect(to: str, status: int = 302) -> Page:
    return Page(status=status, headers={"Location": to})


def cut_short(body: bytes) -> Page:
    """Declares all of `body` and sends half."""

    def send(handler: PublisherHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])

    return Page(send=send)


def chunks_cut_short(body: bytes) -> Page:
    """Sends one chunk and hangs up before the last, empty one."""

    def send(handler: PublisherHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(body), body))

    return Page(send=send)


def hanging(seconds: float) -> Page:
    """Accepts the request and says nothing."""
    return Page(send=lambda _handler: time.sleep(seconds))


DRIPS = {
    "head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
}


def dripping(seconds: float, start: bytes = DRIPS["body"]) -> Page:
    """Sends `start`, then a byte every 50 ms, so that no time-out between two bytes ever strikes."""

    def send(handler: PublisherHandler) -> None:
        handler.wfile.write(start)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            handler.wfile.write(b"x")
            time.sleep(0.05)

    return Page(send=send)


def endless() -> Page:
    """Sends without end and without a declared length."""

    def send(handler: PublisherHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"a" * 65536)

    return Page(send=send)


def raw(answer: bytes) -> Page:
    """Sends `answer` as it is, head and all."""
    return Page(send=lambda handler: handler.wfile.write(answer) and None)


@contextmanager
def publishing(
    folder: Path,
    hosts: list[str],
    *,
    certified: list[str] | None = None,
    ends: timedelta = timedelta(days=1),
    known: bool = True,
) -> Iterator[Publisher]:
    """Run a publisher for `hosts`, certified as themselves or as `certified`; trust `folder`/ca.pem.

    `ends` is when the certificate expires, from now; one that is not `known` vouches for itself.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(
        certify(folder, hosts if certified is None else certified, ends=ends, known=known)
    )
    server = PublisherServer(("127.0.0.1", 0), PublisherHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.publisher = Publisher(server.server_address[1])
    with _serving(server):
        yield server.publisher


@contextmanager
def _serving(server: ThreadingTCPServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Tcp(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of many tests."""


@contextmanager
def without_tls(answer: bytes = b"", seconds: float = 4) -> Iterator[int]:
    """Answer whoever connects with `answer` in the clear, then hang; yield the port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer)
            time.sleep(seconds)

    with _Tcp(("127.0.0.1", 0), Handler) as server, _serving(server):
        yield server.server_address[1]


@dataclass
class Proxy:
    """A proxy that connects to one publisher, whatever name it is given; `asked` are the tunnels wanted of it."""

    url: str
    asked: list[str] = field(default_factory=list)
    refuses: bool = False


@contextmanager
def proxying(publisher: Publisher) -> Iterator[Proxy]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            proxy.asked.append(self.rfile.readline().split()[1].decode())
            while self.rfile.readline().strip():
                pass
            if proxy.refuses:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", publisher.port)) as there:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                Thread(target=_pour, args=(there, self.request), daemon=True).start()
                _pour(self.request, there)

    with _Tcp(("127.0.0.1", 0), Handler) as server, _serving(server):
        proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        yield proxy


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
