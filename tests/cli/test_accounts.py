"""``yiboshi admin`` and ``yiboshi audit``, as whoever looks after the machine calls them."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from typing import Any

from app.accounts import accounts, tokens
from app.audit import LOG, records, verify
from app.database import open_engine
from tests.accounts.conftest import OTHER, PASSWORD
from tests.cli.test_cli import error_of
from tests.web.server import World, of, run


def admin(world: World, *arguments: str, password: str = "", **settings: Any) -> subprocess.CompletedProcess[str]:
    done = run(*arguments, cwd=world.data.parent, stdin=f"{password}\n", **(of(world) | settings))
    assert "Traceback" not in done.stderr, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done


def created(world: World, name: str, *options: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return admin(world, "admin", "create", name, "--password-stdin", *options, password=password)


def signs_in(world: World, name: str, password: str) -> bool:
    engine = open_engine(f"sqlite:///{world.data}/yiboshi.db")
    try:
        return accounts.authenticate(engine, datetime.now().astimezone(), name, password).account is not None
    finally:
        engine.dispose()


def listed(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(admin(world, "admin", "list", "--json").stdout)
    return found


def audited(world: World) -> list[tuple[str, str]]:
    assert verify(world.data / "audit").problems == []
    found = list(records(world.data / "audit"))
    assert all(record["who"].startswith("cli:") for record in found)
    return [(record["action"], record["object"]) for record in found]


def test_the_first_account_is_the_owners(world: World):
    assert created(world, "li", "--role", "viewer").returncode == 2
    done = created(world, "Zhang")
    assert done.returncode == 0, done.stderr
    assert "管理员" in done.stdout
    assert "/admin/sign-in" in done.stdout
    assert signs_in(world, "zhang", PASSWORD)
    assert [(it["name"], it["role"]) for it in listed(world)["accounts"]] == [("zhang", "owner")]
    assert audited(world) == [("account.create", "zhang")]


def test_later_accounts_need_a_role(world: World):
    created(world, "zhang")
    done = created(world, "li")
    assert done.returncode == 2
    assert "--role" in done.stderr
    assert created(world, "li", "--role", "editor", "--temporary").returncode == 0
    assert "待改密码" in admin(world, "admin", "list").stdout
    assert created(world, "wang", "--role", "boss").returncode == 2


def test_a_bad_password_or_name_is_refused_and_the_reason_told(world: World):
    for name, password, why in (("zhang", "short", "至少 12"), ("zhang", "", "至少 12"), ("a b", PASSWORD, "账号名")):
        done = created(world, name, password=password)
        assert done.returncode == 2
        assert why in done.stderr
    assert listed(world)["accounts"] == []


def test_a_password_is_asked_for_twice_and_not_shown(world: World):
    done = admin(world, "admin", "create", "zhang", password=f"{PASSWORD}\n{PASSWORD}")
    assert done.returncode == 0, done.stderr
    assert signs_in(world, "zhang", PASSWORD)


def test_a_password_is_set_anew(world: World):
    created(world, "zhang")
    for _ in range(5):
        assert not signs_in(world, "zhang", OTHER)
    done = admin(world, "admin", "password", "zhang", "--password-stdin", password=OTHER)
    assert done.returncode == 0, done.stderr
    assert signs_in(world, "zhang", OTHER)
    assert audited(world)[-1] == ("account.password", "zhang")


def test_an_account_is_disabled_and_enabled_and_changes_its_role(world: World):
    created(world, "zhang")
    assert admin(world, "admin", "disable", "zhang").returncode == 2
    created(world, "li", "--role", "editor")
    assert admin(world, "admin", "disable", "li").returncode == 0
    assert not signs_in(world, "li", PASSWORD)
    assert "已停用" in admin(world, "admin", "list").stdout
    assert admin(world, "admin", "enable", "li").returncode == 0
    assert admin(world, "admin", "role", "li", "owner").returncode == 0
    assert admin(world, "admin", "disable", "zhang").returncode == 0
    assert [action for action, _ in audited(world)[2:]] == [
        "account.disable",
        "account.enable",
        "account.role",
        "account.disable",
    ]


def test_somebody_who_is_not_there_is_named(world: World):
    for arguments in (
        ("password", "li", "--password-stdin"),
        ("disable", "li"),
        ("enable", "li"),
        ("role", "li", "owner"),
    ):
        done = admin(world, "admin", *arguments, password=PASSWORD)
        assert done.returncode == 2
        assert "「li」" in done.stderr


def test_a_token_is_shown_once_and_revoked(world: World):
    done = admin(world, "admin", "token", "create", "CI", "--role", "publisher", "--days", "2")
    assert done.returncode == 0, done.stderr
    text = done.stdout.strip()
    engine = open_engine(f"sqlite:///{world.data}/yiboshi.db")
    found = tokens.find(engine, datetime.now().astimezone(), text)
    engine.dispose()
    assert found is not None
    assert (found.name, found.role, (found.expires - found.created).days) == ("ci", "publisher", 2)
    (one,) = listed(world)["tokens"]
    assert (one["name"], one["revoked"]) == ("ci", None)
    assert text not in json.dumps(listed(world)) + (world.data / "audit" / LOG).read_text("utf-8")
    assert admin(world, "admin", "token", "create", "ci", "--role", "viewer").returncode == 2
    assert admin(world, "admin", "token", "revoke", "ci").returncode == 0
    assert admin(world, "admin", "token", "revoke", "ci").returncode == 2
    assert "已作废" in admin(world, "admin", "list").stdout
    assert audited(world) == [("token.create", "ci"), ("token.revoke", "ci")]


def test_every_command_speaks_json(world: World):
    def told(*arguments: str, password: str = "") -> dict[str, Any]:
        done = admin(world, "admin", *arguments, "--json", password=password)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    assert told("create", "zhang", "--password-stdin", password=PASSWORD) == {"name": "zhang", "role": "owner"}
    created(world, "li", "--role", "viewer")
    assert told("role", "li", "editor") == {"name": "li", "role": "editor"}
    assert told("password", "li", "--password-stdin", password=OTHER) == {"name": "li"}
    assert told("disable", "li") == {"name": "li", "tokens": []}
    assert told("enable", "li") == {"name": "li"}
    refused = admin(world, "admin", "disable", "zhang", "--json")
    assert (refused.returncode, error_of(refused)["code"]) == (2, "account_refused")


def test_a_token_as_json(world: World):
    done = admin(world, "admin", "token", "create", "ci", "--role", "viewer", "--json")
    found = json.loads(done.stdout)
    assert found.keys() == {"name", "role", "days", "token"}
    refused = admin(world, "admin", "token", "create", "ci", "--role", "viewer", "--json")
    assert (refused.returncode, error_of(refused)["code"]) == (2, "account_refused")


def test_a_disabled_persons_tokens_are_pointed_out(world: World):
    created(world, "zhang")
    created(world, "li", "--role", "owner")
    engine = open_engine(f"sqlite:///{world.data}/yiboshi.db")
    tokens.create(engine, datetime.now().astimezone(), "ci", "viewer", "li")
    engine.dispose()
    assert "ci" in admin(world, "admin", "disable", "li").stdout


def test_a_database_that_cannot_be_opened_exits_3(world: World):
    (world.data / "yiboshi.db").mkdir()
    done = created(world, "zhang")
    assert done.returncode == 3
    assert "数据库" in done.stderr


def test_the_audit_log_verifies_until_it_is_touched(world: World):
    created(world, "zhang")
    done = admin(world, "audit", "verify")
    assert done.returncode == 0
    assert "核验通过，1 条" in done.stdout
    report = json.loads(admin(world, "audit", "verify", "--json").stdout)
    assert (report["ok"], report["records"], report["problems"], report["notes"]) == (True, 1, [], [])
    assert admin(world, "audit", "verify", "--head", report["head"]).returncode == 0
    log = world.data / "audit" / LOG
    log.write_text(log.read_text("utf-8").replace("zhang", "zhong"), "utf-8")
    done = admin(world, "audit", "verify")
    assert done.returncode == 1
    assert "第 1 行" in done.stdout
    assert "核验不通过" in done.stdout
    assert not json.loads(admin(world, "audit", "verify", "--json").stdout)["ok"]


def test_a_log_made_anew_does_not_hold_the_head_noted_before(world: World):
    created(world, "zhang")
    head = json.loads(admin(world, "audit", "verify", "--json").stdout)["head"]
    for path in (world.data / "audit").iterdir():
        path.unlink()
    created(world, "li", "--role", "owner")
    assert admin(world, "audit", "verify").returncode == 0
    assert admin(world, "audit", "verify", "--head", head).returncode == 1
    assert admin(world, "audit", "verify", "--head", "nonsense").returncode == 2


def test_without_a_log_there_is_nothing_wrong(world: World):
    assert admin(world, "audit", "verify").returncode == 0
    assert admin(world, "audit", "show").returncode == 0


def test_what_was_done_is_shown_in_words(world: World):
    created(world, "zhang")
    created(world, "li", "--role", "viewer")
    done = admin(world, "audit", "show")
    assert "建账号" in done.stdout
    assert "zhang" in done.stdout
    (last,) = json.loads(admin(world, "audit", "show", "--last", "1", "--json").stdout)["records"]
    assert (last["action"], last["object"]) == ("account.create", "li")
    assert json.loads(admin(world, "audit", "show", "--who", "nobody", "--json").stdout)["records"] == []
