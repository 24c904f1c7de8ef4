"""Every page of the console, one module a section."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.web.console import (
    audit,
    dashboard,
    editor,
    entries,
    excel,
    hit_test,
    insights,
    people,
    publish,
    site,
    system,
    versions,
)

router = APIRouter(prefix="/admin", include_in_schema=False)
router.add_api_route("", dashboard.dashboard, methods=["GET", "HEAD"], response_class=HTMLResponse)  # /admin as typed
router.include_router(dashboard.router)
router.include_router(insights.router)
router.include_router(excel.router)
router.include_router(hit_test.router)
router.include_router(people.router)
router.include_router(audit.router)
router.include_router(system.router)
router.include_router(entries.router)
router.include_router(editor.router)
router.include_router(site.router)
router.include_router(publish.router)
router.include_router(versions.router)
