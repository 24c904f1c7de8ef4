"""Accounts and tokens over JSON, for owners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from anyio import to_thread
from fastapi import APIRouter
from pydantic import Field

from app.accounts import accounts, audited, passwords, tokens
from app.accounts.accounts import Account
from app.accounts.audited import Desk
from app.accounts.roles import Role
from app.accounts.tokens import DAYS, MOST_DAYS, Token
from app.audit import records
from app.web import schemas
from app.web.deps import Actor, CurrentState, State, require

T = TypeVar("T")
AccountState = Literal["active", "disabled", "locked", "must_change"]

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 404, 422)}
router = APIRouter(prefix="/api/v1/admin", responses=_ERRORS)
OfAccounts = Annotated[Actor, require("accounts")]
OfTokens = Annotated[Actor, require("tokens")]
Name = Annotated[str, Field(max_length=40)]


class AccountOut(schemas.Payload):
    name: str
    role: Role
    state: AccountState
    created: datetime
    last_sign_in: datetime | None
    """By the audit log."""


class AccountsOut(schemas.Payload):
    accounts: list[AccountOut]


class AccountIn(schemas.Payload):
    name: Name
    role: Role


class RoleIn(schemas.Payload):
    role: Role


class OneTimeOut(schemas.Payload):
    name: str
    password: str
    """Never shown again; has to be changed at the first sign-in."""


class TokenOut(schemas.Payload):
    name: str
    role: Role
    created_by: str
    created: datetime
    expires: datetime
    last_used: datetime | None
    state: Literal["active", "revoked", "expired"]


class TokensOut(schemas.Payload):
    tokens: list[TokenOut]


class TokenIn(schemas.Payload):
    name: Name
    role: Role
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS


class NewTokenOut(schemas.Payload):
    name: str
    token: str
    """Never shown again."""


class DisabledOut(schemas.Payload):
    name: str
    tokens: list[str]
    """Made by them, and good for as long as nobody revokes them."""


@router.get("/accounts", summary="账号", dependencies=[require("accounts")])
def list_accounts(state: CurrentState) -> AccountsOut:
    return AccountsOut(accounts=accounts_of(state))


@router.post("/accounts", summary="建账号")
async def create_account(body: AccountIn, state: CurrentState, actor: OfAccounts) -> OneTimeOut:
    """给出一次性密码，只显示这一次；首次登录必须先换。"""
    name, password = await created(state, actor, body.name, body.role)
    return OneTimeOut(name=name, password=password)


@router.post("/accounts/{name}/password", summary="重设密码")
async def reset_password(name: str, state: CurrentState, actor: OfAccounts) -> OneTimeOut:
    """给出一次性密码，只显示这一次；已登录的要重新登录，锁定随之解除。"""
    return OneTimeOut(name=name, password=await password_reset(state, actor, name))


@router.post("/accounts/{name}/role", summary="改角色")
def change_role(name: str, body: RoleIn, state: CurrentState, actor: OfAccounts) -> AccountsOut:
    audited.change_role(desk(state, actor), name, body.role)
    return AccountsOut(accounts=accounts_of(state))


@router.post("/accounts/{name}/disable", summary="停用账号")
def disable(name: str, state: CurrentState, actor: OfAccounts) -> DisabledOut:
    return DisabledOut(name=name, tokens=audited.disable(desk(state, actor), name))


@router.post("/accounts/{name}/enable", summary="启用账号")
def enable(name: str, state: CurrentState, actor: OfAccounts) -> AccountsOut:
    audited.enable(desk(state, actor), name)
    return AccountsOut(accounts=accounts_of(state))


@router.post("/accounts/{name}/unlock", summary="解除锁定")
def unlock(name: str, state: CurrentState, actor: OfAccounts) -> AccountsOut:
    audited.unlock(desk(state, actor), name)
    return AccountsOut(accounts=accounts_of(state))


@router.get("/tokens", summary="令牌", dependencies=[require("tokens")])
def list_tokens(state: CurrentState) -> TokensOut:
    return TokensOut(tokens=tokens_of(state))


@router.post("/tokens", summary="建令牌")
def create_token(body: TokenIn, state: CurrentState, actor: OfTokens) -> NewTokenOut:
    """令牌只显示这一次。"""
    text = audited.create_token(desk(state, actor), body.name, body.role, body.days)
    return NewTokenOut(name=accounts.plain_name(body.name), token=text)


@router.post("/tokens/{name}/revoke", summary="作废令牌")
def revoke_token(name: str, state: CurrentState, actor: OfTokens) -> TokensOut:
    audited.revoke_token(desk(state, actor), name)
    return TokensOut(tokens=tokens_of(state))


def desk(state: State, actor: Actor) -> Desk:
    return Desk(state.engine, state.audit, state.now(), actor.name, actor.person)


def accounts_of(state: State) -> list[AccountOut]:
    signed_in = last_sign_ins(state.settings.audit_dir)
    return [_account(one, state.now(), signed_in.get(one.name)) for one in accounts.listed(state.engine)]


def tokens_of(state: State) -> list[TokenOut]:
    return [_token(one, state.now()) for one in tokens.listed(state.engine)]


async def created(state: State, actor: Actor, name: str, role: Role) -> tuple[str, str]:
    """Name and one-time password of a new account."""
    password = passwords.one_time(name)
    make = partial(audited.create, desk(state, actor), name, role, password, must_change=True)
    return (await hashing(state, make)).name, password


async def password_reset(state: State, actor: Actor, name: str) -> str:
    """The new one-time password."""
    password = passwords.one_time(name)
    change = partial(audited.change_password, desk(state, actor), name, password, must_change=True)
    await hashing(state, change)
    return password


async def hashing(state: State, work: Callable[[], T]) -> T:
    """Work that hashes a password waits its turn: one at a time takes 19 MB."""
    return await to_thread.run_sync(work, limiter=state.password_limiter)


def last_sign_ins(folder: Path) -> dict[str, datetime]:
    done = (it for it in records(folder) if it["action"] == "sign_in" and it["result"] == "ok")
    return {it["object"]: datetime.fromisoformat(it["at"]) for it in done}


def _account(one: Account, now: datetime, last: datetime | None) -> AccountOut:
    state: AccountState = "active"
    if one.disabled:
        state = "disabled"
    elif one.locked(now):
        state = "locked"
    elif one.must_change:
        state = "must_change"
    return AccountOut(name=one.name, role=one.role, state=state, created=one.created_at, last_sign_in=last)


def _token(one: Token, now: datetime) -> TokenOut:
    state: Literal["active", "revoked", "expired"] = "active" if one.alive(now) else "expired"
    return TokenOut(
        name=one.name,
        role=one.role,
        created_by=one.created_by,
        created=one.created,
        expires=one.expires,
        last_used=one.last_used,
        state="revoked" if one.revoked else state,
    )
