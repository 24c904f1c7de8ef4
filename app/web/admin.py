"""For the administrator: what serves, validate, reload.  These routes exist only when ``admin_token`` is set."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter

from app.dialogue.explain import explain
from app.index import store
from app.web import schemas, shape
from app.web.deps import AdminOnly, CurrentSnapshot, CurrentState

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 409, 422, 507)}
router = APIRouter(prefix="/api/v1/admin", dependencies=[AdminOnly], responses=_ERRORS)


@router.get("/knowledge", summary="正在服务的知识库")
def knowledge(state: CurrentState, snapshot: CurrentSnapshot) -> schemas.AdminKnowledgeOut:
    return schemas.AdminKnowledgeOut(
        knowledge=shape.knowledge(snapshot),
        published_at=snapshot.manifest.published_at,
        encoder=snapshot.manifest.encoder_name,
        entries=len(snapshot.entries),
        phrases=len(snapshot.phrase_texts),
        kept_versions=store.versions(state.settings.indexes),
    )


@router.post("/explain", summary="一个问题为什么这样答")
def explanation(body: schemas.AskIn, state: CurrentState, snapshot: CurrentSnapshot) -> schemas.ExplanationOut:
    """每个来源的得分、由哪一层决定、第二名差在哪里。不留记录，也不接上文。"""
    started = time.perf_counter()
    found = explain(snapshot, body.asked_on(state.now().date()))
    return shape.explanation(snapshot, found, round((time.perf_counter() - started) * 1000, 2), state.now())


@router.post("/knowledge/validate", summary="检查知识库文件，不发布")
def validate(state: CurrentState) -> schemas.ValidationOut:
    usable, problems, _ = state.check()
    return schemas.ValidationOut(ok=usable is not None, problems=[shape.problem(found) for found in problems])


@router.post("/knowledge/reload", summary="重新发布知识库")
def reload(state: CurrentState) -> schemas.PublishOut:
    """有错误时返回 422 和全部问题，原来的版本继续服务。"""
    return schemas.PublishOut(**state.publish().as_dict())
