"""/lite: the whole service without script, session or cookie.  Everything chosen travels in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError

from app.web import pages, schemas
from app.web.asking import asked
from app.web.deps import CurrentSnapshot, CurrentState

SIZES = {"": "标准字", "large": "大字", "huge": "特大字"}
MOST_MISSES = 2
"""After so many 「都不是」 a person is named instead of another try."""

router = APIRouter(include_in_schema=False)
_question: TypeAdapter[str] = TypeAdapter(schemas.QuestionText)
_minutes: TypeAdapter[schemas.Minutes] = TypeAdapter(schemas.Minutes)


@router.api_route("/lite", methods=["GET", "HEAD"], response_class=HTMLResponse)
def lite_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    q: Annotated[str, Query()] = "",
    entry: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    audience: Annotated[str, Query(max_length=20)] = "",
    size: Annotated[str, Query(max_length=20)] = "",
    stage: Annotated[str, Query(max_length=20)] = "",
    minutes: Annotated[str, Query(max_length=20)] = "",
    none: Annotated[int, Query(ge=0, le=9)] = 0,
) -> HTMLResponse:
    """Ask (a question, the number of an entry or of a category), open an entry, list a category, say 「都不是」."""
    kept = _kept(audience, size, stage, minutes)
    context = _context(state, snapshot, kept) | {"q": q, "misses": none}
    listed = _category(context["categories"], category or q)
    found = snapshot.entries.get(entry)
    if found is not None or (q and listed is None):
        try:
            text = found.question if found is not None else _question.validate_python(q)
        except ValidationError:
            context["problem"] = f"请写下您的问题，最多 {schemas.MAX_QUESTION_CHARS} 字。"
        else:
            wanted = {"audience": kept["audience"], "stage": kept["stage"], "minutes_to_opening": kept["minutes"]}
            body = schemas.AskIn.model_validate(
                {"question": text} | {name: value for name, value in wanted.items() if value}
            )
            via = "category" if found is not None else "typed"
            reply = asked(state, snapshot, body.asked_on(state.now().date()), "lite", via)
            context["reply"] = reply
            if reply.answer:
                context["answer_html"] = Markup(reply.answer.html)  # noqa: S704  sanitised when it was published
    elif category or listed is not None:
        context |= {"category": listed[0] if listed else category, "listed": listed[1] if listed else []}
    elif none:
        replies = snapshot.knowledge.replies
        context["rejected"] = replies.decline if none >= MOST_MISSES else replies.clarify_failed
        context["misses_out"] = none >= MOST_MISSES
    return pages.templates.TemplateResponse(request, "lite.html", context)


@router.post("/lite", response_class=HTMLResponse)
def lite_feedback(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    reply_id: Annotated[str, Form(pattern=r"^[0-9a-f]{32}$")],
    helpful: Annotated[bool, Form()],
    reason: Annotated[str, Form(max_length=20)] = "",
    comment: Annotated[str, Form(max_length=100)] = "",
    audience: Annotated[str, Form(max_length=20)] = "",
    size: Annotated[str, Form(max_length=20)] = "",
    stage: Annotated[str, Form(max_length=20)] = "",
    minutes: Annotated[str, Form(max_length=20)] = "",
) -> HTMLResponse:
    """What somebody thinks of a reply, from the form below it."""
    given = schemas.FeedbackIn.model_validate(
        {
            "reply_id": reply_id,
            "helpful": helpful,
            "reason": reason if reason in schemas.REASONS and not helpful else None,
            "comment": comment.strip() or None,
        }
    )
    state.journal.rated(state.now(), **given.model_dump())
    context = _context(state, snapshot, _kept(audience, size, stage, minutes)) | {"q": "", "misses": 0, "thanks": True}
    return pages.templates.TemplateResponse(request, "lite.html", context)


def _kept(audience: str, size: str, stage: str, minutes: str) -> dict[str, str]:
    """What was chosen; what there is not counts as not chosen."""
    return {
        "audience": audience if audience in pages.AUDIENCES else "",
        "size": size if size in SIZES else "",
        "stage": stage if stage in schemas.STAGES else "",
        "minutes": _as_minutes(minutes),
    }


def _context(state: Any, snapshot: Any, kept: dict[str, str]) -> dict[str, Any]:
    return (
        pages.common(snapshot, state.now())
        | kept
        | {
            "categories": snapshot.categories,
            "kept": {name: value for name, value in kept.items() if value},
            "sizes": SIZES,
            "reasons": schemas.REASONS,
            "link": _linking(kept),
        }
    )


def _linking(kept: dict[str, str]) -> Callable[..., str]:
    """``link(entry=…)``: an address of this page that keeps what was chosen."""

    def link(**wanted: Any) -> str:
        chosen = {name: value for name, value in (kept | wanted).items() if value not in ("", None)}
        return "lite?" + urlencode(chosen) if chosen else "lite"

    return link


def _category(categories: Any, wanted: str) -> tuple[str, Any] | None:
    """The category of a name or of a number counted from 1."""
    if wanted.isdecimal() and len(wanted) <= 2 and 1 <= int(wanted) <= len(categories):
        found: tuple[str, Any] = categories[int(wanted) - 1]
        return found
    return next(((name, entries) for name, entries in categories if name == wanted), None)


def _as_minutes(text: str) -> str:
    try:
        return str(_minutes.validate_python(text)) if text else ""
    except ValidationError:
        return ""
