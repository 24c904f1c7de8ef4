"""Personal data in a text, replaced by what it was: 〔手机号〕.  Half a number would still be personal data.

Found are mobile and landline numbers, identity cards, credit codes of organisations (often a person's firm), bank cards and
e-mail addresses, written in full width, with spaces or hyphens too.  What has check digits must pass them, so that amounts,
dates and the numbers of documents stay.  Public service numbers (400, 800, 12345) stay as well.  Names, addresses and what
is spelled out in words no rule finds reliably; nor are identity cards of 15 digits, out of use since 2013, which look like
order numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

PROJECT = "〔项目编号〕"

_GAP = r"[ \-]{0,3}"
"""What may stand between the groups of one number."""
_BEFORE = r"(?<![0-9])(?<!0\.)(?<![0-9]{2}\.)(?<![¥$])"
"""A number begins here: not in the middle of one, not behind a decimal point (but behind 「1.」) or a currency."""
_AFTER = r"(?![0-9])(?!\.[0-9])(?! ?(?:元(?![旦月])|万元|亿元|%))"
"""It ends here, and is no amount."""

_SPACES = re.compile(r"\s")
_HYPHENS = frozenset("‐‑‒–—―−﹣－ー─")
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
"""Characters without width that come along when a number is copied."""


def mask(text: str, project_numbers: re.Pattern[str] | None = None) -> str:
    """``text`` with typed tokens in place of personal data, all else untouched; masking twice is masking once.

    ``project_numbers`` is what this centre's project numbers look like, if they are to be masked; it is matched against the
    text in half width.
    """
    while spans := list(_spans(_folded(text), project_numbers)):
        for start, end, token in reversed(spans):
            text = text[:start] + token + text[end:]
    return text


def _folded(text: str) -> str:
    """The text in half width, every space a blank and every dash a hyphen, character by character: places stay."""
    return "".join(map(_plain, text)) if not text.isascii() else _SPACES.sub(" ", text)


def _plain(char: str) -> str:
    if char < "\x7f":
        return " " if char.isspace() else char
    if char in _HYPHENS:
        return "-"
    if char.isspace() or char in _UNSEEN:
        return " "
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else "¥" if char == "￥" else char


def _spans(text: str, project_numbers: re.Pattern[str] | None) -> Iterator[tuple[int, int, str]]:
    """What to replace, from left to right, none over another.  Each holds a digit or an @, which no token does."""
    if not (_has_digit(text) or "@" in text):
        return
    rules = _RULES if project_numbers is None else ((PROJECT, project_numbers, _has_digit), *_RULES)
    found: list[tuple[int, int, str]] = []
    for token, pattern, passes in rules:
        for match in pattern.finditer(text):
            start, end = match.span("number" if "number" in pattern.groupindex else 0)
            if passes(text[start:end]) and all(end <= s or e <= start for s, e, _ in found):
                found.append((start, end, token))
    yield from sorted(found)


def _has_digit(text: str) -> bool:
    return any(char.isdecimal() for char in text)


def _always(_: str) -> bool:
    return True


def _bare(number: str) -> str:
    return re.sub(r"[ \-]", "", number).upper()


_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
"""The first two digits of GB/T 2260, with 83 of the residence permits of people from Taiwan."""


def _is_identity(number: str) -> bool:
    """GB 11643: province, date of birth, and the check character of ISO 7064 MOD 11-2.

    The card of a foreigner with permanent residence has a 9 before its province (of 2023).
    """
    number = _bare(number)
    if (number[1:3] if number[0] == "9" else number[:2]) not in _PROVINCES or number[6:8] not in ("19", "20"):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * 2 ** (17 - i) for i, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of GB 32100, each worth its place: no I, O, S, V, Z."""


def _is_credit_code(number: str) -> bool:
    """GB 32100: a region (10: registered with the state itself), the code of the organisation, and the check character."""
    number = _bare(number)
    if number[2:4] not in _PROVINCES | {"10"} or any(char not in _CREDIT for char in number):
        return False
    total = sum(_CREDIT.index(char) * pow(3, i, 31) for i, char in enumerate(number[:17]))
    return _CREDIT[-total % 31] == number[17] and _is_organisation(number[8:17])


