"""Debian's Chromium without a screen, driven over its own protocol: what a page shows, complains of and asks for.

Every wait is bounded; the browser is stopped by TERM.
"""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from releases import missing
from websockets.sync.client import ClientConnection, connect

PATIENCE = 20.0
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Page:
    """One tab: what was told of it stands in `events`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.asked = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser and return its answer; what else it says meanwhile is kept."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv(timeout=PATIENCE))
            if told.get("id") == self.asked:
                assert "error" not in told, told
                return dict(told["result"])
            self.events.append(told)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, waiting for it where it is a promise."""
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true; fail where it stays false."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)

    def open(self, address: str) -> None:
        """Load a page anew and wait until its script has run."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.until("document.documentElement?.hasAttribute('data-ready')")

    def size(self, width: int, height: int) -> None:
        """Make the window of this size."""
        device = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **device)

    def complaints(self) -> list[str]:
        """Return every error and warning of the console, and what the page's policy refused."""
        kinds = {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"}
        told = [event for event in self.events if event["method"] in kinds]
        return [json.dumps(one["params"])[:600] for one in told]

    def requests(self) -> list[str]:
        """Return every address the page asked for."""
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [str(event["params"]["request"]["url"]) for event in sent]


@contextmanager
def browser() -> Iterator[Page]:
    """Give a tab of a new browser; skip without Chromium, but fail in continuous integration."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [program, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(_address(Path(folder)), max_size=None, open_timeout=PATIENCE) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _address(folder: Path) -> str:
    """Return where the first tab of a starting browser listens."""
    told = folder / "DevToolsActivePort"
    end = time.monotonic() + PATIENCE
    while not (told.exists() and told.read_text().count("\n")):
        assert time.monotonic() < end, "chromium did not start"
        time.sleep(0.05)
    port = told.read_text().splitlines()[0]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
