"""Fixtures of published folders, for the conftest of every folder whose tests start the program."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from app.index.encoder import Encoder
from app.publishing.pipeline import publish
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.web.server import CHECKOUT, World


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> World:
    """The small knowledge, published with the shipped encoder.  To be copied, not altered."""
    folder = tmp_path_factory.mktemp("small")
    world = World(small_kb.write(folder), folder / "data")
    indexes = world.data / "indexes"
    publish(world.kb, indexes, encoder, load_dictionary(), now=small_kb.NOW)
    return world


@pytest.fixture(scope="session")
def real_world(tmp_path_factory: pytest.TempPathFactory, published: Any) -> World:
    """The shipped knowledge, published with the shipped encoder.  To be copied, not altered."""
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(published.indexes, folder / "data" / "indexes")
    return World(shutil.copytree(CHECKOUT / "kb", folder / "kb"), folder / "data")
