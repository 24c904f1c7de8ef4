"""A second reading of a question that was perhaps mistyped: the same sounds, a look-alike character, a slip of the keys.

Only words of the knowledge base are put in, so a reading is never bent to anything that could not be answered.  What is
made of a reading is decided by the caller, who asks for one only where the question as typed is no clean match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.text.pinyin import folded, syllables

MIN_PHRASES = 3
"""A word stands in at least so many phrases before anything is corrected into it."""
LONGEST = 6
"""Characters of the longest word corrected into."""
EVERYDAY = 2000
"""Frequency in jieba's table from which a word belongs to everyday speech (公司, 哪里, 领导) rather than to the trade: it is
neither corrected nor corrected into.  The words of the trade lie well below (公示 119, 保证金 125, 质疑 557)."""
REAL_WORD = 0.5
"""Worth of another real word, against one of the knowledge base: input methods write wrong words, not non-words (公式 for
公示), so it gives way to a sound-alike, but not to one that shares no character with it."""
OTHER_CHARACTER = 1.5
"""Price of each character that sounds or looks alike but is another; a word is worth its length squared."""
FUNCTION_CHARACTER = 3.0
"""The same for a character that is a word of everyday speech by itself (是, 不, 在, 到)."""
EVERYDAY_CHARACTER = 40_000
SLIP = 2.0
"""Price of two characters exchanged, one lost or one doubled."""

_LOOK_ALIKE = (
    "己已巳 末未 土士 日曰 人入 干千于 天夭 大太犬 王玉主 木本术 刀力 午牛 问间闻 侍待持 拔拨 券卷 帐账胀 锁琐 标漂飘 投没 证诬 函涵 退褪 缴激 招昭 "
    "评坪秤 审宙 密蜜 盾循 报极 注往住 册删 登澄凳 录绿 诉拆折 质贡 疑凝 谈淡 否杏 决快块诀 围国 传专 库车 抽油 场扬肠 地他 授接援 设没 受爱 补扑 "
    "牌碑 转传 让止 担但坦 约药 履覆 施拖 监盐 理埋 勘堪 察擦 供洪 应庆 构沟购 资货贷 料科 期朝 限很恨 额颜 度席 候侯 选先 结洁 果杲 签鉴 章单 驱躯 "
    "读续 取职 重童 新析 修悠 改政 撤撒 销消 延廷 迟达 解触 开井 启后 清请情 澄橙 编偏遍 制刷 上土 下卞 代伐 买卖 实头"
).split()
"""Characters taken for one another on small screens and in old eyes."""


@dataclass(frozen=True)
class Spelling:
    """Words that a question may be corrected into, found by how they sound and by what they are mistyped as."""

    words: Collection[str]
    by_sound: Mapping[str, tuple[str, ...]]
    """Folded syllables, joined by spaces -> words, the most frequent first."""
    by_initials: Mapping[str, str]
    """First letters of at least three syllables -> the one word that has them."""
    mistyped: Mapping[str, tuple[str, float]]
    """A wrong form -> (word, price)."""
    sounds: Collection[str]
    """Every syllable, for telling 「baozhengjin」 apart."""


def table(phrases: Mapping[str, int], language: Mapping[str, int]) -> Spelling:
    """``phrases``: how many phrases of the knowledge base have each word; ``language``: how frequent words are at large."""
    ours = (w for w, n in phrases.items() if n >= MIN_PHRASES and _is_word(w) and language.get(w, 0) < EVERYDAY)
    words = sorted(ours, key=lambda word: (-phrases[word], word))
    by_sound: dict[str, list[str]] = {}
    by_initials: dict[str, list[str]] = {}
    mistyped: dict[str, tuple[str, float]] = {}
    known = frozenset(words)
    sounds: set[str] = set()
    for word in words:
        heard = syllables(word)
        sounds.update(heard)
        by_sound.setdefault(" ".join(map(folded, heard)), []).append(word)
        if len(heard) >= 3:
            by_initials.setdefault("".join(syllable[0] for syllable in heard), []).append(word)
        for form, price in _wrong_forms(word):
            if form not in known:
                mistyped.setdefault(form, (word, price))
    return Spelling(
        words=known,
        by_sound={sound: tuple(same) for sound, same in by_sound.items()},
        by_initials={letters: same[0] for letters, same in by_initials.items() if len(same) == 1},
        mistyped=mistyped,
        sounds=frozenset(sounds),
    )


def _is_word(word: str) -> bool:
    return 2 <= len(word) <= LONGEST and all("\u4e00" <= character <= "\u9fff" for character in word)


def _wrong_forms(word: str) -> Iterable[tuple[str, float]]:
    for i, character in enumerate(word):
        for group in _LOOK_ALIKE:
            if character in group:
                yield from (
                    (word[:i] + other + word[i + 1 :], OTHER_CHARACTER) for other in group if other != character
                )
        if len(word) >= 3 and 0 < i < len(word) - 1:  # at an end the word stands there whole
            yield word[:i] + character + word[i:], SLIP
        if len(word) >= 3 and i + 1 < len(word):
            yield word[:i] + word[i + 1] + character + word[i + 2 :], SLIP
        if len(word) >= 4 and 0 < i < len(word) - 1:
            yield word[:i] + word[i + 1 :], SLIP


def corrected(spelling: Spelling, normalized: str, language: Mapping[str, int]) -> str | None:
    """The text with every stretch replaced that reads better as a word of the knowledge base; None when nothing is.

    ``language`` says how frequent words are at large, 0 for no word.  The best reading is the one whose words are worth most together:
    a word counts its length squared, less the price of what was changed.
    """
    readings = [_run(spelling, run, language) for run in normalized.split()]
    text = " ".join(readings)
    return text if text != normalized else None


def _run(spelling: Spelling, run: str, language: Mapping[str, int]) -> str:
    units = _units(spelling, run)
    best: list[tuple[float, str]] = [(0.0, "")]
    for end in range(1, len(units) + 1):
        choices = [(best[end - 1][0], best[end - 1][1] + units[end - 1])]
        for start in range(max(0, end - LONGEST - 1), end):
            worth, reading = _word(spelling, units[start:end], language)
            choices.append((best[start][0] + worth, best[start][1] + reading))
        best.append(max(choices, key=lambda choice: choice[0]))
    return best[-1][1]


def _units(spelling: Spelling, run: str) -> list[str]:
    """Characters one by one; letters by syllable where they are pinyin, else together."""
    units: list[str] = []
    for piece in re.findall(r"[a-z]+|[0-9]+|.", run):
        cut = _syllables_of(spelling, piece) if re.fullmatch(r"[a-z]{2,}", piece) else None
        units += cut or [piece]
    return units


def _syllables_of(spelling: Spelling, letters: str) -> list[str] | None:
    """Letters cut into as few syllables as they can be, or None."""
    best: list[list[str] | None] = [[]]
    for end in range(1, len(letters) + 1):
        cuts = [
            [*before, letters[start:end]]
            for start in range(max(0, end - 6), end)
            if (before := best[start]) is not None and letters[start:end] in spelling.sounds
        ]
        best.append(min(cuts, key=len) if cuts else None)
    return best[-1]


def _word(spelling: Spelling, units: Sequence[str], language: Mapping[str, int]) -> tuple[float, str]:
    """What a stretch is worth as one word, and that word."""
    surface = "".join(units)
    full = float(len(units) ** 2)
    if surface in spelling.words:
        return full, surface
    frequency = language.get(surface, 0) if len(units) > 1 else 0
    choices = [(full if frequency >= EVERYDAY else REAL_WORD * full if frequency else 0.0, surface)]
    if surface in spelling.by_initials:
        choices.append((len(surface) ** 2 - OTHER_CHARACTER, spelling.by_initials[surface]))
    if len(units) > 1:
        heard = [unit if unit.isascii() else syllables(unit)[0] if syllables(unit) else "" for unit in units]
        for word in spelling.by_sound.get(" ".join(map(folded, heard)), ()):
            changed = [a for a, b in zip(units, word, strict=True) if a != b and not a.isascii()]
            choices.append((full - sum(_price(character, language) for character in changed), word))
        if surface in spelling.mistyped:
            word, price = spelling.mistyped[surface]
            choices.append((len(word) ** 2 - price, word))
    return max(choices, key=lambda choice: choice[0])


def _price(character: str, language: Mapping[str, int]) -> float:
    return FUNCTION_CHARACTER if language.get(character, 0) >= EVERYDAY_CHARACTER else OTHER_CHARACTER
