"""The rule of two persons: who proposes a change does not publish it."""

from __future__ import annotations


def may_publish(proposed_by: str | None, published_by: str, two_person: bool) -> bool:
    """Names of people, never of their tokens.  Of whom nobody knows who proposed it (None), two persons are not proven."""
    return not two_person or (proposed_by is not None and proposed_by.casefold() != published_by.casefold())
