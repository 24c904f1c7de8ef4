"""For machines that watch the service."""

from __future__ import annotations

from fastapi import APIRouter

from app.web import schemas, shape
from app.web.deps import CurrentSnapshot

router = APIRouter()


@router.get("/healthz", summary="进程活着")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="有知识库在服务", responses={503: {"model": schemas.ErrorOut}})
async def readyz(snapshot: CurrentSnapshot) -> schemas.KnowledgeOut:
    return shape.knowledge(snapshot)
