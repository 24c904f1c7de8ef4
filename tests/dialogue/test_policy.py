"""decide() on rankings made by hand.  Shares are far from every threshold, so that tuning one breaks nothing here."""

from __future__ import annotations

from datetime import date

import pytest

from app.dialogue import policy
from app.dialogue.policy import Decision, decide
from app.knowledge.model import Audience, Business, Entry, Intent, IntentKind, Option, Topic
from app.retrieval.fusion import FEATURES
from app.retrieval.search import Hit, Ranking


def entry(key: str, business: Business, *audience: Audience) -> Entry:
    return Entry(
        id=key,
        number="001",
        category="保证金缴纳",
        audience=audience,
        business=(business,),
        question=f"{key}？",
        answer="答。",
        updated=date(2026, 1, 1),
    )


ENTRIES = {
    e.id: e
    for e in (
        entry("works", "工程", "bidder", "evaluator"),
        entry("procurement", "政府采购", "bidder"),
        entry("land", "土地", "bidder", "agency"),
        *(entry(f"e-{i}", "通用", "bidder") for i in range(9)),
    )
}
TOPICS = {
    "refund": Topic(
        id="refund",
        question="哪一类？",
        phrases=("退",),
        options=tuple(Option(entry=key, label=key) for key in ("land", "works", "procurement")),
    )
}


def ranking(*shares: tuple[IntentKind, str, float], exact: bool = False) -> Ranking:
    """Hits in the order given; what is left of 1 is the share of "none"."""
    hits = tuple(
        Hit(Intent(kind, key, (key,)), share, share, key, dict.fromkeys(FEATURES, 0.0), exact=exact and i == 0)
        for i, (kind, key, share) in enumerate(shares)
    )
    return Ranking(hits, 1.0 - sum(share for _, _, share in shares))


def decided(
    *shares: tuple[IntentKind, str, float],
    exact: bool = False,
    audience: Audience | None = None,
    named: tuple[Business, ...] = (),
) -> Decision:
    found = ranking(*shares, exact=exact)
    return decide(found, ENTRIES, TOPICS, audience=audience, named=named)


def test_nothing_found_is_declined_with_certainty_and_without_options() -> None:
    assert decided() == Decision("decline", 1.0)


def test_an_entry_that_leaves_no_doubt_is_the_answer_and_its_share_the_confidence() -> None:
    assert decided(("entry", "works", 0.97), ("entry", "land", 0.01)) == Decision("answer", 0.97, entry="works")


def test_a_known_wording_of_an_entry_is_answered() -> None:
    assert decided(("entry", "works", 1.0), exact=True) == Decision("answer", 1.0, entry="works")


def test_two_entries_that_fit_alike_are_offered_best_first() -> None:
    found = decided(("entry", "works", 0.49), ("entry", "land", 0.48), ("entry", "e-1", 0.001))
    assert (found.kind, found.options) == ("clarify", ("works", "land"))
    assert found.confidence == pytest.approx(0.971)


@pytest.mark.parametrize("count", [2, 3, 6, 9])
def test_between_two_and_five_options_are_offered(count: int) -> None:
    found = decided(*(("entry", f"e-{i}", 0.98 / count) for i in range(count)))
    assert found.kind == "clarify"
    assert 2 <= len(found.options) <= min(count, 5)
    assert found.options == tuple(f"e-{i}" for i in range(len(found.options)))


def test_even_when_one_leads_two_are_offered() -> None:
    """The second has hardly a share; but a choice of one is no choice."""
    found = decided(("topic", "refund", 0.5), ("entry", "works", 0.45), ("entry", "land", 0.001))
    assert found.kind == "clarify"
    assert 2 <= len(found.options) <= 5


def test_a_topic_asks_back_with_all_its_options_in_the_editors_order() -> None:
    found = decided(("topic", "refund", 0.97), ("entry", "works", 0.02))
    assert (found.kind, found.intent, found.options) == ("clarify", "refund", ("land", "works", "procurement"))


def test_a_topic_is_resolved_by_the_business_that_is_named() -> None:
    found = decided(("topic", "refund", 0.97), named=("政府采购",))
    assert (found.kind, found.entry) == ("answer", "procurement")


@pytest.mark.parametrize(("audience", "expected"), [("agency", "land"), ("evaluator", "works")])
def test_a_topic_is_resolved_by_a_role_only_one_entry_is_written_for(audience: Audience, expected: str) -> None:
    found = decided(("topic", "refund", 0.97), audience=audience)
    assert (found.kind, found.entry) == ("answer", expected)


