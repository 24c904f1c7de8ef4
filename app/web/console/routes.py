"""Every page of the console, one module a section."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.console import audit, excel, hit_test, people, system

router = APIRouter(prefix="/admin", include_in_schema=False)
router.include_router(excel.router)
router.include_router(hit_test.router)
router.include_router(people.router)
router.include_router(audit.router)
router.include_router(system.router)
