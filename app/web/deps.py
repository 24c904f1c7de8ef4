"""What routes are given, as annotated names, so that a signature reads as a sentence."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine

from app.config import Settings
from app.dialogue.turn import Sessions
from app.errors import Unauthorized
from app.journal.journal import Journal
from app.publishing.pipeline import Checked, PublishReport
from app.snapshot import Snapshot, SnapshotHolder


@dataclass(frozen=True)
class State:
    """The long-lived things, made once by ``main.lifespan``."""

    settings: Settings
    holder: SnapshotHolder
    sessions: Sessions
    journal: Journal
    publish: Callable[[], PublishReport]
    check: Callable[[], Checked]
    now: Callable[[], datetime]
    receipt_key: bytes | None = field(repr=False)
    """None: answers carry no receipts."""
    engine: Engine


def get_state(request: Request) -> State:
    state: State = request.app.state.yiboshi
    return state


CurrentState = Annotated[State, Depends(get_state)]


def get_snapshot(state: CurrentState) -> Snapshot:
    return state.holder.current()


CurrentSnapshot = Annotated[Snapshot, Depends(get_snapshot)]

_bearer = HTTPBearer(auto_error=False, description="设置 admin_token 的值")


def require_admin(
    state: CurrentState, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    token = state.settings.admin_token
    given = credentials.credentials if credentials else ""
    if token is None or not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise Unauthorized("管理令牌不对")


AdminOnly = Depends(require_admin)
