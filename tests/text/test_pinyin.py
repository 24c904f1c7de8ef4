"""Sounds of text."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.text.pinyin import folded, syllables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("保证金", "bao zheng jin"),
        ("退还", "tui huan"),
        ("还有", "hai you"),
        ("银行行不行", "yin hang xing bu xing"),
        ("ca锁2把", "ca suo 2 ba"),
        ("，。", ""),
    ],
)
def test_every_character_gives_a_syllable_and_latin_stays(text: str, expected: str) -> None:
    assert " ".join(syllables(text)) == expected


@pytest.mark.parametrize(
    ("one", "other"), [("zheng", "zen"), ("shang", "san"), ("nan", "lang"), ("ying", "yin"), ("chi", "ci")]
)
def test_sounds_that_are_often_confused_fold_into_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("bao", "biao"), ("tou", "tui"), ("kai", "gai"), ("hui", "fei")])
def test_others_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_the_large_table_of_phrases_is_never_loaded() -> None:
    code = (
        "import app.text.pinyin, pypinyin.constants as c, sys;"
        "sys.exit(len(c.PHRASES_DICT) > 200 or 'pypinyin.phrases_dict' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
