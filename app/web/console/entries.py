"""The knowledge entries: found, edited, added, taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.knowledge.catalogue import STATES, Row, catalogue
from app.knowledge.loader import load_entries
from app.knowledge.model import CATEGORIES
from app.knowledge.workbook.columns import AUDIENCES
from app.retrieval.suggest import suggest
from app.snapshot import Snapshot
from app.text.normalize import match_key
from app.web.console.page import show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, require

router = APIRouter()

_LETTERS = re.compile(r"[a-z]+")


@router.api_route("/entries", methods=["GET", "HEAD"], response_class=HTMLResponse)
def entries_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    actor: Annotated[Actor, require("view")],
    q: Annotated[str, Query(max_length=500)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    audience: Annotated[str, Query(max_length=20)] = "",
    standing: Annotated[str, Query(max_length=20)] = "",
    uses: Annotated[str, Query(max_length=60)] = "",
    check: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """All entries of the files.  Only with ``check`` are they compared with one another, which takes seconds."""
    source = load_entries(state.layers.kb, state.layers.overlays)
    problems = state.check().problems if check else source.problems
    rows = catalogue(source, snapshot.knowledge, problems, state.now().date())
    wanted = _wanted(snapshot, q)
    found = [
        row
        for row in rows
        if (not category or row.category == category)
        and (not audience or audience in row.audience)
        and (not standing or row.stands(standing))
        and (not uses or uses in row.placeholders)
        and wanted(row)
    ]
    unread = [problem for problem in source.problems if problem.severity == "error" and not problem.key]
    context = {
        "rows": found,
        "total": len(rows),
        "unread": [problem.as_dict() for problem in unread],
        "asked": {
            "q": q, "category": category, "audience": audience, "standing": standing, "uses": uses, "check": check,
        },
        "categories": CATEGORIES,
        "audiences": AUDIENCES,
        "states": STATES,
    }  # fmt: skip
    return show(request, actor, "entries.html", "entries", context)


def _wanted(snapshot: Snapshot, q: str) -> Callable[[Row], bool]:
    """Every word is in the number, the id or a wording; letters may also be pinyin of what is served."""
    words: Sequence[str] = [key for word in q.split() if (key := match_key(word))]
    heard = {entry.id for entry in suggest(snapshot, q)} if _LETTERS.fullmatch(match_key(q)) else set()

    def wanted(row: Row) -> bool:
        if row.id in heard:
            return True
        texts = [row.number, match_key(row.id), *map(match_key, row.wordings)]
        return all(any(word in text for text in texts) for word in words)

    return wanted
