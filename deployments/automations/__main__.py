"""``python -m deployments.automations``: apply, compare, test or remove our automations."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.events import emit_event
from prefect.events.worker import EventsWorker

from deployments.automations.apply import Change, apply, changes, ours, places
from deployments.automations.catalogue import TEST, Patience, catalogue
from deployments.automations.chosen import add_choices
from trading.errors import ConfigError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; return 0, 1 where a comparison found differences, 2 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m deployments.automations",
        description="The automations of paper-session on the Prefect server PREFECT_API_URL names.",
        epilog="Only automations whose names begin with 'paper-session: ' are ever touched.",
    )
    parser.add_argument(
        "word",
        choices=("apply", "diff", "test", "remove"),
        help="apply: make them what the catalogue says; diff: only say what apply would do; "
        "test: send a test alert through all of it; remove: take all of ours away",
    )
    add_choices(parser)
    chosen = parser.parse_args(arguments)
    try:
        return asyncio.run(_do(chosen.word, chosen.notify, Patience(completed=chosen.completed)))
    except (ConfigError, httpx.HTTPError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


async def _do(word: str, notify: str, patience: Patience) -> int:
    if word == "test":
        emit_event(TEST, resource={"prefect.resource.id": "paper-session.alert-test"})
        await asyncio.to_thread(EventsWorker.instance().drain)
        sys.stdout.write("sent: the notification and a line of the alert file are on their way\n")
        return 0
    async with get_client() as client:
        told = await _changed(client, word, notify, patience)
    sys.stdout.write("".join(f"{each}\n" for each in told))
    return 1 if word == "diff" and any(each.what != "keep" for each in told) else 0


async def _changed(
    client: PrefectClient, word: str, notify: str, patience: Patience
) -> tuple[Change, ...]:
    if word == "remove":
        return await apply(client, ())
    wanted = catalogue(await places(client, notify, patience))
    return await apply(client, wanted) if word == "apply" else changes(wanted, await ours(client))


if __name__ == "__main__":
    sys.exit(main())
