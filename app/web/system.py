"""How the service is: what runs, from what, how quickly; and a check of its parts, over JSON and for the console."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from pydantic import SecretStr
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from app import __version__, heap
from app.audit import verify
from app.config import Settings
from app.database import reason
from app.errors import AppError, os_reason
from app.index import history, store
from app.journal.recent import latencies
from app.journal.tables import feedback
from app.snapshot import Snapshot, encoded_form
from app.web import schemas, shape
from app.web.deps import CurrentSnapshot, CurrentState, State, require

REPLIES = 1_000
"""Of the last so many the speed is told."""
MOST_BROWSER_CHARS = 300
SAME = 0.999
"""Cosine from which two vectors of one text are the same; versions keep them in half precision."""
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403)}
router = APIRouter(prefix="/api/v1/admin/system", responses=_ERRORS)


class SpeedOut(schemas.Payload):
    """Of the last replies in the journal, by all processes; None while there are none."""

    replies: int
    median_ms: float | None
    p95_ms: float | None


class JournalOut(schemas.Payload):
    on: bool
    written: int
    dropped: int
    """Both by this process since it started."""


class SettingOut(schemas.Payload):
    name: str
    value: str
    """Of a secret only whether it is set."""
    about: str


class SystemOut(schemas.Payload):
    program: str
    python: str
    knowledge: schemas.KnowledgeOut
    published_at: str
    encoder: str
    uptime_seconds: int
    process: int
    workers: int
    memory_bytes: int | None
    """Resident, of this process; None where the system does not tell."""
    speed: SpeedOut
    journal: JournalOut
    database: str
    data_dir: str
    free_bytes: int | None
    kept_versions: int
    git: bool
    """Whether the knowledge is in a git repository, and git is there."""
    overlays: list[str]
    laws: int
    """Official texts imported."""
    settings: list[SettingOut]
    browser: str
    """Of whoever asks, as it calls itself."""


class CheckOut(schemas.Payload):
    name: str
    ok: bool
    message: str


class ChecksOut(schemas.Payload):
    ok: bool
    checks: list[CheckOut]


@router.get("", summary="系统状态", dependencies=[require("view")])
def system(request: Request, state: CurrentState, snapshot: CurrentSnapshot) -> SystemOut:
    return gathered(request, state, snapshot)


@router.post("/check", summary="自检", dependencies=[require("view")])
def check(state: CurrentState, snapshot: CurrentSnapshot) -> ChecksOut:
    """模型、索引文件、数据库、审计日志，逐项给出结果；不改动任何内容。"""
    found = checks(state, snapshot)
    return ChecksOut(ok=all(one.ok for one in found), checks=found)


def gathered(request: Request, state: State, snapshot: Snapshot) -> SystemOut:
    settings = state.settings
    return SystemOut(
        program=__version__,
        python=platform.python_version(),
        knowledge=shape.knowledge(snapshot),
        published_at=snapshot.manifest.published_at,
        encoder=snapshot.manifest.encoder_name,
        uptime_seconds=int((state.now() - state.started).total_seconds()),
        process=os.getpid(),
        workers=settings.workers,
        memory_bytes=heap.resident(),
        speed=_speed(state),
        journal=JournalOut(on=settings.journal, written=state.journal.written, dropped=state.journal.dropped),
        database=DATABASES.get(state.engine.dialect.name, state.engine.dialect.name),
        data_dir=str(settings.data_dir),
        free_bytes=_free(settings.data_dir),
        kept_versions=len(history.versions(settings.indexes)),
        git=shutil.which("git") is not None and in_repository(settings.kb_dir),
        overlays=[str(folder) for folder in settings.overlays],
        laws=len(list(settings.laws.glob("*.txt"))),
        settings=settings_of(settings),
        browser=request.headers.get("user-agent", "")[:MOST_BROWSER_CHARS],
    )


def settings_of(settings: Settings) -> list[SettingOut]:
    return [
        SettingOut(name=name, value=_said(getattr(settings, name)), about=field.description or "")
        for name, field in type(settings).model_fields.items()
    ]


def in_repository(folder: Path) -> bool:
    return any((above / ".git").exists() for above in (folder.resolve(), *folder.resolve().parents))


def checks(state: State, snapshot: Snapshot) -> list[CheckOut]:
    """Each by itself: that one fails tells nothing of the others."""
    done = [
        _checked("索引文件", "完好，和发布时一样", lambda: _index(state, snapshot)),
        _checked("模型", "算出的向量和发布时一样", lambda: _encoder(state, snapshot)),
        _checked("数据库", "能写", lambda: _database(state)),
        _checked("审计日志", "完整，没有改动", lambda: _audit(state)),
        _checked("数据文件夹", "能写", lambda: _folder(state.settings.data_dir)),
    ]
    heap.give_back()
    return done


def _checked(name: str, fine: str, look: Callable[[], str | None]) -> CheckOut:
    """``look`` says what is wrong, or raises it."""
    try:
        fault = look()
    except AppError as error:
        fault = error.message
    except SQLAlchemyError as error:
        fault = reason(error)
    except OSError as error:
        fault = os_reason(error)
    return CheckOut(name=name, ok=fault is None, message=fault or fine)


def _index(state: State, snapshot: Snapshot) -> None:
    """``store`` holds every file against its checksum, and raises."""
    store.open_version(state.settings.indexes, snapshot.version)


def _encoder(state: State, snapshot: Snapshot) -> str | None:
    kept = store.open_version(state.settings.indexes, snapshot.version).vectors[0]
    (made,) = snapshot.encoder.encode([encoded_form(snapshot.phrase_texts[0])])
    cosine = float(kept @ made / (np.linalg.norm(kept) * np.linalg.norm(made)))
    return None if cosine >= SAME else f"算出的向量和发布时不一样（相似度 {cosine:.3f}）：请重新安装模型，或重新发布"


def _database(state: State) -> None:
    """A row that is taken back: nothing of it stays."""
    row = {"at": state.now(), "reply_id": "0" * 32, "helpful": True}
    with state.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(insert(feedback).values(**row))
        transaction.rollback()


def _audit(state: State) -> str | None:
    problems = verify(state.settings.audit_dir).problems
    return f"{len(problems)} 处不对：{problems[0]}" if problems else None


def _folder(folder: Path) -> str | None:
    return None if os.access(folder, os.W_OK) else f"{folder} 不能写"


def _speed(state: State) -> SpeedOut:
    took = sorted(latencies(state.engine, REPLIES))
    if not took:
        return SpeedOut(replies=0, median_ms=None, p95_ms=None)
    p95 = took[-(-len(took) * 95 // 100) - 1]
    return SpeedOut(replies=len(took), median_ms=round(statistics.median(took), 2), p95_ms=round(p95, 2))


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _said(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "已设置"
    if value is None or value in ((), ""):
        return "没有设置"
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, tuple) else str(value)
