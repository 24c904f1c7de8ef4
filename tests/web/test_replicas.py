"""Replicas on other machines hear through PostgreSQL which version serves, before their view of the shared folder changes."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from app.database import migrate, open_engine
from app.index import store
from app.index.encoder import Encoder
from app.publishing.announcement import announce, announced
from app.publishing.pipeline import publish
from app.text.tokenize import Dictionary
from tests import small_kb
from tests.journal.conftest import postgres as postgres
from tests.journal.postgres import Postgres
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.server import World, eventually
from tests.web.test_server import NEW, OLD, QUESTION

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
KNOWLEDGE = "/api/v1/admin/knowledge"


def version_of(web: Web) -> str:
    version: str = web.ask(QUESTION)["knowledge"]["version"]
    return version


def posted(web: Web, action: str) -> str:
    response = web.post(f"{KNOWLEDGE}/{action}", headers=ADMIN)
    assert response.status_code == 200, response.text
    version: str = response.json()["version"]
    return version


def arrives(version: str, here: World, there: World) -> None:
    """The folder of a version on the other machine, whose pointer file still names the one before."""
    shutil.copytree(here.data / "indexes" / version, there.data / "indexes" / version)


@pytest.fixture
def two(serve: Serve, world: World, tmp_path: Path, postgres: Postgres) -> tuple[Web, Web, World]:
    """A machine that publishes; another that shares its database; the folders of the other."""
    far = world.copy(tmp_path / "far")
    url = postgres.new_database()
    return serve(world, database_url=url, admin_token=TOKEN), serve(far, database_url=url), far


def test_a_publication_and_a_step_back_reach_a_replica_by_the_database(two: tuple[Web, Web, World], world: World):
    near, other, far = two
    first = version_of(other)
    small_kb.edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    second = posted(near, "reload")
    assert version_of(other) == first, "it waits for the folder, and serves on"
    arrives(second, world, far)
    eventually(lambda: version_of(other) == second, "the replica to follow")
    assert other.ask(QUESTION)["answer"]["text"] == NEW
    assert store.current(far.data / "indexes") == first
    assert posted(near, "rollback") == first
    eventually(lambda: version_of(other) == first, "the replica to go back")


def test_a_pointer_that_changes_later_is_followed_too(
    two: tuple[Web, Web, World], world: World, encoder: Encoder, dictionary: Dictionary
):
    near, other, far = two
    small_kb.edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    second = posted(near, "reload")
    arrives(second, world, far)
    eventually(lambda: version_of(other) == second, "the replica to follow")
    small_kb.edit(far.kb, "faq/certificates.yaml", OLD, "去窗口。")
    third, _ = publish(far.kb, far.data / "indexes", encoder, dictionary, now=small_kb.NOW)
    eventually(lambda: version_of(other) == third.version, "the pointer to be followed")


def test_without_the_database_the_pointer_is_enough(postgres: Postgres, caplog: pytest.LogCaptureFixture):
    engine = open_engine(postgres.new_database())
    with caplog.at_level(logging.WARNING, "yiboshi"):
        announce(engine, "aaaaaaaaaaaa", small_kb.NOW)  # its tables were never made
    assert "aaaaaaaaaaaa 没有写进数据库" in caplog.text
    assert announced(engine) is None
    engine.dispose()


def test_the_last_announcement_counts(postgres: Postgres):
    engine = open_engine(postgres.new_database())
    migrate(engine)
    assert announced(engine) is None
    for version in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        announce(engine, version, small_kb.NOW)
    assert announced(engine) == "bbbbbbbbbbbb"
    engine.dispose()


def test_on_one_machine_nothing_is_announced(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'yiboshi.db'}")
    announce(engine, "aaaaaaaaaaaa", small_kb.NOW)
    assert announced(engine) is None
    assert not (tmp_path / "yiboshi.db").exists()
    engine.dispose()
