"""From the flow's form to one config and back: the everyday fields flat, the rest in one group."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from prefect import Flow
from prefect.exceptions import ParameterTypeError

from trading.config import AnySource, SessionConfig, SessionSettings
from trading.errors import PreflightRefused

SETTINGS = SessionSettings()
"""What the form shows before anybody changes it."""


def coerced(flow: Flow[..., Any], **sent: object) -> dict[str, Any]:
    """Return what a form sent as the types of the flow's parameters.

    Prefect would do the same before the flow begins, and fail a run that then has neither name nor
    tags nor a word on its page; so the flow asks for it, and refuses like everything else.

    Raises:
        PreflightRefused: when a value cannot be read, or the config refuses it.
    """
    try:
        return flow.validate_parameters(sent)
    except ParameterTypeError as error:
        (_, *told) = (line.strip(" -") for line in str(error).splitlines())
        raise PreflightRefused(
            "parameters", "; ".join(told), "mend them, and run it again", is_retryable=False
        ) from error


def config_of(
    settings: SessionSettings,
    *,
    source: AnySource,
    symbol: str,
    minutes: float,
    strategy: str,
    account: str,
    seed: int,
    speed: float,
) -> SessionConfig:
    """Return the whole config.

    Raises:
        ConfigError: when a value is refused, or two do not agree.
    """
    rest = {each.name: getattr(settings, each.name) for each in fields(SessionSettings)}
    return SessionConfig(
        source=source,
        symbol=symbol,
        minutes=minutes,
        strategy=strategy,
        account=account,
        seed=seed,
        speed=speed,
        **rest,
    )


def settings_of(config: SessionConfig) -> SessionSettings:
    """Return the group that is not asked every day."""
    return SessionSettings(
        **{each.name: getattr(config, each.name) for each in fields(SessionSettings)}
    )
