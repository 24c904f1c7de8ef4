"""What a version knows about words, computed once when it is published: cutting 16,000 phrases takes as long as all the
rest of a start.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from app.errors import IndexUnusable
from app.index.lexical import Bm25Index

COVERAGE: dict[str, float] = {"k1": 0.01, "b": 0.0}
"""Of an intent's thirty phrases, that a word occurs says something and how often says little: on the dev questions
the usual k1 = 1.2, b = 0.75 got no weight beside this (log loss 0.64 against 0.68)."""

Features = Sequence[Sequence[str]]
"""One list of features per text."""


@dataclass(frozen=True)
class Lexicon:
    keys: Sequence[str]
    """``match_key`` of every phrase."""
    sounds: str
    """A line for each phrase of an entry (they are the first rows): its syllables, each behind a ``'``."""
    words: Bm25Index
    """Over intents: the idf-weighted share of the question's words that anything said of an intent has."""
    bigrams: Bm25Index
    """The same for character pairs."""
    phrase_bm25: Bm25Index
    """Over phrases, words and pairs, with full length normalisation."""


@dataclass(frozen=True)
class Coverage:
    """The words and character pairs of documents alone, without their single phrases."""

    words: Bm25Index
    bigrams: Bm25Index


def build_coverage(words: Features, pairs: Features, owner: npt.NDArray[np.int64], count: int) -> bytes:
    """As ``build``, for documents whose single texts are searched by meaning only."""
    distinct = dict.fromkeys(feature for lists in (words, pairs) for features in lists for feature in features)
    vocabulary = {feature: column for column, feature in enumerate(["", *distinct])}
    matrices = {
        "words": Bm25Index.build(_documents(words, owner, count), vocabulary, **COVERAGE),
        "bigrams": Bm25Index.build(_documents(pairs, owner, count), vocabulary, **COVERAGE),
    }
    return _saved(matrices, vocabulary=_packed(vocabulary))


def unpack_coverage(content: bytes) -> Coverage:
    """Raises ``IndexUnusable`` when this is not what ``build_coverage`` returned."""
    with _opened(content) as file:
        vocabulary = _vocabulary(file)
        return Coverage(_index(file, "words", vocabulary), _index(file, "bigrams", vocabulary))


def build(
    keys: Sequence[str], words: Features, pairs: Features, owner: npt.NDArray[np.int64], count: int, sounds: str
) -> bytes:
    """Index texts and pack the result.

    The first ``len(keys)`` texts are phrases; what follows (keywords) counts for its intent but is no phrase of its
    own.  ``owner`` ``(texts,)`` names the intent of each, out of ``count``.
    """
    distinct = dict.fromkeys(feature for lists in (words, pairs) for features in lists for feature in features)
    vocabulary = {feature: column for column, feature in enumerate(["", *distinct])}
    phrases = [[*a, *b] for a, b in zip(words[: len(keys)], pairs[: len(keys)], strict=True)]
    matrices = {
        "words": Bm25Index.build(_documents(words, owner, count), vocabulary, **COVERAGE),
        "bigrams": Bm25Index.build(_documents(pairs, owner, count), vocabulary, **COVERAGE),
        "phrase_bm25": Bm25Index.build(phrases, vocabulary),
    }
    return _saved(matrices, keys=_packed(keys), vocabulary=_packed(vocabulary), sounds=_packed([sounds]))


def _saved(matrices: Mapping[str, Mapping[str, Any]], **texts: npt.NDArray[np.uint8]) -> bytes:
    arrays = {f"{name}.{part}": value for name, matrix in matrices.items() for part, value in matrix.items()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **texts, **arrays)
    return buffer.getvalue()


def unpack(content: bytes) -> Lexicon:
    """Raises ``IndexUnusable`` when this is not what ``build`` returned."""
    with _opened(content) as file:
        vocabulary = _vocabulary(file)
        words, bigrams, phrases = (_index(file, name, vocabulary) for name in ("words", "bigrams", "phrase_bm25"))
        return Lexicon(_unpacked(file["keys"]), file["sounds"].tobytes().decode(), words, bigrams, phrases)


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            yield file
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise IndexUnusable(f"词索引不完整或已损坏（{error}），请重新发布") from error


def _vocabulary(file: Any) -> dict[str, int]:
    return {sys.intern(feature): column for column, feature in enumerate(_unpacked(file["vocabulary"]))}


def _index(file: Any, name: str, vocabulary: Mapping[str, int]) -> Bm25Index:
    parts: dict[str, Any] = {part: file[f"{name}.{part}"] for part in ("data", "indices", "indptr")}
    return Bm25Index(vocabulary, parts | {"num_docs": int(file[f"{name}.num_docs"])})


def _documents(features: Features, owner: npt.NDArray[np.int64], count: int) -> list[list[str]]:
    """One document per intent: the features of everything it is known by."""
    documents: list[list[str]] = [[] for _ in range(count)]
    for i, found in zip(owner, features, strict=True):
        documents[i] += found
    return documents


def _packed(texts: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _unpacked(array: npt.NDArray[np.uint8]) -> list[str]:
    return array.tobytes().decode().split("\n")
