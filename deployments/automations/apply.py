"""Make a server's automations ours: create, change, remove, and say what was different.

Ours are those whose names begin with the prefix; applied twice, nothing is left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound

from deployments.automations.catalogue import PREFIX, USUAL, Patience, Places
from trading.errors import ConfigError

_SHAPE: Final = {"name", "description", "enabled", "trigger", "actions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one automation."""

    what: str
    """``create``, ``change``, ``remove`` or ``keep``."""
    name: str
    differs: tuple[str, ...] = ()
    """For a change: which parts of it were different."""

    def __str__(self) -> str:
        """Return it as people read it."""
        parts = f" ({', '.join(self.differs)})" if self.differs else ""
        return f"{self.what:<7} {self.name.removeprefix(PREFIX)}{parts}"


def changes(
    wanted: Sequence[AutomationCore], found: Sequence[AutomationCore]
) -> tuple[Change, ...]:
    """Return what makes of the automations found those that are wanted.

    Two of one name are one too many: the later one is removed.
    """
    standing: dict[str, AutomationCore] = {}
    surplus: list[Change] = []
    for each in found:
        if each.name in standing:
            surplus.append(Change(what="remove", name=each.name))
        standing.setdefault(each.name, each)
    told: list[Change] = []
    for each in wanted:
        there = standing.pop(each.name, None)
        if there is None:
            told.append(Change(what="create", name=each.name))
            continue
        differs = _differs(each, there)
        told.append(Change(what="change" if differs else "keep", name=each.name, differs=differs))
    told += [Change(what="remove", name=name) for name in standing]
    return (*told, *surplus)


def _differs(one: AutomationCore, other: AutomationCore) -> tuple[str, ...]:
    left, right = (each.model_dump(include=_SHAPE) for each in (one, other))
    return tuple(sorted(part for part in _SHAPE if left[part] != right[part]))


async def ours(client: PrefectClient) -> list[Automation]:
    """Return the automations of ours on the server, oldest first."""
    found = await client.read_automations()
    mine = [each for each in found if each.name.startswith(PREFIX)]
    return [Automation.model_validate(each.model_dump()) for each in mine]


async def apply(client: PrefectClient, wanted: Sequence[AutomationCore]) -> tuple[Change, ...]:
    """Make the server's automations of ours the wanted ones; return what was done."""
    found = await ours(client)
    told = changes(wanted, found)
    by_name = {each.name: each for each in wanted}
    for change in told:
        standing = [each for each in found if each.name == change.name]
        match change.what:
            case "create":
                await client.create_automation(by_name[change.name])
            case "change":
                assert standing[0].id is not None
                await client.update_automation(standing[0].id, by_name[change.name])
            case "remove":
                assert standing[-1].id is not None
                await client.delete_automation(standing[-1].id)
            case _:
                continue
    return told


async def places(client: PrefectClient, notify: str = "", patience: Patience = USUAL) -> Places:
    """Return the server's ids of what automations refer to.

    ``notify``: the notification block to tell, as ``TYPE/NAME`` (``slack-webhook/alerts``); empty
    for none.

    Raises:
        ConfigError: when a deployment or the block is not there.
    """
    ids = {}
    for name in ("rescue", "silence", "alert"):
        try:
            ids[name] = (await client.read_deployment_by_name(f"{name}/{name}")).id
        except ObjectNotFound:
            raise ConfigError(
                "deployment", name, "one on this server", "run: prefect --no-prompt deploy --all"
            ) from None
    block = None
    if notify:
        kind, _, name = notify.partition("/")
        try:
            block = (await client.read_block_document_by_name(name, kind)).id
        except ObjectNotFound:
            raise ConfigError(
                "--notify",
                notify,
                "a notification block on this server, as TYPE/NAME",
                "make one in the UI under Blocks, or with: prefect block create TYPE",
            ) from None
    return Places(
        rescue=ids["rescue"],
        silence=ids["silence"],
        alert=ids["alert"],
        notify=block,
        patience=patience,
    )
