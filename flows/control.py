"""``control``: a person's word to a running session, from Prefect's form.

The same as ``python -m trading.session say``, which needs no server and no worker.
"""

from __future__ import annotations

import asyncio

from prefect import State, flow, runtime
from prefect.states import Completed, Failed

from flows.naming import var_dir
from trading.errors import PaperSessionError
from trading.session.words import Word, say


def control_name() -> str:
    """Return the name of the running control."""
    asked = runtime.flow_run.parameters
    return f"{asked['word']} {asked['account']} by {asked['who']}"


@flow(name="control", flow_run_name=control_name, retries=0, persist_result=False)
async def control(account: str, word: Word, who: str, why: str, code: str = "") -> State[None]:
    """Say a word to the session that is running, and have it journalled.

    Args:
        account: The paper account whose session is meant, such as hourly. With kill, any: it
            stops all of them.
        word: pause: take no new position. resume: take them again. flatten: close every position
            now, and take none until resume. stop: end the session, flat and with its report. kill:
            end every session of every account; none begins until the kill switch is cleared. clear:
            lift a breaker that has tripped.
        who: Your name; it is kept in the session's journal.
        why: Your reason; it is kept in the session's journal.
        code: Only with clear: which breaker, such as daily_loss or drawdown; empty for every one
            that holds.
    """
    try:
        told = await asyncio.to_thread(say, var_dir(), account, word, who=who, why=why, code=code)
    except (PaperSessionError, OSError) as error:
        return Failed(message=str(error))
    return Completed(message=told)
