"""Payloads of rehearsals and proposals, exactly as documented."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from app.publishing.differences import Kind, What
from app.web.schemas import Digest, Payload, PublishOut

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ChangeOut(Payload):
    """A field; its lines begin with ``+`` or ``-``, with a blank where they only stand around."""

    field: str
    lines: list[str]


class DifferenceOut(Payload):
    kind: Kind
    id: str
    title: str
    what: What
    fields: list[ChangeOut]


class UnservedOut(Payload):
    """An entry of the files that is not given as an answer, and why."""

    id: str
    title: str
    reason: str


class RehearsalOut(Payload):
    digest: str
    """Of the files that were tried."""
    passes: bool
    """Whether the gate lets it pass as it is; what blocks is in ``report.gate.blocked_by``."""
    report: PublishOut
    differences: list[DifferenceOut]
    reworded: list[str]
    """Entries unchanged themselves whose answers read otherwise, because a value or figure that they use has changed."""
    unserved: list[UnservedOut]


class SentBackOut(Payload):
    by: str
    at: str
    reason: str


class ProposalOut(Payload):
    digest: str
    by: str
    person: str
    at: str
    note: str
    sent_back: SentBackOut | None


class ProposalStateOut(Payload):
    digest: str
    """Of the files as they are now."""
    edited: bool
    """Whether they differ from what serves."""
    two_person: bool
    proposal: ProposalOut | None
    """The one made last, whether or not it still counts."""
    stands: bool
    """Whether it counts: not sent back, and nothing edited since."""
    objection: str | None
    """Why you may not publish now; None when nothing stands against it but your role."""


class ProposeIn(Payload):
    note: Note = ""
    digest: Digest | None = None
    """Of the files that you looked at; when they have been edited since, nothing is proposed."""


class SendBackIn(Payload):
    reason: Reason
