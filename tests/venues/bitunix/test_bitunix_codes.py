"""The table of error codes."""

from __future__ import annotations

import pytest

from trading.errors import CallerVenueError, FatalVenueError, TransientVenueError
from trading.venues.bitunix.codes import CODES, UNPUBLISHED, Act, http_meaning

PUBLISHED = {
    *(1, 2, 403, 404),
    *range(10001, 10009),
    *range(20001, 20017),
    *range(30001, 30043),
    *range(40001, 40009),
}


def test_every_published_code_is_in_the_table() -> None:
    """Codes come from section 1.8 of the protocol notes, all of them and no others."""
    assert PUBLISHED == set(CODES)


def test_success_is_no_error() -> None:
    """Code 0 has no meaning to raise."""
    assert 0 not in CODES


def test_each_code_is_acted_on_by_those_who_can() -> None:
    """Busy is retried, barred is final, and all else is the request's own fault."""
    assert {1, 2, 10001, 10005, 10006} == {c for c, m in CODES.items() if m.act is Act.RETRY}
    assert {403, 10003, 10004, 10007, 20011, 20013, 20014, 30040} == {
        c for c, m in CODES.items() if m.act is Act.STOP
    }
    assert {404, 10002, 10008, 20001, 20012, 20015} <= {
        c for c, m in CODES.items() if m.act is Act.MEND
    }


def test_the_acts_are_the_three_errors() -> None:
    """Each act is raised as its own class and says what to do."""
    assert [TransientVenueError, FatalVenueError, CallerVenueError] == [a.error for a in Act]
    assert all(act.remedy for act in Act)


def test_an_unpublished_code_is_tried_again() -> None:
    """A code nobody wrote down may be a passing fault; retries are bounded by time."""
    assert Act.RETRY is UNPUBLISHED.act


@pytest.mark.parametrize(
    ("status", "act"),
    [
        (301, Act.MEND),
        (400, Act.MEND),
        (401, Act.STOP),
        (403, Act.RETRY),
        (404, Act.MEND),
        (408, Act.RETRY),
        (429, Act.RETRY),
        (451, Act.STOP),
        (500, Act.RETRY),
        (503, Act.RETRY),
        (520, Act.RETRY),
        (101, Act.RETRY),
        (999, Act.RETRY),
    ],
)
def test_an_http_status_alone_has_a_meaning(status: int, act: Act) -> None:
    """Without a code, the status decides."""
    assert act is http_meaning(status).act
