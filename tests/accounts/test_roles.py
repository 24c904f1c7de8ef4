"""Roles, and the rule of two persons."""

from __future__ import annotations

import pytest

from app.accounts.roles import MAY, ROLES, Role, may
from app.accounts.signoff import may_publish

FIRST_MAY: list[tuple[Role, set[str]]] = [
    ("viewer", {"view", "try", "validate"}),
    ("editor", {"edit", "propose"}),
    ("publisher", {"publish", "override", "rollback"}),
    ("owner", {"accounts", "tokens", "audit"}),
]


def test_each_role_may_what_those_before_it_may_and_something_besides():
    so_far: set[str] = set()
    for role, besides in FIRST_MAY:
        so_far |= besides
        assert {action for action in MAY if may(role, action)} == so_far
    assert [role for role, _ in FIRST_MAY] == list(ROLES)


@pytest.mark.parametrize(
    ("proposed_by", "published_by", "two_person", "allowed"),
    [
        ("li", "li", False, True),
        (None, "li", False, True),
        ("li", "zhang", True, True),
        ("li", "li", True, False),
        ("Li", "li", True, False),
        (None, "li", True, False),
    ],
)
def test_of_two_persons_one_proposes_and_another_publishes(
    proposed_by: str | None, published_by: str, two_person: bool, allowed: bool
):
    assert may_publish(proposed_by, published_by, two_person) is allowed
