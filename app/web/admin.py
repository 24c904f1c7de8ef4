"""For administrators: what serves, validate, reload.  See ``doorway.py`` for when these routes exist at all."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter

from app.dialogue.explain import explain
from app.index import history, store
from app.web import publication_schemas, schemas, shape
from app.web.deps import Actor, CurrentSnapshot, CurrentState, permit, require

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
        kept_versions=history.versions(state.settings.indexes),
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


@router.post("/knowledge/rehearse", summary="试发布", dependencies=[require("validate")])
def rehearse(state: CurrentState) -> publication_schemas.RehearsalOut:
    """检查、建索引、过关口，和正在服务的版本逐条比较，什么都不改。有错误时返回 422 和全部问题。

    一个进程里一次只做一个；前一个没有做完时返回 409。
    """
    return publication_schemas.RehearsalOut(**state.rehearse().as_dict())


@router.post("/knowledge/reload", summary="重新发布知识库")
def reload(
    state: CurrentState, actor: Annotated[Actor, require("publish")], body: schemas.PublishIn | None = None
) -> schemas.PublishOut:
    """有错误时返回 422 和全部问题；受保护的问题答错或指标低于底线时返回 409 和清单，在 override 里逐项写明理由才放行。

    双人发布时，没有别人的提交返回 409 needs_second_person；给了 digest 而文件已经又改过，返回 409 edited_meanwhile。
    这几种情形都不改动正在服务的版本。
    """
    body = body or schemas.PublishIn()
    if body.override:
        permit(actor, "override")
    report = state.publish(actor.name, body.override, person=actor.person, rehearsed=body.digest)
    return schemas.PublishOut(**report.as_dict())


@router.get("/knowledge/versions", summary="留着的版本", dependencies=[require("view")])
def versions(state: CurrentState) -> schemas.VersionsOut:
    """最后发布的在前。"""
    indexes = state.settings.indexes
    return schemas.VersionsOut(
        serving=store.current(indexes),
        rolled_back=history.rolled_back(indexes) is not None,
        versions=[shape.version(name, history.publication(indexes, name)) for name in history.versions(indexes)],
    )


@router.post("/knowledge/rollback", summary="退回到以前的版本")
def rollback(
    state: CurrentState, actor: Annotated[Actor, require("rollback")], body: schemas.RollbackIn | None = None
) -> schemas.RollbackOut:
    """不写 version，退到这一版发布之前的那一版。各进程几秒内跟上；在下一次发布之前，重新启动也不会发布 kb/ 里的内容。"""
    done = state.rollback(actor.name, body.version if body else None)
    return schemas.RollbackOut(version=done.version, previous=done.left)
