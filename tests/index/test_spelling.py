"""Readings of mistyped questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.index.spelling import Spelling, corrected, table
from tests.conftest import Published

PHRASES = {
    "保证金": 90,
    "公示期": 30,
    "质疑函": 20,
    "评标": 50,
    "密码": 40,
    "领导": 9,
    "浏览器": 8,
    "投标保证金": 60,
    "罕见词": 2,
}
LANGUAGE = {"公式": 1158, "领导": 31739, "公司": 45604, "是": 796991, "密码": 300}


@pytest.fixture(scope="module")
def words() -> Spelling:
    return table(PHRASES, LANGUAGE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("保正金多久退", "保证金多久退"),  # the same sound
        ("保镇金多久退", "保证金多久退"),  # zh and z, eng and en taken for one another
        ("平标要多久", "评标要多久"),
        ("公式期几天", "公示期几天"),  # a real word, but a shorter one
        ("密妈忘了", "密码忘了"),
        ("浏揽器不行", "浏览器不行"),
        ("蜜码忘了", "密码忘了"),
        ("保金证", "保证金"),  # exchanged
        ("保证证金", "保证金"),  # doubled
        ("投标证金", "投标保证金"),  # lost
        ("baozhengjin多久退", "保证金多久退"),
        ("bao证金多久退", "保证金多久退"),
        ("bzj多久退", "保证金多久退"),
    ],
)
def test_a_slip_is_read_as_the_word_of_the_knowledge_it_resembles(words: Spelling, typed: str, meant: str) -> None:
    assert corrected(words, typed, LANGUAGE) == meant


@pytest.mark.parametrize("typed", ["保证金多久退", "公司", "ca锁", "今天天气", "", "令导", "罕建词"])
def test_what_is_written_right_or_belongs_to_everyday_speech_or_is_rare_stays(words: Spelling, typed: str) -> None:
    assert corrected(words, typed, LANGUAGE) is None


@given(st.text(st.sampled_from("保证金镇正投标公示期质疑函abz是 12"), max_size=30))
def test_a_corrected_text_needs_no_correction(text: str) -> None:
    found = table(PHRASES, LANGUAGE)
    once = corrected(found, " ".join(text.split()), LANGUAGE)
    if once is not None:
        assert corrected(found, once, LANGUAGE) in (None, once)


def test_no_word_of_the_shipped_knowledge_is_corrected_by_itself(published: Published) -> None:
    snapshot = published.snapshot
    changed = [w for w in snapshot.spelling.words if corrected(snapshot.spelling, w, snapshot.tokenizer.frequencies)]
    assert changed == []
