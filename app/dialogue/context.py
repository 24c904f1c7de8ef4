"""A short message read as the continuation of a conversation, by rules and scores; if both readings are plausible, ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from app.dialogue import cues
from app.dialogue.policy import Decision
from app.dialogue.turn import Turn
from app.knowledge.model import Business, Entry
from app.retrieval.search import Hit, Ranking
from app.snapshot import Snapshot
from app.text.normalize import match_key
from app.text.tokenize import bigrams

Rank = Callable[[str], Ranking]
Conclude = Callable[[Ranking, str], Decision]

UNIVERSAL: Business = "通用"

SURE_ALONE = 0.85
"""Confidence from which a message that does not lean on the one before (那…, …呢) is what it is by itself."""
STRANGE, STRANGE_THOUGH_LEANING = 0.02, 0.5
"""Probability of "none" of a message by itself from which it has nothing to do with the trade and so continues nothing
(今天天气怎么样); one that leans on the one before (那锁呢) may be as short as a word.  Dev: of 278 short questions out of scope,
each asked after some answer, 9.0 % -> 0.7 % were glued to it; no right continuation of 61 was lost (their median is 2e-5)."""
CHATTING = 0.5
"""The same for small talk: more that than anything else."""
OFFERED, RELATED, SAME_CATEGORY, ITSELF = 12.0, 3.0, 8.0, 1.0
"""How much likelier than others an entry is meant that was just shown as an option, that belongs with the last answer (one
names the other as related), that is of its category; and the last answer itself."""

CHOSEN, FAR_AHEAD = 0.2, 3.0
"""Probability, and how many times that of the next, from which one of the options asked back about is taken as chosen."""

CHOSEN_PLAINLY, AHEAD_PLAINLY = 0.02, 1.5
"""The same for a message that asks nothing: it can hardly be anything but the answer to what was asked back."""

RATHER, RATHER_AHEAD = 0.1, 2.0
"""Probability, and how many times that of the next, from which a follow-up's own words turn it from the last answer to one
beside it (「锁要是丢了呢」 after the PIN code).  Dev, later turns: 92.2 -> 93.0 %, none lost, for 0.05 to 0.2 and 1 to 4."""

LABEL_SHARE = 0.5
"""Share of a message's character pairs that an option's label must have to be picked by them."""


@dataclass(frozen=True)
class Continued:
    """A message in its conversation: ``words`` are what it was read together with, None where it stands alone."""

    decision: Decision
    ranking: Ranking
    words: str | None


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


def follow_up(
    snapshot: Snapshot, text: str, turn: Turn, ranking: Ranking, alone: Decision, rank: Rank, conclude: Conclude
) -> Continued:
    """What a message means after ``turn``, given its ``ranking`` and what it means ``alone``.

    A message that is clear by itself is never bent to the past.  Otherwise: a bare line of business (「政府采购的呢」)
    asks the same of another business; a word that singles out one of the options just shown picks it; among the options
    of a topic the one that belongs with the last answer is meant; and the message is read together with the subject of
    the conversation, what belongs with the last answer counting more.  What is still undecided is asked back.
    """
    itself = Continued(alone, ranking, None)
    last = snapshot.entries.get(turn.answered or "")
    if last is not None and (business := cues.only_names_business(text)) is not None:
        sibling = _sibling(snapshot, last, business)
        if sibling is not None:
            return Continued(Decision("answer", alone.confidence, entry=sibling), ranking, last.question)
    core = cues.without_connectives(text)
    if turn.asked:
        picked = _among_offered(snapshot, text, core, turn, alone, rank)
        if picked is not None:
            decision = Decision("answer", max(alone.confidence, 0.5), entry=picked)
            return Continued(decision, ranking, subject(snapshot, turn) or None)
    if alone.kind not in ("answer", "clarify", "decline") or (alone.kind == "decline" and alone.intent is not None):
        return itself
    if core != text:
        by_itself = conclude(rank(core), core)
        if by_itself.kind == "answer" and by_itself.confidence >= SURE_ALONE:
            return Continued(by_itself, ranking, None)
    if alone.kind == "answer" and (alone.confidence >= SURE_ALONE or core == text):
        return itself
    chosen = _singled_out(snapshot, text, turn)
    if chosen is not None:
        return Continued(Decision("answer", max(alone.confidence, 0.5), entry=chosen), ranking, None)
    own = rank(core)
    chatting = sum(hit.probability for hit in own.hits if hit.intent.kind == "smalltalk")
    if own.none >= (STRANGE_THOUGH_LEANING if core != text else STRANGE) or chatting >= CHATTING:
        return itself
    if last is not None and alone.kind == "clarify" and alone.intent is not None:
        options = [snapshot.entries[key] for key in alone.options]
        meant = _of_the_same_matter(last, options, _kin(snapshot, last), ranking)
        if meant is not None:
            decision = replace(alone, kind="answer", entry=meant.id, options=())
            return Continued(decision, ranking, last.question)
    if ranking.hits and ranking.hits[0].exact:
        return itself  # a wording of its own
    words = subject(snapshot, turn)
    together = rank(f"{words} {core}") if words and words not in text else ranking
    weighed = _weighed(snapshot, turn, together)
    decision = conclude(weighed, text)
    if last is not None and decision.kind == "answer" and decision.entry == last.id:
        decision = replace(decision, entry=_rather(snapshot, last, own) or last.id)
    if decision.kind == "clarify" and alone.kind != "decline":
        return itself
    if decision.kind not in ("answer", "clarify") or decision == alone:
        return itself
    return Continued(decision, weighed, words or (last.question if last else None))


def _another_matter(alone: Decision, turn: Turn) -> bool:
    """Whether a message says by itself something that none of the options just shown is about."""
    if alone.kind == "answer":
        return alone.confidence >= SURE_ALONE and alone.entry not in {option.entry for option in turn.offered}
    return alone.kind == "decline" and alone.intent is not None


def _among_offered(snapshot: Snapshot, text: str, core: str, turn: Turn, alone: Decision, rank: Rank) -> str | None:
    """The option that a message chooses after a question back, in other words than its label.

    A message that asks about another matter chooses none; one that asks nothing may, if it names the option's line of
    business or most of its label.
    """
    if alone.kind in ("smalltalk", "neutral"):
        return None
    keys = [option.entry for option in turn.offered]
    another = _another_matter(alone, turn)
    chosen = None if another and cues.asks(text) else _singled_out(snapshot, text, turn)
    if chosen is not None or another or not keys:
        return chosen
    words = subject(snapshot, turn)
    together = rank(f"{words} {core}" if words else core)
    share = _shares(together)
    order = sorted(keys, key=lambda key: -share.get(key, 0.0))
    first, second = share.get(order[0], 0.0), share.get(order[1], 0.0) if len(order) > 1 else 0.0
    enough, ahead = (CHOSEN, FAR_AHEAD) if cues.asks(text) else (CHOSEN_PLAINLY, AHEAD_PLAINLY)
    return order[0] if first >= enough and first >= ahead * second else None


def _singled_out(snapshot: Snapshot, text: str, turn: Turn) -> str | None:
    """The one option just shown that the line of business named, or most of the words, speak for."""
    shown = [option for option in turn.offered if option.entry in snapshot.entries]
    named = set(cues.businesses(text))
    if named:
        fitting = [o.entry for o in shown if named & set(snapshot.entries[o.entry].business)]
        exclusive = [key for key in fitting if UNIVERSAL not in snapshot.entries[key].business]
        if len(exclusive or fitting) == 1:
            return (exclusive or fitting)[0]
    said = set(bigrams(match_key(text)))
    share = [(len(said & set(bigrams(match_key(o.label)))) / max(len(said), 1), o.entry) for o in shown]
    best = sorted(share, reverse=True)[:2]
    if best and best[0][0] >= LABEL_SHARE and (len(best) == 1 or best[0][0] >= 2 * best[1][0]):
        return best[0][1]
    return None


def _weighed(snapshot: Snapshot, turn: Turn, ranking: Ranking) -> Ranking:
    """Entries counted by how they belong to the conversation, and everything shared out anew."""
    offered = {option.entry for option in turn.offered}
    last = snapshot.entries.get(turn.answered or "")
    kin = _kin(snapshot, last) if last else set()

    def factor(entry: Entry) -> float:
        if entry.id in offered:
            return OFFERED
        if last is None:
            return 1.0
        if entry.id == last.id:
            return ITSELF
        return (RELATED if entry.id in kin else 1.0) * (SAME_CATEGORY if entry.category == last.category else 1.0)

    raised: dict[tuple[str, str], Hit] = {}
    for hit in ranking.hits:
        intent, share = hit.intent, hit.probability
        if intent.kind == "topic" and last is not None:
            settled = _of_the_same_matter(
                last, [snapshot.entries[o.entry] for o in snapshot.topics[intent.id].options], kin, ranking
            )
            if settled is not None:
                intent = snapshot.intent_of[settled.id]
        if intent.kind == "entry":
            share *= factor(snapshot.entries[intent.id])
        key = (intent.kind, intent.id)
        before = raised[key].probability if key in raised else 0.0
        raised[key] = replace(raised.get(key, hit), intent=intent, probability=before + share, exact=False)
    total = ranking.none + sum(hit.probability for hit in raised.values())
    if not total:
        return ranking
    shared = [replace(hit, probability=hit.probability / total) for hit in raised.values()]
    return Ranking(tuple(sorted(shared, key=lambda hit: -hit.probability)), ranking.none / total)


def _of_the_same_matter(last: Entry, options: Sequence[Entry], kin: Collection[str], ranking: Ranking) -> Entry | None:
    """The one option that belongs with the last answer: of its category, else related to it; None if none or several.

    Where the last answer is an option itself it is meant, unless the words speak more for the other.
    """
    others = [entry for entry in options if entry.id != last.id]
    same = [entry for entry in others if entry.category == last.category]
    related = [entry for entry in same or others if entry.id in kin]
    other = same[0] if len(same) == 1 else related[0] if len(related) == 1 else None
    if len(others) == len(options):
        return other
    share = _shares(ranking)
    return other if other and share.get(other.id, 0.0) > share.get(last.id, 0.0) else last


def _rather(snapshot: Snapshot, last: Entry, ranking: Ranking) -> str | None:
    """The entry that belongs with the last answer and that a message's own words clearly speak for instead of it."""
    share, kin = _shares(ranking), _kin(snapshot, last)
    beside = [k for k in share if k != last.id and (k in kin or snapshot.entries[k].category == last.category)]
    first, second, *_ = (*sorted(beside, key=lambda key: -share[key]), "", "")
    rival = max(share.get(second, 0.0), share.get(last.id, 0.0))
    return first if first and share[first] >= RATHER and share[first] >= RATHER_AHEAD * rival else None


def _shares(ranking: Ranking) -> dict[str, float]:
    """The probability of every entry ranked, by id."""
    return {hit.intent.id: hit.probability for hit in ranking.hits if hit.intent.kind == "entry"}


def _kin(snapshot: Snapshot, last: Entry) -> set[str]:
    """Entries that belong with one: it names them as related, or they it."""
    return set(last.related) | {entry.id for entry in snapshot.knowledge.entries if last.id in entry.related}


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
