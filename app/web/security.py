"""Headers on every response, and a limit on what a request may carry."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.addresses import is_inside
from app.web.error_handlers import error_response

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


class BodyLimit:
    """Refuse bodies over ``MAX_BODY_BYTES`` before they are read into memory, whatever they claim about their length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
            await self._refuse(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                await self._refuse(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = error_response(
            413, "too_large", f"请求太大，最多 {MAX_BODY_BYTES // 1024} KB", headers={"Connection": "close"}
        )
        await response(scope, receive, send)
