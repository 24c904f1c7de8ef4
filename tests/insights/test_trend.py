"""Comparisons in words."""

from __future__ import annotations

from typing import Any

import pytest

from app.insights import trend
from app.insights.figures import Figures
from app.insights.trend import TOO_FEW, Change

THAN = "前 7 天"


def figures(messages: int = 100, declined: int = 10, rated: int = 40, helpful: int = 30, p50: Any = 10.0) -> Figures:
    return Figures({"answer": messages - declined, "decline": declined}, 5, rated, helpful, p50, p50)


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(120, 100, "比前 7 天多 20%"), (80, 100, "比前 7 天少 20%"), (104, 100, "和前 7 天差不多"), (3, 0, "前 7 天没有"), (0, 0, "前 7 天也没有")],
)  # fmt: skip
def test_counts_are_compared_in_words(now: int, before: int, text: str):
    assert trend.of_count(now, before, THAN).text == text


def test_rates_are_compared_in_points_and_it_is_said_whether_that_is_good():
    assert trend.of_rate(0.12, 0.10, (100, 100), THAN, "bad") == Change("比前 7 天高 2.0 个百分点", "bad")
    assert trend.of_rate(0.10, 0.12, (100, 100), THAN, "bad") == Change("比前 7 天低 2.0 个百分点", "good")
    assert trend.of_rate(0.105, 0.10, (100, 100), THAN, "bad") == Change("和前 7 天差不多")


@pytest.mark.parametrize("bases", [(19, 100), (100, 19)])
def test_rates_of_a_few_are_not_compared(bases: tuple[int, int]):
    assert trend.of_rate(0.9, 0.1, bases, THAN, "good") == Change(TOO_FEW)


def test_a_week_is_told_in_sentences():
    assert trend.sentences(figures(120, 24), figures(100, 10), THAN) == [
        ("消息数比前 7 天多 20%（100 → 120）。", ""),
        ("没答上来的比例比前 7 天高 10.0 个百分点。", "bad"),
        ("答复的比例比前 7 天低 10.0 个百分点。", "bad"),
        ("反问的比例和前 7 天差不多。", ""),
        ("评“有帮助”的比例和前 7 天差不多。", ""),
    ]


def test_too_little_is_told_as_that():
    (only,) = trend.sentences(figures(19), figures(100), THAN)
    assert "太少" in only.text


def test_cards_show_a_dash_where_there_is_no_figure():
    cards = {it.name: it for it in trend.cards(figures(0, 0, 0, 0), figures(0, 0, 0, 0), THAN)}
    assert cards["答复"].value == cards["评“有帮助”"].value == "—"


def test_slower_is_worse():
    slow = trend.speed(figures(p50=15.0), figures(p50=10.0), THAN)[0]
    assert (slow.value, slow.change) == ("15 毫秒", Change("比前 7 天慢 50%", "bad"))
