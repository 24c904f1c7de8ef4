"""Every page of the console, one module a section."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.console import publish, versions

router = APIRouter(prefix="/admin", include_in_schema=False)
router.include_router(publish.router)
router.include_router(versions.router)
