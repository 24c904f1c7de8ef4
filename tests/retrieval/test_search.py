"""What search promises of any knowledge and any encoder; how well it finds is measured in tests/quality."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.retrieval.fusion import FEATURES
from app.retrieval.search import Ranking, search
from app.snapshot import Snapshot
from tests.conftest import Published

QUESTIONS = [
    "保证金多久退",
    "CA锁插上没反应",
    "开标解密失败了怎么办",
    "评标专家劳务费谁付",
    "今天天气怎么样",
    "这家报价太低能不能废掉",
    "你好",
    "土地竞买保证金什么时候退",
    "標書怎麼簽章",
    "😀",
    "a" * 500,
]


def ids(ranking: Ranking) -> list[str]:
    return [hit.intent.id for hit in ranking.hits]


def test_a_known_wording_is_first_with_certainty(small: Snapshot) -> None:
    for intent in small.intents:
        for phrase in intent.phrases:
            found = search(small, phrase)
            assert found.hits[0].intent == intent
            assert (found.hits[0].exact, found.hits[0].probability, found.none) == (True, 1.0, 0.0)
            assert not any(hit.exact or hit.probability for hit in found.hits[1:])


@pytest.mark.parametrize("asked", ["请问，锁的密码忘了？？", "鎖的密碼忘了！", "锁的　密码 忘了谢谢"])
def test_a_known_wording_is_known_in_other_dress(small: Snapshot, asked: str) -> None:
    best = search(small, asked).hits[0]
    assert (best.intent.id, best.exact, best.probability) == ("ca-02", True, 1.0)


@pytest.mark.parametrize("asked", ["登录密码忘了", "请问登錄密碼忘了？"])
def test_an_entry_does_not_answer_a_wording_it_disowns(small: Snapshot, asked: str) -> None:
    assert "ca-02" not in ids(search(small, asked, top_k=99))
    assert "ca-02" in ids(search(small, asked + "怎么办啊急", top_k=99))


@pytest.mark.parametrize("asked", ["", "   ", "？？！", "……", "\u200b", "()"])
def test_nothing_is_found_where_nothing_is_said(small: Snapshot, asked: str) -> None:
    assert search(small, asked) == Ranking((), 1.0)


def test_hits_come_best_first_each_intent_once_and_no_more_than_asked(small: Snapshot) -> None:
    found = search(small, "押金什么时候能退", top_k=99).hits
    assert [hit.utility for hit in found] == sorted((hit.utility for hit in found), reverse=True)
    assert [hit.probability for hit in found] == sorted((hit.probability for hit in found), reverse=True)
    assert len({hit.intent for hit in found}) == len(found) == len(small.intents)
    assert search(small, "押金什么时候能退", top_k=3).hits == found[:3]


def test_all_shares_and_none_add_up_to_one(small: Snapshot) -> None:
    found = search(small, "押金什么时候能退", top_k=99)
    assert sum(hit.probability for hit in found.hits) + found.none == pytest.approx(1.0)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_source_speaks_in_shares(published: Published, asked: str) -> None:
    found = search(published.snapshot, asked, named=("土地",), audience="agency", top_k=999)
    for hit in found.hits:
        assert set(hit.sources) == set(FEATURES)
        assert all(0.0 <= value <= 1.0 for value in hit.sources.values()), hit


def test_a_hit_shows_the_wording_that_came_closest(small: Snapshot) -> None:
    assert search(small, "工程投标押金几天能退").hits[0].phrase == "工程投标押金几天能退"


def marks(ranking: Ranking, source: str) -> dict[str, float]:
    return {hit.intent.id: hit.sources[source] for hit in ranking.hits}


def test_naming_a_line_of_business_marks_entries_of_others_only(small: Snapshot) -> None:
    found = marks(search(small, "保证金什么时候退", named=("政府采购",), top_k=99), "conflict")
    assert {key for key, mark in found.items() if mark} == {"deposit-01"}
    assert not any(marks(search(small, "保证金什么时候退", top_k=99), "conflict").values())


def test_the_askers_role_marks_entries_not_written_for_it(small: Snapshot) -> None:
    found = marks(search(small, "保证金什么时候退", audience="tenderer", top_k=99), "other_role")
    assert {key for key, mark in found.items() if mark} == {"ca-01", "ca-02", "deposit-02"}
    assert not any(marks(search(small, "保证金什么时候退", top_k=99), "other_role").values())


def test_a_ranking_depends_on_nothing_asked_before_and_on_no_order(published: Published) -> None:
    """Asked in five shuffled orders, each question gets the very same hits, scores and all."""
    expected = {question: search(published.snapshot, question) for question in QUESTIONS}
    order = random.Random(11)
    for _ in range(5):
        shuffled = order.sample(QUESTIONS, len(QUESTIONS))
        assert {question: search(published.snapshot, question) for question in shuffled} == expected


def test_searching_changes_nothing_in_the_snapshot(small: Snapshot) -> None:
    before = search(small, "押金什么时候能退")
    arrays: list[Any] = [small.owner, small.phrase_rows, small.negative_owner]
    copies = [array.copy() for array in arrays]
    search(small, "登录密码忘了", named=("工程",), audience="bidder")
    assert search(small, "押金什么时候能退") == before
    assert all((array == copy).all() for array, copy in zip(arrays, copies, strict=True))
