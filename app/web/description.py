"""/openapi.json: what there is, and the administrators' part only where there is one."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.web.addresses import is_inside
from app.web.deps import CurrentState

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def description(request: Request, state: CurrentState) -> JSONResponse:
    whole: dict[str, Any] = request.app.openapi()
    return JSONResponse(whole if state.administered() else _without_administration(whole))


def _without_administration(whole: dict[str, Any]) -> dict[str, Any]:
    paths = {path: methods for path, methods in whole["paths"].items() if not is_inside(path)}
    schemas = whole["components"]["schemas"]
    used: set[str] = set()
    new = _named(paths)
    while new:
        used |= new
        new = _named([schemas[name] for name in new]) - used
    kept = {name: schema for name, schema in schemas.items() if name in used}
    return whole | {"paths": paths, "components": {"schemas": kept}}


def _named(part: Any) -> set[str]:
    """The schemas that a part of the description refers to."""
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part, ensure_ascii=False)))
