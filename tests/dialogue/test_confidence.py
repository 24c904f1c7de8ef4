"""From probability to confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dialogue.confidence import MAPS, calibrated

CURVE = {"answer": ([0.5, 0.9], [0.6, 1.0])}


@pytest.mark.parametrize(("probability", "expected"), [(0.5, 0.6), (0.7, 0.8), (0.9, 1.0), (0.2, 0.6), (1.0, 1.0)])
def test_between_knots_it_is_a_straight_line_and_beyond_them_level(probability: float, expected: float) -> None:
    assert calibrated("answer", probability, CURVE) == pytest.approx(expected)


def test_a_kind_without_a_map_keeps_its_probability() -> None:
    assert calibrated("smalltalk", 0.37, CURVE) == 0.37


@given(st.sampled_from(sorted(MAPS)), st.floats(0, 1), st.floats(0, 1))
def test_the_shipped_maps_rise_and_stay_between_0_and_1(kind: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= calibrated(kind, low) <= calibrated(kind, high) <= 1


def test_every_kind_that_may_be_wrong_has_a_map() -> None:
    assert set(MAPS) >= {"answer", "clarify", "decline", "neutral"}
