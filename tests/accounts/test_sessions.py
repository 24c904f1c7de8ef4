"""Sessions: for how long, known by what, and never one that was planted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from app.accounts import accounts, sessions
from app.accounts.sessions import IDLE, LONGEST, account_of, csrf_matches, csrf_token, new_id, start
from app.accounts.tables import sessions as table
from tests.accounts.conftest import NOW, PASSWORD

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _zhang(engine: Engine) -> None:
    accounts.create(engine, NOW, "zhang", "owner", PASSWORD)


def used(engine: Engine, identifier: str, until: datetime, every: timedelta) -> datetime:
    """The last moment at which the session was used and still there, when used all the time."""
    now = NOW
    while now < until and account_of(engine, now + every, identifier) is not None:
        now += every
    return now


def test_a_session_says_whose_it_is(engine: Engine):
    assert account_of(engine, NOW, start(engine, NOW, "zhang")) == "zhang"


@pytest.mark.parametrize("identifier", ["", "x", "' or 1=1 --", "张"])
def test_what_is_no_session(engine: Engine, identifier: str):
    start(engine, NOW, "zhang")
    assert account_of(engine, NOW, identifier) is None


def test_a_session_that_is_not_used_ends_after_half_an_hour(engine: Engine):
    identifier = start(engine, NOW, "zhang")
    assert account_of(engine, NOW + IDLE - SECOND, identifier) == "zhang"
    assert account_of(engine, NOW + 2 * IDLE - 2 * SECOND, identifier) == "zhang"
    assert account_of(engine, NOW + 3 * IDLE - 2 * SECOND, identifier) is None


def test_a_session_in_use_ends_after_twelve_hours(engine: Engine):
    identifier = start(engine, NOW, "zhang")
    every = timedelta(minutes=20)
    assert used(engine, identifier, NOW + 2 * LONGEST, every) == NOW + LONGEST - every


def test_a_session_that_is_over_stays_over(engine: Engine):
    identifier = start(engine, NOW, "zhang")
    assert account_of(engine, NOW + IDLE, identifier) is None
    start(engine, NOW + IDLE, "zhang")
    assert account_of(engine, NOW, identifier) is None


def test_a_new_session_replaces_the_one_before(engine: Engine):
    before = start(engine, NOW, "zhang")
    after = start(engine, NOW, "zhang", instead_of=before)
    assert before != after
    assert account_of(engine, NOW, before) is None
    assert account_of(engine, NOW, after) == "zhang"


def test_an_id_from_before_signing_in_is_never_a_session(engine: Engine):
    planted = new_id()
    start(engine, NOW, "zhang", instead_of=planted)
    assert account_of(engine, NOW, planted) is None


def test_an_ended_session_is_over_and_others_are_not(engine: Engine):
    one, other = start(engine, NOW, "zhang"), start(engine, NOW, "zhang")
    sessions.end(engine, one)
    assert (account_of(engine, NOW, one), account_of(engine, NOW, other)) == (None, "zhang")


def test_the_database_does_not_hold_the_id(engine: Engine):
    identifier = start(engine, NOW, "zhang")
    with engine.connect() as connection:
        assert identifier not in str(connection.execute(select(table)).all())


def test_sessions_that_are_over_are_forgotten(engine: Engine):
    for _ in range(5):
        start(engine, NOW, "zhang")
    start(engine, NOW + IDLE, "zhang")
    with engine.connect() as connection:
        assert len(connection.execute(select(table)).all()) == 1


def test_a_token_against_forgery_is_of_one_session_and_differs_each_time():
    one, other = new_id(), new_id()
    tokens = {csrf_token(one) for _ in range(3)}
    assert len(tokens) == 3
    assert all(csrf_matches(one, token) for token in tokens)
    assert not any(csrf_matches(other, token) for token in tokens)
    assert not any(one in token for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "0" * 80, "张" * 80, "\ud800" * 80])
def test_what_is_no_token_against_forgery(token: str):
    assert not csrf_matches(new_id(), token)


def test_without_a_session_no_token_is_right():
    assert not csrf_matches("", csrf_token(""))
