"""A knowledge folder of a test's own and what it takes to publish it, with a fake encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.index import store
from app.publishing import pipeline
from app.publishing.pipeline import PublishReport
from app.publishing.rollback import Rollback, rollback
from app.snapshot import Snapshot
from tests import small_kb
from tests.fakes import FakeEncoder


class World(NamedTuple):
    kb: Path
    indexes: Path
    encoder: FakeEncoder
    dictionary: Any

    def publish(self, **more: Any) -> tuple[Snapshot, PublishReport]:
        return pipeline.publish(self.kb, self.indexes, self.encoder, self.dictionary, **({"now": small_kb.NOW} | more))

    def rollback(self, version: str | None = None) -> Rollback:
        return rollback(self.indexes, self.encoder, version, now=small_kb.NOW, by="王工")

    def opened(self) -> Snapshot:
        snapshot = pipeline.open_current(self.indexes, self.encoder, self.dictionary)
        assert snapshot is not None
        return snapshot

    def is_edited(self) -> bool:
        return pipeline.is_edited(self.indexes, str(store.current(self.indexes)), self.kb)

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.indexes.rglob("*") if path.is_file())
        return {str(path.relative_to(self.indexes)): path.read_bytes() for path in found}

    def edit(self, old: str, new: str) -> None:
        small_kb.edit(self.kb, "faq/certificates.yaml", old, new)


@pytest.fixture
def world(kb: Path, tmp_path: Path, fake: FakeEncoder, dictionary: Any) -> World:
    return World(kb, tmp_path / "indexes", fake, dictionary)
