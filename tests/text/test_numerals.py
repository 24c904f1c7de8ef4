from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.numerals import to_chinese, to_number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("一", 1), ("十", 10), ("十一", 11), ("二十", 20), ("五十一", 51), ("一百", 100), ("一百零七", 107),
        ("一百一十", 110), ("二百五十九", 259), ("一千二百六十", 1260), ("一千零一", 1001),
    ],
)  # fmt: skip
def test_numbers_are_written_as_statutes_write_them(written: str, number: int) -> None:
    assert to_chinese(number) == written
    assert to_number(written) == number


@given(st.integers(1, 9999))
def test_what_is_written_is_read_back(number: int) -> None:
    assert to_number(to_chinese(number)) == number
    assert to_number(str(number)) == number


@pytest.mark.parametrize(
    ("typed", "number"), [("一〇七", 107), ("一零七", 107), ("一百〇七", 107), ("两", 2), ("87", 87)]
)
def test_other_ways_of_typing_are_read(typed: str, number: int) -> None:
    assert to_number(typed) == number


@pytest.mark.parametrize("text", ["", "条", "一条", "1一", "半"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        to_number(text)


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_numbers_no_statute_has_are_refused(number: int) -> None:
    with pytest.raises(ValueError):
        to_chinese(number)
