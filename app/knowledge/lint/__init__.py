"""What a careful editor would notice: each module holds rules of one kind, each rule yields ``Problem``s.

Nothing here keeps knowledge from being published (see ``app.knowledge.validation`` for what does): a law may be amended
overnight, and the service must not stop for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from app.knowledge.lint import answers, citations, contradictions, numbers, wordings
from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import Source
from app.knowledge.model import OfficialText, Problem


def lint(source: Source, today: date, official: Sequence[OfficialText] = ()) -> Iterator[Problem]:
    """Every remark on a folder whose records are sound by themselves."""
    statutes = Statutes(source.records["policies"], official, today=today)
    yield from answers.problems(source)
    yield from wordings.problems(source)
    yield from contradictions.problems(source, statutes)
    if statutes and not source.unread_policies:
        yield from citations.problems(source, statutes, today)
        yield from numbers.problems(source, statutes)
