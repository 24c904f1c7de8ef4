"""Word statistics and string similarity against figures worked by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from app.index.lexical import Bm25Index, FuzzyIndex

DOCUMENTS = [["保证金", "退还"], ["保证金", "保证金", "利息", "退还"], ["解密", "失败", "开标"]]
"""Three documents of 2, 4 and 3 words: mean length 3."""

IDF_TWO = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
"""Of a word in two of the three: ln(1 + 1.5/2.5) = ln 1.6."""
IDF_ONE = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
"""Of a word in one: ln(1 + 2.5/1.5)."""


def test_bm25_is_idf_times_saturated_frequency() -> None:
    """Lucene's form: idf * tf / (tf + k1 * (1 - b + b * length / mean)), with k1 = 1.2 and b = 0.75."""
    scores = Bm25Index(DOCUMENTS).scores(["保证金", "利息"])
    first = IDF_TWO * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3))
    second = IDF_TWO * 2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3)) + IDF_ONE * 1 / (1 + 1.2 * (0.25 + 0.75 * 4 / 3))
    assert scores.dtype == np.float32
    assert np.allclose(scores, [first, second, 0.0], atol=1e-6)


def test_a_feature_asked_twice_counts_twice_in_score_and_ceiling() -> None:
    index = Bm25Index(DOCUMENTS)
    assert np.allclose(index.scores(["解密", "解密"]), 2 * index.scores(["解密"]), atol=1e-6)
    assert index.ceiling(["解密", "解密"]) == pytest.approx(2 * IDF_ONE)


def test_the_ceiling_is_the_sum_of_idf_and_a_foreign_word_raises_it() -> None:
    """A word in no document counts ln(1 + 3.5/0.5) = ln 8."""
    index = Bm25Index(DOCUMENTS)
    assert index.ceiling(["保证金", "开标"]) == pytest.approx(IDF_TWO + IDF_ONE)
    assert index.ceiling(["保证金", "天气"]) == pytest.approx(IDF_TWO + log(8))


def test_no_document_reaches_the_ceiling_but_one_that_repeats_everything_comes_near() -> None:
    index = Bm25Index([["退"] * 1000, *([["开"]] * 9)])
    asked = ["退"]
    assert 0.85 * index.ceiling(asked) < index.scores(asked)[0] < index.ceiling(asked)


@pytest.mark.parametrize("asked", [[], ["天气"], ["天气", "预报"]])
def test_a_question_of_unknown_words_scores_nothing_anywhere(asked: list[str]) -> None:
    index = Bm25Index(DOCUMENTS)
    assert index.scores(asked).tolist() == [0.0, 0.0, 0.0]
    assert index.ceiling(asked) > 0


def test_a_document_without_words_is_found_by_nothing() -> None:
    index = Bm25Index([[], ["退还"]])
    scores = index.scores(["退还"])
    assert scores[0] == 0.0
    assert scores[1] > 0.0


def test_fuzzy_ratio_is_one_minus_edits_over_both_lengths() -> None:
    """保证金退 -> 保金退: one deletion over 4 + 3 characters; -> 开标: six edits over 4 + 2, nothing in common."""
    ratios = FuzzyIndex(["保证金退", "保金退", "开标"]).ratios("保证金退")
    assert np.allclose(ratios, [1.0, 1 - 1 / 7, 0.0], atol=1e-4)


def test_partial_ratio_finds_the_wording_inside_a_longer_one() -> None:
    index = FuzzyIndex(["保证金", "开标", "我想问的是投标保证金的事"])
    assert index.partial("保证金", [2, 1]).tolist() == [1.0, 0.0]
