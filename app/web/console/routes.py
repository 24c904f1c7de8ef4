"""Every page of the console, one module a section."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.console import editor, entries, site

router = APIRouter(prefix="/admin", include_in_schema=False)
router.include_router(entries.router)
router.include_router(editor.router)
router.include_router(site.router)
