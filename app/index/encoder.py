"""Text -> unit vectors.  Models are opened from local folders only; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from app.errors import EncoderUnusable

Vectors = npt.NDArray[np.float32]


CHECKED_FILES = ("model.onnx", "tokenizer.json", "encoder.json")
"""What decides the vectors of the shipped encoder; each must stand in its ``SHA256SUMS``."""


class Encoder(Protocol):
    """What retrieval needs of a model."""

    name: str
    dimension: int
    fingerprint: str
    """Changes whenever the model would give other vectors; an index remembers the one it was made with."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` float32, unit rows.

        The vector of a text does not depend on the texts beside it, so cached and fresh vectors are the same.
        """
        ...


class OnnxEncoder:
    """The shipped int8 model: onnxruntime and tokenizers only, about 3 ms a question on one thread.

    Texts are run one at a time on purpose: dynamic quantisation takes its scale from the whole input, so in a batch a
    text's vector would depend on its neighbours.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        import onnxruntime as ort
        from tokenizers import Tokenizer

        self.fingerprint = _verified_fingerprint(folder)
        facts = json.loads((folder / "encoder.json").read_text("utf-8"))
        self.name: str = facts["name"]
        self.dimension: int = facts["dimension"]
        self._prefix: str = facts["prefix"]
        self._max_tokens: int = facts["max_tokens"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._max_tokens)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # keeps tens of megabytes for batches that never come
        self._session = ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.concatenate([self._run(text) for text in texts])

    def _run(self, text: str) -> Vectors:
        ids = np.array([self._tokenizer.encode(self._prefix + text).ids], np.int64)
        (vector,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return np.asarray(vector, np.float32)


class SentenceTransformerEncoder:
    """Any sentence-transformers model in a local folder; needs the extra ``models`` (torch)."""

    def __init__(self, folder: Path) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderUnusable(
                f"模型 {folder} 需要 sentence-transformers，请先安装：pip install 'yiboshi[models]'"
            ) from error
        # A model may bring module classes of its own (ours does, see sentence_transformers_module); a folder on this
        # machine is the administrator's own.
        self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=True)
        self._prompt = "query" if "query" in (getattr(self._model, "prompts", None) or {}) else None
        self.name = folder.name
        self.dimension: int = self._model.encode([""]).shape[1]
        self.fingerprint = _folder_fingerprint(folder)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        rows = [
            self._model.encode([text], prompt_name=self._prompt, normalize_embeddings=True, show_progress_bar=False)
            for text in texts
        ]
        return np.asarray(np.concatenate(rows), np.float32)


def open_encoder(folder: Path, threads: int = 1) -> Encoder:
    """Open a model folder; raises ``EncoderUnusable`` naming what is wrong with it."""
    if (folder / "encoder.json").is_file():
        return OnnxEncoder(folder, threads)
    if (folder / "config.json").is_file() or (folder / "modules.json").is_file():
        return SentenceTransformerEncoder(folder)
    raise EncoderUnusable(
        f"{folder} 不是模型文件夹：既没有 encoder.json（自带模型），也没有 modules.json 或 config.json"
        "（sentence-transformers 模型）。请检查设置 encoder。"
    )


def _verified_fingerprint(folder: Path) -> str:
    """Check the folder against its ``SHA256SUMS`` and return their common digest."""
    whole = hashlib.sha256()
    try:
        lines = [line.split() for line in (folder / "SHA256SUMS").read_text("ascii").splitlines()]
        sums = {name: expected for expected, name in lines}
        for name in CHECKED_FILES:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            if found != sums.get(name):
                raise EncoderUnusable(f"模型文件 {folder / name} 已损坏或被改动（校验值不符），请重新安装")
            whole.update(found.encode())
    except (OSError, ValueError) as error:
        raise EncoderUnusable(f"模型文件夹 {folder} 不完整或已损坏：{error}") from error
    return whole.hexdigest()[:16]


def _folder_fingerprint(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts):
        with path.open("rb") as file:
            whole.update(str(path.relative_to(folder)).encode())
            whole.update(
                hashlib.file_digest(file, "sha256").digest() if hasattr(hashlib, "file_digest") else file.read()
            )
    return whole.hexdigest()[:16]
