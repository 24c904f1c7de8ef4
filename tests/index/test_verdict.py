"""Telling a request for a verdict by its wording."""

from __future__ import annotations

import numpy as np

from app.index.encoder import Encoder
from app.index.verdict import fit
from app.snapshot import Snapshot, encoded_form
from tests.conftest import Published

RNG = np.random.default_rng(5)


def clouds() -> tuple[np.ndarray, np.ndarray]:
    """Two noisy clouds of 40 and 200 points that differ along the first axis."""
    noise = RNG.normal(0, 0.1, (240, 8)).astype(np.float32)
    seeks = np.arange(240) < 40
    noise[:, 0] += np.where(seeks, 0.4, -0.4)
    return noise, seeks


def test_the_two_sides_lie_on_their_sides_of_one_half_whatever_their_numbers() -> None:
    vectors, seeks = clouds()
    learned = fit(vectors, seeks)
    scores = np.array([learned.score(vector) for vector in vectors])
    assert scores[seeks].min() > 0.5 > scores[~seeks].max()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_without_both_sides_everything_is_undecided() -> None:
    vectors, seeks = clouds()
    for one_sided in (np.zeros_like(seeks), np.ones_like(seeks)):
        assert fit(vectors, one_sided).score(vectors[0]) == 0.5


def test_the_order_of_the_phrases_hardly_matters_and_the_same_phrases_give_the_same_weights() -> None:
    vectors, seeks = clouds()
    again, backwards = fit(vectors, seeks), fit(vectors[::-1], seeks[::-1])
    assert np.array_equal(again.weights, fit(vectors, seeks).weights)
    assert np.allclose(again.weights, backwards.weights, atol=1e-4)


def test_verdicts_on_one_case_score_above_questions_for_the_rule_of_the_same_matter(
    published: Published, encoder: Encoder
) -> None:
    snapshot: Snapshot = published.snapshot

    def score(text: str) -> float:
        return snapshot.verdict.score(encoder.encode([encoded_form(text)])[0])

    pairs = [
        ("这家报价低得离谱，咱们能把它废了吧", "哪些情形下报价过低要否决"),
        ("三号标没有盖骑缝章，我判它无效站得住脚吗", "投标文件的签字盖章有什么规定"),
        ("他们两家文件错得一样，算串标没跑了吧", "什么情形视为串通投标"),
    ]
    for verdict, rule in pairs:
        assert score(verdict) > score(rule) + 0.1
