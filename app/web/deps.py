"""What routes are given, as annotated names, so that a signature reads as a sentence."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

from anyio import CapacityLimiter
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from sqlalchemy import Engine

from app.accounts import accounts, sessions, tokens
from app.accounts.roles import MAY, ROLE_NAMES, Action, Role, may
from app.audit import Audit
from app.config import Settings
from app.dialogue.turn import Sessions
from app.editing.bench import Bench
from app.editing.layers import Layers
from app.errors import Forbidden, MustChangePassword, Unauthorized
from app.insights.clusters import Remembered
from app.journal.journal import Journal
from app.publishing.pipeline import Checked, PublishReport
from app.publishing.rehearsal import Rehearsal
from app.publishing.rollback import Rollback
from app.snapshot import Snapshot, SnapshotHolder
from app.web import forgery, session_cookie


class Publish(Protocol):
    def __call__(
        self,
        by: str,
        override: Mapping[str, str] | None = None,
        enforce: bool = True,
        *,
        person: str | None = None,
        rehearsed: str | None = None,
    ) -> PublishReport:
        """``person``: whose deed it is, for two-person sign-off; ``rehearsed``: the digest of the files looked at."""


@dataclass(frozen=True)
class State:
    """The long-lived things, made once by ``main.lifespan``."""

    settings: Settings
    holder: SnapshotHolder
    sessions: Sessions
    journal: Journal
    publish: Publish
    rehearse: Callable[[], Rehearsal]
    digest: Callable[[], str]
    """Of the files as they are now."""
    rollback: Callable[[str, str | None], Rollback]
    """By whom, and to which version; None: the one before."""
    check: Callable[[], Checked]
    now: Callable[[], datetime]
    started: datetime
    receipt_key: bytes | None = field(repr=False)
    """None: answers carry no receipts."""
    engine: Engine
    audit: Audit
    layers: Layers
    bench: Bench
    administered: Callable[[], bool]
    """Whether there is anybody who could administer this; without, there are no such addresses."""
    password_limiter: CapacityLimiter
    """Passwords are checked one at a time: each takes 19 MB and half a core."""
    vectors: Remembered
    """Of questions that were clustered."""


def get_state(request: Request) -> State:
    state: State = request.app.state.yiboshi
    return state


CurrentState = Annotated[State, Depends(get_state)]


def get_snapshot(state: CurrentState) -> Snapshot:
    return state.holder.current()


CurrentSnapshot = Annotated[Snapshot, Depends(get_snapshot)]

_bearer = HTTPBearer(auto_error=False, description="令牌（yiboshi admin token create），或设置 admin_token 的值")
CsrfGiven = Annotated[str, Depends(forgery.token_given)]


@dataclass(frozen=True)
class Actor:
    """Who asks: somebody signed in, a machine with a token, or whoever holds the setting ``admin_token``."""

    name: str
    """As the audit log calls them."""
    role: Role
    person: str
    """Whom the deeds of a token are put down to: whoever made it."""
    session: str = field(default="", repr=False)
    """Only of somebody signed in."""
    must_change: bool = False

    def csrf(self) -> str:
        """For the forms of a page, and for its script."""
        return sessions.csrf_token(self.session)


def recognised(request: Request, state: State) -> Actor:
    """Who sends a request, by its headers alone; whether they meant to is another question.  Raises ``Unauthorized``."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() == "bearer" and token:
        return _with_token(state, token)
    session = session_cookie.read(request, state.settings)
    name = sessions.account_of(state.engine, state.now(), session) if session else None
    if name is None:
        raise Unauthorized("没有登录，或者登录已过期")
    account = accounts.find(state.engine, name)
    return Actor(name, account.role, name, session, account.must_change)


def get_actor(request: Request, state: CurrentState, _: Annotated[Any, Depends(_bearer)], csrf: CsrfGiven) -> Actor:
    actor = recognised(request, state)
    if actor.session:
        forgery.refuse_forged(request, actor.session, csrf)
    return actor


CurrentActor = Annotated[Actor, Depends(get_actor)]
"""Whoever is known, whatever they may: for what concerns only themselves."""


def require(action: Action) -> Any:
    """Only for those whose role may do this; gives the ``Actor``."""

    def allowed(actor: CurrentActor) -> Actor:
        if actor.must_change:
            raise MustChangePassword("密码是别人给的，请先换成自己的")
        permit(actor, action)
        return actor

    return Depends(allowed)


def permit(actor: Actor, action: Action) -> None:
    """Raises ``Forbidden`` for somebody whose role may not do this."""
    if not may(actor.role, action):
        wanted, has = ROLE_NAMES[MAY[action]], ROLE_NAMES[actor.role]
        raise Forbidden(f"这需要「{wanted}」角色，您是「{has}」")


def _with_token(state: State, given: str) -> Actor:
    setting = state.settings.admin_token
    if setting is not None and hmac.compare_digest(given.encode(), setting.get_secret_value().encode()):
        return Actor("admin_token", "owner", "admin_token")
    token = tokens.find(state.engine, state.now(), given)
    if token is None:
        raise Unauthorized("令牌不对，或已过期、已作废")
    return Actor(f"token:{token.name}", token.role, token.created_by)
