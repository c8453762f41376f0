"""The form: the flow's parameters are the config's fields, with the same words and defaults."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, replace

import pytest

from flows import manual
from flows.form import SETTINGS, coerced, config_of, settings_of
from flows.paper_session import paper_session
from trading.config import RiskConfig, SessionConfig, SessionSettings
from trading.errors import PreflightRefused


def test_flat_and_nested_together_are_the_whole_config() -> None:
    """Nothing of the config is missing from the form, nothing is asked twice."""
    parameters = inspect.signature(paper_session.fn).parameters
    flat = [each.path for each in manual.everyday()]

    assert [*flat, "settings"] == list(parameters)
    assert {each.name for each in fields(SessionConfig)} == {
        *flat,
        *(each.name for each in fields(SessionSettings)),
    }
    for each in manual.everyday():
        assert parameters[each.path].default == each.default


def test_the_flow_describes_its_fields_in_the_configs_words() -> None:
    """The form's text and the config's docstrings are one text, kept in step by this test."""
    documented = dict(
        re.findall(r"^    (\w+): (.+)$", inspect.getdoc(paper_session.fn) or "", re.MULTILINE)
    )

    assert {each.path: each.about for each in manual.everyday()} == {
        name: text for name, text in documented.items() if name != "settings"
    }


def test_every_setting_is_explained() -> None:
    """No leaf without its docstring: it is the form's text and the help's."""
    assert [each.path for each in manual.settings() if not each.about] == []


def test_a_config_survives_the_form() -> None:
    """Config to form and back is the identity."""
    config = SessionConfig(
        source="embedded", symbol="ETHUSDT", minutes=3, strategy="hold", account="a", seed=4,
        speed=2, leverage=7, risk=RiskConfig(risk_pct=1.5),
    )  # fmt: skip

    again = config_of(
        settings_of(config),
        source=config.source,
        symbol=config.symbol,
        minutes=config.minutes,
        strategy=config.strategy,
        account=config.account,
        seed=config.seed,
        speed=config.speed,
    )

    assert config == again
    assert replace(SETTINGS, leverage=7, risk=RiskConfig(risk_pct=1.5)) == settings_of(config)


def test_what_a_form_sends_is_coerced() -> None:
    """JSON in, the config's own types out, nested ones too."""
    found = coerced(
        paper_session, minutes=1, settings={"risk": {"risk_pct": "0.25"}, "leverage": "3"}
    )

    assert found["minutes"] == 1.0
    assert found["settings"] == SessionSettings(leverage=3, risk=RiskConfig(risk_pct=0.25))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"settings": {"risk": {"risk_pct": 5}}}, "settings.risk: .*at most 2, was 5.0; risk at"),
        ({"settings": {"risk": {"risk_pct": float("nan")}}}, "risk_pct: .* was nan"),
        ({"settings": {"risk": {"risc_pct": 1}}}, "settings.risk.risc_pct: Unexpected"),
        ({"settings": {"leverage": 1.5}}, "settings.leverage: .*integer"),
        ({"source": "binance"}, "source: Input should be 'bitunix' or 'embedded'"),
        ({"minutes": "ten"}, "minutes: Input should be a valid number"),
        ({"seed": 1.5}, "seed: .*integer"),
    ],
)
def test_what_a_form_sends_wrong_is_refused_in_words(
    parameters: dict[str, object], told: str
) -> None:
    """The field with its path, the value or what was expected, before anything else is done."""
    with pytest.raises(PreflightRefused, match=f"preflight parameters: .*{told}"):
        coerced(paper_session, **parameters)


def test_a_session_is_never_retried_by_its_flow() -> None:
    """Only the live-session task tries again, and it resumes: a flow's retry would start afresh."""
    assert paper_session.retries == 0
    assert paper_session.name == "paper-session"
    assert not paper_session.persist_result
