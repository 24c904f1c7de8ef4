"""Sessions of people in browsers.  A session is known by the hash of its id; the id itself is only in the cookie.

Before anybody signs in a browser carries an id too, of no session, so that the sign-in form has its token against forged
requests.  Signing in always makes a new id: one that was planted in a browser is never anybody's session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from app.accounts.tables import accounts, sessions

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
NOTED = timedelta(minutes=1)
"""How exactly the last use is known; noting every request would be a write each."""


def new_id() -> str:
    return secrets.token_urlsafe(32)


def csrf_token(identifier: str) -> str:
    """What a page of this session proves itself with, another each time, so that compressed pages do not give it away."""
    salt = secrets.token_hex(8)
    return salt + _proof(identifier, salt)


def csrf_matches(identifier: str, token: str) -> bool:
    expected = _proof(identifier, token[:16])
    return bool(identifier) and hmac.compare_digest(token[16:].encode("utf-8", "replace"), expected.encode())


def start(engine: Engine, now: datetime, account: str, instead_of: str = "") -> str:
    """The id of a new session; the one that the browser had so far ends."""
    identifier = new_id()
    row = {"id_hash": _hash(identifier), "account": account, "created": now, "last_seen": now, "expires": now + LONGEST}
    with engine.begin() as connection:
        outlived = or_(sessions.c.expires <= now, sessions.c.last_seen <= now - IDLE)
        connection.execute(delete(sessions).where(or_(outlived, sessions.c.id_hash == _hash(instead_of))))
        connection.execute(insert(sessions).values(**row))
    return identifier


def account_of(engine: Engine, now: datetime, identifier: str) -> str | None:
    """The name of the account that is signed in, and a note that it was seen; None when the session is over."""
    this = sessions.c.id_hash == _hash(identifier)
    alive = (sessions.c.expires > now) & (sessions.c.last_seen > now - IDLE) & ~accounts.c.disabled
    with engine.connect() as connection:
        found = connection.execute(select(sessions).join(accounts).where(this, alive)).first()
    if found is None:
        return None
    if found.last_seen <= now - NOTED:
        with engine.begin() as connection:
            connection.execute(update(sessions).where(this).values(last_seen=now))
    return str(found.account)


def end(engine: Engine, identifier: str) -> None:
    with engine.begin() as connection:
        connection.execute(delete(sessions).where(sessions.c.id_hash == _hash(identifier)))


def end_all(connection: Connection, account: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.account == account))


def _hash(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()


def _proof(identifier: str, salt: str) -> str:
    """The id cannot be computed from it."""
    return hmac.digest(identifier.encode(), f"csrf {salt}".encode("utf-8", "replace"), "sha256").hex()
