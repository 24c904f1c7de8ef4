"""Accounts: made, signed in to, locked after too many failures, changed, disabled; never deleted, so that names stay somebody's."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, case, func, insert, literal, null, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import passwords
from app.accounts.roles import Role
from app.accounts.sessions import end_all
from app.accounts.tables import accounts
from app.database import Moment
from app.errors import AppError

NAME = re.compile(r"\w[\w.-]{0,38}\w")
NAME_RULE = "2 至 40 个字母、数字、汉字，中间可以有 . - _"
RESERVED = frozenset(("admin_token", "yiboshi"))
"""Names under which the setting and the service itself act."""
FAILURES = 5
LOCKED = timedelta(minutes=15)


class AccountRefused(AppError):
    """A name, role or password that cannot be, or a change that would leave nobody in charge."""

    code = "account_refused"
    status = 422


class NoSuchAccount(AppError):
    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Account:
    name: str
    role: Role
    created_at: datetime
    disabled: bool
    locked_until: datetime | None
    must_change: bool
    """The password was chosen by somebody else: nothing may be done before it is changed."""

    def locked(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now


@dataclass(frozen=True)
class Attempt:
    """What came of signing in.  Whoever tried learns only whether it worked; the rest is for the audit log."""

    account: Account | None
    name: str
    """Empty when there is no such account: people type passwords into the wrong field, and those are not to be kept."""
    why: Literal["", "unknown", "wrong", "locked", "disabled"]
    locks: bool = False
    """Whether this failure was the one that locked the account."""


def plain_name(name: str) -> str:
    """The one form of a name, however it is typed; empty when it cannot be one."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return plain if NAME.fullmatch(plain) and plain not in RESERVED else ""


def exist(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(accounts.c.name).limit(1)).first() is not None


def create(
    engine: Engine, now: datetime, name: str, role: Role, password: str, *, must_change: bool = False
) -> Account:
    """A new account; the first can only be the owner's."""
    if not plain_name(name):
        raise AccountRefused(f"账号名「{name}」不行：{NAME_RULE}")
    name = plain_name(name)
    if role != "owner" and not exist(engine):
        raise AccountRefused("第一个账号必须是管理员（owner）")
    row = {"name": name, "role": role, "password_hash": _hashed(name, password), "created_at": now}
    try:
        with engine.begin() as connection:
            connection.execute(insert(accounts).values(**row, must_change=must_change))
    except IntegrityError as error:
        raise AccountRefused(f"已经有账号「{name}」") from error
    return find(engine, name)


def find(engine: Engine, name: str) -> Account:
    with engine.connect() as connection:
        return _account(_row(connection, plain_name(name)))


def listed(engine: Engine) -> list[Account]:
    with engine.connect() as connection:
        return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.created_at))]


def authenticate(engine: Engine, now: datetime, name: str, password: str) -> Attempt:
    """Try a password.  An attempt is counted before it is looked at, so that many at once are not more than ``FAILURES``.

    A name that does not exist, a disabled and a locked account cost the same work as a wrong password.
    """
    name = plain_name(name)
    with engine.begin() as connection:
        this = accounts.c.name == name
        connection.execute(
            update(accounts).where(this, accounts.c.locked_until <= now).values(failures=0, locked_until=null())
        )
        counted = connection.execute(
            update(accounts)
            .where(this, ~accounts.c.disabled, accounts.c.failures < FAILURES)
            .values(
                failures=accounts.c.failures + 1,
                locked_until=case((accounts.c.failures + 1 >= FAILURES, literal(now + LOCKED, Moment)), else_=null()),
            )
        )
        row = connection.execute(select(accounts).where(this)).first()
    right = passwords.verified(row.password_hash if row else passwords.NOBODY, password)
    if row is None:
        return Attempt(None, "", "unknown")
    if counted.rowcount == 0:
        return Attempt(None, name, "disabled" if row.disabled else "locked")
    if not right:
        return Attempt(None, name, "wrong", locks=row.failures >= FAILURES)
    values: dict[str, Any] = {"failures": 0, "locked_until": None}
    if passwords.outdated(row.password_hash):
        values["password_hash"] = passwords.hashed(password)
    with engine.begin() as connection:
        connection.execute(update(accounts).where(this, ~accounts.c.disabled).values(**values))
        return Attempt(_account(_row(connection, name)), name, "")


def change_password(engine: Engine, name: str, password: str, *, must_change: bool = False) -> None:
    """Unlocks the account too, and ends its sessions."""
    name = find(engine, name).name
    kept = _hashed(name, password)
    with engine.begin() as connection:
        _update(connection, name, password_hash=kept, failures=0, locked_until=None, must_change=must_change)
        end_all(connection, name)


def change_role(engine: Engine, name: str, role: Role) -> None:
    """Ends the sessions of the account: what it may do is decided anew."""
    with engine.begin() as connection:
        _update(connection, name, role=role)
        end_all(connection, plain_name(name))
        _somebody_is_in_charge(connection)


def disable(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        _update(connection, name, disabled=True)
        end_all(connection, plain_name(name))
        _somebody_is_in_charge(connection)


def enable(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        _update(connection, name, disabled=False, failures=0, locked_until=None)


def unlock(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        _update(connection, name, failures=0, locked_until=None)


def _hashed(name: str, password: str) -> str:
    fault = passwords.fault(name, password)
    if fault:
        raise AccountRefused(fault)
    return passwords.hashed(password)


def _update(connection: Connection, name: str, **values: Any) -> None:
    changed = connection.execute(update(accounts).where(accounts.c.name == plain_name(name)).values(**values))
    if changed.rowcount == 0:
        raise NoSuchAccount(f"没有账号「{name}」")


def _somebody_is_in_charge(connection: Connection) -> None:
    owners = select(func.count()).where(accounts.c.role == "owner", ~accounts.c.disabled)
    if connection.execute(owners).scalar_one() == 0:
        raise AccountRefused("这是最后一个管理员（owner），要先另有一个")


def _row(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
    if row is None:
        raise NoSuchAccount(f"没有账号「{name}」")
    return row


def _account(row: Row[Any]) -> Account:
    return Account(row.name, row.role, row.created_at, row.disabled, row.locked_until, row.must_change)
