"""Time edits the knowledge too: what expires stops serving though nobody publishes, and what is asked by date is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app import main
from app.index import history, store
from app.index.encoder import Encoder
from app.publishing.pipeline import check, publish
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.small_kb import edit
from tests.web.conftest import Serve
from tests.web.server import World, eventually

TODAY = datetime.now().astimezone().date()
REFUND = "工程项目的投标保证金什么时候退？"


def published(folder: Path, encoder: Encoder, last_day: date) -> World:
    """The whole small knowledge, published on the last day of the statute that deposit-01 rests on."""
    kb = small_kb.write_whole(folder)
    edit(kb, "policies/regulations.yaml", "status: in_force", f"status: in_force\n  effective_to: {last_day}")
    data = folder / "data"
    now = datetime.combine(last_day, small_kb.NOW.timetz())
    publish(kb, data / "indexes", encoder, load_dictionary(), now=now)
    return World(kb, data)


def make_due(world: World) -> None:
    """As if the day had come on which something of what serves begins or is over."""
    indexes = world.data / "indexes"
    serving = str(store.current(indexes))
    made = history.publication(indexes, serving)
    assert made is not None
    history.note(indexes, serving, replace(made, due=TODAY.isoformat()))


def test_an_entry_whose_law_has_expired_since_is_not_served_by_the_next_start(
    serve: Serve, tmp_path: Path, encoder: Encoder
):
    world = published(tmp_path, encoder, TODAY - timedelta(days=1))
    assert history.due(world.data / "indexes") == TODAY
    reply = serve(world).ask(REFUND)
    assert (reply["answer"] or {}).get("entry_id") != "deposit-01"
    assert history.due(world.data / "indexes") is None


def test_a_running_service_publishes_anew_on_the_day(serve: Serve, world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main, "DUE_SECONDS", 0.01)
    serve(world)
    make_due(world)
    eventually(lambda: history.due(world.data / "indexes") is None, "the publication of the day")


def test_edits_that_nobody_published_are_not_published_by_the_calendar(
    serve: Serve, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(main, "DUE_SECONDS", 0.01)
    web = serve(world)
    before = web.ask(REFUND)["knowledge"]["version"]
    edit(world.kb, "faq/deposits.yaml", "书面合同签订后五日内退。", "合同签订后五日内退。")
    make_due(world)
    eventually(lambda: "还没发布的改动" in caplog.text, "the warning")
    assert web.ask(REFUND)["knowledge"]["version"] == before


@pytest.mark.parametrize(
    ("name", "old", "new", "due"),
    [
        ("policies/regulations.yaml", "status: in_force", "status: in_force\n  effective_to: 2026-05-20", "2026-05-21"),
        ("policies/regulations.yaml", "heading: 退还保证金", "heading: 退还保证金\n    effective_to: 2026-04-30", "2026-05-01"),
        ("faq/deposits.yaml", "    keywords: [退还]", "    effective_from: 2026-06-01\n    keywords: [退还]", "2026-06-01"),
        ("faq/deposits.yaml", "    keywords: [退还]", "    effective_to: 2026-03-02\n    keywords: [退还]", "2026-03-03"),
        ("faq/deposits.yaml", "    keywords: [退还]", "    effective_to: 2026-03-01\n    keywords: [退还]", None),
    ],
)  # fmt: skip
def test_the_next_day_on_which_something_changes_is_known(
    tmp_path: Path, name: str, old: str, new: str, due: str | None
):
    kb = small_kb.write_whole(tmp_path)
    edit(kb, name, old, new)
    assert check(kb, small_kb.NOW.date()).due == (date.fromisoformat(due) if due else None)


def test_a_search_by_date_shows_the_version_of_the_day(serve: Serve, tmp_path: Path, encoder: Encoder):
    kb = small_kb.write_whole(tmp_path)
    old = f"""\
category: 保证金缴纳
entries:
  - id: deposit-81
    number: 061
    audience: [bidder]
    business: [工程]
    question: {REFUND}
    answer: 书面合同签订后五日内退，只退本金。
    own_figures: [五日]
    effective_to: 2025-12-31
    updated: 2025-01-01
"""
    (kb / "faq" / "old.yaml").write_text(old, "utf-8")
    edit(kb, "faq/deposits.yaml", "    related: [deposit-02]\n",
         "    related: [deposit-02]\n    replaces: deposit-81\n    effective_from: 2026-01-01\n")  # fmt: skip
    web = serve(World(kb, tmp_path / "data"))

    def first(**when: str) -> str:
        found = web.get("/api/v1/search", params={"q": REFUND, "kind": "faq", **when}).json()["results"]
        identifier: str = found[0]["id"]
        return identifier

    assert first() == "deposit-01"
    assert first(as_of="2025-06-01") == "deposit-81"
