"""What is learned from the vectors of a version when it is published, and stored with it: a start has better things to do
than to invert the same matrices again.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from app.errors import IndexUnusable
from app.index import verdict, whitening
from app.index.encoder import Vectors
from app.index.verdict import Verdict
from app.index.whitening import Whitening


@dataclass(frozen=True)
class Views:
    """``prototypes`` ``(intents, dim)`` are the mean directions of each intent's phrases in the whitened space."""

    whitening: Whitening
    verdict: Verdict
    prototypes: Vectors


def learn(vectors: Vectors, owner: npt.NDArray[np.int64], seeks: npt.NDArray[np.bool_]) -> Views:
    """``vectors`` ``(n, dim)`` are those of the phrases, ``owner`` ``(n,)`` names the intent of each, and ``seeks``
    ``(intents,)`` marks judgements.
    """
    white = whitening.fit(vectors, owner, len(seeks))
    sums = np.zeros((len(seeks), vectors.shape[1]), np.float32)
    np.add.at(sums, owner, white.apply(vectors))
    length = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return Views(white, verdict.fit(vectors, seeks[owner]), np.asarray(sums / length, np.float32))


def pack(views: Views) -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        allow_pickle=False,
        mean=views.whitening.mean,
        matrix=views.whitening.matrix,
        verdict=views.verdict.weights,
        bias=np.array(views.verdict.bias),
        prototypes=views.prototypes,
    )
    return buffer.getvalue()


def unpack(content: bytes) -> Views:
    """Raises ``IndexUnusable`` when this is not what ``pack`` returned."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return Views(
                Whitening(file["mean"], file["matrix"]),
                Verdict(file["verdict"], float(file["bias"])),
                file["prototypes"],
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise IndexUnusable(f"向量的统计不完整或已损坏（{error}），请重新发布") from error
