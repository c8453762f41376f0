"""Reports over http: on the loopback, read-only, and nothing but what people read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments.report_server import report_server
from deployments.report_server import served as shown

SESSION = "20261121T040000Z-BTCUSDT-pulse-3f9a"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[httpx.Client]:
    """Serve a folder with one session in it."""
    folder = tmp_path / "var"
    session = folder / "hourly" / SESSION
    session.mkdir(parents=True)
    for name in ("report.html", "summary.json", "trades.csv", "journal.db", "plan.json"):
        (session / name).write_text(f"this is {name}", encoding="utf-8")
    (folder / "hourly" / "latest").symlink_to(SESSION, target_is_directory=True)
    (tmp_path / "secret" / "s").mkdir(parents=True)
    (tmp_path / "secret" / "s" / "report.html").write_text("a secret", encoding="utf-8")
    (folder / "away").symlink_to(tmp_path / "secret", target_is_directory=True)
    server = report_server(folder, 0)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as client:
        yield client
    server.shutdown()
    server.server_close()
    serving.join()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("report.html", "text/html; charset=utf-8"),
        ("summary.json", "application/json"),
        ("trades.csv", "text/csv; charset=utf-8"),
    ],
)
def test_what_people_read_is_served(served: httpx.Client, name: str, kind: str) -> None:
    """By the session's name, or as the account's latest; typed, and able to reach nothing."""
    for session in (SESSION, "latest"):
        reply = served.get(f"/hourly/{session}/{name}")

        assert (200, f"this is {name}") == (reply.status_code, reply.text)
        assert kind == reply.headers["Content-Type"]
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert (200, b"") == (
        (head := served.head(f"/hourly/{SESSION}/{name}")).status_code,
        head.content,
    )


@pytest.mark.parametrize(
    "path",
    [
        f"/hourly/{SESSION}/journal.db",
        f"/hourly/{SESSION}/plan.json",
        f"/hourly/{SESSION}",
        f"/hourly/{SESSION}/../{SESSION}/report.html",
        "/hourly/../secret/report.html",
        "/../secret/s/report.html",
        "/away/s/report.html",
        "//etc/passwd",
        "/hourly/x\x00y/report.html",
        "/hourly/nobody/report.html",
    ],
)
@pytest.mark.usefixtures("served")
def test_nothing_else_is(tmp_path: Path, path: str) -> None:
    """No journal, no plan, no folder, nothing outside, however it is asked for."""
    assert shown(tmp_path / "var", path) is None


def test_what_is_not_there_is_said(served: httpx.Client) -> None:
    """In the words of http."""
    assert [404] * 2 == [served.get(path).status_code for path in ("/hourly", "/a/b/report.html")]


def test_it_is_read_only_and_for_this_machine(served: httpx.Client) -> None:
    """Nothing is taken, and a page that tricks a browser into another name for us gets nothing."""
    assert 501 == served.post(f"/hourly/{SESSION}/report.html").status_code
    tricked = served.get(f"/hourly/{SESSION}/report.html", headers={"Host": "evil.example"})
    assert 421 == tricked.status_code


def test_the_list_is_of_sessions_newest_first(served: httpx.Client) -> None:
    """With a link to each, and ``latest`` not listed twice."""
    page = served.get("/").text

    assert 1 == page.count(f'href="/hourly/{SESSION}/report.html"')
    assert "latest" not in page
