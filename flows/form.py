"""From the flow's form to one config and back: the everyday fields flat, the rest in one group."""

from __future__ import annotations

from dataclasses import fields

from trading.config import AnySource, SessionConfig, SessionSettings

SETTINGS = SessionSettings()
"""What the form shows before anybody changes it."""


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
