"""One message in, one payload out: the way every page and interface asks."""

from __future__ import annotations

import time
import uuid

from app.dialogue.answer import Question, answer
from app.snapshot import Snapshot
from app.web import receipts, schemas, shape
from app.web.deps import State


def asked(
    state: State, snapshot: Snapshot, question: Question, session_id: str | None = None, via: str = "typed"
) -> schemas.ReplyOut:
    """Reply, remember the turn, and note in the journal what was asked (``via`` says by what road)."""
    started = time.perf_counter()
    now = state.now()
    given, turn = answer(snapshot, question, state.sessions.get(session_id))
    state.sessions.put(session_id, turn)
    reply_id = uuid.uuid4().hex
    receipt = receipts.given_with(state, snapshot, given)
    out = shape.reply(snapshot, given, reply_id, round((time.perf_counter() - started) * 1000, 2), now, receipt)
    state.journal.write(
        "ask",
        now,
        reply_id=reply_id,
        question=question.text,
        audience=question.audience,
        reply=given.kind,
        entry=given.entry.id if given.entry else None,
        options=[chosen.entry.id for chosen in given.options],
        confidence=given.confidence,
        via=via,
        version=snapshot.version,
    )
    return out
