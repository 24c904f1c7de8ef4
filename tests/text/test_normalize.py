"""Wordings that people take for the same are the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.text.normalize import match_key, normalize, strip_fillers
from tests.conftest import CHECKOUT


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("ＣＡ锁１２３", "ca锁123"),
        ("PIN码", "pin码"),
        ("保证金，多久退？？", "保证金 多久退"),
        ("《招标文件》—第3章", "招标文件 第3章"),
        ("保證金什麼時候退還", "保证金什么时候退还"),
        ("保\u200b证\ufeff金", "保证金"),
        ("  开标 \n 评标\t", "开标 评标"),
        ("第①步㎡", "第1步m2"),
        ("？！……", ""),
    ],
)
def test_width_case_punctuation_script_and_spaces_are_folded(raw: str, folded: str) -> None:
    assert normalize(raw) == folded


@pytest.mark.parametrize(
    "said",
    [
        "请问一下，保证金多久退？谢谢！",
        "老师好 麻烦问下保证金多久退呀",
        "急急急！保 证 金 多久退 在线等",
        "請問保證金多久退",
        "保证金多久退。。。",
    ],
)
def test_politeness_hurry_and_spaces_do_not_make_another_question(said: str) -> None:
    assert match_key(said) == match_key("保证金多久退") == "保证金多久退"


def test_padding_inside_a_sentence_stays() -> None:
    assert strip_fillers("评标的老师迟到了怎么办") == "评标的老师迟到了怎么办"


@pytest.mark.parametrize("said", ["你好", "谢谢", "请问", "急急急", "您好 请问"])
def test_a_message_of_padding_only_keeps_its_words(said: str) -> None:
    assert strip_fillers(said) == said


def test_a_long_run_of_hurried_characters_costs_no_exponential_search() -> None:
    """The longest question the service takes; the limit is a guard against hanging for ever, not a measurement."""
    code = "from app.text.normalize import match_key; print(len(match_key('保证金' + '急' * 496 + '退')))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "500"
