"""The pages people open: chat at /, the manuals, receipts, the statement on accessibility, the API reference."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from app.receipt import ReceiptInvalid, ReceiptKeyUnusable
from app.snapshot import Snapshot
from app.web import assets, receipts, shape
from app.web.deps import CurrentSnapshot, CurrentState

HERE = Path(__file__).parent
AUDIENCES = {"bidder": "投标人", "tenderer": "招标人", "agency": "代理机构", "evaluator": "评标专家"}

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=HERE / "templates")
templates.env.globals["asset"] = assets.address


def mount_static(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    # Swagger UI from an installed package; only its files are used, so that /docs works offline and under the CSP.
    folder = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/docs/static", StaticFiles(directory=folder), name="docs-static")


def common(snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """What every page may show."""
    offers = {who: shape.offer(snapshot, who) for who in snapshot.knowledge.welcome.roles}
    return {
        "knowledge": shape.knowledge(snapshot),
        "handover": shape.handover(snapshot, now),
        "notices": shape.notices(snapshot, now),
        "welcome": shape.welcome(snapshot, None, now).model_dump(include={"name", "greeting", "hot"})
        | {"roles": offers},
        "audiences": AUDIENCES,
        "manuals": snapshot.knowledge.manuals,
    }


@router.api_route("/", methods=["GET", "HEAD"], response_class=HTMLResponse)
def chat_page(request: Request, state: CurrentState, snapshot: CurrentSnapshot) -> HTMLResponse:
    context = common(snapshot, state.now()) | {
        "categories": snapshot.categories,
        "parents": state.settings.embed_origins,
    }
    return templates.TemplateResponse(request, "chat.html", context)


@router.api_route("/accessibility", methods=["GET", "HEAD"], response_class=HTMLResponse)
def accessibility_page(request: Request, state: CurrentState, snapshot: CurrentSnapshot) -> HTMLResponse:
    return templates.TemplateResponse(request, "accessibility.html", common(snapshot, state.now()))


@router.api_route("/manual", methods=["GET", "HEAD"], response_class=HTMLResponse)
def manual_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    identifier: Annotated[str, Query(alias="id", max_length=60)] = "",
) -> HTMLResponse:
    """One operation manual, to read and to print; without ``id``, the list of them."""
    found = snapshot.manual_of.get(identifier)
    context: dict[str, Any] = common(snapshot, state.now()) | {
        "manuals": [shape.manual_ref(snapshot, item) for item in snapshot.knowledge.manuals]
    }
    if found is not None:
        context["manual"] = shape.manual(snapshot, found)
    elif identifier:
        context["problem"] = f"没有手册「{identifier}」。"
    return templates.TemplateResponse(
        request, "manual.html", context, status_code=200 if found or not identifier else 404
    )


@router.api_route("/receipt", methods=["GET", "HEAD"], response_class=HTMLResponse)
def receipt_page(
    request: Request, state: CurrentState, snapshot: CurrentSnapshot, code: Annotated[str, Query()] = ""
) -> HTMLResponse:
    """A form to verify the receipt of an answer, and what came of it in words."""
    context: dict[str, Any] = common(snapshot, state.now()) | {"code": code}
    status = 200
    if code.strip():
        try:
            receipt = receipts.verified(state, code)
            out = receipts.compared(state, snapshot, receipt)
            context |= {
                "receipt": out,
                "words": receipt.in_words(out.entry.question if out.entry else None),
                "linked": out.entry is not None and out.entry.entry_id in snapshot.entries,
            }
        except (ReceiptInvalid, ReceiptKeyUnusable) as error:
            context["problem"] = error.message
            status = error.status
    return templates.TemplateResponse(request, "receipt.html", context, status_code=status)


@router.get("/docs", response_class=HTMLResponse)
def docs_page(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "docs.html", {})
