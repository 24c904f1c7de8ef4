"""Accounts and tokens.  A password or token that was just made is on the page that answers the form, and nowhere again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from app.accounts import audited
from app.accounts.roles import ROLE_NAMES, Role
from app.accounts.tokens import DAYS, MOST_DAYS
from app.errors import AppError
from app.web import accounts as api
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentState, State, require

STATES = {"active": "正常", "disabled": "已停用", "locked": "锁定中", "must_change": "待改密码"}
TOKEN_STATES = {"active": "有效", "revoked": "已作废", "expired": "已过期"}
ROLE_HELP: dict[Role, str] = {
    "viewer": "看一切，试问，检查",
    "editor": "还能改知识库文件",
    "publisher": "还能发布和退回",
    "owner": "还能管账号、令牌和审计日志",
}

router = APIRouter()
OfAccounts = Annotated[Actor, require("accounts")]
OfTokens = Annotated[Actor, require("tokens")]
Name = Annotated[str, Form(max_length=80)]


@router.api_route("/accounts", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(request: Request, actor: OfAccounts, state: CurrentState) -> Response:
    return _show(request, actor, state)


@router.post("/accounts", response_class=HTMLResponse)
async def create(
    request: Request, actor: OfAccounts, state: CurrentState, name: Name, role: Annotated[Role, Form()]
) -> Response:
    try:
        made, password = await api.created(state, actor, name, role)
    except AppError as error:
        return await run_in_threadpool(_refused, request, actor, state, error, typed={"name": name, "role": role})
    return await run_in_threadpool(_show, request, actor, state, {"made": ("password", made, password)})


@router.post("/accounts/password", response_class=HTMLResponse)
async def reset(request: Request, actor: OfAccounts, state: CurrentState, name: Name) -> Response:
    try:
        password = await api.password_reset(state, actor, name)
    except AppError as error:
        return await run_in_threadpool(_refused, request, actor, state, error)
    return await run_in_threadpool(_show, request, actor, state, {"made": ("password", name, password)})


@router.post("/accounts/role")
def change_role(
    request: Request, actor: OfAccounts, state: CurrentState, name: Name, role: Annotated[Role, Form()]
) -> Response:
    try:
        audited.change_role(api.desk(state, actor), name, role)
    except AppError as error:
        return _refused(request, actor, state, error)
    return see(request, "accounts", "done")


@router.post("/accounts/disable", response_class=HTMLResponse)
def disable(request: Request, actor: OfAccounts, state: CurrentState, name: Name) -> Response:
    try:
        left = audited.disable(api.desk(state, actor), name)
    except AppError as error:
        return _refused(request, actor, state, error)
    return _show(request, actor, state, {"disabled": name, "left": left}) if left else see(request, "accounts", "done")


@router.post("/accounts/enable")
def enable(request: Request, actor: OfAccounts, state: CurrentState, name: Name) -> Response:
    try:
        audited.enable(api.desk(state, actor), name)
    except AppError as error:
        return _refused(request, actor, state, error)
    return see(request, "accounts", "done")


@router.post("/accounts/unlock")
def unlock(request: Request, actor: OfAccounts, state: CurrentState, name: Name) -> Response:
    try:
        audited.unlock(api.desk(state, actor), name)
    except AppError as error:
        return _refused(request, actor, state, error)
    return see(request, "accounts", "done")


@router.post("/tokens", response_class=HTMLResponse)
def create_token(
    request: Request,
    actor: OfTokens,
    state: CurrentState,
    name: Name,
    role: Annotated[Role, Form()],
    days: Annotated[int, Form()] = DAYS,
) -> Response:
    try:
        text = audited.create_token(api.desk(state, actor), name, role, days)
    except AppError as error:
        return _refused(request, actor, state, error, typed={"token": name, "token_role": role, "days": days})
    return _show(request, actor, state, {"made": ("token", name, text)})


@router.post("/tokens/revoke")
def revoke_token(request: Request, actor: OfTokens, state: CurrentState, name: Name) -> Response:
    try:
        audited.revoke_token(api.desk(state, actor), name)
    except AppError as error:
        return _refused(request, actor, state, error)
    return see(request, "accounts", "done")


def _refused(
    request: Request, actor: Actor, state: State, error: AppError, typed: dict[str, Any] | None = None
) -> HTMLResponse:
    return _show(request, actor, state, {"problem": error.message, "typed": typed or {}}, error.status)


def _show(
    request: Request, actor: Actor, state: State, context: dict[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    everything = {
        "accounts": api.accounts_of(state),
        "tokens": api.tokens_of(state),
        "roles": ROLE_NAMES,
        "role_help": ROLE_HELP,
        "states": STATES,
        "token_states": TOKEN_STATES,
        "most_days": MOST_DAYS,
        "typed": {},
    }
    return show(request, actor, "accounts.html", "accounts", everything | (context or {}), status)
