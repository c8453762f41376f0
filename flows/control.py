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
        account: The paper account, such as hourly.
        word: pause, resume, flatten, stop: this session. kill: every session, until the kill
            switch is cleared. clear: lift a tripped breaker.
        who: Your name; it is kept in the journal.
        why: Your reason; it is kept in the journal.
        code: For clear: which breaker, such as daily_loss; empty for every one that holds.
    """
    try:
        told = await asyncio.to_thread(say, var_dir(), account, word, who=who, why=why, code=code)
    except (PaperSessionError, OSError) as error:
        return Failed(message=str(error))
    return Completed(message=told)
