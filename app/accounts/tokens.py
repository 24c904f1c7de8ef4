"""Bearer tokens for machines: shown once, kept as hashes, of one role, for some days."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from app.accounts.accounts import NAME_RULE, AccountRefused, plain_name
from app.accounts.roles import Role
from app.accounts.tables import tokens
from app.errors import AppError

PREFIX = "yb_"
"""By which scanners of code and logs know one."""
DAYS, MOST_DAYS = 90, 730
NOTED = timedelta(minutes=1)
"""How exactly the last use is known."""


class NoSuchToken(AppError):
    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Token:
    name: str
    role: Role
    created_by: str
    created: datetime
    expires: datetime
    last_used: datetime | None
    revoked: datetime | None

    def alive(self, now: datetime) -> bool:
        return self.revoked is None and self.expires > now


def create(engine: Engine, now: datetime, name: str, role: Role, created_by: str, days: int = DAYS) -> str:
    """The token itself, which nobody can read again.  256 random bits need no slow hash."""
    if not plain_name(name):
        raise AccountRefused(f"令牌名「{name}」不行：{NAME_RULE}")
    name = plain_name(name)
    if not 1 <= days <= MOST_DAYS:
        raise AccountRefused(f"有效天数是 1 至 {MOST_DAYS}")
    if any(token.name == name and token.alive(now) for token in listed(engine)):
        raise AccountRefused(f"已经有令牌「{name}」，先作废它")
    text = PREFIX + secrets.token_urlsafe(32)
    row = {"hash": _hash(text), "name": name, "role": role, "created_by": created_by, "created": now}
    with engine.begin() as connection:
        connection.execute(insert(tokens).values(**row, expires=now + timedelta(days=days)))
    return text


def find(engine: Engine, now: datetime, text: str) -> Token | None:
    """What this token is, and a note that it was used; None when it is none, or no more."""
    this = tokens.c.hash == _hash(text)
    with engine.connect() as connection:
        row = connection.execute(select(tokens).where(this)).first()
    token = _token(row) if row else None
    if token is None or not token.alive(now):
        return None
    if token.last_used is None or token.last_used <= now - NOTED:
        with engine.begin() as connection:
            connection.execute(update(tokens).where(this).values(last_used=now))
    return token


def revoke(engine: Engine, now: datetime, name: str) -> None:
    live = (tokens.c.name == plain_name(name)) & tokens.c.revoked.is_(None)
    with engine.begin() as connection:
        if connection.execute(update(tokens).where(live).values(revoked=now)).rowcount == 0:
            raise NoSuchToken(f"没有令牌「{name}」")


def listed(engine: Engine) -> list[Token]:
    with engine.connect() as connection:
        return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.created))]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _token(row: Row[Any]) -> Token:
    return Token(row.name, row.role, row.created_by, row.created, row.expires, row.last_used, row.revoked)
