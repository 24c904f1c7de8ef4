"""Accounts: who may sign in, who is locked out, and what is told to whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.accounts import accounts, passwords, sessions
from app.accounts.accounts import FAILURES, LOCKED, AccountRefused, NoSuchAccount, authenticate
from app.accounts.roles import Role
from app.accounts.tables import accounts as table
from tests.accounts.conftest import NOW, OTHER, PASSWORD

SECOND = timedelta(seconds=1)


@pytest.fixture
def owner(engine: Engine) -> str:
    return accounts.create(engine, NOW, "zhang", "owner", PASSWORD).name


def failing(engine: Engine, times: int, name: str = "zhang", at: Any = NOW) -> list[str]:
    return [authenticate(engine, at, name, OTHER).why for _ in range(times)]


def test_the_first_account_is_an_owners(engine: Engine):
    assert not accounts.exist(engine)
    with pytest.raises(AccountRefused, match="owner"):
        accounts.create(engine, NOW, "zhang", "editor", PASSWORD)
    made = accounts.create(engine, NOW, "zhang", "owner", PASSWORD)
    assert accounts.exist(engine)
    assert (made.name, made.role, made.created_at, made.disabled, made.must_change) == (
        "zhang",
        "owner",
        NOW,
        False,
        False,
    )
    assert accounts.create(engine, NOW, "li", "viewer", PASSWORD, must_change=True).must_change


def test_an_account_is_known_however_its_name_is_typed(engine: Engine, owner: str):
    for name in ("zhang", " Zhang ", "ＺＨＡＮＧ"):
        assert authenticate(engine, NOW, name, PASSWORD).name == owner


def test_a_name_is_given_once(engine: Engine, owner: str):
    with pytest.raises(AccountRefused, match="已经有"):
        accounts.create(engine, NOW, "ZHANG", "viewer", PASSWORD)


@pytest.mark.parametrize(
    "name", ["", " ", "a", "-ab", "a b", "a\nb", "<b>", "x" * 41, "admin_token", "\ud800x", "a\x00b"]
)
def test_a_name_that_cannot_be_one(engine: Engine, owner: str, name: str):
    with pytest.raises(AccountRefused, match="账号名"):
        accounts.create(engine, NOW, name, "viewer", PASSWORD)
    assert authenticate(engine, NOW, name, PASSWORD).why == "unknown"
    with pytest.raises(NoSuchAccount):
        accounts.find(engine, name)


def test_names_may_be_chinese(engine: Engine):
    assert accounts.create(engine, NOW, "张三", "owner", PASSWORD).name == "张三"


def test_the_right_password_signs_in_and_another_does_not(engine: Engine, owner: str):
    account = authenticate(engine, NOW, "zhang", PASSWORD).account
    assert account is not None
    assert account.role == "owner"
    assert authenticate(engine, NOW, "zhang", PASSWORD + " ").account is None


def test_a_password_is_kept_as_a_hash_of_argon2id(engine: Engine, owner: str):
    with engine.connect() as connection:
        kept = connection.execute(select(table.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_five_failures_lock_for_fifteen_minutes_whatever_the_password(engine: Engine, owner: str):
    attempts = [authenticate(engine, NOW, "zhang", OTHER) for _ in range(FAILURES)]
    assert [attempt.locks for attempt in attempts] == [False] * 4 + [True]
    locked = authenticate(engine, NOW + LOCKED - SECOND, "zhang", PASSWORD)
    assert (locked.account, locked.why, locked.locks) == (None, "locked", False)
    assert authenticate(engine, NOW + LOCKED, "zhang", PASSWORD).account is not None


def test_after_the_lock_there_are_five_attempts_again(engine: Engine, owner: str):
    failing(engine, FAILURES)
    assert failing(engine, FAILURES + 1, at=NOW + LOCKED) == ["wrong"] * FAILURES + ["locked"]


def test_trying_while_locked_does_not_lengthen_the_lock(engine: Engine, owner: str):
    failing(engine, FAILURES)
    failing(engine, 3, at=NOW + LOCKED - SECOND)
    assert authenticate(engine, NOW + LOCKED, "zhang", PASSWORD).account is not None


def test_signing_in_forgets_the_failures_before(engine: Engine, owner: str):
    for _ in range(3):
        failing(engine, FAILURES - 1)
        assert authenticate(engine, NOW, "zhang", PASSWORD).account is not None


def test_many_attempts_at_once_are_no_more_than_five(engine: Engine, owner: str):
    with ThreadPoolExecutor(8) as pool:
        whys = list(pool.map(lambda _: authenticate(engine, NOW, "zhang", OTHER).why, range(16)))
    assert sorted(whys) == ["locked"] * 11 + ["wrong"] * 5


def test_one_account_locked_locks_no_other(engine: Engine, owner: str):
    accounts.create(engine, NOW, "li", "viewer", PASSWORD)
    failing(engine, FAILURES)
    assert authenticate(engine, NOW, "li", PASSWORD).account is not None


@pytest.mark.parametrize("state", ["unknown", "wrong", "locked", "disabled"])
def test_every_failure_costs_the_same_work(engine: Engine, owner: str, monkeypatch: pytest.MonkeyPatch, state: str):
    accounts.create(engine, NOW, "li", "viewer", PASSWORD)
    if state == "locked":
        failing(engine, FAILURES, "li")
    if state == "disabled":
        accounts.disable(engine, "li")
    verified: list[str] = []
    real = passwords.verified
    monkeypatch.setattr(passwords, "verified", lambda kept, given: verified.append(kept) or real(kept, given))
    attempt = authenticate(engine, NOW, "nobody" if state == "unknown" else "li", OTHER)
    assert (attempt.account, attempt.why) == (None, state)
    assert len(verified) == 1
    assert not passwords.outdated(verified[0]), "with the parameters of today"


def test_a_name_that_is_none_is_not_kept_for_it_may_be_a_password(engine: Engine, owner: str):
    assert authenticate(engine, NOW, PASSWORD, "zhang").name == ""


def test_a_disabled_account_cannot_sign_in_until_enabled(engine: Engine, owner: str):
    accounts.create(engine, NOW, "li", "viewer", PASSWORD)
    accounts.disable(engine, "li")
    assert authenticate(engine, NOW, "li", PASSWORD).account is None
    accounts.enable(engine, "li")
    assert authenticate(engine, NOW, "li", PASSWORD).account is not None


def test_a_new_password_unlocks(engine: Engine, owner: str):
    failing(engine, FAILURES)
    accounts.change_password(engine, "zhang", OTHER)
    assert authenticate(engine, NOW, "zhang", OTHER).account is not None
    assert authenticate(engine, NOW, "zhang", PASSWORD).account is None


@pytest.mark.parametrize("change", ["password", "role", "disable"])
def test_what_changes_an_account_ends_its_sessions_and_no_others(engine: Engine, owner: str, change: str):
    accounts.create(engine, NOW, "li", "editor", PASSWORD)
    of_li, of_zhang = sessions.start(engine, NOW, "li"), sessions.start(engine, NOW, "zhang")
    if change == "password":
        accounts.change_password(engine, "li", OTHER)
    elif change == "role":
        accounts.change_role(engine, "li", "publisher")
    else:
        accounts.disable(engine, "li")
        accounts.enable(engine, "li")
    assert sessions.account_of(engine, NOW, of_li) is None
    assert sessions.account_of(engine, NOW, of_zhang) == "zhang"


def test_somebody_stays_in_charge(engine: Engine, owner: str):
    accounts.create(engine, NOW, "li", "publisher", PASSWORD)
    for change in (lambda: accounts.disable(engine, "zhang"), lambda: accounts.change_role(engine, "zhang", "viewer")):
        with pytest.raises(AccountRefused, match="最后一个"):
            change()
    assert (accounts.find(engine, "zhang").role, accounts.find(engine, "zhang").disabled) == ("owner", False)
    accounts.change_role(engine, "li", "owner")
    accounts.disable(engine, "zhang")


@pytest.mark.parametrize("change", ["password", "role", "disable", "enable"])
def test_nobody_is_changed_who_is_not_there(engine: Engine, owner: str, change: str):
    role: Role = "viewer"
    doing: dict[str, Any] = {
        "password": lambda: accounts.change_password(engine, "li", PASSWORD),
        "role": lambda: accounts.change_role(engine, "li", role),
        "disable": lambda: accounts.disable(engine, "li"),
        "enable": lambda: accounts.enable(engine, "li"),
    }
    with pytest.raises(NoSuchAccount, match="li"):
        doing[change]()


def test_an_account_shows_no_hash(engine: Engine, owner: str):
    assert "argon2" not in repr(accounts.listed(engine))


def test_a_password_hashed_with_older_parameters_is_hashed_anew_at_sign_in(
    engine: Engine, owner: str, monkeypatch: pytest.MonkeyPatch
):
    def kept() -> str:
        with engine.connect() as connection:
            return str(connection.execute(select(table.c.password_hash)).scalar_one())

    before = kept()
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "outdated", lambda _: True)
        authenticate(engine, NOW, "zhang", PASSWORD)
    assert kept() != before
    assert authenticate(engine, NOW, "zhang", PASSWORD).account is not None
