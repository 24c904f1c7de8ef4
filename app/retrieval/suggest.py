"""Type-ahead: entries whose question or aliases contain what has been typed so far."""

from __future__ import annotations

from app.knowledge.model import Entry
from app.snapshot import Snapshot
from app.text.normalize import match_key

LIMIT = 6
"""Rows a phone shows above its keyboard."""


def suggest(snapshot: Snapshot, typed: str) -> list[Entry]:
    """At most ``LIMIT`` entries: by number for digits, else those whose question, then those whose alias, has the text.

    An earlier place in the wording ranks higher; ties stay in number order.
    """
    key = match_key(typed)
    if not key:
        return []
    found: list[tuple[int, int, Entry]] = []
    for entry in snapshot.knowledge.entries:
        if key.isdecimal() and len(key) <= 3 and (entry.number.startswith(key) or int(entry.number) == int(key)):
            found.append((0, 0, entry))
            continue
        at = match_key(entry.question).find(key)
        if at >= 0:
            found.append((1, at, entry))
            continue
        places = [match_key(alias).find(key) for alias in entry.aliases]
        if any(place >= 0 for place in places):
            found.append((2, min(place for place in places if place >= 0), entry))
    return [entry for _, _, entry in sorted(found, key=lambda item: item[:2])[:LIMIT]]
