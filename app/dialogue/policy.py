"""decide(ranking, ...) -> what kind of reply.  Pure; every threshold is named and says what chose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.knowledge.model import Audience, Business, Category, Entry, Judgement, Topic
from app.retrieval.fusion import KINDS
from app.retrieval.search import Hit, Ranking

ANSWER = 0.55
"""Probability from which an entry is the answer: on the dev questions, cross-validated, 93 % of those in scope reach it,
0.2 % of them with a wrong entry, and about 1 % of those out of scope (the curve that scripts/fit_fusion.py prints)."""
SURE = 0.40
"""Probability that a kind other than entries needs, all its intents together, to decide the reply."""
SURE_JUDGEMENT = 0.12
"""The same for judgements, where missing one is worse than refusing a verdict nobody asked for: the rule is shown either way.
Dev, cross-validated: at 0.2 96.6 % of them are refused, at 0.12 97.5 %, at 0.06 99.2 %; look-alikes 96.5 % answered throughout,
questions in scope 93.4, 93.2, 92.3 %."""
SURE_SMALLTALK = 0.92
"""The same for small talk, where a wrong guess looks silly: 「今天天气怎么样」 has 0.88, from its likeness to 「你好吗」."""
NAMED_POINTER = 0.35
"""Probability from which one pointer's own text is given instead of the general refusal."""
IN_SCOPE = 0.20
"""Probability that entries and topics need together for options to be offered; below, the question is refused.  Dev:
at 0.4 the right entry is answered or offered for 96.4 % of the questions in scope, at 0.3 97.2 %, at 0.2 97.5 %."""
RIVAL = 0.20
"""Share of the first entry's probability from which a second one for another line of business makes the reply ask.  Dev:
ambiguous asked back 77.8 -> 79.5 %, dialogue turns 89.2 -> 89.7 %, questions in scope as before."""
DOUBT = 0.03
BEYOND_DOUBT = 0.85
"""A topic of at least ``DOUBT`` that holds the first entry turns an answer below ``BEYOND_DOUBT`` into a question.  Dev,
cross-validated: ``DOUBT`` 0.05 -> 0.03 ambiguous asked back 82.7 -> 83.5 %, questions in scope 4.8 -> 4.9 %."""
OPTION = 0.03
"""Probability from which an entry is worth a line among the options."""
FAR_AHEAD = 5.0
"""How many times likelier the first of several entries for a known role must be than the second to be taken without asking.
Dev, questions whose role is given: 41 -> 56 % answered."""
MAX_OPTIONS = 5

Kind = Literal["answer", "clarify", "decline", "smalltalk", "neutral", "policy", "term"]
"""``policy`` shows articles of statutes that were asked for by name, ``term`` a word of the dictionary; ``decide`` gives
neither."""


@dataclass(frozen=True)
class Decision:
    """``entry`` for answer and neutral; ``options`` are entry ids; ``intent`` the topic, pointer or small talk behind it.

    ``confidence`` is the probability that this is the right reply.
    """

    kind: Kind
    confidence: float
    entry: str | None = None
    options: tuple[str, ...] = ()
    intent: str | None = None


def decide(
    ranking: Ranking,
    entries: Mapping[str, Entry],
    topics: Mapping[str, Topic],
    *,
    audience: Audience | None = None,
    named: Sequence[Business] = (),
    general: bool = False,
    rules: Mapping[str, Judgement] | None = None,
    category: Category | None = None,
) -> Decision:
    """Choose the kind of reply.

    ``named`` are the lines of business the question (or the conversation) names; ``general`` says it asks for the rule:
    then what resembles a judgement from ``rules`` counts for the entry that holds its rule.  With a ``category`` only its
    entries are named.
    """
    if category is not None:
        ranking = within(ranking, category, entries, topics)
    if general and rules:
        ranking = about_the_rule(ranking, rules)
    if not ranking.hits:
        return Decision("decline", 1.0)
    best = ranking.hits[0]
    rivals = [hit for hit in ranking.hits if hit.intent.kind == "entry"]
    mass = dict.fromkeys(KINDS, 0.0)
    for hit in ranking.hits:
        mass[hit.intent.kind] += hit.probability
    if best.exact and best.intent.kind == "entry":
        return Decision("answer", 1.0, entry=best.intent.id)
    if mass["judgement"] >= SURE_JUDGEMENT:
        judgement = next((hit.intent.id for hit in ranking.hits if hit.intent.kind == "judgement"), None)
        return Decision("neutral", mass["judgement"], intent=judgement)
    if best.intent.kind == "smalltalk" and mass["smalltalk"] >= (0.0 if best.exact else SURE_SMALLTALK):
        return Decision("smalltalk", mass["smalltalk"], intent=best.intent.id)
    if best.intent.kind == "pointer" and mass["pointer"] >= SURE:
        pointer = best.intent.id if best.probability >= NAMED_POINTER else None
        return Decision("decline", mass["pointer"], intent=pointer)
    asked = next((hit for hit in ranking.hits if hit.intent.kind == "topic"), None)
    shares = {hit.intent.id: hit.probability for hit in rivals}
    if rivals and rivals[0].probability >= ANSWER and not _in_doubt(rivals[0], asked, topics):
        between = _between(rivals, entries, topics)
        if between is not None:
            return resolve(
                between, rivals[0].probability, entries, shares, audience=audience, named=named, category=category
            )
        return Decision("answer", rivals[0].probability, entry=rivals[0].intent.id)
    if asked is not None and mass["topic"] + mass["entry"] >= IN_SCOPE and _leads(asked, rivals, topics):
        probability = mass["topic"] + mass["entry"]
        topic = topics[asked.intent.id]
        settled = resolve(topic, probability, entries, shares, audience=audience, named=named, category=category)
        return _with_rivals(settled, rivals) if settled.kind == "clarify" else settled
    if mass["entry"] + mass["topic"] >= IN_SCOPE and len(rivals) >= 2:
        options = [hit.intent.id for hit in rivals[:MAX_OPTIONS] if hit.probability >= OPTION]
        options = options if len(options) >= 2 else [hit.intent.id for hit in rivals[:2]]
        return Decision("clarify", mass["entry"] + mass["topic"], options=tuple(options))
    return Decision("decline", 1 - rivals[0].probability if rivals else 1.0, options=near(rivals))


