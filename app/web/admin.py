"""For administrators: what serves, validate, reload.  See ``doorway.py`` for when these routes exist at all."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter

from app.dialogue.explain import explain
from app.errors import AppError
from app.index import store
from app.web import schemas, shape
from app.web.deps import Actor, CurrentSnapshot, CurrentState, require

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 409, 422, 507)}
router = APIRouter(prefix="/api/v1/admin", responses=_ERRORS)


@router.get("/knowledge", summary="正在服务的知识库", dependencies=[require("view")])
def knowledge(state: CurrentState, snapshot: CurrentSnapshot) -> schemas.AdminKnowledgeOut:
    return schemas.AdminKnowledgeOut(
        knowledge=shape.knowledge(snapshot),
        published_at=snapshot.manifest.published_at,
        encoder=snapshot.manifest.encoder_name,
        entries=len(snapshot.entries),
        phrases=len(snapshot.phrase_texts),
        kept_versions=store.versions(state.settings.indexes),
    )


@router.post("/explain", summary="一个问题为什么这样答", dependencies=[require("try")])
def explanation(body: schemas.AskIn, state: CurrentState, snapshot: CurrentSnapshot) -> schemas.ExplanationOut:
    """每个来源的得分、由哪一层决定、第二名差在哪里。不留记录，也不接上文。"""
    started = time.perf_counter()
    found = explain(snapshot, body.asked_on(state.now().date()))
    return shape.explanation(snapshot, found, round((time.perf_counter() - started) * 1000, 2), state.now())


@router.post("/knowledge/validate", summary="检查知识库文件，不发布", dependencies=[require("validate")])
def validate(state: CurrentState) -> schemas.ValidationOut:
    usable, problems, _ = state.check()
    return schemas.ValidationOut(ok=usable is not None, problems=[shape.problem(found) for found in problems])


@router.post("/knowledge/reload", summary="重新发布知识库")
def reload(state: CurrentState, actor: Annotated[Actor, require("publish")]) -> schemas.PublishOut:
    """有错误时返回 422 和全部问题，原来的版本继续服务。"""
    try:
        report = state.publish()
    except AppError as error:
        state.audit.write(actor.name, "publish", result="refused", why=error.code)
        raise
    state.audit.write(actor.name, "publish", report.version, previous=report.previous)
    return schemas.PublishOut(**report.as_dict())
