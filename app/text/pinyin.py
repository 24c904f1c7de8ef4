"""How text sounds, for what is typed without or with the wrong characters."""

from __future__ import annotations

import os
import re
from functools import lru_cache, partial
from typing import Any

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # its table of phrases takes 45 MB
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")

import pypinyin
from pypinyin.constants import PINYIN_DICT

_COMMON = {code: sounds for code, sounds in PINYIN_DICT.items() if 0x4E00 <= code <= 0x9FFF or code == ord("〇")}
PINYIN_DICT.clear()  # half of its characters no input method gives, and they take 3 MB
PINYIN_DICT.update(_COMMON)
del _COMMON

_READINGS = {
    "退还": "tui huan", "返还": "fan huan", "归还": "gui huan", "偿还": "chang huan", "不还": "bu huan", "还款": "huan kuan",
    "还钱": "huan qian", "还我": "huan wo", "银行": "yin hang", "行业": "hang ye", "央行": "yang hang", "同行": "tong hang",
    "转行": "zhuan hang", "重新": "chong xin", "重复": "chong fu", "重发": "chong fa", "重装": "chong zhuang", "重传": "chong chuan",
    "重置": "chong zhi", "重做": "chong zuo", "重启": "chong qi", "重来": "chong lai", "重招": "chong zhao", "重大": "zhong da",
    "长期": "chang qi", "多长": "duo chang", "延长": "yan chang", "时长": "shi chang", "长度": "chang du", "校验": "jiao yan",
    "校对": "jiao dui", "标的": "biao di", "目的": "mu di", "差额": "cha e", "出差": "chu chai", "差旅": "chai lv", "调整": "tiao zheng",
    "调解": "tiao jie", "协调": "xie tiao", "分包": "fen bao", "供应": "gong ying", "应答": "ying da", "响应": "xiang ying",
    "适应": "shi ying", "效应": "xiao ying", "弹出": "tan chu", "弹窗": "tan chuang", "模板": "mu ban", "便宜": "pian yi", "都是": "dou shi",
    "都行": "dou xing", "划转": "hua zhuan", "转账": "zhuan zhang", "量化": "liang hua", "工程量": "gong cheng liang", "传真": "chuan zhen",
}  # fmt: skip
"""Words of the trade whose characters do not sound as they mostly do elsewhere."""

pypinyin.load_phrases_dict({word: [[syllable] for syllable in sound.split()] for word, sound in _READINGS.items()})


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin of every Chinese character; other letters and digits stay in runs (``ca锁`` -> ca, suo)."""
    latin: Any = partial(re.findall, r"[0-9]+|[a-z]+")  # several results for a run, which the library's hints forbid
    found = pypinyin.lazy_pinyin(text, errors=latin)
    return tuple(syllable for syllable in found if syllable)


_FOLDS = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n(?=[aeiouv])"), "l"),
    (re.compile(r"([aei])ng$"), r"\1n"),
)


@lru_cache(maxsize=4096)
def folded(syllable: str) -> str:
    """The sounds that many speakers and input methods do not tell apart made one: zh z, ch c, sh s; n l; ang an, eng en,
    ing in.
    """
    for pattern, replacement in _FOLDS:
        syllable = pattern.sub(replacement, syllable)
    return syllable
