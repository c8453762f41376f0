"""``python -m deployments.report_server``: the reports over http, for the links in Prefect's UI.

A browser opens no file from an http page, so the UI needs an address. Alternatives: a static mount
in Prefect's own server (patching what is not ours), or a web server of the machine's (one more
thing to install). This one answers on the loopback only, reads only, and shows of a session what
people read: never a journal, a plan or a log.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from trading.session.paths import var_dir

HOST: Final = "127.0.0.1"
PORT: Final = 4280
SESSIONS_SHOWN: Final = 200
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
SERVED: Final = frozenset({"report.html", "summary.json", "trades.csv"})
"""What is shown of a session's folder."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Reports(BaseHTTPRequestHandler):
    """Answers GET and HEAD; everything else is refused by the base class."""

    folder: ClassVar[Path]
    """The folder of all sessions."""
    server_version = "reports"
    sys_version = ""

    def do_GET(self) -> None:
        """Send the list of sessions, or a file of one."""
        self._answer(has_body=True)

    def do_HEAD(self) -> None:
        """Send what GET would, without the body."""
        self._answer(has_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: who reads a report is nobody's business."""

    def _answer(self, *, has_body: bool) -> None:
        host = (self.headers["Host"] or "").partition(":")[0]
        if host not in {HOST, "localhost"}:  # another name for us is a page that tricks a browser
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        path = unquote(urlsplit(self.path).path)
        found = index(self.folder) if path == "/" else served(self.folder, path)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, body = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            self.wfile.write(body)


def served(folder: Path, path: str) -> tuple[str, bytes] | None:
    """Return type and content of ``/ACCOUNT/SESSION/FILE``; None where that is not to be shown."""
    wanted = folder / path.lstrip("/")
    parts = Path(path).parts[1:]
    if len(parts) != 3 or ".." in parts or "\0" in path or parts[2] not in SERVED:  # noqa: PLR2004
        return None
    real = wanted.resolve()
    if not real.is_relative_to(folder.resolve()) or not real.is_file():
        return None
    return KINDS[real.suffix], real.read_bytes()


def index(folder: Path) -> tuple[str, bytes]:
    """Return a page with the newest sessions of every account, newest first."""
    found = sorted(folder.glob("*/*/report.html"), key=lambda each: each.parent.name, reverse=True)
    rows = "".join(
        f'<li><a href="/{html.escape(each.parent.parent.name)}/{html.escape(each.parent.name)}'
        f'/report.html">{html.escape(each.parent.parent.name)}: '
        f"{html.escape(each.parent.name)}</a></li>\n"
        for each in found
        if each.parent.name != "latest"
    )
    shown = "\n".join(rows.splitlines()[:SESSIONS_SHOWN]) or "<li>none yet</li>"
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Paper sessions</title>'
        '<meta name="viewport" content="width=device-width"><style>body{font:1rem/1.6 sans-serif;'
        "margin:2rem auto;max-width:50rem;padding:0 1rem;color-scheme:light dark}</style>"
        f"<h1>Paper sessions</h1><ul>\n{shown}\n</ul></html>"
    )
    return KINDS[".html"], page.encode()


def report_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return the server, listening; ``serve_forever`` makes it answer. ``port`` 0: any free one."""
    handler = type("ReportsOf", (Reports,), {"folder": folder})
    return ThreadingHTTPServer((HOST, port), handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m deployments.report_server",
        description="Show the reports of all sessions on the loopback, read-only.",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"default: {PORT}")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    server = report_server((chosen.var_dir or var_dir()).resolve(), chosen.port)
    sys.stdout.write(f"http://{HOST}:{server.server_port}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
