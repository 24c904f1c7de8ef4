"""Headers on every response, and a limit on what a request may carry."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError
from app.web.addresses import is_inside
from app.web.error_handlers import answer_to, database_failed, error_response

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
"""A question has at most 500 characters, 2 kB of UTF-8 or 6 kB as JSON escapes; the rest is headroom."""


def content_security_policy(frame_ancestors: Sequence[str]) -> str:
    """``frame_ancestors`` may put the pages into frames of theirs."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {' '.join(frame_ancestors)}"
    )


class SecurityHeaders:
    def __init__(self, app: ASGIApp, embed_origins: Sequence[str]) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(("'self'", *embed_origins)),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        self._inside = {
            "Content-Security-Policy": content_security_policy(("'self'",)),  # there, clicks are worth stealing
            "Cache-Control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in (self._headers | (self._inside if is_inside(scope["path"]) else {})).items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Here and not in an exception handler: Starlette runs that outside all middleware, without these headers.
            log.exception("unexpected error in %s %s", scope["method"], scope["path"])
            if started:
                raise
            failure = error_response(500, "internal_error", "服务出了问题，已记录；请稍后再试")
            await failure(scope, receive, send_with_headers)


class TooLarge(AppError):
    code = "too_large"
    status = 413


class BodyLimit:
    """Refuse bodies that are too large before they are read into memory, whatever they claim about their length.

    ``limit`` says how many bytes a request may carry, or raises an ``AppError`` to have none of its body read.
    """

    def __init__(self, app: ASGIApp, limit: Callable[[Scope], Awaitable[int]]) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(scope, receive, await self._limit(scope))
        except AppError as error:
            response = answer_to(Request(scope), error)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        except SQLAlchemyError as error:
            await database_failed(error)(scope, receive, send)
            return
        if body is None:
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """The whole body; None when the client has gone."""
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    most = f"{limit // 1024} KB" if limit < 1024 * 1024 else f"{limit // (1024 * 1024)} MB"
    return TooLarge(f"请求太大，最多 {most}")
