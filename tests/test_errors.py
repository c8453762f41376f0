"""The tree of errors: complete, and each error says what a person needs."""

import inspect
import re

from trading import errors
from trading.errors import AccountLocked, ConfigError, DeafFeed, JournalCorrupt, PreflightRefused


def drawn() -> dict[str, str]:
    """Return child and parent of every line of the tree in the module's docstring."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^( *)([A-Z][A-Za-z]+)(  .*)?$", line)
        if match is None or (not path and match[2] != "PaperSessionError"):
            continue
        depth = len(match[1]) // 4
        path = [*path[:depth], match[2]]
        parents[match[2]] = path[-2] if depth else "Exception"
    return parents


def test_the_tree_drawn_at_the_top_is_the_tree() -> None:
    """Every error class stands in the docstring, under its own parent, and nothing else does."""
    defined = {
        name: found.__bases__[0].__name__
        for name, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, Exception)
    }

    assert defined == drawn()


def test_a_config_error_names_field_value_expected_and_remedy() -> None:
    """The four parts are in the message, and can be had one by one."""
    error = ConfigError("risk.risk_pct", 5, "a finite number at most 2", "risk less")

    assert "risk.risk_pct: expected a finite number at most 2, was 5; risk less" == str(error)
    assert ("risk.risk_pct", 5, "a finite number at most 2", "risk less") == (
        error.field,
        error.value,
        error.expected,
        error.remedy,
    )
    assert isinstance(error, ValueError)


def test_the_other_errors_say_who_what_and_where() -> None:
    """Each message holds what its reader must know to act."""
    refused = PreflightRefused("disk", "3 MB free", "free some", is_retryable=False)

    assert "preflight disk: 3 MB free; free some" == str(refused)
    assert not refused.is_retryable
    assert "'demo' is held by pid 7" in str(AccountLocked("demo", "pid 7"))
    assert "no message on book, price within 5 s" in str(DeafFeed(("book", "price"), 5.0))
    assert "a.db: record 9: broken chain" == str(JournalCorrupt("a.db", 9, "broken chain"))
