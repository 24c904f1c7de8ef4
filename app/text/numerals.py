"""Article numbers as statutes write them (第一百零七条) and as people type them (107条)."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
VARIANTS = str.maketrans("〇○两", "零零二")


def to_number(text: str) -> int:
    """一百零七 -> 107, 一〇七 -> 107, 107 -> 107.  Raises ``ValueError`` for anything else, also above 9999."""
    text = text.translate(VARIANTS)
    if text.isdecimal():
        return int(text)
    if not text or any(char not in DIGITS and char not in UNITS for char in text):
        raise ValueError(text)
    if not any(char in UNITS for char in text):
        return int("".join(str(DIGITS.index(char)) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in UNITS:
            total += (digit or 1) * UNITS[char]
            digit = 0
        else:
            digit = DIGITS.index(char)
    return total + digit


def to_chinese(number: int) -> str:
    """107 -> 一百零七; for 1..9999, with 十 (not 一十) for the tens of 10..19, as statutes have it."""
    if not 0 < number < 10_000:
        raise ValueError(number)
    text, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // size % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
        gap = not digit
    return text.removeprefix("一") if text.startswith("一十") else text
