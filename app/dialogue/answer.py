"""answer(snapshot, question, turn) -> Reply.  Web, shell and evaluation all ask here, so what is measured is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.dialogue import cues
from app.dialogue.policy import Decision, Kind, decide
from app.dialogue.turn import Turn
from app.knowledge.model import Audience, Business, Category, Entry
from app.retrieval.search import Ranking, search
from app.snapshot import Snapshot
from app.text.normalize import match_key, normalize, strip_fillers

ERROR_TEXT_MIN_CHARS = 4
"""A shorter text would be found inside ordinary sentences."""
CONTEXT_LEAD = 0.05
"""How much surer a follow-up must be together with the previous question than alone (ux-offline, F3)."""


@dataclass(frozen=True)
class Question:
    """A message and what the asker chose beside it."""

    text: str
    audience: Audience | None = None
    category: Category | None = None
    business: Business | None = None


@dataclass(frozen=True)
class Option:
    entry: Entry
    label: str


@dataclass(frozen=True)
class Reply:
    """What is said, from one snapshot; ``text`` is final wording."""

    kind: Kind
    text: str
    confidence: float
    entry: Entry | None = None
    options: tuple[Option, ...] = ()
    handover: bool = False
    understood_as: str | None = None
    """The previous question that a follow-up was read together with."""
    ranking: Ranking | None = field(default=None, repr=False)


def answer(snapshot: Snapshot, question: Question, turn: Turn | None = None) -> tuple[Reply, Turn]:
    """Reply to one message and say what is to be remembered.  Same snapshot, question and turn: same reply."""
    turn = turn or Turn()
    turn = replace(turn, audience=question.audience or turn.audience, business=question.business or turn.business)
    text = strip_fillers(normalize(question.text))
    shortcut = _from_offered(snapshot, text, turn) or _error_text(snapshot, question.text)
    if shortcut is not None:
        return shortcut, _remember(turn, shortcut)
    if turn.offered and cues.rejects_options(text):
        replies = snapshot.knowledge.replies
        reply = Reply(
            "decline", replies.clarify_failed if turn.misses == 0 else replies.decline, 1.0, handover=turn.misses > 0
        )
        return reply, replace(turn, offered=(), misses=turn.misses + 1)
    named = cues.businesses(text) or ((turn.business,) if turn.business else ())
    ranking = search(snapshot, question.text, audience=turn.audience, named=named)
    understood_as = None
    if turn.answered is not None and cues.leans_on_context(text):
        ranking, understood_as = _with_context(snapshot, question.text, turn, ranking, named)
    if question.category is not None:
        ranking = _within(snapshot, ranking, question.category)
    verdict = cues.seeks_verdict(text)
    decision = decide(ranking, snapshot.entries, snapshot.topics, audience=turn.audience, named=named, verdict=verdict)
    reply = replace(_phrase(snapshot, decision, ranking), understood_as=understood_as, ranking=ranking)
    return reply, _remember(turn, reply)


def _within(snapshot: Snapshot, ranking: Ranking, category: Category) -> Ranking:
    """Leave only the entries of one category; what is not an entry stays."""
    hits = ranking.hits
    kept = tuple(h for h in hits if h.intent.kind != "entry" or snapshot.entries[h.intent.id].category == category)
    return Ranking(kept, ranking.none)


def _remember(turn: Turn, reply: Reply) -> Turn:
    missed = reply.kind == "decline"
    settled = reply.kind in ("answer", "smalltalk", "neutral")
    return replace(
        turn,
        offered=tuple(option.entry.id for option in reply.options),
        answered=reply.entry.id if reply.kind == "answer" and reply.entry else turn.answered,
        misses=turn.misses + 1 if missed else 0 if settled else turn.misses,
    )


def _from_offered(snapshot: Snapshot, text: str, turn: Turn) -> Reply | None:
    """The entry picked from the options just shown, by place (「第二个」) or by words of its label (「政府采购的」)."""
    offered = [snapshot.entries[key] for key in turn.offered if key in snapshot.entries]
    if not offered:
        return None
    place = cues.picked(text)
    if place is not None and place <= len(offered):
        return Reply("answer", offered[place - 1].question, 1.0, offered[place - 1])
    if len(text) > 8:
        return None
    said = text.replace(" ", "").rstrip("的吧")
    named = cues.businesses(text)
    fitting = [entry for entry in offered if set(named) & set(entry.business)] if named else []
    if len(fitting) != 1:
        fitting = [entry for entry in offered if said and said in normalize(_label(entry))]
    return Reply("answer", fitting[0].question, 1.0, fitting[0]) if len(fitting) == 1 else None


def _error_text(snapshot: Snapshot, text: str) -> Reply | None:
    """A pasted program message is recognised before anything is compared by meaning; the longest one wins."""
    key = match_key(text)
    found = [known for known in snapshot.error_texts if len(known) >= ERROR_TEXT_MIN_CHARS and known in key]
    if not found or key in snapshot.exact:
        return None
    longest = max(found, key=lambda known: (len(known), known))
    if len(longest) * 2 < len(key) and len(longest) < 6:
        return None
    entry = snapshot.entries[snapshot.intents[snapshot.error_texts[longest]].id]
    return Reply("answer", entry.question, 1.0, entry)


def _with_context(
    snapshot: Snapshot, text: str, turn: Turn, alone: Ranking, named: Sequence[Business]
) -> tuple[Ranking, str | None]:
    """Read a follow-up together with the question answered before, if that is clearly surer than reading it alone."""
    entry = snapshot.entries.get(turn.answered or "")
    if entry is None or (alone.hits and alone.hits[0].exact):
        return alone, None
    together = search(snapshot, f"{entry.question} {text}", audience=turn.audience, named=named)
    surer = together.hits and (
        not alone.hits or together.hits[0].probability >= alone.hits[0].probability + CONTEXT_LEAD
    )
    return (together, entry.question) if surer else (alone, None)


def _phrase(snapshot: Snapshot, decision: Decision, ranking: Ranking) -> Reply:
    """Put a decision into the curated words."""
    replies = snapshot.knowledge.replies
    if decision.kind == "answer":
        assert decision.entry is not None
        entry = snapshot.entries[decision.entry]
        return Reply("answer", entry.question, decision.confidence, entry)
    if decision.kind == "clarify":
        topic = snapshot.topics.get(decision.intent or "")
        labels = {option.entry: option.label for option in topic.options} if topic else {}
        options = tuple(
            Option(snapshot.entries[key], labels.get(key) or _label(snapshot.entries[key])) for key in decision.options
        )
        first = options[0].entry.clarify
        text = topic.question if topic else replies.clarify
        if (
            not topic
            and first is not None
            and all(option.entry.category == options[0].entry.category for option in options)
        ):
            text = first.question
        return Reply("clarify", text, decision.confidence, options=options)
    if decision.kind == "smalltalk":
        talk = snapshot.smalltalk[decision.intent or ""]
        return Reply("smalltalk", snapshot.fill(talk.text), decision.confidence, handover=talk.id == "human")
    if decision.kind == "neutral":
        judgement = snapshot.judgements.get(decision.intent or "")
        rule = (
            judgement.entry if judgement else next((h.intent.id for h in ranking.hits if h.intent.kind == "entry"), "")
        )
        return Reply("neutral", snapshot.fill(replies.neutral), decision.confidence, snapshot.entries.get(rule))
    pointer = snapshot.pointers.get(decision.intent or "")
    keys = pointer.related if pointer else decision.options
    options = tuple(Option(snapshot.entries[key], snapshot.entries[key].question) for key in keys)
    wording = pointer.text if pointer else replies.decline_near if options else replies.decline
    return Reply("decline", snapshot.fill(wording), decision.confidence, options=options, handover=True)


def _label(entry: Entry) -> str:
    return entry.clarify.label if entry.clarify else entry.question
