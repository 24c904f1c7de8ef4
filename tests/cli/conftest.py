"""The small knowledge, already published, for commands in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.server import World
from tests.web.worlds import small_world as small_world


@pytest.fixture
def world(small_world: World, tmp_path: Path) -> World:
    return small_world.copy(tmp_path)
