"""What keeps a session from starting: each question of preflight and warm-up, answered with no."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.support.bent_venue import Bend, bent, data, says
from tests.support.live import Lab, busy, in_lab
from trading.errors import PreflightRefused
from trading.exchange.options import ExchangeOptions
from trading.io.lock import AccountLock
from trading.session import preflight, warmup
from trading.session.paths import SessionPaths
from trading.session.world import World

Rows = list[dict[str, object]]


def field(name: str, value: object) -> Bend:
    """Return a bend that sets a field of every row."""

    def set_it(rows: Rows) -> None:
        for row in rows:
            row[name] = value

    return data(set_it)


def dropped(where: slice) -> Bend:
    """Return a bend that loses rows (newest first, as the venue lists them)."""

    def drop(rows: Rows) -> None:
        del rows[where]

    return data(drop)


def wide(reply: httpx.Response) -> httpx.Response:
    """Return a book whose best ask is far from its best bid."""
    told = reply.json()
    told["data"]["asks"] = [["999999.9", "1"]]
    return httpx.Response(200, json=told)


def fewer() -> Bend:
    """Return a bend after which the venue has ten bars, and no older page."""
    pages = iter((slice(10, None),))
    return data(lambda rows: rows.__delitem__(next(pages, slice(None))))


HTML = b"<html>Just a moment...</html>"
SICK: list[tuple[str, Bend, str, str, bool]] = [
    ("trading_pairs", field("symbolStatus", "STOP"), "symbol", "BTCUSDT is stopped", False),
    ("trading_pairs", field("symbolStatus", "CANCEL_ONLY"), "symbol", "is cancel_only", False),
    ("trading_pairs", says(404, b"gone"), "symbol", "BTCUSDT: ", False),
    ("trading_pairs", says(403, HTML), "venue", "HTTP 403", True),
    ("tickers", field("lastPrice", "1.0"), "market", "last and mark price", True),
    ("depth", wide, "market", "the spread", True),
    ("funding_rate", data(lambda _: []), "funding", "no funding rate for BTCUSDT", True),
    ("kline", fewer(), "warm-up", "10 closed bars of the 100 needed", True),
    ("kline", dropped(slice(50, 53)), "warm-up", "3 bars are missing after", True),
    ("kline", dropped(slice(3)), "warm-up", "closed bar ended", True),
    ("kline", says(503, HTML), "warm-up", "HTTP 503", True),
]


def test_a_sick_venue_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which check said no, what it found, and whether trying again may help; nothing is begun."""

    async def story(lab: Lab) -> None:
        for path, bend, check, found, is_retryable in SICK:
            with monkeypatch.context() as patch, bent(lab.world, path, bend) as world:
                # Who hears the bad answer is not patient; who must hear good ones first, is.
                patch.setattr(warmup if check == "warm-up" else preflight, "REST_WITHIN_S", 2.0)
                with pytest.raises(PreflightRefused) as caught:
                    await Lab(world, lab.var_dir).plan(busy())
            refused = caught.value
            assert (check, is_retryable) == (refused.check, refused.is_retryable), path
            assert found in refused.found
        assert [] == list(lab.var_dir.glob("*/*/journal.db"))

    in_lab(tmp_path, story)


def test_a_clock_that_is_off_is_refused(tmp_path: Path) -> None:
    """By the venue's own stamp, at the speed of the real world."""

    def late(reply: httpx.Response) -> httpx.Response:
        said = parsedate_to_datetime(reply.headers["Date"]) - timedelta(seconds=60)
        date = format_datetime(said, usegmt=True)
        return httpx.Response(200, content=reply.content, headers={"Date": date})

    async def story(lab: Lab) -> None:
        off = pytest.raises(PreflightRefused, match=r"preflight clock: .* s off .*NTP")
        with bent(lab.world, "funding_rate", late) as world, off:
            await Lab(world, lab.var_dir).plan(busy())

    in_lab(tmp_path, story, ExchangeOptions(speed=1.0))


def test_what_is_wrong_at_home_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, an account that is held, one whose books cannot be read: nobody is called."""
    nowhere = World(rest_url="http://127.0.0.1:9", ws_url="ws://127.0.0.1:9")
    paths = SessionPaths(
        var_dir=tmp_path, account="lab", session_id="20260101T000000Z-BTCUSDT-hold-0000"
    )

    def refused() -> PreflightRefused:
        with pytest.raises(PreflightRefused) as caught:
            asyncio.run(preflight.preflight(busy(), nowhere, tmp_path))
        return caught.value

    with monkeypatch.context() as change:
        change.setattr(preflight, "disk_free_mb", lambda _: 12.0)
        assert ("disk", f"12 MB free in {tmp_path}") == (refused().check, refused().found)
    with AccountLock(paths.lock, "another"):
        assert "account 'lab' is held by session another" in refused().found
    paths.folder.mkdir()
    paths.journal.write_bytes(b"not a journal")
    (paths.account_folder / "latest.txt").write_text(paths.session_id, encoding="utf-8")
    assert ("account", False) == (refused().check, refused().is_retryable)
    assert "how it stands cannot be known" in refused().found
