"""What every encoder promises, run over each of them: the fake may not promise what the real ones do not keep."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.errors import EncoderUnusable
from app.index.encoder import Encoder, OnnxEncoder, SentenceTransformerEncoder, open_encoder
from tests.conftest import CHECKOUT
from tests.fakes import FakeEncoder

Opening = Callable[[], Encoder]

TEXTS = [
    "保证金多久退",
    "CA锁PIN码忘了或者输错被锁死了怎么办",
    "",
    "pin",
    "评标委员会由多少人组成 专家要占多少",
    "很长的问题" * 100,
]


@pytest.fixture(scope="module", params=["fake", "onnx", pytest.param("library", marks=pytest.mark.models)])
def opening(request: pytest.FixtureRequest, encoder_folder: Path) -> Opening:
    """A function that opens the encoder anew."""
    if request.param == "fake":
        return FakeEncoder
    if request.param == "onnx":
        return lambda: OnnxEncoder(encoder_folder)
    pytest.importorskip("sentence_transformers", reason="needs the extra `models`")
    return lambda: SentenceTransformerEncoder(encoder_folder)


@pytest.fixture(scope="module")
def one(opening: Opening) -> Encoder:
    return opening()


class TestEncoderContract:
    def test_texts_become_rows_of_float32(self, one: Encoder) -> None:
        vectors = one.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), one.dimension)
        assert vectors.dtype == np.float32

    def test_every_row_has_length_one(self, one: Encoder) -> None:
        assert np.allclose(np.linalg.norm(one.encode(TEXTS), axis=1), 1.0, atol=1e-5)

    def test_no_texts_become_no_rows(self, one: Encoder) -> None:
        vectors = one.encode([])
        assert vectors.shape == (0, one.dimension)
        assert vectors.dtype == np.float32

    def test_the_vector_of_a_text_does_not_depend_on_the_texts_beside_it(self, one: Encoder) -> None:
        together = one.encode(TEXTS)
        turned = one.encode(TEXTS[::-1])[::-1]
        alone = np.concatenate([one.encode([text]) for text in TEXTS])
        assert np.array_equal(together, alone)
        assert np.array_equal(together, turned)

    def test_alike_texts_lie_nearer_than_unlike_ones(self, one: Encoder) -> None:
        asked, alike, unlike = one.encode(["投标保证金什么时候退", "投标保证金多久能退", "今天天气怎么样"])
        assert asked @ alike > asked @ unlike

    def test_opened_again_it_has_the_same_name_fingerprint_and_vectors(self, one: Encoder, opening: Opening) -> None:
        again = opening()
        assert (again.name, again.dimension, again.fingerprint) == (one.name, one.dimension, one.fingerprint)
        assert one.fingerprint
        assert np.array_equal(again.encode(TEXTS), one.encode(TEXTS))


def test_another_salt_of_the_fake_is_another_model() -> None:
    first, other = FakeEncoder(), FakeEncoder("-other")
    assert first.fingerprint != other.fingerprint
    assert not np.allclose(first.encode(TEXTS), other.encode(TEXTS))


def test_the_number_of_threads_changes_no_vector(encoder_folder: Path, encoder: Encoder) -> None:
    assert np.array_equal(OnnxEncoder(encoder_folder, threads=2).encode(TEXTS), encoder.encode(TEXTS))


@pytest.mark.models
def test_the_shipped_folder_gives_the_same_vectors_through_either_runtime(
    encoder_folder: Path, encoder: Encoder
) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra `models`")
    assert np.allclose(SentenceTransformerEncoder(encoder_folder).encode(TEXTS), encoder.encode(TEXTS), atol=1e-5)


@pytest.mark.models
def test_sentence_transformers_itself_loads_the_shipped_folder_with_the_same_vectors(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="needs the extra `models`")
    monkeypatch.chdir(CHECKOUT)
    model = library.SentenceTransformer("indexes/encoder")
    vectors = model.encode(TEXTS, show_progress_bar=False)
    assert np.allclose(vectors, encoder.encode(TEXTS), atol=1e-5)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def keep_first_line(path: Path) -> None:
    path.write_text(path.read_text().splitlines(keepends=True)[0])


DAMAGE = {
    "model altered": ("model.onnx", flip),
    "tokenizer altered": ("tokenizer.json", flip),
    "facts altered": ("encoder.json", lambda path: path.write_text(path.read_text().replace("128", "256"))),
    "tokenizer gone": ("tokenizer.json", Path.unlink),
    "checksums gone": ("SHA256SUMS", Path.unlink),
    "checksums empty": ("SHA256SUMS", lambda path: path.write_text("")),
    "checksums incomplete": ("SHA256SUMS", keep_first_line),
    "checksums no checksums": ("SHA256SUMS", lambda path: path.write_text("rubbish\n")),
    "checksums not ASCII": ("SHA256SUMS", lambda path: path.write_text("校验 值\n", "utf-8")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused(tmp_path: Path, encoder_folder: Path, damage: str) -> None:
    folder = tmp_path / "encoder"
    folder.mkdir()
    name, spoil = DAMAGE[damage]
    for path in encoder_folder.iterdir():
        if path.name == name:
            shutil.copy(path, folder)
        else:
            (folder / path.name).symlink_to(path)
    spoil(folder / name)
    with pytest.raises(EncoderUnusable) as refused:
        open_encoder(folder)
    assert str(folder) in refused.value.message


def test_a_folder_that_is_no_model_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnusable, match=r"encoder\.json.*modules\.json"):
        open_encoder(tmp_path)
    with pytest.raises(EncoderUnusable):
        open_encoder(tmp_path / "absent")
