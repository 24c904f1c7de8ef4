"""A short message read as the continuation of a conversation, by rules; if both readings are plausible, ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.dialogue import cues
from app.dialogue.policy import Decision
from app.dialogue.turn import Turn
from app.knowledge.model import Business, Entry
from app.snapshot import Snapshot
from app.text.normalize import match_key

Read = Callable[[str], Decision]
"""Decides a text as if nothing had been said before."""

UNIVERSAL: Business = "通用"


def from_offered(snapshot: Snapshot, text: str, turn: Turn) -> Entry | None:
    """The entry picked from the options just shown: by place (「第二个」), by its label or part of it, by business or role."""
    shown = [(snapshot.entries[o.entry], match_key(o.label)) for o in turn.offered if o.entry in snapshot.entries]
    if not shown:
        return None
    place = cues.picked(text)
    if place is not None and place <= len(shown):
        return shown[place - 1][0]
    said = match_key(cues.without_connectives(text)).removesuffix("的")
    for entry, label in shown:
        if said == label:
            return entry
    role = cues.states_role(text)
    business = cues.only_names_business(text)
    fitting: list[Entry] = []
    if role is not None:
        fitting = [entry for entry, _ in shown if role in entry.audience]
    elif business is not None:
        fitting = [entry for entry, _ in shown if business in entry.business]
        fitting = [entry for entry in fitting if entry.business == (business,)] or fitting
    elif 1 < len(said) <= cues.FOLLOW_UP_CHARS:
        fitting = [entry for entry, label in shown if said in label or label in said]
    return fitting[0] if len(fitting) == 1 else None


def follow_up(snapshot: Snapshot, text: str, turn: Turn, alone: Decision, read: Read) -> tuple[Decision, str | None]:
    """What a message means after ``turn``, given what it means ``alone``; with the words it was read together with.

    A message that is clear by itself is never bent to the past.  Otherwise: a bare line of business (「政府采购的呢」)
    asks the same of another business; among several entries that fit, the only one of the category or the relatives of
    the last answer is meant; and what says too little is read together with the subject of the conversation.
    """
    last = snapshot.entries.get(turn.answered or "")
    if last is not None and (business := cues.only_names_business(text)) is not None:
        sibling = _sibling(snapshot, last, business)
        if sibling is not None:
            return Decision("answer", alone.confidence, entry=sibling), last.question
    if alone.kind not in ("clarify", "decline") or (alone.kind == "decline" and alone.intent is not None):
        return alone, None
    if last is not None and alone.kind == "clarify" and alone.intent is not None:
        meant = _of_the_same_matter(snapshot, last, alone.options)
        if meant is not None:
            return replace(alone, kind="answer", entry=meant, options=()), last.question
    words = subject(snapshot, turn)
    if words and words not in text:
        core = cues.without_connectives(text)
        together = read(f"{words} {core}")
        if together.kind == "answer" or (together.kind == "clarify" and alone.kind == "decline" and core != text):
            return together, words
    return alone, None


def _of_the_same_matter(snapshot: Snapshot, last: Entry, options: tuple[str, ...]) -> str | None:
    """The one option that belongs with the last answer: of its category, else related to it; None if none or several."""
    others = [key for key in options if key != last.id]
    same = [key for key in others if snapshot.entries[key].category == last.category]
    if len(same) == 1:
        return same[0]
    kin = [key for key in same or others if key in last.related or last.id in snapshot.entries[key].related]
    return kin[0] if len(kin) == 1 else None


def _sibling(snapshot: Snapshot, last: Entry, business: Business) -> str | None:
    """The entry that answers the same for another business: from the topics that hold the last answer, the narrowest."""
    for topic in sorted(snapshot.knowledge.topics, key=lambda topic: len(topic.options)):
        keys = [option.entry for option in topic.options]
        if last.id not in keys:
            continue
        fitting = [k for k in keys if k != last.id and business in snapshot.entries[k].business]
        exclusive = [k for k in fitting if UNIVERSAL not in snapshot.entries[k].business]
        if len(exclusive) == 1 and business not in last.business:
            return exclusive[0]
    return None


def subject(snapshot: Snapshot, turn: Turn) -> str:
    """Words of the knowledge base that name what the conversation is about; empty when it is about nothing yet."""
    topic, entry = snapshot.topics.get(turn.topic or ""), snapshot.entries.get(turn.answered or "")
    if topic is not None:
        return topic.phrases[0]
    if entry is not None:
        return entry.keywords[0] if entry.keywords else entry.question
    return ""
