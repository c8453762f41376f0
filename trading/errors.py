"""Every error this project raises, as one tree split by who must act.

PaperSessionError
    ConfigError             the user: a setting is wrong (also a ValueError, so forms report it)
    PreflightRefused        the user or operator: the world is not ready for a session
    AccountLocked           the user: another session holds the account
    OwnershipLost           the session: stop, the account may be another machine's by now
    RegisterError           the operator: the database of accounts cannot be asked
    ShippingError           nobody: a journal has not arrived elsewhere; it is tried again later
    VenueError              the venue
        TransientVenueError     nobody: try again, within a time bound
        FatalVenueError         the user: never retried
        CallerVenueError        us or the user: the request itself is wrong
    FeedError               the session: degrade, reconnect or stop
        DeafFeed                a channel never delivered its first message
    JournalError            the session: stop, the record cannot be kept
        JournalCorrupt          the operator: a stored record does not match its hash
        SnapshotRefused         nobody: a state cannot be kept or loaded; all is run again instead
    HistoryError            the user: all sessions cannot be asked; the journals are none the worse
    OurBug                  us
        IllegalTransition       an order was asked to change state in a way no table allows
        ConservationBroken      the ledger does not add up

Market events that are merely unwelcome (a malformed frame, a gap, a refused intent) are events,
not exceptions: see ``trading.model.events``.
"""

from __future__ import annotations


class PaperSessionError(Exception):
    """Base of every error of this project."""


class ConfigError(PaperSessionError, ValueError):
    """A setting is wrong; names the field, its value, what was expected, and the remedy."""

    def __init__(self, field: str, value: object, expected: str, remedy: str) -> None:
        """Build the sentence a person reads from its four parts."""
        super().__init__(f"{field}: expected {expected}, was {value!r}; {remedy}")
        self.field = field
        self.value = value
        self.expected = expected
        self.remedy = remedy


class PreflightRefused(PaperSessionError):
    """The session may not start: the world is not ready; says what to do about it."""

    def __init__(self, check: str, found: str, remedy: str, *, is_retryable: bool) -> None:
        """Name the check that failed, what it found, and the remedy."""
        super().__init__(f"preflight {check}: {found}; {remedy}")
        self.check = check
        self.found = found
        self.remedy = remedy
        self.is_retryable = is_retryable


class AccountLocked(PaperSessionError):
    """Another session owns the account; exactly one may trade it."""

    def __init__(self, account: str, holder: str, *, is_elsewhere: bool = False) -> None:
        """Name the account and whoever holds it; ``is_elsewhere``: another machine does."""
        super().__init__(
            f"account {account!r} is held by {holder}; "
            "wait for that session to end, stop it, or use another account"
        )
        self.account = account
        self.holder = holder
        self.is_elsewhere = is_elsewhere


class OwnershipLost(PaperSessionError):
    """The account is ours no more, or that cannot be found out: nothing of it may be written."""

    def __init__(self, account: str, found: str, *, is_taken: bool) -> None:
        """Say what was found; ``is_taken`` if somebody else has the account for certain."""
        super().__init__(f"account {account!r} is not this process's any more: {found}")
        self.account = account
        self.found = found
        self.is_taken = is_taken


class RegisterError(PaperSessionError):
    """The database of accounts cannot be asked, or holds what is none of ours."""


class ShippingError(PaperSessionError):
    """A file has not arrived where it was shipped to, or not as it was sent."""


class VenueError(PaperSessionError):
    """The venue answered with an error, or did not answer."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        """Keep the venue's own error code, if it gave one."""
        super().__init__(message)
        self.code = code


class TransientVenueError(VenueError):
    """Trying again may help (busy, rate limit, network); bounded by time, never for ever."""


class FatalVenueError(VenueError):
    """Trying again cannot help (forbidden, banned account); the session stops."""


class CallerVenueError(VenueError):
    """The request itself is wrong (unknown symbol, path or value); fix the request."""


class FeedError(PaperSessionError):
    """The market-data feed failed."""


class DeafFeed(FeedError):
    """The venue accepted the subscription but a channel delivered nothing."""

    def __init__(self, channels: tuple[str, ...], waited_s: float) -> None:
        """Name the silent channels and how long they were given."""
        super().__init__(
            f"no message on {', '.join(channels)} within {waited_s:g} s of subscribing; "
            "the venue does not push this symbol or channel"
        )
        self.channels = channels
        self.waited_s = waited_s


class JournalError(PaperSessionError):
    """The journal cannot be written or read."""


class JournalCorrupt(JournalError):
    """A stored record does not match its hash; nothing after it can be trusted."""

    def __init__(self, path: str, sequence: int, found: str) -> None:
        """Name the file, the first bad record and what is wrong with it."""
        super().__init__(f"{path}: record {sequence}: {found}")
        self.path = path
        self.sequence = sequence


class SnapshotRefused(JournalError):
    """A state cannot be kept, or not be loaded; the journal itself is none the worse for it."""


class HistoryError(PaperSessionError):
    """The history over all sessions cannot be written or asked; it can be rebuilt any time."""


class OurBug(PaperSessionError):
    """A promise of our own code was broken; never caught to carry on."""


class IllegalTransition(OurBug):
    """An order was asked to change state in a way the transition table does not have."""


class ConservationBroken(OurBug):
    """Start plus the sum of ledger lines is not the wallet balance."""
