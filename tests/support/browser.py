"""A headless Chromium that opens files, for tests of pages: what it asked for, said and shows.

It speaks the browser's own debugging protocol over a socket to this machine; the browser runs in a
profile of its own and is ended with it. A machine without one skips what needs it.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
_ANSWER_S = 60.0
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")
WIDE = (1180, 900)
PHONE = (390, 844)


class OpenPage:
    """One open page: everything the browser told about it since it was asked for."""

    def __init__(self, socket: Connection, session: str) -> None:
        """Take over a page of the browser; ``Browser.open`` makes them."""
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1_000)
        self.events: list[Mapping[str, Any]] = []

    def ask(self, method: str, **words: object) -> Mapping[str, Any]:
        """Call one method of the protocol and return its result; note every event on the way."""
        number = next(self._numbers)
        asked = {"id": number, "method": method, "params": words, "sessionId": self._session}
        self._socket.send(json.dumps(asked))
        while True:
            told = json.loads(self._socket.recv(_ANSWER_S))
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                return dict(told["result"])
            self.events.append(told)

    def wait_for(self, event: str) -> None:
        """Listen until the browser tells of an event."""
        while not self._told(event):
            self.events.append(json.loads(self._socket.recv(_ANSWER_S)))

    def run(self, script: str) -> object:
        """Run an expression in the page, await it, and return what it comes to."""
        told = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        value: object = told["result"].get("value")
        return value

    def until(self, condition: str) -> None:
        """Wait until an expression of the page is true, looking with every frame it draws."""
        self.run(
            "new Promise((done) => { const look = () => "
            f"({condition}) ? done() : requestAnimationFrame(look); look(); }})"
        )

    @property
    def busy_s(self) -> float:
        """Processor time that the page's own thread has worked since it was opened, in seconds."""
        told = self.ask("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in told if each["name"] == "TaskDuration"))

    def press(self, key: str) -> None:
        """Press and release a key, as a person's keyboard does."""
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        """Send a mouse event to a place of the window."""
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    @property
    def requests(self) -> list[str]:
        """Addresses the page asked for, itself included."""
        return [
            each["params"]["request"]["url"] for each in self._told("Network.requestWillBeSent")
        ]

    @property
    def complaints(self) -> list[str]:
        """Everything in the console: errors, warnings, refused scripts, and plain words."""
        said = [str(each["params"]["entry"]["text"]) for each in self._told("Log.entryAdded")]
        said += [str(each["params"]) for each in self._told("Runtime.exceptionThrown")]
        said += [str(each["params"]["args"]) for each in self._told("Runtime.consoleAPICalled")]
        return said

    def photograph(self, path: Path, *, is_whole: bool = True) -> Path:
        """Write a picture of the whole page, or of what its window shows."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=is_whole, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def close(self) -> None:
        """Close the page."""
        self.ask("Page.close")

    def __enter__(self) -> Self:
        """Return the page; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def printed(self) -> bytes:
        """Return the page as it would be printed, as PDF."""
        told = self.ask("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(told["data"])

    def _told(self, event: str) -> list[Mapping[str, Any]]:
        return [each for each in self.events if each.get("method") == event]


class Browser:
    """A running browser. ``open`` opens a file or an address in a page of its own."""

    def __init__(self, socket: Connection) -> None:
        """Take over the socket of a browser just started."""
        self._socket = socket
        self._numbers = itertools.count(1)

    def open(
        self,
        place: Path | str,
        size: tuple[int, int] = WIDE,
        *,
        is_dark: bool = False,
        is_scripted: bool = True,
    ) -> OpenPage:
        """Open a file or an address at a window's size and wait until it is loaded."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        page = OpenPage(self._socket, attached["sessionId"])
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.ask(f"{domain}.enable")
        page.ask("Performance.enable", timeDomain="threadTicks")
        width, height = size
        is_phone = width < WIDE[0]
        page.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=is_phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask("Emulation.setScriptExecutionDisabled", value=not is_scripted)
        url = place.resolve().as_uri() if isinstance(place, Path) else place
        page.ask("Page.navigate", url=url)
        page.wait_for("Page.loadEventFired")
        return page

    def _ask(self, method: str, **words: object) -> Mapping[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": words}))
        while True:
            told = json.loads(self._socket.recv(_ANSWER_S))
            if told.get("id") == number:
                return dict(told["result"])


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start a browser and end it; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(_NAMES)} is on the path")
    # A browser run by root, as in a container, refuses its own sandbox.
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *flags, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            with connect(_address(process), max_size=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            process.communicate(timeout=_ANSWER_S)


def _address(process: subprocess.Popen[bytes]) -> str:
    """Return where the browser listens: it says so on its standard error."""
    assert process.stderr is not None
    for line in process.stderr:
        found = _LISTENING.search(line)
        if found:
            return found[1].decode()
    pytest.fail("the browser ended before it listened")
