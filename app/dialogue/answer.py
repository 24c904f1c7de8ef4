"""answer(snapshot, question, turn) -> Reply.  Web, shell and evaluation all ask here, so what is measured is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from app.dialogue import context, cues, lookup
from app.dialogue.confidence import calibrated
from app.dialogue.context import Continued
from app.dialogue.deadline import step_now
from app.dialogue.policy import MAX_OPTIONS, Decision, Kind, decide
from app.dialogue.turn import Offered, Turn
from app.index.spelling import corrected
from app.knowledge.model import Audience, Business, Category, Entry, Stage, Step, Term
from app.retrieval.laws import LawHit
from app.retrieval.search import Ranking, search
from app.snapshot import Snapshot
from app.text.normalize import match_key, normalize, strip_fillers

ERROR_TEXT_MIN_CHARS = 4
"""A shorter message would be found inside ordinary sentences."""
ERROR_TEXT_CLEAR_CHARS = 6
"""From this length a message is recognised inside a text of any length."""
ERROR_TEXT_ALIKE, ERROR_TEXT_SLIP_CHARS = 0.9, 10
"""Likeness from which a message of at least so many characters is recognised with a slip: one wrong in ten."""

CLEAN = 0.85
"""Confidence from which a question counts as understood as it was typed."""
RESPELLED = 0.9
"""What a reading that needed a correction is worth beside one that did not."""


SPELLED_RIGHT = 0.8
"""Share of the keywords of kb/, typed as whole pinyin or initials and understood in no other way, whose entry is then among
the options (263 of 327)."""


Tier = Literal[
    "offered",
    "error_text",
    "number",
    "cited",
    "exact",
    "scores",
    "follow_up",
    "corrected",
    "term",
    "pinyin",
    "rejected",
]
"""What decided a reply, in the order in which they are tried (``rejected`` is 「都不是」)."""


@dataclass(frozen=True)
class Question:
    """A message and what the asker chose beside it."""

    text: str
    audience: Audience | None = None
    category: Category | None = None
    business: Business | None = None
    as_of: date | None = None
    """Answer by what was, or will be, in force on this day; None: by the versions served."""
    stage: Stage | None = None
    minutes_to_opening: int | None = None
    """Negative once the hour of the opening has passed."""


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
    """Share of such replies that are right."""
    entry: Entry | None = None
    options: tuple[Option, ...] = ()
    urgent: Step | None = None
    """What to do first, now that time is short."""
    versions: tuple[Entry, ...] = ()
    """Other versions of the entry, the oldest first."""
    articles: tuple[LawHit, ...] = ()
    """Articles asked for by name; under a refusal, those that fit the question."""
    term: Term | None = None
    handover: bool = False
    understood_as: str | None = None
    """What a follow-up was read together with."""
    corrected: str | None = None
    """The question as it was read, where it was taken for mistyped."""
    tier: Tier = "scores"
    probability: float = 1.0
    """What decided, before it was calibrated into ``confidence``."""
    topic: str | None = field(default=None, repr=False)
    intent: str | None = field(default=None, repr=False)
    """The pointer behind a refusal."""
    ranking: Ranking | None = field(default=None, repr=False)


def answer(snapshot: Snapshot, question: Question, turn: Turn | None = None) -> tuple[Reply, Turn]:
    """Reply to one message and say what is to be remembered.  Same snapshot, question and turn: same reply."""
    reply, remembered = _answer(snapshot, question, turn)
    return _in_time(_on_day(snapshot, reply, question.as_of), question), remembered


def _in_time(reply: Reply, question: Question) -> Reply:
    """With the step to take first, where the answer has one for this moment."""
    if reply.kind != "answer" or reply.entry is None:
        return reply
    return replace(reply, urgent=step_now(reply.entry, question.stage, question.minutes_to_opening))


def _on_day(snapshot: Snapshot, reply: Reply, day: date | None) -> Reply:
    """The version of the answer that is in force on a day, with the others beside it."""
    if reply.entry is None:
        return reply
    versions = snapshot.versions.get(reply.entry.id, (reply.entry,))
    chosen = snapshot.version_on(reply.entry.id, day) if day else reply.entry
    if chosen is None:
        decline = snapshot.fill(snapshot.knowledge.replies.not_in_force)
        return Reply("decline", decline, reply.confidence, versions=versions, handover=True, tier=reply.tier)
    others = tuple(entry for entry in versions if entry is not chosen)
    text = chosen.question if reply.kind == "answer" else reply.text
    return replace(reply, entry=chosen, text=text, versions=others)


def _answer(snapshot: Snapshot, question: Question, turn: Turn | None) -> tuple[Reply, Turn]:
    text = strip_fillers(normalize(question.text))
    turn = turn or Turn()
    role = question.audience or cues.states_role(text) or turn.audience
    turn = replace(turn, audience=role, business=question.business or _spoken_of(text, turn))
    offered = context.from_offered(snapshot, text, turn)
    picked = offered or _error_text(snapshot, question.text)
    if picked is not None:
        reply = Reply("answer", picked.question, 1.0, picked, tier="offered" if offered else "error_text")
        return reply, _remember(turn, reply)
    by_number = lookup.numbered(snapshot, text)
    if by_number is not None:
        reply = Reply("answer", by_number.question, 1.0, by_number, tier="number")
        return reply, _remember(turn, reply)
    articles = lookup.cited(snapshot, question.text, question.as_of)
    if articles:
        reply = _articles(snapshot, articles)
        return reply, _remember(turn, reply)
    if cues.rejects_options(text):
        replies = snapshot.knowledge.replies
        first = turn.misses == 0
        reply = Reply(
            "decline", replies.clarify_failed if first else replies.decline, 1.0, handover=not first, tier="rejected"
        )
        return reply, replace(turn, offered=(), asked=False, topic=None, misses=turn.misses + 1)

    def rank(words: str) -> Ranking:
        return search(snapshot, words, audience=turn.audience, named=_named(words, turn))

    def conclude(ranking: Ranking, words: str) -> Decision:
        return decide(
            ranking,
            snapshot.entries,
            snapshot.topics,
            audience=turn.audience,
            named=_named(words, turn),
            general=cues.asks_for_the_rule(normalize(words)),
            rules=snapshot.judgements,
            category=question.category,
        )

    ranking = rank(question.text)
    exact = bool(ranking.hits) and ranking.hits[0].exact
    read = Continued(conclude(ranking, question.text), ranking, None)
    without_slips = None
    if (turn.answered or turn.asked) and (cues.may_follow_up(text) or (turn.asked and not cues.asks(text))):
        read = context.follow_up(snapshot, text, turn, ranking, read.decision, rank, conclude)
    if read.words is None and not _clean(read.decision):
        read, without_slips = _respelled(snapshot, text, read, rank, conclude)
    tier: Tier = "corrected" if without_slips else "follow_up" if read.words else "exact" if exact else "scores"
    decision = read.decision
    reply = replace(
        _phrase(snapshot, decision, read.ranking),
        confidence=1.0 if exact and not read.words else calibrated(decision.kind, decision.confidence),
        probability=decision.confidence,
        understood_as=read.words,
        corrected=without_slips,
        tier=tier,
        ranking=read.ranking,
    )
    reply = _beside(snapshot, reply, text, question)
    return reply, _remember(turn, reply)


def _articles(snapshot: Snapshot, found: tuple[LawHit, ...]) -> Reply:
    """What a reference to a statute is answered with: the articles, and the entries that rest on the first."""
    first = found[0].article
    text = f"《{first.policy.title}》" + (first.number if found[0].tier == "cited" else "")
    options = _questions(snapshot, [entry.id for entry in lookup.citing(snapshot, first)][:MAX_OPTIONS])
    return Reply("policy", text, 1.0, options=options, articles=found, tier="cited")


def _beside(snapshot: Snapshot, reply: Reply, text: str, question: Question) -> Reply:
    """What the dictionary and the statutes have for a question that no entry answers, or asks what a word means.

    Only a known wording is answered by its entry even so: an entry found by its scores is about the word, no more.
    """
    meaning = reply.kind == "clarify" or (reply.kind == "answer" and reply.tier != "exact")
    if reply.understood_as is None and (reply.kind == "decline" or (meaning and lookup.asks_meaning(text))):
        term = lookup.term_asked(snapshot, text)
        if term is not None:
            using = [reply.entry.id] if reply.entry else []
            using += [option.entry.id for option in reply.options if reply.kind == "clarify"]
            using += [entry.id for entry in lookup.entries_using(snapshot, term) if entry.id not in using]
            options = _questions(snapshot, using[:MAX_OPTIONS])
            return replace(
                reply,
                kind="term",
                text=term.term,
                entry=None,
                term=term,
                options=options,
                tier="term",
                handover=False,
                confidence=1.0,
            )
    spelled = lookup.spelled(snapshot, text) if reply.tier == "scores" else ()
    if spelled:
        several = len(spelled) > 1
        wording = snapshot.knowledge.replies.clarify if several else snapshot.knowledge.replies.decline_near
        options = _questions(snapshot, [entry.id for entry in spelled])
        kind: Kind = "clarify" if several else "decline"
        return Reply(
            kind, snapshot.fill(wording), SPELLED_RIGHT, options=options, tier="pinyin", handover=not several,
            ranking=reply.ranking,
        )  # fmt: skip
    if reply.kind == "decline" and reply.tier != "rejected":
        return replace(reply, articles=lookup.fitting(snapshot, question.text, question.as_of))
    return reply


def _clean(decision: Decision) -> bool:
    """Whether a question is understood so well as typed that no slip of the keys need be thought of."""
    if decision.kind in ("answer", "clarify"):
        return decision.confidence >= CLEAN
    return decision.kind != "decline" or decision.intent is not None


def _respelled(
    snapshot: Snapshot, text: str, typed: Continued, rank: context.Rank, conclude: context.Conclude
) -> tuple[Continued, str | None]:
    """The text read without slips where that is the better reading, with that text; else as typed."""
    text_without = corrected(snapshot.spelling, text, snapshot.tokenizer.frequencies)
    if text_without is None:
        return typed, None
    ranking = rank(text_without)
    decision = conclude(ranking, text_without)
    if decision.kind not in ("answer", "clarify") or (typed.decision.kind, decision.kind) == ("answer", "clarify"):
        return typed, None
    if _best_entry(ranking) * RESPELLED <= _best_entry(typed.ranking):
        return typed, None
    return Continued(replace(decision, confidence=decision.confidence * RESPELLED), ranking, None), text_without


def _spoken_of(text: str, turn: Turn) -> Business | None:
    """The line of business that the conversation is about: the one named last, none while a message names several."""
    spoken = cues.businesses(text)
    return turn.business if not spoken else spoken[0] if len(spoken) == 1 else None


def _named(words: str, turn: Turn) -> tuple[Business, ...]:
    """The lines of business that the words name, else the one chosen before."""
    return cues.businesses(normalize(words)) or ((turn.business,) if turn.business else ())


def _best_entry(ranking: Ranking) -> float:
    return max((hit.probability for hit in ranking.hits if hit.intent.kind in ("entry", "topic")), default=0.0)


def _remember(turn: Turn, reply: Reply) -> Turn:
    missed = reply.kind == "decline"
    settled = reply.kind in ("answer", "smalltalk", "neutral")
    answered = reply.entry.id if reply.kind == "answer" and reply.entry else None
    moves_on = reply.kind in ("answer", "clarify")
    return replace(
        turn,
        offered=tuple(Offered(option.entry.id, option.label) for option in reply.options),
        asked=reply.kind == "clarify",
        answered=answered if moves_on else turn.answered,
        topic=reply.topic if moves_on else turn.topic,
        misses=turn.misses + 1 if missed else 0 if settled else turn.misses,
    )


def _error_text(snapshot: Snapshot, text: str) -> Entry | None:
    """A pasted program message is recognised before anything is compared by meaning.

    First messages that stand in the text to the letter, the longest one; then one that stands in it but for a slip.
    """
    key = match_key(text)
    if key in snapshot.exact:
        return None
    known = list(snapshot.error_texts)
    found = [message for message in known if len(message) >= ERROR_TEXT_MIN_CHARS and message in key]
    # A short message inside a long sentence is the sentence's words, not a paste.
    found = [message for message in found if len(message) * 2 >= len(key) or len(message) >= ERROR_TEXT_CLEAR_CHARS]
    if not found:
        rows = [i for i, message in enumerate(known) if ERROR_TEXT_SLIP_CHARS <= len(message) <= len(key)]
        alike = snapshot.error_index.partial(key, rows)
        found = [known[i] for i, likeness in zip(rows, alike, strict=True) if likeness >= ERROR_TEXT_ALIKE]
    if not found:
        return None
    longest = max(found, key=lambda message: (len(message), message))
    return snapshot.entries[snapshot.intents[snapshot.error_texts[longest]].id]


def _phrase(snapshot: Snapshot, decision: Decision, ranking: Ranking) -> Reply:
    """Put a decision into the curated words."""
    replies = snapshot.knowledge.replies
    if decision.kind == "answer":
        entry = snapshot.entries[decision.entry or ""]
        return Reply("answer", entry.question, decision.confidence, entry)
    if decision.kind == "clarify":
        return _ask_back(snapshot, decision)
    if decision.kind == "smalltalk":
        talk = snapshot.smalltalk[decision.intent or ""]
        return Reply("smalltalk", snapshot.fill(talk.text), decision.confidence, handover=talk.handover)
    if decision.kind == "neutral":
        judgement = snapshot.judgements.get(decision.intent or "")
        rule = judgement.entry if judgement else _first_entry(ranking)
        return Reply("neutral", snapshot.fill(replies.neutral), decision.confidence, snapshot.entries.get(rule))
    pointer = snapshot.pointers.get(decision.intent or "")
    options = _questions(snapshot, pointer.related if pointer else decision.options)
    wording = pointer.text if pointer else replies.decline_near if options else replies.decline
    intent = pointer.id if pointer else None
    return Reply("decline", snapshot.fill(wording), decision.confidence, options=options, handover=True, intent=intent)


def _ask_back(snapshot: Snapshot, decision: Decision) -> Reply:
    topic = snapshot.topics.get(decision.intent or "")
    labels = {option.entry: option.label for option in topic.options} if topic else {}
    entries = [snapshot.entries[key] for key in decision.options]
    options = tuple(Option(entry, labels.get(entry.id) or _label(entry)) for entry in entries)
    text = topic.question if topic else snapshot.knowledge.replies.clarify
    first = entries[0].clarify
    if not topic and first is not None and len({entry.category for entry in entries}) == 1:
        text = first.question
    return Reply("clarify", text, decision.confidence, options=options, topic=topic.id if topic else None)


def _questions(snapshot: Snapshot, keys: Sequence[str]) -> tuple[Option, ...]:
    return tuple(Option(snapshot.entries[key], snapshot.entries[key].question) for key in keys)


def _first_entry(ranking: Ranking) -> str:
    return next((hit.intent.id for hit in ranking.hits if hit.intent.kind == "entry"), "")


def _label(entry: Entry) -> str:
    return entry.clarify.label if entry.clarify else entry.question