def _is_organisation(code: str) -> bool:
    """GB 11714: eight characters, each worth its digit in base 36, and a check character."""
    total = sum(int(char, 36) * weight for char, weight in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return "0X987654321"[total % 11] == code[8]


def _is_bank_card(number: str) -> bool:
    """ISO/IEC 7812: the check digit of Luhn."""
    digits = [int(digit) for digit in reversed(_bare(number))]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _grouped(*lengths: int, gap: str = _GAP) -> str:
    return gap.join(f"[0-9]{{{length}}}" for length in lengths)


_EMAIL = r"(?<![\w.%+\-])[\w.%+\-]{1,64} ?@ ?[a-z0-9\-]{1,63}(?:[.。][a-z0-9\-]{1,63}){0,4}[.。][a-z][a-z0-9\-]{1,62}"
_IDENTITY = rf"(?<![0-9])[0-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9x](?![0-9])"
_CREDIT_CODE = rf"(?<![0-9a-z])[0-9a-z]{_GAP}[0-9a-z](?:{_GAP}[0-9]){{6}}(?:{_GAP}[0-9a-z]){{10}}(?![0-9a-z])"
_CARD_16 = rf"(?:[0-9]{{16}}|{_grouped(4, 4, 4, 4)}|{_grouped(6, 10)})"
_CARD = rf"(?:[0-9]{{16,19}}|{_grouped(4, 4, 4, 4)}(?:{_GAP}[0-9]{{1,3}})?|{_grouped(6, 10)}|{_grouped(6, 13)}|{_grouped(6, 4, 4, 5)})"
_BANK_CARD = rf"{_BEFORE}(?:(?=62|60|81|9558){_CARD}|(?=35|4|5[1-5]){_CARD_16}){_AFTER}"
"""UnionPay and the older cards of the banks here; JCB, Visa and Mastercard, which have 16 digits."""
_GROUPS = (_grouped(*lengths) for lengths in ((3, 4, 4), (4, 3, 4), (3, 3, 5), (4, 4, 3), (5, 6)))
_APART = _grouped(*(1,) * 11, gap=r"[ \-]{1,3}")
_DOTTED = r"[0-9]{3}\.[0-9]{4}\.[0-9]{4}"
_MOBILE = rf"{_BEFORE}(?:(?:\+|00)?86{_GAP}|0)?(?=1{_GAP}[3-9])(?:{'|'.join((*_GROUPS, _APART, _DOTTED))}){_AFTER}"
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_LOCAL = rf"[2-8][0-9]{{2,3}}{_GAP}[0-9]{{4}}"
_EXTENSION = rf"(?:(?:{_GAP}(?:转|分机|ext\.?){_GAP}|-|/)[0-9]{{1,8}}(?![0-9\-]))?"
_LANDLINE = rf"{_BEFORE}(?:\(0{_AREA}\)|0{_AREA}\)?|(?:\+|00)86{_GAP}\(?0?{_AREA}\)?){_GAP}{_LOCAL}{_EXTENSION}{_AFTER}"
_LOCAL_ONLY = rf"(?:电话号码|电话|座机|固话|传真|tel)[ :是为]{{0,3}}(?P<number>{_LOCAL}{_EXTENSION}){_AFTER}"
"""Without its area code a number is a telephone's only behind a word that says so."""

_RULES = tuple(
    (token, re.compile(pattern, re.ASCII | re.IGNORECASE), passes)
    for token, pattern, passes in (
        ("〔邮箱〕", _EMAIL, _always),
        ("〔身份证号〕", _IDENTITY, _is_identity),
        ("〔统一社会信用代码〕", _CREDIT_CODE, _is_credit_code),
        ("〔银行卡号〕", _BANK_CARD, _is_bank_card),
        ("〔手机号〕", _MOBILE, _always),
        ("〔固话〕", _LANDLINE, _always),
        ("〔固话〕", _LOCAL_ONLY, _always),
    )
)
"""In this order: what was found first keeps its place."""

TOKENS = frozenset({PROJECT} | {token for token, _, _ in _RULES})
"""All that may stand in place of personal data."""
