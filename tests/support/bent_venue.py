"""A desk between a session and the exchange that bends replies: what a sick venue would say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import msgspec

from trading.session.world import World

Bend = Callable[[httpx.Response], httpx.Response]


@contextmanager
def bent(world: World, path: str, bend: Bend) -> Iterator[World]:
    """Yield the world in which every reply of paths that end so is bent; others are passed on."""

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = httpx.get(f"{world.rest_url}{self.path}", timeout=5.0)
            if self.path.partition("?")[0].endswith(path):
                reply = bend(reply)
            self.send_response_only(reply.status_code)
            for name in ("Content-Type", "Date"):
                if name in reply.headers:
                    self.send_header(name, reply.headers[name])
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield msgspec.structs.replace(world, rest_url=url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(status: int, body: bytes) -> Bend:
    """Return a bend that answers so, whatever was asked."""
    return lambda _: httpx.Response(status, content=body)


def data(change: Callable[[list[dict[str, object]]], object]) -> Bend:
    """Return a bend that changes the rows of a reply in place, or gives others."""

    def changed(reply: httpx.Response) -> httpx.Response:
        told = msgspec.json.decode(reply.content)
        found = change(told["data"])
        told["data"] = told["data"] if found is None else found
        return httpx.Response(reply.status_code, json=told)

    return changed
