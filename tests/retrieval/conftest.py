"""The small knowledge under the fake encoder."""

from __future__ import annotations

from typing import Any

import pytest

from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from tests import small_kb
from tests.fakes import FakeEncoder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, dictionary: Any) -> Snapshot:
    folder = tmp_path_factory.mktemp("small-fake")
    snapshot, _ = publish(small_kb.write(folder), folder / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW)
    return snapshot
