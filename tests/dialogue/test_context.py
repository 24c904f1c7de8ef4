"""What belongs with the last answer counts more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.dialogue import context
from app.dialogue.turn import Offered, Turn
from app.retrieval.search import Ranking, search
from app.snapshot import Snapshot
from tests.conftest import Published


@pytest.fixture(scope="module")
def shipped(published: Published) -> Snapshot:
    return published.snapshot


def level(snapshot: Snapshot, *entries: str) -> Ranking:
    """A ranking in which these entries are equally likely."""
    hit = search(snapshot, "竞买的钱没拍到几天能回来").hits[0]
    share = 1 / (len(entries) + 1)
    return Ranking(tuple(replace(hit, intent=snapshot.intent_of[e], probability=share) for e in entries), share)


def test_of_equals_the_option_just_shown_comes_first(shipped: Snapshot) -> None:
    turn = Turn(offered=(Offered("land-04", "土地竞买"),))
    found = context._weighed(shipped, turn, level(shipped, "deposit-04", "land-04", "expert-01"))
    assert found.hits[0].intent.id == "land-04"


def test_of_equals_an_entry_of_the_last_answers_category_comes_first(shipped: Snapshot) -> None:
    found = context._weighed(shipped, Turn(answered="land-01"), level(shipped, "deposit-04", "land-04", "expert-01"))
    assert found.hits[0].intent.id == "land-04"


def test_the_shares_still_add_up_to_one(shipped: Snapshot) -> None:
    found = context._weighed(shipped, Turn(answered="land-01"), level(shipped, "deposit-04", "land-04", "expert-01"))
    assert sum(hit.probability for hit in found.hits) + found.none == pytest.approx(1)


def test_without_a_conversation_nothing_is_moved(shipped: Snapshot) -> None:
    before = level(shipped, "deposit-04", "land-04")
    after = context._weighed(shipped, Turn(), before)
    assert [hit.probability for hit in after.hits] == pytest.approx([hit.probability for hit in before.hits])


@pytest.mark.parametrize(
    ("text", "entry"), [("政府采购买货的", "deposit-05"), ("产权竞价那种", "equity-07"), ("修路的那个", None)]
)
def test_a_word_that_only_one_of_the_shown_options_has_picks_it(
    shipped: Snapshot, text: str, entry: str | None
) -> None:
    topic = shipped.topics["deposit-refund"]
    turn = Turn(offered=tuple(Offered(option.entry, option.label) for option in topic.options), topic=topic.id)
    assert context._singled_out(shipped, text, turn) == entry
