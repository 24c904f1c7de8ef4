"""Two texts that say the same thing with different figures, phones or addresses: one of them is wrong.

Unless each figure stands in an article that its entry cites: then the law itself tells two cases apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from app.knowledge.figures import figures
from app.knowledge.lint.answers import ADDRESS, PHONE
from app.knowledge.lint.numbers import backing
from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import Source
from app.knowledge.model import Mark, Problem
from app.knowledge.placeholders import PLACEHOLDER, filled
from app.text.normalize import normalize

ALIKE = 90.0
"""rapidfuzz ratio of two sentences without their figures from which they are taken to say the same thing."""
SHORTEST = 8
"""Characters besides the figures; less says too little to be compared."""

ADDRESSES = ("电话", "网址")
_SENTENCE = re.compile(r"[。；;！？\n]")


class Statement(NamedTuple):
    """A sentence with ``values`` taken out of ``frame``; ``shape`` is what kind of values, in order."""

    frame: str
    shape: tuple[str, ...]
    values: tuple[str, ...]
    shown: str
    mark: Mark
    key: str

    def backed_by(self, known: Mapping[str, set[tuple[Decimal, str]]]) -> bool:
        """Whether every value is a figure of an article that the sentence's entry cites."""
        pairs = zip(self.values, self.shape, strict=True)
        return all(
            unit not in ADDRESSES and (Decimal(value), unit) in known.get(self.key.split(".")[0], ())
            for value, unit in pairs
        )


def problems(source: Source, statutes: Statutes) -> Iterator[Problem]:
    backed = {entry.id: backing(statutes, entry) or set() for entry in source.records["entries"]} if statutes else {}
    by_shape: dict[tuple[str, ...], list[Statement]] = defaultdict(list)
    for mark, key, text in filled(source):
        for statement in _statements(text, mark, key):
            by_shape[statement.shape].append(statement)
    for alike in by_shape.values():
        for one, other in combinations(alike, 2):
            if one.values == other.values or one.key == other.key:
                continue
            if all(statement.backed_by(backed) for statement in (one, other)):
                continue
            if fuzz.ratio(one.frame, other.frame, score_cutoff=ALIKE):
                where = f"{one.mark.file} 第 {one.mark.line} 行（{one.key.split('.')[0]}）"
                message = f"和{where}说的是一回事，数却不同：那里是「{one.shown}」"
                yield Problem(
                    "warning",
                    other.mark,
                    other.key,
                    message,
                    other.shown,
                    "两处一致；公用的数可以放进 facts.yaml 或 site.yaml",
                )


def _statements(text: str, mark: Mark, key: str) -> Iterator[Statement]:
    for sentence in _SENTENCE.split(PLACEHOLDER.sub("", text)):
        found = [(match.start(), match[0], "电话", match[0].replace("-", "")) for match in PHONE.finditer(sentence)]
        found += [(match.start(), match[0], "网址", match[0].rstrip("/")) for match in ADDRESS.finditer(sentence)]
        taken = [(start, start + len(shown)) for start, shown, _, _ in found]
        found += [
            (figure.start, figure.text, figure.unit, str(figure.value))
            for figure in figures(sentence)
            if not any(low <= figure.start < high for low, high in taken)
        ]
        if not found:
            continue
        found.sort()
        frame = sentence
        for _, shown, _, _ in found:
            frame = frame.replace(shown, "", 1)
        frame = normalize(frame).replace(" ", "")
        if len(frame) >= SHORTEST:
            shape = tuple(kind for _, _, kind, _ in found)
            values = tuple(value for _, _, _, value in found)
            yield Statement(frame, shape, values, sentence.strip(" -*·>　")[:60], mark, key)
