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
IDF_UNSEEN = log(8)
"""Of a word in none: ln(1 + 3.5/0.5)."""


def bm25(documents: list[list[str]] = DOCUMENTS, **form: float) -> Bm25Index:
    vocabulary = {"": 0}
    for document in documents:
        for feature in document:
            vocabulary.setdefault(feature, len(vocabulary))
    return Bm25Index(vocabulary, Bm25Index.build(documents, vocabulary, **form))


def coverage(documents: list[list[str]] = DOCUMENTS) -> Bm25Index:
    return bm25(documents, k1=0.001, b=0.0)


def test_the_score_is_idf_times_saturated_frequency_over_the_sum_of_idf() -> None:
    """Lucene's form: idf * tf / (tf + k1 * (1 - b + b * length / mean)), with k1 = 1.2 and b = 0.75."""
    scores = bm25(DOCUMENTS, k1=1.2, b=0.75).relative(["保证金", "利息"])
    first = IDF_TWO * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3))
    second = IDF_TWO * 2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3)) + IDF_ONE * 1 / (1 + 1.2 * (0.25 + 0.75 * 4 / 3))
    assert scores.dtype == np.float32
    assert np.allclose(scores, np.array([first, second, 0.0]) / (IDF_TWO + IDF_ONE), atol=1e-6)


def test_with_k1_near_nothing_it_is_the_share_of_the_question_that_a_document_has() -> None:
    """The first document has one of the two words asked, the second both (one of them twice), the third neither."""
    scores = coverage().relative(["保证金", "利息"])
    assert np.allclose(scores, [IDF_TWO / (IDF_TWO + IDF_ONE), 1.0, 0.0], atol=2e-3)


def test_in_the_coverage_form_neither_length_nor_repetition_matters() -> None:
    index = coverage([["退还"], ["退还"] * 50, ["退还", *map(str, range(200))], ["开标"]])
    scores = index.relative(["退还"])
    assert np.allclose(scores[:3], 1.0, atol=2e-3)
    assert scores[3] == 0.0


def test_in_the_usual_form_a_long_document_counts_less_and_a_repeated_word_more() -> None:
    short, long, repeating = bm25(
        [["退还", "保函"], ["退还", *"甲乙丙丁戊己庚"], ["退还", "退还"]], k1=1.2, b=0.75
    ).relative(["退还"])
    assert long < short < repeating


def test_a_word_nobody_has_lowers_the_share_by_its_weight() -> None:
    index = coverage()
    assert np.allclose(
        index.relative(["保证金", "天气"]),
        np.array([IDF_TWO, IDF_TWO, 0.0]) / (IDF_TWO + IDF_UNSEEN),
        atol=2e-3,
    )
    assert index.relative(["保证金", "天气", "预报"])[0] < index.relative(["保证金", "天气"])[0]


@pytest.mark.parametrize("index", [bm25(DOCUMENTS), coverage()], ids=["usual", "coverage"])
def test_a_word_said_twice_in_the_question_counts_once(index: Bm25Index) -> None:
    assert np.array_equal(index.relative(["解密", "保证金", "解密"]), index.relative(["解密", "保证金"]))
    assert np.array_equal(index.relative(["解密", "天气", "天气"]), index.relative(["解密", "天气"]))


def test_the_order_of_the_words_does_not_matter() -> None:
    index = bm25(DOCUMENTS)
    assert np.allclose(index.relative(["退还", "利息", "天气"]), index.relative(["天气", "利息", "退还"]), atol=1e-6)


@pytest.mark.parametrize("asked", [[], ["天气"], ["天气", "预报"]])
def test_a_question_of_unknown_words_scores_nothing_anywhere(asked: list[str]) -> None:
    assert bm25(DOCUMENTS).relative(asked).tolist() == [0.0, 0.0, 0.0]


def test_every_score_is_a_share() -> None:
    """Even of a document that says nothing but the word asked, a thousand times."""
    for index in (bm25([["退"] * 1000, *([["开"]] * 9)]), coverage([["退"] * 1000, *([["开"]] * 9)])):
        scores = index.relative(["退"])
        assert 0.9 < scores[0] <= 1.0
        assert not scores[1:].any()


def test_a_document_without_words_is_found_by_nothing() -> None:
    scores = bm25([[], ["退还"]]).relative(["退还"])
    assert scores[0] == 0.0
    assert scores[1] > 0.0


def test_fuzzy_ratio_is_one_minus_edits_over_both_lengths() -> None:
    """保证金退 -> 保金退: one deletion over 4 + 3 characters; -> 开标: six edits over 4 + 2, nothing in common."""
    ratios = FuzzyIndex(["保证金退", "保金退", "开标"]).ratios("保证金退", [0, 1, 2])
    assert np.allclose(ratios, [1.0, 1 - 1 / 7, 0.0], atol=1e-4)


def test_a_wording_is_found_inside_a_longer_one_unless_it_is_too_short() -> None:
    index = FuzzyIndex(["我想问的是投标保证金退还的事", "保证金", "开标解密失败了"])
    assert index.partial("投标保证金退还", [0, 1, 2]).tolist()[:2] == [1.0, 0.0]
