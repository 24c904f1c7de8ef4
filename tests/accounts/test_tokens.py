"""Tokens for machines: shown once, of one role, until they expire or are revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from app.accounts import tokens
from app.accounts.accounts import AccountRefused
from app.accounts.tables import tokens as table
from tests.accounts.conftest import NOW

DAY = timedelta(days=1)


def test_a_token_is_known_by_name_role_and_maker(engine: Engine):
    text = tokens.create(engine, NOW, "ci", "publisher", "zhang")
    assert text.startswith("yb_")
    assert len(text) >= 3 + 43
    token = tokens.find(engine, NOW, text)
    assert token is not None
    assert (token.name, token.role, token.created_by, token.expires) == ("ci", "publisher", "zhang", NOW + 90 * DAY)


def test_the_database_does_not_hold_the_token(engine: Engine):
    text = tokens.create(engine, NOW, "ci", "editor", "zhang")
    with engine.connect() as connection:
        assert text[3:] not in str(connection.execute(select(table)).all())


@pytest.mark.parametrize(
    "change", [lambda it: it[:-1], lambda it: it + "x", lambda it: it.upper(), lambda it: "张", lambda it: "\ud800"]
)
def test_what_is_no_token(engine: Engine, change):
    text = tokens.create(engine, NOW, "ci", "editor", "zhang")
    assert tokens.find(engine, NOW, change(text)) is None


def test_a_token_expires(engine: Engine):
    text = tokens.create(engine, NOW, "ci", "editor", "zhang", days=2)
    assert tokens.find(engine, NOW + 2 * DAY - timedelta(seconds=1), text) is not None
    assert tokens.find(engine, NOW + 2 * DAY, text) is None


def test_a_revoked_token_is_over_at_once_and_its_name_free(engine: Engine):
    text = tokens.create(engine, NOW, "ci", "editor", "zhang")
    tokens.revoke(engine, NOW, "CI")
    assert tokens.find(engine, NOW, text) is None
    other = tokens.create(engine, NOW, "ci", "editor", "zhang")
    assert tokens.find(engine, NOW, other) is not None


def test_two_living_tokens_do_not_share_a_name(engine: Engine):
    tokens.create(engine, NOW, "ci", "editor", "zhang", days=1)
    with pytest.raises(AccountRefused, match="ci"):
        tokens.create(engine, NOW, "ci", "viewer", "zhang")
    tokens.create(engine, NOW + DAY, "ci", "viewer", "zhang")


def test_the_last_use_is_known(engine: Engine):
    text = tokens.create(engine, NOW, "ci", "editor", "zhang")
    assert [token.last_used for token in tokens.listed(engine)] == [None]
    tokens.find(engine, NOW + DAY, text)
    assert [token.last_used for token in tokens.listed(engine)] == [NOW + DAY]


@pytest.mark.parametrize("days", [0, -1, 731])
def test_a_token_is_for_some_days(engine: Engine, days: int):
    with pytest.raises(AccountRefused, match="天数"):
        tokens.create(engine, NOW, "ci", "editor", "zhang", days)


def test_revoking_what_is_not_there(engine: Engine):
    with pytest.raises(tokens.NoSuchToken, match="ci"):
        tokens.revoke(engine, NOW, "ci")
