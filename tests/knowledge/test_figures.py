from __future__ import annotations

import pytest

from app.knowledge.figures import figures

TEXTS = {
    "不超过估算价的2%，且不超过80万元；五日内退": [("2", "%"), ("800000", "元"), ("5", "日")],
    "百分之二、三分之二以上、5人以上单数": [("2", "%"), ("66.6667", "%"), ("5", "人")],
    "千分之五以上千分之十以下": [("0.5", "%"), ("1", "%")],
    "十五个工作日": [("15", "工作日")],
    "5‰以上10‰以下": [("0.5", "%"), ("1", "%")],
    "一至三年、1至 3年、1年至3年": [("1", "年"), ("3", "年")] * 3,
    "百分制评分": [],
    "3000元至5万元": [("3000", "元"), ("50000", "元")],
    "每日万分之五": [("0.05", "%")],
    "加3-5%": [("3", "%"), ("5", "%")],
    "2026年11月24日前，依第五十一条和财库〔2014〕214号、87号令": [],
}


@pytest.mark.parametrize("text", TEXTS)
def test_figures_are_read_in_digits_and_words_and_dates_and_numbers_of_documents_are_none(text: str):
    assert [(f"{figure.value:f}", figure.unit) for figure in figures(text)] == TEXTS[text]
