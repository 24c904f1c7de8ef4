"""One message in, one payload out: the way every page and interface asks."""

from __future__ import annotations

import time
import uuid

from app.dialogue.answer import Question, Reply, answer
from app.journal.journal import TOP, Asked, Candidate
from app.snapshot import Snapshot
from app.web import receipts, schemas, shape
from app.web.deps import State


def asked(
    state: State, snapshot: Snapshot, question: Question, channel: str, via: str, session_id: str | None = None
) -> schemas.ReplyOut:
    """Reply, remember the turn, and note in the journal what was asked; ``channel`` and ``via`` as in ``Asked``."""
    started = time.perf_counter()
    now = state.now()
    given, turn = answer(snapshot, question, state.sessions.get(session_id))
    state.sessions.put(session_id, turn)
    reply_id = uuid.uuid4().hex
    receipt = receipts.given_with(state, snapshot, given)
    out = shape.reply(snapshot, given, reply_id, round((time.perf_counter() - started) * 1000, 2), now, receipt)
    state.journal.asked(
        now,
        Asked(
            reply_id=reply_id,
            session_id=session_id,
            channel=channel,
            via=via,
            question=question.text,
            audience=question.audience,
            kind=given.kind,
            tier=given.tier,
            entry_id=given.entry.id if given.entry else None,
            options=[chosen.entry.id for chosen in given.options],
            candidates=_candidates(given),
            confidence=given.confidence,
            version=snapshot.version,
            took_ms=out.took_ms,
            corrected=given.corrected,
            understood_as=given.understood_as,
        ),
    )
    return out


def _candidates(given: Reply) -> list[Candidate]:
    hits = given.ranking.hits[:TOP] if given.ranking else ()
    return [{"kind": hit.intent.kind, "id": hit.intent.id, "probability": round(hit.probability, 4)} for hit in hits]
