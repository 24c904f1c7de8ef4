"""Personal data becomes a token that says what it was; everything else stays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.journal.masking import mask

CORPUS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("masking_corpus.yaml").read_text("utf-8"))
PERSONAL = [(kind, text) for kind, texts in CORPUS["personal"].items() for text in texts]
INNOCENT: list[str] = CORPUS["innocent"]

RECALL, FALSE_MASKING = 0.99, 0.01
"""Of the issue: at least so much of what is personal is masked, at most so much of what is not."""


def shown(misses: list[tuple[str, str]]) -> str:
    return "\n".join(f"{text!r} -> {masked!r}" for text, masked in misses)


def test_the_corpus_is_large_and_says_nothing_twice():
    assert len(PERSONAL) >= 150
    assert len(INNOCENT) >= 150
    texts = [text for _, text in PERSONAL] + INNOCENT
    assert len(set(texts)) == len(texts)


def test_what_is_personal_is_masked_and_the_words_around_it_stay():
    misses = []
    for kind, text in PERSONAL:
        masked = mask(re.sub("[⟦⟧]", "", text))
        if masked != re.sub("⟦.+?⟧", f"〔{kind}〕", text, flags=re.DOTALL):
            misses.append((text, masked))
    print(shown(misses))
    assert 1 - len(misses) / len(PERSONAL) >= RECALL, shown(misses)


def test_what_is_not_personal_stays():
    wrong = [(text, mask(text)) for text in INNOCENT if mask(text) != text]
    print(shown(wrong))
    assert len(wrong) / len(INNOCENT) <= FALSE_MASKING, shown(wrong)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("11010519491231002X", "110105194912310021"),  # the example of GB 11643
        ("9144030071526726XG", "9144030071526726XH"),  # the code of a listed company
        ("6222020200012345670", "6222020200012345671"),
    ],
)
def test_a_wrong_check_character_makes_it_no_such_number(right: str, wrong: str):
    assert mask(f"号码{right}。").startswith("号码〔")
    assert mask(f"号码{wrong}。") == f"号码{wrong}。"


def test_numbers_of_projects_are_masked_only_when_it_is_known_what_they_look_like():
    text = "项目ＺＢ－2025－0123什么时候开标"
    assert mask(text) == text
    assert mask(text, re.compile(r"ZB-\d{4}-\d{4}")) == "项目〔项目编号〕什么时候开标"


texts = st.lists(
    st.sampled_from(
        [*"0123456789xX-－ 　.@（）/:+¥元", "手机", "电话", "13800138000", "11010519491231002X", "a@b.cn", "010"]
    )
).map("".join)


@given(st.text() | texts)
def test_masking_twice_is_masking_once(text: str):
    assert mask(mask(text)) == mask(text)


@given(st.text())
def test_without_digits_and_at_signs_nothing_changes(text: str):
    plain = "".join(char for char in text if not char.isdecimal() and char not in "@＠")
    assert mask(plain) == plain


@given(texts, texts)
def test_a_mobile_number_that_stands_by_itself_never_gets_through(before: str, after: str):
    assert "13912345678" not in mask(f"{before}，13912345678，{after}")


@given(st.text(alphabet=st.characters(blacklist_categories=["Nd"], blacklist_characters="@＠")), st.data())
def test_the_text_around_a_number_stays_to_the_letter(text: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(text)))
    before, after = text[:place] + "，", "，" + text[place:]
    assert mask(f"{before}13912345678{after}") == f"{before}〔手机号〕{after}"
