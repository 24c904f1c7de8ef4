"""The FAQ as a workbook: fetched, edited elsewhere, checked, and written as it was shown.

Nothing is kept between checking and writing: the page carries the file, and the digest of what it would do.  If the
knowledge or the file is another by then, the digest is another, and what would happen now is shown instead.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from app.errors import AppError
from app.web import workbook
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentState, State, require

MOST_BYTES = 5 * 1024 * 1024
"""Of a file: in base64 it still fits into a request."""
PART_CHARS = 600_000
"""A form takes no field of over a megabyte, so the file travels in several."""
MOST_PROBLEMS = 200
"""Shown at once; who has mended these sees the rest."""

router = APIRouter()
Editor = Annotated[Actor, require("edit")]


class FileTooLarge(AppError):
    code = "too_large"
    status = 413


@router.api_route("/excel", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(request: Request, actor: Annotated[Actor, require("view")], state: CurrentState) -> Response:
    return _show(request, actor, state)


@router.get("/excel/download", dependencies=[require("view")])
def download(state: CurrentState) -> Response:
    return workbook.as_file(state)


@router.post("/excel", response_class=HTMLResponse)
def dry_run(
    request: Request,
    actor: Annotated[Actor, require("validate")],
    state: CurrentState,
    file: UploadFile | None = None,
    delete_missing: Annotated[bool, Form()] = False,
) -> Response:
    if file is None or not file.filename:
        return _show(request, actor, state, {"problem": "请先选一个文件"}, 422)
    try:
        content = file.file.read()
        if len(content) > MOST_BYTES:
            raise FileTooLarge(f"文件太大，最多 {MOST_BYTES // (1024 * 1024)} MB：请删去图片再试")
        name = workbook.file_name(file.filename)
        planned = workbook.plan(state, content, name, delete_missing)
    except AppError as error:
        return _refused(request, actor, state, error)
    return _planned(request, actor, state, planned, content, name, delete_missing)


@router.post("/excel/write", response_class=HTMLResponse)
def write(
    request: Request,
    actor: Editor,
    state: CurrentState,
    digest: Annotated[str, Form(max_length=64)],
    name: Annotated[str, Form(max_length=200)] = "",
    parts: Annotated[list[str], Form(alias="part")] = [],  # noqa: B006  FastAPI copies it
    delete_missing: Annotated[bool, Form()] = False,
) -> Response:
    try:
        content = base64.b64decode("".join(parts), validate=True)
    except (binascii.Error, ValueError):
        return _show(request, actor, state, {"problem": "这一页不完整，没有写入：请重新上传"}, 422)
    name = workbook.file_name(name)
    try:
        planned = workbook.plan(state, content, name, delete_missing)
        workbook.written(state, actor, planned, digest, name)
    except workbook.PlanChanged as error:
        return _planned(request, actor, state, planned, content, name, delete_missing, error)
    except AppError as error:
        return _refused(request, actor, state, error)
    return see(request, "excel", "saved")


def _planned(
    request: Request,
    actor: Actor,
    state: State,
    planned: workbook.Planned,
    content: bytes,
    name: str,
    delete_missing: bool,
    error: AppError | None = None,
) -> HTMLResponse:
    text = base64.b64encode(content).decode("ascii")
    context: dict[str, Any] = {
        "name": name,
        "planned": planned,
        "ids": planned.ids(),
        "problems": [workbook.problem(found) for found in planned.problems[:MOST_PROBLEMS]],
        "more": max(0, len(planned.problems) - MOST_PROBLEMS),
        "parts": [text[i : i + PART_CHARS] for i in range(0, len(text), PART_CHARS)],
        "delete_missing": delete_missing,
        "problem": error.message if error else "",
    }
    return _show(request, actor, state, context, error.status if error else 200)


def _refused(request: Request, actor: Actor, state: State, error: AppError) -> HTMLResponse:
    return _show(request, actor, state, {"problem": error.message}, error.status)


def _show(
    request: Request, actor: Actor, state: State, context: dict[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    context = {"overlays": bool(state.settings.overlays), "most_bytes": MOST_BYTES} | (context or {})
    return show(request, actor, "excel.html", "excel", context, status)
