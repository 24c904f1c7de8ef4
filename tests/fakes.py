"""Stand-ins that keep the contract of what they replace; ``tests/contract`` holds them to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from app.index.encoder import Vectors


class FakeEncoder:
    """Character bigrams hashed into 64 dimensions: deterministic, instant, and alike texts get alike vectors.

    ``salt`` makes another model of it: other vectors and another fingerprint.  ``seen`` lists what was encoded.
    """

    dimension = 64

    def __init__(self, salt: str = "") -> None:
        self.name = f"fake{salt}"
        self.fingerprint = f"fake-bigrams-64{salt}"
        self.seen: list[str] = []
        self._salt = salt

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, np.float64)
        padded = f"^{text}$"
        for i in range(len(padded) - 1):
            pair = f"{self._salt}{padded[i : i + 2]}".encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(pair, digest_size=2).digest()
            vector[digest[0] % self.dimension] += 1.0 if digest[1] % 2 else -1.0
        length = np.linalg.norm(vector)
        if length == 0.0:  # every pair met its opposite
            vector[0] = length = 1.0
        return np.asarray(vector / length, np.float32)
