"""Shared fixtures.  What takes seconds is made once a session and must not be altered by a test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from app.index.encoder import Encoder, open_encoder
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.fakes import FakeEncoder

CHECKOUT = Path(__file__).parent.parent

LAWS = os.environ.pop("YIBOSHI_LAWS", None)
"""Taken out of the environment: the program, rightly, refuses to start with a YIBOSHI_ name that is no setting."""

settings.register_profile("yiboshi", derandomize=True, deadline=None)
settings.load_profile("yiboshi")


class Published(NamedTuple):
    """The shipped knowledge, published with the shipped encoder.  ``indexes.parent`` is a valid ``data_dir``."""

    indexes: Path
    snapshot: Snapshot


@pytest.fixture(scope="session")
def dictionary() -> Any:
    """jieba's base dictionary."""
    return load_dictionary()


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    return CHECKOUT / "indexes" / "encoder"


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> Encoder:
    """The shipped encoder."""
    return open_encoder(encoder_folder)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, dictionary: Any) -> Published:
    """The real ``kb/`` with the real encoder; about 15 seconds, so only for tests of the real content."""
    indexes = tmp_path_factory.mktemp("published") / "indexes"
    snapshot, _ = publish(CHECKOUT / "kb", indexes, encoder, dictionary, now=small_kb.NOW)
    return Published(indexes, snapshot)


@pytest.fixture(scope="session")
def laws() -> Path:
    """The folder of official texts, one Markdown file per law."""
    folder = Path(LAWS) if LAWS else CHECKOUT.parent / "shared" / "laws"
    if not folder.is_dir():
        pytest.skip(f"no folder of laws at {folder}; name one in YIBOSHI_LAWS")
    return folder


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    """A small valid knowledge folder of this test's own."""
    return small_kb.write(tmp_path)


@pytest.fixture
def fake() -> FakeEncoder:
    return FakeEncoder()
