"""The audit log over JSON, and what of it was asked for; for owners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query
from pydantic import Field

from app.accounts.roles import ROLE_NAMES
from app.audit import ACTIONS, NOTED, Verdict, parsed, records, verify
from app.web import schemas
from app.web.deps import CurrentState, require

PAGE = 50
"""Records shown at a time."""
DETAILS = {
    "role": "角色",
    "before": "原来",
    "why": "原因",
    "previous": "之前的版本",
    "name": "名称",
    "reason": "理由",
    "days": "天数",
    "added": "新增",
    "changed": "修改",
    "removed": "删除",
}
WHY = {
    "unknown": "没有这个账号",
    "disabled": "账号已停用",
    "locked": "账号锁定中",
    "wrong": "密码不对",
    "knowledge_rejected": "知识库有错误",
    "gate_blocked": "没有通过发布检验",
    "storage_failed": "磁盘写不进去",
    "plan_changed": "检查之后又变了",
    "rollback_impossible": "退不回去",
}
VALUES: Mapping[str, Mapping[Any, str]] = {"why": WHY, "role": ROLE_NAMES, "before": ROLE_NAMES}
"""What details are called in front of people; one that is not listed is shown as it is."""

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 422, 507)}
router = APIRouter(prefix="/api/v1/admin/audit", responses=_ERRORS)

Record = dict[str, Any]


class Wanted(NamedTuple):
    """Which records; empty and None leave a thing open."""

    who: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    """The last day."""

    def fits(self, record: Record) -> bool:
        day = str(record["at"])[:10]
        return (
            self.who in ("", record["who"])
            and self.action in ("", record["action"])
            and (self.since is None or day >= self.since.isoformat())
            and (self.until is None or day <= self.until.isoformat())
        )


class RecordOut(schemas.Payload):
    seq: int
    at: str
    who: str
    action: str
    action_name: str
    object: str
    result: str
    detail: dict[str, Any]


class AuditOut(schemas.Payload):
    records: list[RecordOut]
    total: int
    page: int
    pages: int


class VerifyIn(schemas.Payload):
    head: Annotated[str, Field(pattern=f"^{NOTED}$")] | None = None
    """As it was once noted, 128:3f9a…; whether that record is still there, unaltered."""


class VerdictOut(schemas.Payload):
    ok: bool
    records: int
    head: str
    problems: list[str]
    """Signs of tampering."""
    notes: list[str]
    """Marks of crashes."""


@router.get("", summary="审计日志", dependencies=[require("audit")])
def audit(
    state: CurrentState,
    who: Annotated[str, Query(max_length=80)] = "",
    action: Annotated[str, Query(max_length=80)] = "",
    since: date | None = None,
    until: date | None = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> AuditOut:
    """最近的在前，每页 50 条；since、until 是起止日期，都包含在内。"""
    found = selected(state.settings.audit_dir, Wanted(who, action, since, until))
    shown = [_record(record) for record in found[(page - 1) * PAGE : page * PAGE]]
    return AuditOut(records=shown, total=len(found), page=page, pages=pages(len(found)))


@router.post("/verify", summary="核验审计日志", dependencies=[require("audit")])
def verification(state: CurrentState, body: VerifyIn | None = None) -> VerdictOut:
    """有没有被改动、删减；head 请另记在别处，日后带来核对。"""
    noted = parsed(body.head) if body and body.head else None
    verdict = verify(state.settings.audit_dir, noted)
    return VerdictOut(
        ok=not verdict.problems,
        records=verdict.head.seq,
        head=head_of(verdict),
        problems=verdict.problems,
        notes=verdict.notes,
    )


def selected(folder: Path, wanted: Wanted) -> list[Record]:
    """The newest first."""
    return [record for record in records(folder) if wanted.fits(record)][::-1]


def pages(total: int) -> int:
    return max(1, -(-total // PAGE))


def head_of(verdict: Verdict) -> str:
    """As it is to be written down."""
    return f"{verdict.head.seq}:{verdict.head.hash}"


def name_of(action: str) -> str:
    return ACTIONS.get(action, action)


def in_words(detail: dict[str, Any]) -> str:
    """As people read them: 原来 查看，角色 编辑."""
    parts = [
        f"{DETAILS.get(name, name)} {_value(name, value)}" for name, value in detail.items() if value not in ([], None)
    ]
    return "，".join(parts)


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return VALUES.get(name, {}).get(str(value), str(value))


def _record(record: Record) -> RecordOut:
    names = ("seq", "at", "who", "action", "object", "result", "detail")
    return RecordOut(**{name: record[name] for name in names}, action_name=name_of(record["action"]))


def distinct(found: Iterable[Record], field: str) -> list[str]:
    return sorted({str(record[field]) for record in found})
