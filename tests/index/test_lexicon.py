"""The packed word statistics of a version: what was built is what is opened."""

from __future__ import annotations

import numpy as np
import pytest

from app.errors import IndexUnusable
from app.index import lexicon

KEYS = ["保证金退还", "怎么退", "开标解密"]
WORDS = [["保证金", "退还"], ["退"], ["开标", "解密"], ["保函"]]
"""The fourth text is a keyword, said of the first intent."""
PAIRS = [["#保证", "#证金"], ["#怎么"], ["#开标"], ["#保函"]]
SOUNDS = "'bao'zheng'jin'tui'huan\n'zen'me'tui"
OWNER = np.array([0, 0, 1, 0])


def built() -> lexicon.Lexicon:
    return lexicon.unpack(lexicon.build(KEYS, WORDS, PAIRS, OWNER, 2, SOUNDS))


def test_phrases_are_scored_one_by_one_and_intents_by_all_that_is_said_of_them() -> None:
    opened = built()
    assert list(opened.keys) == KEYS
    assert opened.sounds == SOUNDS
    assert opened.phrase_bm25.relative(["退", "#怎么"]).argmax() == 1
    assert len(opened.phrase_bm25.relative(["退"])) == 3
    assert opened.words.relative(["保证金", "退"]).tolist() == pytest.approx([1.0, 0.0], abs=0.02)
    assert opened.bigrams.relative(["#开标"]).tolist() == pytest.approx([0.0, 1.0], abs=0.02)


def test_a_keyword_counts_for_its_intent_but_is_no_phrase() -> None:
    opened = built()
    assert opened.words.relative(["保函"])[0] > 0.9
    assert opened.bigrams.relative(["#保函"])[0] > 0.9
    assert not opened.phrase_bm25.relative(["保函"]).any()


def test_the_same_content_is_packed_into_the_same_bytes() -> None:
    assert lexicon.build(KEYS, WORDS, PAIRS, OWNER, 2, SOUNDS) == lexicon.build(KEYS, WORDS, PAIRS, OWNER, 2, SOUNDS)


@pytest.mark.parametrize("content", [b"", b"rubbish", lexicon.build(KEYS, WORDS, PAIRS, OWNER, 2, SOUNDS)[:200]])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(IndexUnusable, match="请重新发布"):
        lexicon.unpack(content)
