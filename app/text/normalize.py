"""One normal form for everything that is compared: questions, aliases, error texts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC

from app.memory import remembered

_to_simplified = OpenCC("t2s")

_FILLERS = (
    "请问一下|麻烦问一下|我想问一下|想问一下|想咨询一下|我想咨询一下|咨询一下|请教一下|想请教一下|问一下|问下"
    "|麻烦问下|想问下|我想问下|咨询下|想咨询下|请教下|打扰一下|打扰了|请问|请教|咨询|麻烦您|麻烦|劳驾|您好|你好|老师好|老师|大佬|亲"
    "|帮忙看看|帮忙看一下|帮我看看|急急急|急求|很急|在线等|求助|求解答|求解|求教|急|在吗|谢谢您|谢谢|多谢|谢了|感谢|拜托|哈|呀|啊|呢|哦|嘛"
)
_LEADING = re.compile(rf"(?:{_FILLERS}) ?")
_TRAILING = re.compile(rf" ?(?:{_FILLERS})\Z")
_LONGEST_FILLER = max(len(filler) for filler in _FILLERS.split("|"))
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
    text = _to_simplified.convert(text)
    # Marks combine with the letter before them, so they stay; everything else that is no letter or digit separates.
    spaced = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in text)
    return " ".join(spaced.split())


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Fold width, case, compatibility forms and traditional characters; punctuation becomes single spaces.

    Idempotent: folding can uncover something to fold again (``İ`` lower-cases to two code points), so it is repeated
    until nothing changes.
    """
    for _ in range(8):
        folded = _once(text)
        if folded == text:
            break
        text = folded
    return text


def strip_fillers(normalized: str) -> str:
    """Drop polite or hurried padding (请问, 麻烦问下, 急急急, 谢谢) at both ends, unless nothing else was said."""
    start, end = 0, len(normalized)
    # One filler at a time: a single pattern for a run of them would try exponentially many ways to split 「急急急…」.
    while (match := _LEADING.match(normalized, start, end)) is not None:
        start = match.end()
    while (match := _TRAILING.search(normalized, max(start, end - _LONGEST_FILLER - 1), end)) is not None:
        end = match.start()
    return normalized[start:end].strip() or normalized


@remembered
def match_key(text: str) -> str:
    """The form under which two wordings count as the same: normalised, without fillers and spaces."""
    return strip_fillers(normalize(text)).replace(" ", "")
