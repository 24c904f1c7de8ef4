"""What administrators do with accounts and tokens, each with its record in the audit log; shell and console do it here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from app.accounts import accounts, tokens
from app.accounts.accounts import Account, AccountRefused, plain_name
from app.accounts.roles import Role
from app.audit import Audit


class Desk(NamedTuple):
    """Where it is done, when and by whom."""

    engine: Engine
    audit: Audit
    now: datetime
    who: str
    """As the audit log calls them."""
    person: str
    """Who answers for it: for a token, whoever made the token."""


def create(desk: Desk, name: str, role: Role, password: str, *, must_change: bool = False) -> Account:
    made = accounts.create(desk.engine, desk.now, name, role, password, must_change=must_change)
    desk.audit.write(desk.who, "account.create", made.name, role=made.role)
    return made


def change_password(desk: Desk, name: str, password: str, *, must_change: bool = False) -> None:
    found = _another(desk, name, "自己的密码请在「我的账号」里改")
    accounts.change_password(desk.engine, found.name, password, must_change=must_change)
    desk.audit.write(desk.who, "account.password", found.name)


def change_role(desk: Desk, name: str, role: Role) -> None:
    found = _another(desk, name, "自己的角色要由别的管理员来改")
    accounts.change_role(desk.engine, found.name, role)
    desk.audit.write(desk.who, "account.role", found.name, role=role, before=found.role)


def disable(desk: Desk, name: str) -> list[str]:
    """The tokens that this person made and that hold on."""
    found = _another(desk, name, "自己的账号要由别的管理员来停用")
    accounts.disable(desk.engine, found.name)
    desk.audit.write(desk.who, "account.disable", found.name)
    return [it.name for it in tokens.listed(desk.engine) if it.created_by == found.name and it.alive(desk.now)]


def enable(desk: Desk, name: str) -> None:
    """Unlocks it too."""
    found = accounts.find(desk.engine, name)
    accounts.enable(desk.engine, found.name)
    desk.audit.write(desk.who, "account.enable", found.name)


def unlock(desk: Desk, name: str) -> None:
    found = accounts.find(desk.engine, name)
    accounts.unlock(desk.engine, found.name)
    desk.audit.write(desk.who, "account.unlock", found.name)


def create_token(desk: Desk, name: str, role: Role, days: int) -> str:
    """The token itself, which nobody can read again."""
    text = tokens.create(desk.engine, desk.now, name, role, desk.person, days)
    desk.audit.write(desk.who, "token.create", plain_name(name), role=role, days=days)
    return text


def revoke_token(desk: Desk, name: str) -> None:
    tokens.revoke(desk.engine, desk.now, name)
    desk.audit.write(desk.who, "token.revoke", plain_name(name))


def _another(desk: Desk, name: str, refusal: str) -> Account:
    """The account of that name, which must not be one's own: nobody raises, and nobody locks out, themselves."""
    found = accounts.find(desk.engine, name)
    if found.name == desk.person:
        raise AccountRefused(refusal)
    return found
