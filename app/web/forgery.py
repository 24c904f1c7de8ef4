"""Requests that another site made a signed-in browser send: told by where they come from and by the token of the session."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from app.accounts.sessions import csrf_matches
from app.errors import AppError

HEADER, FIELD = "X-CSRF-Token", "csrf"
"""Where a script and where a form puts the token of its page."""
HARMLESS = frozenset(("GET", "HEAD", "OPTIONS"))
"""These change nothing."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForgedRequest(AppError):
    code = "forged_request"
    status = 403


async def token_given(request: Request) -> str:
    """The token that came with a request; empty when there is none."""
    given: object = request.headers.get(HEADER)
    if given is None and request.method not in HARMLESS:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        given = (await request.form()).get(FIELD) if kind in _FORMS else None
    return given if isinstance(given, str) else ""


def refuse_forged(request: Request, session: str, given: str) -> None:
    """Raise ``ForgedRequest`` unless a page of this site, made for this session, sent the request or it changes nothing."""
    if request.method in HARMLESS:
        return
    if not _from_this_site(request):
        raise ForgedRequest("请求来自别的网站，没有执行；经反向代理访问时，代理要原样转发 Host")
    if not csrf_matches(session, given):
        raise ForgedRequest("这一页已经过期，没有执行；请刷新后再试")


def _from_this_site(request: Request) -> bool:
    """By what browsers say of themselves; the old ones that say nothing are left to the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    host = request.headers.get("host", "").lower()
    try:
        place = urlsplit(origin.lower())
        return bool(host) and host in (place.netloc, place.hostname)  # proxies often pass the host on without its port
    except ValueError:
        return False