@pytest.mark.parametrize("audience", ["bidder", "tenderer"])
def test_a_role_that_all_or_none_are_written_for_leaves_the_topic_open(audience: Audience) -> None:
    found = decided(("topic", "refund", 0.97), audience=audience)
    assert (found.kind, len(found.options)) == ("clarify", 3)


def test_business_and_role_together_resolve_what_neither_does_alone() -> None:
    both: tuple[Business, ...] = ("工程", "政府采购")
    assert decided(("topic", "refund", 0.97), named=both).kind == "clarify"
    found = decided(("topic", "refund", 0.97), named=both, audience="evaluator")
    assert (found.kind, found.entry) == ("answer", "works")


def test_a_business_the_topic_does_not_know_leaves_it_open() -> None:
    found = decided(("topic", "refund", 0.97), named=("矿权",))
    assert (found.kind, len(found.options)) == ("clarify", 3)


def test_small_talk_gets_its_own_words() -> None:
    assert decided(("smalltalk", "greeting", 0.97)) == Decision("smalltalk", 0.97, intent="greeting")


def test_one_pointer_that_is_meant_gives_its_own_text() -> None:
    assert decided(("pointer", "opening-time", 0.97)) == Decision("decline", 0.97, intent="opening-time")


def test_many_pointers_that_fit_alike_give_the_general_refusal() -> None:
    """It is surely none of the entries, but which place to name is a guess."""
    found = decided(*(("pointer", f"p-{i}", 0.12) for i in range(8)), ("entry", "works", 0.02))
    assert (found.kind, found.intent, found.options) == ("decline", None, ())
    assert found.confidence == pytest.approx(0.96)


def test_a_verdict_that_is_sought_stays_neutral() -> None:
    found = decided(("judgement", "void-this-bid", 0.97), ("entry", "works", 0.02))
    assert (found.kind, found.intent, found.confidence) == ("neutral", "void-this-bid", 0.97)


def test_two_judgements_that_fit_alike_are_one_doubt_less_not_more() -> None:
    found = decided(("judgement", "void-this-bid", 0.49), ("judgement", "how-many-points", 0.48))
    assert (found.kind, found.intent) == ("neutral", "void-this-bid")


def test_where_nothing_fits_the_nearest_entries_are_named() -> None:
    found = decided(("entry", "works", 0.10), ("entry", "land", 0.08), ("entry", "e-1", 0.0001))
    assert (found.kind, found.entry, found.options) == ("decline", None, ("works", "land"))


def test_where_nothing_is_even_near_nothing_is_named() -> None:
    found = decided(("entry", "works", 0.002), ("topic", "refund", 0.001))
    assert (found.kind, found.options) == ("decline", ())
    assert found.confidence > 0.9


def test_the_same_ranking_gives_the_same_decision() -> None:
    shares: list[tuple[IntentKind, str, float]] = [("entry", "works", 0.49), ("entry", "land", 0.48)]
    assert decided(*shares) == decided(*shares)


def test_two_close_entries_of_different_business_are_asked_about_with_the_topic_that_holds_both() -> None:
    close = (("entry", "works", 0.70), ("entry", "land", 0.70 * policy.RIVAL + 0.01))
    found = decided(*close)
    assert (found.kind, found.intent, found.options) == ("clarify", "refund", ("land", "works", "procurement"))
    assert decided(*close, named=("工程",)).entry == "works"


def test_a_second_entry_far_behind_or_of_the_same_business_does_not_make_the_reply_ask() -> None:
    far = decided(("entry", "works", 0.70), ("entry", "land", 0.70 * policy.RIVAL - 0.01))
    assert (far.kind, far.entry) == ("answer", "works")
    same = decided(("entry", "e-1", 0.60), ("entry", "e-2", 0.30))
    assert (same.kind, same.entry) == ("answer", "e-1")


def test_a_known_role_takes_the_option_far_ahead_of_the_others_that_suit_it_and_asks_without_one() -> None:
    """All three options suit a bidder."""
    asked: tuple[IntentKind, str, float] = ("topic", "refund", 0.7)
    ahead = (asked, ("entry", "land", 0.10), ("entry", "works", 0.10 / policy.FAR_AHEAD - 0.001))
    assert decided(*ahead, audience="bidder").entry == "land"
    assert decided(*ahead).kind == "clarify"
    level = (asked, ("entry", "land", 0.10), ("entry", "works", 0.10 / policy.FAR_AHEAD + 0.01))
    assert decided(*level, audience="bidder").kind == "clarify"
