"""The cookie that holds the id of a session, and nothing else."""

from __future__ import annotations

from fastapi import Request, Response

from app.config import Settings

NAME = "yiboshi_session"


def read(request: Request, settings: Settings) -> str:
    """Empty when there is none."""
    return request.cookies.get(_name(_secure(request, settings)), "")


def write(request: Request, response: Response, settings: Settings, identifier: str) -> None:
    """Until the browser is closed.

    Lax and not Strict: whoever follows a link of the intranet to the console is still signed in there.  What changes
    anything is no link, and needs the token of a page besides.
    """
    secure = _secure(request, settings)
    response.set_cookie(_name(secure), identifier, path="/", secure=secure, httponly=True, samesite="lax")


def forget(request: Request, response: Response, settings: Settings) -> None:
    secure = _secure(request, settings)
    response.delete_cookie(_name(secure), path="/", secure=secure, httponly=True, samesite="lax")


def _secure(request: Request, settings: Settings) -> bool:
    """uvicorn takes X-Forwarded-Proto from a proxy on this machine; where TLS ends elsewhere, the setting says so."""
    return settings.secure_cookies == "always" or request.url.scheme == "https"


def _name(secure: bool) -> str:
    """With this prefix browsers take the cookie from this host and over TLS only: a neighbour cannot plant one."""
    return f"__Host-{NAME}" if secure else NAME
