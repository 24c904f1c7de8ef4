"""Scripts and styles as they are sent: joined, without comments, under an address that names their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import rcssmin
import rjsmin
from fastapi import APIRouter
from fastapi.responses import Response

from app.errors import NotFound

STATIC = Path(__file__).parent / "static"
PARTS = {
    "look.js": ("look.js",),
    "chat.js": ("dom.js", "share.js", "cards.js", "combobox.js", "chat.js"),
    "chat.css": ("chat.css",),
    "console.js": ("dom.js", "cards.js", "console.js", "desk.js", "editor.js"),
    "console.css": ("console.css", "editor.css"),
}
"""Sent file -> its parts, in the order in which they run."""
TYPES = {".js": "text/javascript", ".css": "text/css"}
YEAR = "public, max-age=31536000, immutable"
"""For an address that changes with its content."""

router = APIRouter(include_in_schema=False)


@cache
def text(name: str) -> str:
    """A sent file, by its name in ``PARTS``, or ``widget.js``."""
    source = "\n".join((STATIC / part).read_text("utf-8") for part in PARTS.get(name, (name,)))
    made = rcssmin.cssmin(source) if name.endswith(".css") else rjsmin.jsmin(source)
    return str(made)


@cache
def address(name: str) -> str:
    """Where a page finds a sent file, relative to the root; a new version has a new address, so no old copy is used."""
    digest = hashlib.sha256(text(name).encode()).hexdigest()[:12]
    return f"assets/{digest}/{name}"


@router.api_route("/assets/{digest}/{name}", methods=["GET", "HEAD"])
def asset(digest: str, name: str) -> Response:
    if name not in PARTS or address(name) != f"assets/{digest}/{name}":
        raise NotFound("没有这个文件")
    kind = TYPES[Path(name).suffix]
    return Response(text(name), media_type=kind, headers={"Cache-Control": YEAR})


@router.api_route("/widget.js", methods=["GET", "HEAD"])
def widget() -> Response:
    """One address for ever, so asked for anew each hour; other sites' pages may load it."""
    headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(text("widget.js"), media_type="text/javascript", headers=headers)
