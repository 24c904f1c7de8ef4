"""Why a reply is what it is."""

from __future__ import annotations

import math

import pytest

from app.dialogue.answer import Question, answer
from app.dialogue.explain import SOURCES, TIERS, explain
from app.dialogue.turn import Turn
from app.retrieval.fusion import FEATURES, WEIGHTS
from tests.conftest import Published


def test_the_reply_explained_is_the_reply_given(published: Published) -> None:
    for text in ("保证金多久退", "锁的密码输错了怎么解", "这家报价太低能不能废掉", "今天天气怎么样", "你好"):
        assert explain(published.snapshot, Question(text)).reply == answer(published.snapshot, Question(text))[0]


def test_the_points_of_the_parts_and_the_kind_add_up_to_the_utility(published: Published) -> None:
    """To the four decimals that a score is kept with."""
    found = explain(published.snapshot, Question("竞买的钱没拍到几天能回来"))
    assert len(found.candidates) > 1
    for candidate in found.candidates:
        total = sum(part.points for part in candidate.parts) + WEIGHTS.kinds[candidate.kind]
        assert math.isclose(total, candidate.points, abs_tol=0.02)
        assert [part.source for part in candidate.parts] == list(FEATURES)


def test_the_runner_up_lost_by_the_difference_of_the_utilities(published: Published) -> None:
    found = explain(published.snapshot, Question("竞买的钱没拍到几天能回来"))
    first, second = found.candidates[:2]
    assert math.isclose(sum(part.points for part in found.runner_up), first.points - second.points, abs_tol=0.03)
    sizes = [abs(part.points) for part in found.runner_up]
    assert sizes == sorted(sizes, reverse=True)


def test_probabilities_and_that_of_nothing_are_shares_of_one(published: Published) -> None:
    found = explain(published.snapshot, Question("竞买的钱没拍到几天能回来"))
    assert sum(c.probability for c in found.candidates) + found.none <= 1 + 1e-9


@pytest.mark.parametrize(
    ("text", "tier"),
    [("投标保正金退环，政府采购的多旧退", "corrected"), ("都不是", "rejected"), ("竞买的钱没拍到几天能回来", "scores")],
)
def test_the_tier_that_decided_is_named(published: Published, text: str, tier: str) -> None:
    found = explain(published.snapshot, Question(text))
    assert found.tier == tier
    assert (found.read_as is not None) == (tier == "corrected")


def test_a_known_wording_is_named_as_such(published: Published) -> None:
    known = published.snapshot.knowledge.entries[0].question
    assert explain(published.snapshot, Question(known)).tier == "exact"


def test_a_follow_up_says_what_it_was_read_with(published: Published) -> None:
    _, turn = answer(published.snapshot, Question("工程的投标保证金什么时候退"), Turn())
    found = explain(published.snapshot, Question("政府采购的呢"), turn)
    assert (found.tier, found.reply.entry and found.reply.entry.id) == ("follow_up", "deposit-05")
    assert found.read_as == published.snapshot.entries["deposit-04"].question


def test_every_source_and_tier_has_a_name_people_read(published: Published) -> None:
    assert set(SOURCES) == {*FEATURES, "kind"}
    assert all(name for name in (*SOURCES.values(), *TIERS.values()))
