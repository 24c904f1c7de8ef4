"""The service and the journal: what people ask is noted beside the reply, never in its way."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table

from app.database import migrate, open_engine
from app.journal.journal import Journal
from app.journal.tables import feedback, questions
from app.journal.writer import Writer
from tests.journal.postgres import Postgres
from tests.journal.samples import asked, kept
from tests.web.conftest import Serve
from tests.web.server import Server, World, eventually

QUESTION = "PIN码输错被锁死了怎么解锁？"
PHONE = "13912345678"


@contextmanager
def opened(world: World, url: str | None = None) -> Iterator[Engine]:
    engine = open_engine(url or f"sqlite:///{world.data / 'yiboshi.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def noted(engine: Engine, count: int, table: Table = questions) -> list[Any]:
    """The rows, once there are so many."""

    def enough() -> list[Any]:
        rows = kept(engine, table)
        return rows if len(rows) >= count else []

    rows: list[Any] = eventually(enough, f"{count} rows in {table.name}")
    assert len(rows) == count
    return rows


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and "indexes" not in path.parts)


def test_a_question_and_its_rating_are_noted_with_all_that_decided(serve: Serve, world: World):
    web = serve(world)
    reply = web.ask("CA锁的PIN码忘了怎么弄", session_id="a-session-id", audience="bidder", via="hot")
    rating = {"reply_id": reply["reply_id"], "helpful": False, "reason": "看不懂", "comment": f"打{PHONE}"}
    assert web.post("/api/v1/feedback", json=rating).json() == {"recorded": True}
    with opened(world) as engine:
        (row,), (rated,) = noted(engine, 1), noted(engine, 1, feedback)
    assert (row.reply_id, row.kind, row.version) == (reply["reply_id"], reply["kind"], reply["knowledge"]["version"])
    assert (row.channel, row.via, row.audience, row.question_masked) == (
        "api",
        "hot",
        "bidder",
        "CA锁的PIN码忘了怎么弄",
    )
    assert row.entry_id == (reply["answer"] or {}).get("entry_id")
    assert row.options == [option["entry_id"] for option in reply["options"]]
    assert row.confidence == reply["confidence"]
    assert row.took_ms == reply["took_ms"]
    assert row.tier == "scores"
    assert row.candidates[0].keys() == {"kind", "id", "probability"}
    probabilities = [candidate["probability"] for candidate in row.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert row.session_key
    assert abs(row.at - datetime.now(timezone.utc)) < timedelta(minutes=5)
    assert (rated.reply_id, rated.helpful, rated.reason, rated.comment_masked) == (
        reply["reply_id"],
        False,
        "看不懂",
        "打〔手机号〕",
    )


def test_the_page_without_script_is_a_channel_of_its_own(serve: Serve, world: World):
    web = serve(world)
    web.get("/lite", params={"q": QUESTION})
    web.get("/lite", params={"entry": "ca-01"})
    web.post("/lite", data={"reply_id": "0" * 32, "helpful": "true"})
    with opened(world) as engine:
        rows = noted(engine, 2)
        assert [(row.channel, row.via, row.session_key) for row in rows] == [
            ("lite", "typed", None),
            ("lite", "category", None),
        ]
        assert [row.helpful for row in noted(engine, 1, feedback)] == [True]


def test_no_file_of_the_service_holds_what_is_personal(serve: Serve, world: World):
    web = serve(world)
    web.ask(f"我是王工{PHONE}，锁死了怎么办", session_id="a-session-id")
    with opened(world) as engine:
        assert [row.question_masked for row in noted(engine, 1)] == ["我是王工〔手机号〕，锁死了怎么办"]
    kept_bytes = everything(world.data)
    assert "锁死了怎么办".encode() in kept_bytes
    assert PHONE.encode() not in kept_bytes
    assert b"a-session-id" not in kept_bytes


def test_project_numbers_are_masked_where_the_centre_says_what_they_look_like(serve: Serve, world: World):
    serve(world, project_number_pattern=r"[A-Z]{2}-\d{8}").ask("ZB-20250123几点开标")
    with opened(world) as engine:
        assert [row.question_masked for row in noted(engine, 1)] == ["〔项目编号〕几点开标"]


def test_without_a_journal_nothing_is_noted(serve: Serve, world: World):
    web = serve(world, journal=False)
    web.ask("锁死了怎么办")
    assert web.post("/api/v1/feedback", json={"reply_id": "0" * 32, "helpful": True}).json() == {"recorded": True}
    assert "锁死了怎么办".encode() not in everything(world.data)


Break = Callable[[World], dict[str, str]]


def _a_folder_in_its_place(world: World) -> dict[str, str]:
    (world.data / "yiboshi.db").mkdir()
    return {}


def _no_database(world: World) -> dict[str, str]:
    (world.data / "yiboshi.db").write_bytes(b"this is no database" * 100)
    return {}


def _no_server(world: World) -> dict[str, str]:
    return {"database_url": "postgresql://nobody@127.0.0.1:1/none"}


@pytest.mark.parametrize("broken", [_a_folder_in_its_place, _no_database, _no_server])
def test_replies_do_not_need_the_database(serve: Serve, world: World, broken: Break, caplog: pytest.LogCaptureFixture):
    web = serve(world, **broken(world))
    assert web.ask(QUESTION)["answer"]["entry_id"] == "ca-02"
    assert web.post("/api/v1/feedback", json={"reply_id": "0" * 32, "helpful": True}).status_code == 200
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_a_service_that_is_killed_leaves_a_readable_database(world: World):
    with Server(world) as server:
        server.ask(QUESTION)
        with opened(world) as engine:
            noted(engine, 1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with opened(world) as engine, closing(engine.raw_connection()) as connection:
        assert connection.cursor().execute("PRAGMA integrity_check").fetchone() == ("ok",)
        noted(engine, 1)


def test_a_service_that_is_stopped_has_written_everything(world: World):
    with Server(world, workers=2) as server:
        for _ in range(5):
            server.ask(QUESTION)
    with opened(world) as engine:
        assert len(kept(engine, questions)) == 5


def test_the_service_writes_to_postgresql(serve: Serve, world: World, postgres: Postgres):
    url = postgres.new_database()
    serve(world, database_url=url).ask(QUESTION)
    with opened(world, url) as engine:
        assert [row.question_masked for row in noted(engine, 1)] == [QUESTION]
    assert not (world.data / "yiboshi.db").exists()


def test_what_is_too_old_goes_when_the_service_starts(serve: Serve, world: World):
    now = datetime.now(timezone.utc)
    with opened(world) as engine:
        journal = Journal(Writer(engine))
        for days in (200, 300):
            journal.asked(now - timedelta(days=days), asked(question=f"{days}天"))
        journal.close()
        serve(world, journal_days=250)
        eventually(lambda: len(kept(engine, questions)) == 1, "the old question to go")
        assert [row.question_masked for row in kept(engine, questions)] == ["200天"]
