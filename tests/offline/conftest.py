"""The shipped knowledge, published, copied for tests that cut a process off from every network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.server import World
from tests.web.worlds import real_world as real_world


@pytest.fixture
def world(real_world: World, tmp_path: Path) -> World:
    return real_world.copy(tmp_path)
