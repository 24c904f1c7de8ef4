"""The FAQ as a workbook over HTTP, and back: shown first, written as it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Response, UploadFile

from app import heap
from app.editing.save import save
from app.errors import AppError, KnowledgeRejected
from app.knowledge.model import Problem
from app.web import schemas
from app.web.console.download import TYPES, file
from app.web.deps import Actor, CurrentState, State, permit, require

if TYPE_CHECKING:
    from app.knowledge.workbook.yaml_edit import Changes

ACTION = "workbook.write"
_BUSY = Lock()
"""One workbook at a time: each takes some 80 MB and a core for seconds."""
MOST_SHOWN = 300
"""Characters of a faulty cell that are shown."""

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 409, 422, 507)}
router = APIRouter(prefix="/api/v1/admin", responses=_ERRORS)


class PlanChanged(AppError):
    """What would be written is not what was shown."""

    code = "plan_changed"
    status = 409


class WorkbookBusy(AppError):
    code = "workbook_busy"
    status = 409


class CellProblemOut(schemas.ProblemOut):
    sheet: str | None
    cell: str | None
    """As Excel shows it, F12; None for a problem of a file in the knowledge base."""


class WorkbookOut(schemas.Payload):
    ok: bool
    written: bool
    digest: str
    """Of what would be written; given back with ``write``, nothing else is."""
    added: list[str]
    changed: list[str]
    removed: list[str]
    missing: list[str]
    """In the knowledge base but not in the workbook."""
    problems: list[CellProblemOut]
    diff: str


@dataclass(frozen=True)
class Planned:
    changes: Changes | None
    """None while there is an error."""
    problems: list[Problem]
    digest: str
    diff: str

    def ids(self) -> dict[str, list[str]]:
        """Of entries, by what would happen to them."""
        return {name: list(getattr(self.changes, name, ())) for name in ("added", "changed", "removed", "missing")}


@router.get(
    "/knowledge.xlsx",
    summary="常见问题的 Excel",
    dependencies=[require("view")],
    response_class=Response,
    responses={200: {"content": {TYPES["xlsx"]: {}}, "description": "工作簿"}},
)
def download(state: CurrentState) -> Response:
    return as_file(state)


@router.post("/knowledge.xlsx", summary="检查改好的 Excel，或写进知识库")
def upload(
    state: CurrentState,
    actor: Annotated[Actor, require("validate")],
    file: UploadFile,
    write: Annotated[bool, Form()] = False,
    delete_missing: Annotated[bool, Form()] = False,
    digest: Annotated[
        str, Form(max_length=64, description="检查时给出的 digest；给了，就只在改动和检查时一样时写入")
    ] = "",
) -> WorkbookOut:
    """默认只检查，列出每个问题在哪个单元格、会改动什么；write 为 true 才写入 YAML，写入后还要发布。"""
    if write:
        permit(actor, "edit")
    planned = plan(state, file.file.read(), file.filename, delete_missing)
    if write:
        written(state, actor, planned, digest or planned.digest, file_name(file.filename))
    return WorkbookOut(
        ok=planned.changes is not None,
        written=write,
        digest=planned.digest,
        **planned.ids(),
        problems=[problem(found) for found in planned.problems],
        diff=planned.diff,
    )


def as_file(state: State) -> Response:
    from app.publishing.workbook import exported  # openpyxl and ruamel.yaml: 20 MB that answering has no need of

    content, _ = exported(state.settings.kb_dir)
    heap.give_back()
    return file(f"常见问题-{state.now():%Y-%m-%d}.xlsx", content, TYPES["xlsx"])


def plan(state: State, content: bytes, name: str | None, delete_missing: bool) -> Planned:
    from app.publishing import workbook

    settings = state.settings
    today = state.now().date()
    if not _BUSY.acquire(blocking=False):
        raise WorkbookBusy("有人正在检查 Excel，请过一会儿再试")
    try:
        changes, found = workbook.plan(settings.kb_dir, content, file_name(name), today, settings.laws, delete_missing)
    finally:
        _BUSY.release()
        heap.give_back()
    if changes is None:
        return Planned(None, found, "", "")
    return Planned(changes, found, workbook.digest(settings.kb_dir, changes), changes.edit.diff([settings.kb_dir]))


def written(state: State, actor: Actor, planned: Planned, digest: str, name: str) -> None:
    """Write what was shown under this digest.  Raises ``KnowledgeRejected``, ``PlanChanged``, ``EditConflict`` or
    ``StorageFailed``."""
    changes = planned.changes
    try:
        if changes is None:
            raise KnowledgeRejected("表里有错误，没有写入", [problem(found).model_dump() for found in planned.problems])
        if planned.digest != digest:
            raise PlanChanged("检查之后，知识库或表格变了，没有写入：请看现在会改动什么，再确认一次")
        save(state.layers, changes.edit)
    except AppError as error:
        state.audit.write(actor.name, ACTION, name, "refused", why=error.code)
        raise
    facts: dict[str, Any] = {kind: ids for kind, ids in planned.ids().items() if kind != "missing"}
    state.audit.write(actor.name, ACTION, name, **facts)


def file_name(given: str | None) -> str:
    """Of an upload, whatever the browser or an attacker calls it."""
    return PurePath((given or "").replace("\\", "/")).name[-80:] or "工作簿.xlsx"


def problem(found: Problem) -> CellProblemOut:
    from app.knowledge.workbook.reading import cell_of

    sheet, cell = cell_of(found.mark) or (None, None)
    fields = found.as_dict() | {"found": _short(found.found)}
    return CellProblemOut(**fields, sheet=sheet, cell=cell)


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…（共 {len(text)} 字）"
