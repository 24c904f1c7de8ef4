"""Lets ``SentenceTransformer("indexes/encoder")`` load the shipped folder and give the same vectors.

Only sentence-transformers imports this file (its name stands in the folder's ``modules.json``), so torch is needed
here and nowhere else at run time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from app.index.encoder import OnnxEncoder


class OnnxEncoderModule(torch.nn.Module):
    """A sentence-transformers module around ``OnnxEncoder``: texts in, ``sentence_embedding`` out."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._encoder = OnnxEncoder(Path(folder))
        self.tokenizer = None
        self.max_seq_length = 128

    @classmethod
    def load(cls, model_name_or_path: str, **_: Any) -> OnnxEncoderModule:
        return cls(model_name_or_path)

    def get_sentence_embedding_dimension(self) -> int:
        return self._encoder.dimension

    get_embedding_dimension = get_sentence_embedding_dimension

    def preprocess(self, inputs: list[str], **_: Any) -> dict[str, Any]:
        return {"vectors": torch.from_numpy(self._encoder.encode(list(inputs)))}

    tokenize = preprocess

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        return features | {"sentence_embedding": features["vectors"]}
