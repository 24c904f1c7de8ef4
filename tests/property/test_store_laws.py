"""What was saved opens equal; what was altered does not open."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import IndexUnusable
from app.index import store
from app.index.store import Manifest, Stored

names = st.text("0123456789abcdef", min_size=12, max_size=12)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
vectors = st.builds(
    lambda seed, rows, width: (
        np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float16).astype(np.float32)
    ),
    st.integers(0, 2**32 - 1),
    st.integers(0, 9),
    st.integers(1, 9),
)
versions = st.builds(
    Stored,
    st.builds(Manifest, names, texts, texts, texts, texts),
    st.binary(max_size=99),
    st.binary(max_size=99),
    st.binary(max_size=99),
    vectors,
)


@settings(max_examples=40)
@given(versions)
def test_what_was_saved_opens_equal(stored: Stored) -> None:
    with tempfile.TemporaryDirectory() as root:
        store.save(Path(root), stored)
        opened = store.open_version(Path(root), stored.manifest.version)
    assert (opened.knowledge, opened.rendered, opened.lexicon) == (stored.knowledge, stored.rendered, stored.lexicon)
    assert opened.vectors.dtype == np.float32
    assert np.array_equal(opened.vectors, stored.vectors)
    assert opened.manifest.version == stored.manifest.version
    assert opened.manifest.encoder == stored.manifest.encoder


@settings(max_examples=40)
@given(versions, st.sampled_from(["knowledge.json", "rendered.json", "lexicon.npz", "vectors.npy"]), st.data())
def test_any_altered_byte_is_noticed(stored: Stored, name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as root:
        path = store.save(Path(root), stored) / name
        content = bytearray(path.read_bytes() or b"\0")
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(IndexUnusable):
            store.open_version(Path(root), stored.manifest.version)
