"""Texts cut into passages (the parts of an article, the steps of a task), searched by meaning and by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.index import lexicon
from app.index.dense import DenseIndex, rows_of
from app.index.encoder import Vectors
from app.index.lexicon import Coverage
from app.text.normalize import normalize
from app.text.tokenize import Tokenizer, bigrams

Passage = tuple[int, str]
"""(which document it belongs to, text)."""


@dataclass(frozen=True)
class PassageIndex:
    """Rows of ``parts`` run over passages; ``owner`` maps them to ``count`` documents."""

    count: int
    owner: npt.NDArray[np.int64]
    parts: DenseIndex
    lexicon: Coverage

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """``(count, most passages)``: the rows of each document's passages, padded with -1."""
        return rows_of(self.owner, self.count)


def build_lexicon(passages: Sequence[Passage], count: int, tokenizer: Tokenizer) -> bytes:
    """Word statistics of all passages, to be stored with a version; empty when there is none."""
    if not passages:
        return b""
    forms = [normalize(text) for _, text in passages]
    return lexicon.build_coverage(
        words=[tokenizer.words(form) for form in forms],
        pairs=[bigrams(form) for form in forms],
        owner=np.array([document for document, _ in passages], np.int64),
        count=count,
    )


def assemble(passages: Sequence[Passage], count: int, vectors: Vectors, words: bytes) -> PassageIndex:
    """``vectors`` ``(passages, dim)`` and ``words`` are what was stored for exactly these passages."""
    owner = np.array([document for document, _ in passages], np.int64)
    return PassageIndex(count, owner, DenseIndex(vectors), lexicon.unpack_coverage(words))
