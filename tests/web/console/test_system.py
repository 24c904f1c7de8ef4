"""The state of the system: what runs, nothing secret, and checks that find what they should."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select

from app import __version__
from app.config import Settings
from app.index import store
from app.journal.tables import feedback
from app.web import system
from tests.web.office import HTML, Browser, Office
from tests.web.test_error_shape import assert_error

PAGE, API = "/admin/system", "/api/v1/admin/system"
SECRET = "correct-horse-battery"


@pytest.fixture
def viewer(office: Office) -> Browser:
    office.hire("li", "viewer")
    return office.signed_in("li")


def state_of(browser: Browser) -> dict[str, Any]:
    response = browser.get(API, headers={"User-Agent": "Mozilla/5.0 Chrome/86"})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def failing(browser: Browser) -> dict[str, str]:
    found = browser.post(f"{API}/check", headers={"X-CSRF-Token": browser.csrf()}).json()
    assert found["ok"] == all(one["ok"] for one in found["checks"])
    return {one["name"]: one["message"] for one in found["checks"] if not one["ok"]}


def test_what_runs_is_told(office: Office, viewer: Browser):
    office.clock.now += timedelta(minutes=5)
    found = state_of(viewer)
    assert (found["program"], found["process"], found["uptime_seconds"]) == (__version__, os.getpid(), 300)
    assert found["knowledge"]["version"] == store.current(office.world.data / "indexes")
    assert (found["database"], found["kept_versions"], found["workers"]) == ("SQLite", 1, 1)
    assert found["browser"] == "Mozilla/5.0 Chrome/86"
    assert found["free_bytes"] > 0
    assert found["memory_bytes"] > 50_000_000
    page = viewer.get(PAGE, headers={"User-Agent": "<script>x</script>"}).text
    assert "&lt;script&gt;x" in page
    assert __version__ in page


def test_the_speed_is_that_of_the_replies_in_the_journal(office: Office, viewer: Browser):
    assert state_of(viewer)["speed"] == {"replies": 0, "median_ms": None, "p95_ms": None}
    took = sorted(office.web.ask("早上好")["took_ms"] for _ in range(3))
    assert office.web.state.journal.flush()
    found = state_of(viewer)
    assert found["speed"] == {"replies": 3, "median_ms": took[1], "p95_ms": took[2]}
    assert found["journal"] == {"on": True, "written": 3, "dropped": 0}


def test_every_setting_is_listed_and_no_secret_told(serve: Any, world: Any, clock: Any):
    address = f"sqlite:///{world.data}/secret-{SECRET}.db"
    office = Office(serve(world, admin_token=SECRET, database_url=address), world, clock)
    headers = {"Authorization": f"Bearer {SECRET}"}
    for path in (API, PAGE):
        assert SECRET not in office.web.get(path, headers=headers).text
    shown = {one["name"]: one["value"] for one in office.web.get(API, headers=headers).json()["settings"]}
    assert shown.keys() == Settings.model_fields.keys()
    assert (shown["admin_token"], shown["database_url"]) == ("已设置", "已设置")
    assert (shown["overlays"], shown["journal"], shown["port"]) == ("没有设置", "是", "8000")


def test_where_all_is_well_every_check_says_so_and_leaves_nothing_behind(office: Office, viewer: Browser):
    assert failing(viewer) == {}
    page = viewer.post(f"{PAGE}/check", data={"csrf": viewer.csrf()}, headers=HTML).text
    assert page.count("：正常</strong>") == 5
    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(feedback)).scalar_one() == 0


def test_a_damaged_index_is_found(office: Office, viewer: Browser):
    version = office.web.state.holder.current().version
    file = office.world.data / "indexes" / version / "lexicon.npz"
    file.write_bytes(file.read_bytes() + b"x")
    assert "lexicon.npz 已损坏" in failing(viewer)["索引文件"]


def test_another_model_under_the_same_index_is_found(office: Office, viewer: Browser, monkeypatch: pytest.MonkeyPatch):
    encoder = office.web.state.holder.current().encoder
    wrong = encoder.encode(["完全是另一句话"])
    monkeypatch.setattr(encoder, "encode", lambda texts: wrong)
    assert "和发布时不一样" in failing(viewer)["模型"]


def test_a_database_that_cannot_be_written_is_found(office: Office):
    state = office.web.state
    read_only = create_engine(f"sqlite:///file:{office.world.data / 'yiboshi.db'}?mode=ro&uri=true")
    found = {one.name: one for one in system.checks(replace(state, engine=read_only), state.holder.current())}
    read_only.dispose()
    assert not found["数据库"].ok
    assert "readonly" in found["数据库"].message


def test_a_tampered_audit_log_is_found(office: Office, viewer: Browser):
    log = office.world.data / "audit" / "audit.jsonl"
    log.write_text(log.read_text("utf-8").replace('"li"', '"wang"', 1), "utf-8")
    assert "第 1 行" in failing(viewer)["审计日志"]


def test_a_strange_place_is_no_error(office: Office, viewer: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "")
    assert state_of(viewer)["memory_bytes"] is None


def test_who_is_not_signed_in_learns_nothing(office: Office):
    assert_error(office.web.get(API), 401, "unauthorized")
    assert office.web.get(PAGE, headers=HTML).status_code == 303
    assert_error(office.signed_in().post(f"{PAGE}/check", data={}), 403, "forged_request")
