"""Problems of the knowledge's files as a page shows them: with links to the entries they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.knowledge.model import Problem

_ENTRY = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\.")
"""At the beginning of a key, of something in a file of entries."""
_OTHER = re.compile(r"（([a-z][a-z0-9]*(?:-[a-z0-9]+)*)）|^报错文字重复，(\S+) |^条目号重复，(\S+) ")
"""In a message: whose wording, error text or number it is already."""


def shown(found: Iterable[Problem], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """``entry`` is the id of the entry that a problem is about, ``other`` that of the one it collides with."""
    return [_shown(problem, titles) for problem in found]


def _shown(problem: Problem, titles: Mapping[str, str]) -> dict[str, Any]:
    own = _ENTRY.match(problem.key) if "/faq/" in problem.mark.file else None
    named = _OTHER.search(problem.message)
    other = next(filter(None, named.groups()), "") if named else ""
    links = {"entry": own[1] if own else "", "other": other if other in titles else "", "owner": titles.get(other, "")}
    return problem.as_dict() | links
