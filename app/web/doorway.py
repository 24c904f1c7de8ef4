"""The administrators' addresses: absent, every one by every method, until there is somebody who could come in."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from app.accounts import accounts
from app.config import Settings
from app.web.addresses import is_inside
from app.web.error_handlers import NOTHING_THERE, database_failed, error_response


def door(settings: Settings, engine: Engine) -> Callable[[], bool]:
    """Whether there is a credential: the token of the settings, or an account.  Once there is one, there always is."""
    is_open = settings.admin_token is not None

    def somebody_may_enter() -> bool:
        nonlocal is_open
        is_open = is_open or accounts.exist(engine)
        return is_open

    return somebody_may_enter


class Doorway:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_inside(scope["path"]):
            try:
                is_open = await run_in_threadpool(scope["app"].state.yiboshi.administered)
            except SQLAlchemyError as error:
                await database_failed(error)(scope, receive, send)
                return
            if not is_open:
                await error_response(404, *NOTHING_THERE)(scope, receive, send)
                return
        await self._app(scope, receive, send)
