"""Who may trade an account, and how it stands: one face, kept in files or in PostgreSQL."""

from trading.session.register.chosen import register_of
from trading.session.register.face import AccountState, Checkpoint, Owned, Register

__all__ = ["AccountState", "Checkpoint", "Owned", "Register", "register_of"]
