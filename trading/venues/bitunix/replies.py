"""Whether a Bitunix reply is a success, and its payload.

Source: Bitunix docs "Introduction"; captures 2026-09: errors come with HTTP 200 and a code, so the
HTTP status alone says nothing; the edge in front of the venue answers with pages in HTML.
"""

from __future__ import annotations

from trading.errors import TransientVenueError
from trading.venues.base import RestRequest
from trading.venues.bitunix.codes import CODES, UNPUBLISHED, Meaning, http_meaning
from trading.venues.bitunix.wire import ENVELOPE, UNREADABLE, Envelope, bounded, is_html

_OK = 200
_SERVER_FAILED = 500


def check_reply(request: RestRequest, status: int, body: bytes) -> None:
    """Raise what a reply means, unless it is a success that carries something.

    Raises:
        TransientVenueError: when trying again may help: busy, rate limit, edge, unreadable.
        FatalVenueError: when it cannot: a barred account, key or country.
        CallerVenueError: when the request is wrong: an unknown symbol, path or value.
    """
    where = f"{request.purpose} of {request.symbol}"
    envelope = _envelope_of(body)
    has_code = envelope is not None and envelope.code != 0
    if status >= _SERVER_FAILED or (status != _OK and not has_code):
        _raise(where, f"HTTP {status}", http_meaning(status), _excerpt(body, envelope), None)
    if envelope is None:
        found = "HTML" if is_html(body) else f"{_excerpt(body, envelope)!r}"
        raise TransientVenueError(
            f"{where}: expected JSON with a code, was {found}; "
            "the venue is in maintenance, or something stands between it and here"
        )
    if envelope.code != 0:
        meaning = CODES.get(envelope.code, UNPUBLISHED)
        _raise(where, f"code {envelope.code}", meaning, envelope.msg or "", envelope.code)
    if bytes(envelope.data) == b"null":
        raise TransientVenueError(
            f"{where}: success without data; seen where the venue refuses a network or country: "
            "try from another one if it stays"
        )


def payload(body: bytes) -> bytes:
    """Return the ``data`` of a reply that ``check_reply`` let pass.

    Raises:
        ValueError: when it is not such a reply.
    """
    envelope = ENVELOPE.decode(body)
    if envelope.code != 0:
        raise ValueError(f"the reply is error {envelope.code}, not data")
    return bytes(envelope.data)


def _envelope_of(body: bytes) -> Envelope | None:
    try:
        return ENVELOPE.decode(body)
    except UNREADABLE:
        return None


def _excerpt(body: bytes, envelope: Envelope | None) -> str:
    if envelope is not None:
        return envelope.msg or ""
    return "an HTML page" if is_html(body) else body[:80].decode(errors="replace")


def _raise(where: str, found: str, meaning: Meaning, said: str, code: int | None) -> None:
    raise meaning.act.error(
        f"{where}: {found} ({meaning.text}), the venue said {bounded(said)!r}; "
        f"{meaning.act.remedy}",
        code=code,
    )
