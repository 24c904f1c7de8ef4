"""Signing in and out, and one's own password."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.accounts import accounts, sessions
from app.accounts.accounts import FAILURES, LOCKED, AccountRefused, Attempt
from app.errors import AppError
from app.web import addresses, forgery, pages, session_cookie
from app.web.console.page import show
from app.web.deps import CsrfGiven, CurrentActor, CurrentState, State

HOME = "./"
"""Where signing in leads when nobody came from anywhere else."""
MOST_WAITING = 8
"""Passwords are checked one at a time, for the memory that takes; more than so many waiting is no longer people."""

REFUSED = f"账号或密码不对，或者账号已停用、已锁定。同一账号连续输错 {FAILURES} 次，锁定 {LOCKED // timedelta(minutes=1)} 分钟。"
"""Said whatever the reason is, so that nobody learns which accounts there are."""

router = APIRouter(prefix="/admin", include_in_schema=False)


class TooMany(AppError):
    code = "too_many"
    status = 429


@router.api_route("/sign-in", methods=["GET", "HEAD"], response_class=HTMLResponse)
def sign_in_page(request: Request, state: CurrentState, back: Annotated[str, Query(alias="next")] = "") -> Response:
    session = session_cookie.read(request, state.settings)
    if session and sessions.account_of(state.engine, state.now(), session):
        return _see(addresses.checked(back) or HOME)
    return _form(request, state, back)


@router.post("/sign-in", response_class=HTMLResponse)
async def sign_in(
    request: Request,
    state: CurrentState,
    given: CsrfGiven,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    back: Annotated[str, Form(alias="next")] = "",
) -> Response:
    session = session_cookie.read(request, state.settings)
    try:
        forgery.refuse_forged(request, session, given)
        attempt = await _tried(state, "sign_in", name, password)
    except (forgery.ForgedRequest, TooMany) as error:
        return _form(request, state, back, error.message, error.status, name)
    if attempt.account is None:
        return _form(request, state, back, REFUSED, 401, name)
    started = await to_thread.run_sync(_started, state, "sign_in", attempt.name, session)
    response = _see(addresses.checked(back) or HOME)
    session_cookie.write(request, response, state.settings, started)
    return response


@router.post("/sign-out")
def sign_out(request: Request, state: CurrentState, actor: CurrentActor) -> Response:
    if actor.session:
        sessions.end(state.engine, actor.session)
        state.audit.write(actor.name, "sign_out", actor.name)
    response = _see("sign-in")
    session_cookie.forget(request, response, state.settings)
    return response


@router.api_route("/account", methods=["GET", "HEAD"], response_class=HTMLResponse)
def account_page(request: Request, actor: CurrentActor) -> Response:
    return _account(request, actor)


@router.post("/account", response_class=HTMLResponse)
async def change_password(
    request: Request,
    state: CurrentState,
    actor: CurrentActor,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    if not actor.session:
        return _account(request, actor, "令牌没有密码", 422)
    if new != again:
        return _account(request, actor, "两次输入的新密码不一样", 422)
    try:
        attempt = await _tried(state, "account.password", actor.name, old)
        if attempt.account is None:
            return _account(request, actor, "现在的密码不对", 401)
        if old == new:
            return _account(request, actor, "新密码和现在的一样", 422)
        await to_thread.run_sync(
            accounts.change_password, state.engine, actor.name, new, limiter=state.password_limiter
        )
    except (AccountRefused, TooMany) as error:
        return _account(request, actor, error.message, error.status)
    started = await to_thread.run_sync(_started, state, "account.password", actor.name, actor.session)
    response = _see(HOME)
    session_cookie.write(request, response, state.settings, started)
    return response


def _started(state: State, action: str, name: str, instead_of: str) -> str:
    """What was done is recorded before it counts; the session is a new one, whatever the browser had."""
    state.audit.write(name, action, name)
    return sessions.start(state.engine, state.now(), name, instead_of)


async def _tried(state: State, action: str, name: str, password: str) -> Attempt:
    """One attempt, recorded if it fails.  Those who wait do not take the threads of people who ask questions."""
    if state.password_limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise TooMany("现在尝试登录的太多，请稍后再试")
    return await to_thread.run_sync(_attempt, state, action, name, password, limiter=state.password_limiter)


def _attempt(state: State, action: str, name: str, password: str) -> Attempt:
    attempt = accounts.authenticate(state.engine, state.now(), name, password)
    if attempt.account is None:
        state.audit.write(attempt.name, action, attempt.name, "refused", why=attempt.why)
    if attempt.locks:
        state.audit.write("yiboshi", "sign_in.locked", attempt.name)
    return attempt


def _see(target: str) -> RedirectResponse:
    return RedirectResponse(target, 303)


def _form(
    request: Request, state: State, back: str, problem: str = "", status: int = 200, name: str = ""
) -> HTMLResponse:
    """The form, with a token for whoever the browser is; it is told who if it does not know yet."""
    visitor = session_cookie.read(request, state.settings)
    identifier = visitor or sessions.new_id()
    context: dict[str, Any] = {
        "problem": problem,
        "name": name,
        "next": addresses.checked(back),
        "csrf": sessions.csrf_token(identifier),
    }
    response = pages.templates.TemplateResponse(request, "sign_in.html", context, status_code=status)
    if not visitor:
        session_cookie.write(request, response, state.settings, identifier)
    return response


def _account(request: Request, actor: CurrentActor, problem: str = "", status: int = 200) -> HTMLResponse:
    return show(request, actor, "account.html", "account", {"problem": problem}, status)
