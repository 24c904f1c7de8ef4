"""Laws of the normal form, over all Unicode text."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from app.text.normalize import match_key, normalize, strip_fillers

WORDS = ["请问", "麻烦", "急", "急急急", "谢谢", "老师", "您好", "啊", " ", "，", "保证金", "退"]
padded = st.lists(st.sampled_from(WORDS), max_size=12).map("".join)
anything = st.text() | padded


@settings(max_examples=500)
@given(anything)
def test_normalising_twice_equals_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(anything)
def test_the_normal_form_holds_letters_digits_and_single_spaces(text: str) -> None:
    folded = normalize(text)
    assert folded == " ".join(folded.split())
    assert all(char == " " or unicodedata.category(char)[0] in "LNM" for char in folded)


@given(anything)
def test_full_width_and_capitals_change_nothing(text: str) -> None:
    ascii_only = "".join(char for char in text if "!" <= char <= "~")
    wide = "".join(chr(ord(char) + 0xFEE0) for char in ascii_only)
    assert normalize(wide) == normalize(ascii_only.upper()) == normalize(ascii_only)


@given(anything)
def test_dropping_padding_never_empties_a_text(text: str) -> None:
    folded = normalize(text)
    assert bool(strip_fillers(folded)) == bool(folded)
    assert bool(match_key(text)) == bool(folded)


@given(padded)
def test_padding_is_dropped_in_one_go(text: str) -> None:
    stripped = strip_fillers(normalize(text))
    assert strip_fillers(stripped) == stripped
