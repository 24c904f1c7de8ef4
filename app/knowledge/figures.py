"""The figures of a text: amounts, percentages, spans of time, head counts; 「百分之二」 and 「2%」 are the same one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from app.text.numerals import to_number

NUMERAL = "[零〇一二三四五六七八九十百千两]+"
NUMBER = r"\d+(?:[,，]\d{3})*(?:\.\d+)?"
UNITS = {
    "%": "%", "％": "%", "‰": "%", "亿元": "元", "万元": "元", "元": "元", "个工作日": "工作日", "工作日": "工作日",
    "日": "日", "天": "日", "个月": "月", "年": "年", "小时": "小时", "个小时": "小时", "分钟": "分钟", "周岁": "周岁", "岁": "周岁",
    "名": "人", "人": "人", "个人": "人", "家": "家", "份": "份", "倍": "倍", "分": "分", "MB": "MB", "GB": "GB",
    "位专家": "人", "个百分点": "个百分点",
}  # fmt: skip
SCALE = {"亿元": Decimal(10**8), "万元": Decimal(10**4), "‰": Decimal("0.1")}

_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_NOT_FIGURES = re.compile(
    rf"(?:19|20)\d\d年(?:\d{{1,2}}月)?(?:\d{{1,2}}日)?|\d{{1,2}}月\d{{1,2}}日|第(?:{NUMERAL}|\d+)(?:条|款|项|章|节|目|号)(?:之{NUMERAL})?"
    rf"|[〔\[]\d{{4}}[〕\]]\d*号?|\d+号令?|{NUMERAL}号令|\{{\{{.*?\}}\}}"
)
_FRACTION = re.compile(rf"(万|{NUMERAL}|\d+)分之({NUMERAL}|\d+(?:\.\d+)?)")
_FIGURE = re.compile(
    rf"(?:(?P<low>{NUMBER})(?P<low_unit>{_UNIT})?\s*[-—–~～至]\s*)?(?P<digits>{NUMBER})\s*(?P<unit>{_UNIT})"
    rf"|(?:(?P<low_words>{NUMERAL})[-—–~～至])?(?P<words>{NUMERAL})(?P<word_unit>{_UNIT})(?!之)"
)
_IDIOMS = re.compile(
    r"一(?:人|家|份|天|日|年|分|名)(?!以上|内|之内|及以上|的)|一分钱?|两家单位|同一人|每一|第一|一家一|万一|十分|一日[三两]|百分百|百分[制比点]|每[人家份年日]"
)


class Figure(NamedTuple):
    """``value`` in ``unit`` (amounts in 元, shares in %), as ``text`` has it at ``start``."""

    value: Decimal
    unit: str
    text: str
    start: int


def figures(text: str) -> list[Figure]:
    """In order; dates, article numbers and document numbers are none."""
    plain = _NOT_FIGURES.sub(lambda match: "#" * len(match[0]), text)
    plain = _IDIOMS.sub(lambda match: "#" * len(match[0]), plain)
    found = []
    for match in _FRACTION.finditer(plain):
        below = _value(match[1])
        if below:
            share = _value(match[2]) * 100 / below
            found.append(Figure(share.quantize(Decimal("0.0001")).normalize(), "%", match[0], match.start()))
    plain = _FRACTION.sub(lambda match: "#" * len(match[0]), plain)
    for match in _FIGURE.finditer(plain):
        unit = match["unit"] or match["word_unit"]
        value = _value(match["digits"] or match["words"]) * SCALE.get(unit, Decimal(1))
        if match["low"] or match["low_words"]:  # 「3-5%」 is two figures
            low_unit = match["low_unit"] or unit
            low = _value(match["low"] or match["low_words"]) * SCALE.get(low_unit, Decimal(1))
            found.append(Figure(low.normalize(), UNITS[low_unit], match[0], match.start()))
        found.append(Figure(value.normalize(), UNITS[unit], match[0], match.start()))
    return sorted(found, key=lambda figure: figure.start)


def _value(text: str) -> Decimal:
    """A number in digits or Chinese numerals; 0 for what is neither (百百)."""
    try:
        return Decimal(text.replace(",", "").replace("，", ""))
    except ArithmeticError:
        pass
    try:
        return Decimal(10_000 if text == "万" else to_number(text))
    except ValueError:
        return Decimal(0)
