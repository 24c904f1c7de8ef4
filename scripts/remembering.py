"""An encoder for scripts that ask the same texts again and again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.index.encoder import Encoder


class Remembering:
    """Computes each text once, by another encoder, and behaves like it."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.dimension, self.fingerprint = encoder.name, encoder.dimension, encoder.fingerprint
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encoder.encode([text])[0]
        return np.stack([self._known[text] for text in texts])
