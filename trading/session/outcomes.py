"""What every way of ending means to whoever started the session.

=============  ====  =========  =====================================================
outcome        exit  retryable  meaning
=============  ====  =========  =====================================================
completed         0  no         ran to its end, traded
no_trades        10  no         ran to its end, and nothing was traded: the report says why
degraded         11  no         ran to its end, but not all of it can be trusted
halted           20  no         a risk rule stopped it; a person must look
killed           21  no         the kill switch
feed_failed      30  no         the market data was gone for too long
refused          40  no         preflight or config: nothing was started
crashed          70  yes        the process died; the session can be resumed
abandoned        71  no         the process died and nobody resumed it in time, or its account
                                went on without it (lost_ownership)
=============  ====  =========  =====================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from trading.model.events import Outcome

EXIT_CODES: Final[Mapping[Outcome, int]] = MappingProxyType(
    {
        Outcome.COMPLETED: 0,
        Outcome.NO_TRADES: 10,
        Outcome.DEGRADED: 11,
        Outcome.HALTED: 20,
        Outcome.KILLED: 21,
        Outcome.FEED_FAILED: 30,
        Outcome.REFUSED: 40,
        Outcome.CRASHED: 70,
        Outcome.ABANDONED: 71,
    }
)

RETRYABLE: Final = frozenset({Outcome.CRASHED})
"""Outcomes after which the same session may be resumed, if time is left."""
