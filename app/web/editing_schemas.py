"""Payloads of the routes that edit knowledge."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.dialogue.policy import Kind
from app.web.schemas import Payload, ProblemOut, QuestionText

EntryId = Annotated[str, Field(max_length=60)]
Questions = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=50)]

DEEPEST = 2
"""Lists and mappings within each other, in any key of an entry (``urgent.before.now``)."""


def _of_an_entry(fields: dict[str, Any]) -> dict[str, Any]:
    for key, value in fields.items():
        if not _fits(value, DEEPEST):
            raise ValueError(f"{key} 只能是文字、文字的列表或键值表")
    return fields


def _fits(value: Any, deeper: int) -> bool:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return deeper > 0 and all(_fits(item, deeper - 1) for item in inside)
    return value is None or isinstance(value, str)


class DraftOut(Payload):
    id: str
    category: str
    text: str
    """YAML of the one entry, with its comments."""
    base: str
    """To be sent back: by it is seen whether somebody else has changed the entry meanwhile."""
    fields: dict[str, Any]
    golden: list[str]
    """Its protected questions."""


class DraftIn(Payload):
    id: EntryId
    category: Annotated[str, Field(max_length=40)]
    text: Annotated[str, Field(max_length=60_000)]
    base: Annotated[str, Field(max_length=64)] = ""
    """Empty for a new entry."""
    fields: Annotated[dict[str, Any], AfterValidator(_of_an_entry)] | None = None
    """Values of a form, carried into ``text``; what is empty is taken out, keys that are not named stay."""
    golden: Questions = Field(default_factory=list)
    """Protected questions; those that there are not yet are added."""


class TryIn(DraftIn):
    question: QuestionText


class DraftProblemOut(ProblemOut):
    here: bool
    """Whether it is about this entry."""
    draft_line: int | None
    """The line of ``text`` it stands in, from 1; null when it stands elsewhere."""


class CheckedOut(Payload):
    text: str
    fields: dict[str, Any]
    ok: bool
    """Whether it could be published."""
    problems: list[DraftProblemOut]
    """Those about this entry first."""
    html: str
    text_preview: str
    diff: str
    """What saving would change in the files."""


class HitOut(Payload):
    kind: str
    entry_id: str
    """Of an entry; of a topic, a judgement, a pointer or small talk its own id."""
    question: str
    probability: float
    rank: int


class TriedOut(Payload):
    kind: Kind
    entry: str | None
    """The entry that answers, where one does."""
    confidence: float
    hits: list[HitOut]


class ComparedOut(Payload):
    before: TriedOut
    """As it serves now."""
    after: TriedOut
    """With the draft."""


class SavedOut(Payload):
    id: str
    base: str
    """For the next change; empty once the entry is removed."""
    files: list[str]
    """What was written; empty when nothing had changed."""


class RemoveIn(Payload):
    base: Annotated[str, Field(max_length=64)]


class SiteValueOut(Payload):
    name: str
    about: str
    value: str
    fallback: str
    file: str


class SiteOut(Payload):
    values: list[SiteValueOut]


class SiteIn(Payload):
    values: dict[str, Annotated[str, Field(max_length=500)] | None]
    """Name -> value; empty: not filled in."""


class SiteSavedOut(SiteOut):
    files: list[str]
