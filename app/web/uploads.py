"""Where files are uploaded: from those who are signed in, requests there may be larger than elsewhere.

Who sends is told by the headers, before anything of the body is read: a stranger cannot make the service read megabytes.
"""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from app.web.deps import State, recognised
from app.web.security import MAX_BODY_BYTES

MOST_BYTES = 8 * 1024 * 1024
"""Of a whole request; the FAQ as a workbook has 0.6 MB."""
ADDRESSES = frozenset(
    (
        "/admin/excel",
        "/admin/excel/write",
        "/admin/hit-test",
        "/api/v1/admin/hit-test",
        "/api/v1/admin/knowledge.xlsx",
    )
)


async def body_limit(scope: Scope) -> int:
    """How many bytes a request may carry; raises ``Unauthorized`` for a stranger who uploads."""
    if scope["method"] != "POST" or scope["path"] not in ADDRESSES:
        return MAX_BODY_BYTES
    return await run_in_threadpool(_of_upload, Request(scope), scope["app"].state.yiboshi)


def _of_upload(request: Request, state: State) -> int:
    if not state.administered():
        return MAX_BODY_BYTES  # there is no such address, as the doorway will say
    recognised(request, state)
    return MOST_BYTES
