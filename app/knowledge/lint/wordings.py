"""Wordings of two entries that differ in nothing a reader would call a difference."""

from __future__ import annotations

from collections.abc import Iterator

from app.knowledge.loader import Source
from app.knowledge.model import Entry, Problem
from app.memory import remembered
from app.text.normalize import match_key

WEAK = frozenset("的了吗呢吧啊呀啦嘛么呗是会要想我你您们这那个一在就都也还给把被到去来得着过请")
"""Characters that carry no difference between two questions."""
SHORTEST = 4


def wordings(entry: Entry) -> Iterator[tuple[str, str]]:
    """(field, text) of everything an entry is known by."""
    yield "question", entry.question
    for i, alias in enumerate(entry.aliases):
        yield f"aliases[{i}]", alias


def problems(source: Source) -> Iterator[Problem]:
    seen: dict[str, tuple[str, str, str]] = {}
    for entry in source.records["entries"]:
        for field, text in wordings(entry):
            core = squeezed(text)
            if len(core) < SHORTEST:
                continue
            owner, other_field, other_text = seen.setdefault(core, (entry.id, field, text))
            if owner != entry.id and match_key(text) != match_key(other_text):
                first = source.mark("entries", owner, other_field)
                message = f"和 {first.file} 第 {first.line} 行（{owner}）的「{other_text}」几乎一样"
                mark = source.mark("entries", entry.id, field)
                yield Problem(
                    "warning",
                    mark,
                    f"{entry.id}.{field}",
                    message,
                    text,
                    "只留给最合适的一条，另一条可列入 not_aliases",
                )
        own = {squeezed(text): text for text in (entry.question, *entry.aliases)}
        for i, text in enumerate(entry.not_aliases):
            twin = own.get(squeezed(text))
            if twin is not None and match_key(twin) != match_key(text):
                mark = source.mark("entries", entry.id, f"not_aliases[{i}]")
                message = f"和本条的问法「{twin}」几乎一样"
                yield Problem("warning", mark, f"{entry.id}.not_aliases[{i}]", message, text, "只能二选一")


@remembered
def squeezed(text: str) -> str:
    """What is left of a wording without padding, spaces and weak characters."""
    return "".join(char for char in match_key(text) if char not in WEAK)
