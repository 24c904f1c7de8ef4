"""Type-ahead: entries whose question or aliases contain what has been typed so far, by characters or by sound."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from app.knowledge.model import Entry
from app.snapshot import Snapshot
from app.text.normalize import match_key
from app.text.pinyin import syllables

LIMIT = 6
"""Rows a phone shows above its keyboard."""
LONGEST = 40
"""Characters beyond which nobody types ahead; it also bounds the pattern below."""


def suggest(snapshot: Snapshot, typed: str) -> list[Entry]:
    """At most ``LIMIT`` entries: by number for digits, else those whose question, then those whose alias, has the text.

    Letters are pinyin, in full, as initials or mixed (``baozhengjin``, ``bzj``, ``baozj``); they count only where the
    characters themselves are found nowhere.  An earlier place in the wording ranks higher; ties stay in number order.
    """
    key = match_key(typed)[:LONGEST]
    entries = snapshot.knowledge.entries
    if not key:
        return []
    if key.isdecimal() and len(key) <= 3:
        numbered = [e for e in entries if e.number.startswith(key) or int(e.number) == int(key)]
        if numbered:
            return numbered[:LIMIT]
    found = list(_written(snapshot, key)) or list(_heard(snapshot, key))
    best: dict[int, tuple[int, int]] = {}
    for row, place in found:
        entry = int(snapshot.owner[row])
        is_alias = int(row != snapshot.starts[entry])
        best[entry] = min(best.get(entry, (is_alias, place)), (is_alias, place))
    return [entries[entry] for entry in sorted(best, key=lambda entry: (best[entry], entry))[:LIMIT]]


def _written(snapshot: Snapshot, key: str) -> Iterator[tuple[int, int]]:
    """Rows of the entries' phrases that have the characters, and where."""
    text, lines = snapshot.written
    at = text.find(key)
    while at >= 0:
        row = bisect_right(lines, at) - 1
        yield row, at - lines[row]
        at = text.find("\n", at)  # the first place in a line is enough
        at = text.find(key, at) if at >= 0 else -1


def _heard(snapshot: Snapshot, key: str) -> Iterator[tuple[int, int]]:
    """Rows of the entries' phrases that sound so, and at which syllable.

    Between two letters typed, a syllable may be left unfinished: one pattern covers full, initial and mixed pinyin.
    """
    letters = "".join(syllables(key))
    if not letters:
        return
    pattern = "'" + "(?:[a-z0-9]*')?".join(map(re.escape, letters))
    text, lines = snapshot.lexicon.sounds, snapshot.sound_lines
    for match in re.finditer(pattern, text):
        row = bisect_right(lines, match.start()) - 1
        yield row, text.count("'", lines[row], match.start())
