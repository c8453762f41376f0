"""A webhook receiver on the loopback: keeps what it is sent, in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


class Told(msgspec.Struct, frozen=True):
    """One notification, as our block sends it."""

    subject: str
    body: str


@dataclass(slots=True)
class Receiver:
    """What arrived."""

    url: str
    told: list[Told] = field(default_factory=list)

    def subjects(self, containing: str = "") -> list[str]:
        """Return the subjects of what was told of something, oldest first."""
        return [each.subject for each in self.told if containing in each.body]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive for as long as the block lasts."""
    found = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.told.append(msgspec.json.decode(body, type=Told))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
