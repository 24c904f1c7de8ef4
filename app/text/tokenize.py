"""Words and character n-grams of Chinese text.

jieba keeps one dictionary for the whole process; words added for a new knowledge version would leak into the one still
serving.  So every snapshot gets a ``Tokenizer`` of its own, all starting from one base dictionary.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.text.normalize import normalize

_there = sys.modules.setdefault("pkg_resources", None)  # type: ignore[arg-type]  # jieba would load it, 5 MB, to open a file
import jieba  # noqa: E402

if _there is None:
    del sys.modules["pkg_resources"]

_STOPWORDS = frozenset(
    "的 了 是 在 我 你 您 他 她 它 们 吗 呢 啊 吧 呀 嘛 么 哦 哈 就 都 也 还 又 把 被 给 跟 和 与 及 或 而 但 这 那 个 些 要 会 "
    "能 可以 怎么 怎样 如何 什么 哪些 哪个 哪里 哪儿 怎么办 咋 咋办 咋整 为什么 有没有 是不是 一下 一个 我们 你们 他们 公司 现在 这个 那个 "
    "请问 办 里 上 下 到 去 来 说 让 用 对 从 以 之 其 等 很 太 再 才 所 并 且 吗 该 得 着 过 后 前 时 时候 情况 问题".split()
)


MIN_FREQUENCY = 40
"""Words rarer than this in jieba's own dictionary are left out: five sixths of its 349,046 words, whose memory an office PC has
better use for; the dev figures are the same with them and without."""


class Dictionary(NamedTuple):
    """Words with their frequencies, and all their beginnings with frequency 0, as jieba wants them."""

    frequencies: dict[str, int]
    total: int


def load_dictionary() -> Dictionary:
    """Read jieba's dictionary once, to be the base of every ``Tokenizer``.

    Parsed here rather than by jieba, which caches the parsed form under a predictable name in the shared temporary
    folder, where any local user could plant one.
    """
    jieba.setLogLevel(logging.WARNING)
    frequencies: dict[str, int] = {}
    total = 0
    with jieba.Tokenizer().get_dict_file() as file:
        for line in file:
            word, count, _ = line.decode("utf-8").split(" ")
            if int(count) < MIN_FREQUENCY:
                continue
            frequencies[word] = int(count)
            total += int(count)
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0)
    return Dictionary(frequencies, total)


class Tokenizer:
    """Cuts normalised text; ``vocabulary`` are the words of this knowledge, ``synonyms`` maps an alias to its term."""

    def __init__(self, base: Dictionary, vocabulary: Iterable[str], synonyms: Mapping[str, str]) -> None:
        self._jieba = jieba.Tokenizer()
        self._jieba.FREQ = dict(base.frequencies)  # the words themselves are shared, only the table is copied
        self._jieba.total = base.total
        self._jieba.initialized = True
        for word in sorted({normalize(word).replace(" ", "") for word in vocabulary}):
            if len(word) > 1:
                self._jieba.add_word(word)
        self._synonyms = {normalize(a).replace(" ", ""): normalize(t).replace(" ", "") for a, t in synonyms.items()}

    @property
    def frequencies(self) -> Mapping[str, int]:
        """Words as frequent as they are at large, this knowledge's own among them; 0 for mere beginnings of words."""
        return self._jieba.FREQ  # type: ignore[no-any-return]

    def words(self, normalized: str) -> list[str]:
        """Content words, jieba search mode (long words also give their parts); an alias adds its term."""
        found = []
        for word in self._jieba.cut_for_search(normalized, HMM=False):
            word = word.strip()
            if not word or word in _STOPWORDS:
                continue
            found.append(sys.intern(word))
            term = self._synonyms.get(word)
            if term is not None and term != word:
                found.append(term)
        return found


def bigrams(normalized: str) -> list[str]:
    """Character pairs within each run of text: they survive a wrong cut or a wrong character.

    Marked with a leading ``#`` so that a two-character word and its bigram stay apart.
    """
    return [sys.intern("#" + run[i : i + 2]) for run in normalized.split() for i in range(len(run) - 1)]
