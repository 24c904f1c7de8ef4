"""The pages people open: chat at /, the scriptless /lite, the API reference at /docs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from app.dialogue.answer import Question, answer
from app.knowledge.model import Audience, Category
from app.web import schemas, shape
from app.web.deps import CurrentSnapshot, CurrentState

HERE = Path(__file__).parent
HOT = ("guide-01", "ca-05", "open-02", "bidtool-06", "deposit-02", "open-10", "gp-04", "expert-04")
"""Questions on the welcome card: what newcomers and people short of time ask most, one per stage of a trade."""
AUDIENCES = {"bidder": "投标人", "tenderer": "招标人", "agency": "代理机构", "evaluator": "评标专家"}

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=HERE / "templates")
_question: TypeAdapter[str] = TypeAdapter(schemas.QuestionText)


def mount_static(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    # Swagger UI from an installed package; only its files are used, so that /docs works offline and under the CSP.
    folder = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/docs/static", StaticFiles(directory=folder), name="docs-static")


def _common(snapshot: Any) -> dict[str, Any]:
    return {
        "knowledge": shape.knowledge(snapshot),
        "handover": shape.handover(snapshot),
        "audiences": AUDIENCES,
        "manuals": snapshot.knowledge.manuals,
    }


@router.api_route("/", methods=["GET", "HEAD"], response_class=HTMLResponse)
def chat_page(request: Request, snapshot: CurrentSnapshot) -> HTMLResponse:
    hot = [snapshot.entries[key] for key in HOT if key in snapshot.entries]
    context = _common(snapshot) | {"hot": hot, "categories": snapshot.categories}
    return templates.TemplateResponse(request, "chat.html", context)


@router.api_route("/lite", methods=["GET", "HEAD"], response_class=HTMLResponse)
def lite_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    q: Annotated[str, Query()] = "",
    entry: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    audience: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Ask, pick an option, browse a category: plain links and one form, no script, no session."""
    who: Audience | None = audience if audience in AUDIENCES else None  # type: ignore[assignment]
    context: dict[str, Any] = _common(snapshot) | {"q": q, "categories": snapshot.categories, "audience": who or ""}
    found = snapshot.entries.get(entry)
    if found is not None:
        context |= {"shown": shape.answer(snapshot, found)}
    elif category:
        context |= {"category": category, "listed": dict(snapshot.categories).get(_category(category), [])}
    elif q:
        try:
            started = time.perf_counter()
            given, _ = answer(snapshot, Question(_question.validate_python(q), audience=who, as_of=state.now().date()))
            reply = shape.reply(snapshot, given, "0" * 32, round((time.perf_counter() - started) * 1000, 2))
            context |= {"reply": reply, "shown": reply.answer}
            facts = {"reply": given.kind, "entry": given.entry.id if given.entry else None, "via": "lite"}
            state.journal.write("ask", state.now(), question=q, version=snapshot.version, **facts)
        except ValidationError:
            context |= {"problem": f"请写下您的问题，最多 {schemas.MAX_QUESTION_CHARS} 字。"}
    if context.get("shown"):
        context["answer_html"] = Markup(context["shown"].html)  # noqa: S704  sanitised when it was published
    return templates.TemplateResponse(request, "lite.html", context)


@router.api_route("/manual", methods=["GET", "HEAD"], response_class=HTMLResponse)
def manual_page(
    request: Request, snapshot: CurrentSnapshot, identifier: Annotated[str, Query(alias="id", max_length=60)] = ""
) -> HTMLResponse:
    """One operation manual, to read and to print; without ``id``, the list of them."""
    found = snapshot.manual_of.get(identifier)
    context: dict[str, Any] = _common(snapshot) | {
        "manuals": [shape.manual_ref(snapshot, item) for item in snapshot.knowledge.manuals]
    }
    if found is not None:
        context["manual"] = shape.manual(snapshot, found)
    elif identifier:
        context["problem"] = f"没有手册「{identifier}」。"
    return templates.TemplateResponse(
        request, "manual.html", context, status_code=200 if found or not identifier else 404
    )


def _category(text: str) -> Category:
    return text  # type: ignore[return-value]


@router.get("/docs", response_class=HTMLResponse)
def docs_page(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "docs.html", {})