def _in_doubt(first: Hit, asked: Hit | None, topics: Mapping[str, Topic]) -> bool:
    """Whether a topic that holds the first entry among others is likely enough to ask back rather than answer."""
    if asked is None or first.probability >= BEYOND_DOUBT or asked.probability < DOUBT:
        return False
    return any(option.entry == first.intent.id for option in topics[asked.intent.id].options)


def _between(rivals: Sequence[Hit], entries: Mapping[str, Entry], topics: Mapping[str, Topic]) -> Topic | None:
    """The narrowest topic that offers the two likeliest entries, where the second is a real rival and of another business."""
    if len(rivals) < 2 or rivals[1].probability < RIVAL * rivals[0].probability:
        return None
    pair = {rivals[0].intent.id, rivals[1].intent.id}
    if set(entries[rivals[0].intent.id].business) & set(entries[rivals[1].intent.id].business):
        return None
    both = [topic for topic in topics.values() if pair <= {option.entry for option in topic.options}]
    return min(both, key=lambda topic: (len(topic.options), topic.id), default=None)


def _leads(asked: Hit, rivals: Sequence[Hit], topics: Mapping[str, Topic]) -> bool:
    """Whether to ask with a topic's options: it is likelier than every entry, or casts doubt on the first."""
    return not rivals or asked.probability >= rivals[0].probability or _in_doubt(rivals[0], asked, topics)


def within(ranking: Ranking, category: Category, entries: Mapping[str, Entry], topics: Mapping[str, Topic]) -> Ranking:
    """Leave the entries of one category and the topics that have any; what is neither stays."""

    def stays(hit: Hit) -> bool:
        if hit.intent.kind == "topic":
            return any(entries[option.entry].category == category for option in topics[hit.intent.id].options)
        return hit.intent.kind != "entry" or entries[hit.intent.id].category == category

    return Ranking(tuple(hit for hit in ranking.hits if stays(hit)), ranking.none)


def about_the_rule(ranking: Ranking, rules: Mapping[str, Judgement]) -> Ranking:
    """Give the probability of every judgement to the entry of its rule, if that entry was found too."""
    gained: dict[str, float] = {}
    for hit in ranking.hits:
        if hit.intent.kind == "judgement":
            entry = rules[hit.intent.id].entry
            gained[entry] = gained.get(entry, 0.0) + hit.probability
    moved = [
        replace(hit, probability=hit.probability + gained.get(hit.intent.id, 0.0))
        for hit in ranking.hits
        if hit.intent.kind != "judgement"
    ]
    return Ranking(tuple(sorted(moved, key=lambda hit: -hit.probability)), ranking.none)


def resolve(
    topic: Topic,
    probability: float,
    entries: Mapping[str, Entry],
    shares: Mapping[str, float],
    *,
    audience: Audience | None,
    named: Sequence[Business],
    category: Category | None = None,
) -> Decision:
    """A question that several entries answer: take the one that its business or the asker's role singles out, or ask.

    ``shares`` are the entries' own probabilities: of those that suit a known role, one far ahead is meant.
    """
    options = [o.entry for o in topic.options if category is None or entries[o.entry].category == category]
    if len(options) == 1:
        return Decision("answer", probability, entry=options[0], intent=topic.id)
    fitting = [entry for entry in options if set(entries[entry].business) & set(named)] if named else options
    if audience is not None and len(fitting) != 1:
        fitting = [entry for entry in fitting or options if audience in entries[entry].audience]
        ahead = sorted(fitting, key=lambda entry: -shares.get(entry, 0.0))
        if len(ahead) > 1 and shares.get(ahead[0], 0.0) >= max(OPTION, FAR_AHEAD * shares.get(ahead[1], 0.0)):
            fitting = ahead[:1]
    if len(fitting) == 1:
        return Decision("answer", probability, entry=fitting[0], intent=topic.id)
    return Decision("clarify", probability, options=tuple(options), intent=topic.id)


def _with_rivals(decision: Decision, rivals: Sequence[Hit]) -> Decision:
    """Add to a topic's options, while there is room, the entries that the question itself brought up."""
    likely = [hit.intent.id for hit in rivals if hit.probability >= OPTION and hit.intent.id not in decision.options]
    return replace(decision, options=(*decision.options, *likely)[:MAX_OPTIONS])


def near(rivals: Sequence[Hit]) -> tuple[str, ...]:
    """The entries to name under a refusal."""
    return tuple(hit.intent.id for hit in rivals[:3] if hit.probability >= OPTION)
