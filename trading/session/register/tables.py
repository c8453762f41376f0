"""The tables in which a database keeps accounts and their kill switch, and every statement.

``token`` is the fencing token: each owner gets one more than the owner before, and every write
names its own. A write under an older token finds no row.
"""

from __future__ import annotations

from typing import Final

IS_READY: Final = "SELECT to_regclass('paper_session.kill') IS NOT NULL AS is_ready"
READY: Final = """
SELECT pg_advisory_xact_lock(7214001);
CREATE SCHEMA IF NOT EXISTS paper_session;
CREATE TABLE IF NOT EXISTS paper_session.account (
    account        text PRIMARY KEY,
    token          bigint NOT NULL DEFAULT 0,
    machine        text,         -- who owns it: the id of a folder of sessions
    host           text,         -- and where that is, for people
    holder         text,         -- and what it is doing
    lease_until    timestamptz,  -- by this database's clock
    state          json,         -- how the newest closed session left it
    closed_session text,
    open_session   text,         -- begun, and its books not closed
    checkpoint     bytea         -- how far the open one is
);
CREATE TABLE IF NOT EXISTS paper_session.word (
    id      bigserial PRIMARY KEY,
    account text NOT NULL,
    line    text NOT NULL,
    said    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS word_account ON paper_session.word (account);
CREATE TABLE IF NOT EXISTS paper_session.kill (
    id   bigserial PRIMARY KEY,
    what text NOT NULL,          -- set, or cleared
    who  text NOT NULL,
    why  text NOT NULL,
    host text NOT NULL,
    said timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

READ: Final = """
SELECT *, (lease_until > clock_timestamp()) IS TRUE AS is_leased
FROM paper_session.account WHERE account = $1
"""
ENTER: Final = """
INSERT INTO paper_session.account (account) VALUES ($1) ON CONFLICT DO NOTHING
"""
READ_LOCKED: Final = f"{READ} FOR UPDATE"
ADOPT: Final = """
UPDATE paper_session.account SET state = $2, closed_session = $3, open_session = $4
WHERE account = $1
"""
OWN: Final = """
UPDATE paper_session.account SET token = token + 1, machine = $2, host = $3, holder = $4,
    lease_until = clock_timestamp() + make_interval(secs => $5)
WHERE account = $1
"""

# From here on $1 is the account and $2 the token.
RENEW: Final = """
UPDATE paper_session.account SET checkpoint = COALESCE($4, checkpoint),
    lease_until = clock_timestamp() + make_interval(secs => $3)
WHERE account = $1 AND token = $2
"""
RELEASE: Final = """
UPDATE paper_session.account SET machine = NULL, host = NULL, holder = NULL, lease_until = NULL
WHERE account = $1 AND token = $2
"""
BEGIN: Final = """
UPDATE paper_session.account SET open_session = $3,
    checkpoint = CASE WHEN open_session = $3 THEN checkpoint END
WHERE account = $1 AND token = $2
    AND (open_session = $3 OR open_session IS NULL AND closed_session IS DISTINCT FROM $3)
"""
COMMIT: Final = """
UPDATE paper_session.account
SET state = $4, closed_session = $3, open_session = NULL, checkpoint = NULL
WHERE account = $1 AND token = $2 AND (
    open_session = $3
    OR open_session IS NULL AND closed_session = $3 AND state -> 'predecessor' ->> 'digest' = $5
)
"""
DROP: Final = """
UPDATE paper_session.account SET open_session = NULL, checkpoint = NULL
WHERE account = $1 AND token = $2
"""

ADD_WORD: Final = "INSERT INTO paper_session.word (account, line) VALUES ($1, $2)"
WORDS: Final = "SELECT line FROM paper_session.word WHERE account = $1 ORDER BY id"

LOCK_KILL: Final = "SELECT pg_advisory_xact_lock(7214002)"
KILLS: Final = """
SELECT what, who, why, host, to_char(said AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
FROM paper_session.kill ORDER BY id"""
NEWEST_KILL: Final = f"{KILLS} DESC LIMIT 1"
ADD_KILL: Final = "INSERT INTO paper_session.kill (what, who, why, host) VALUES ($1, $2, $3, $4)"
