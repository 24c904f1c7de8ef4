"""Publications, proposals and steps back with their record in the audit log, whoever asked for them and however they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.audit import Audit
from app.errors import AppError, PublishBusy
from app.publishing.pipeline import PublishReport
from app.publishing.proposal import Proposal
from app.publishing.rollback import Rollback

T = TypeVar("T")


def published(audit: Audit, who: str, publish: Callable[[], PublishReport]) -> PublishReport:
    report = _tried(audit, who, "publish", publish)
    audit.write(who, "publish", report.version, previous=report.previous)
    for name, reason in report.overridden.items():
        audit.write(who, "publish.override", report.version, name=name, reason=reason)
    return report


def rolled_back(audit: Audit, who: str, rollback: Callable[[], Rollback]) -> Rollback:
    done = _tried(audit, who, "rollback", rollback)
    audit.write(who, "rollback", done.version, previous=done.left)
    return done


def proposed(audit: Audit, who: str, propose: Callable[[], Proposal]) -> Proposal:
    made = _tried(audit, who, "propose", propose)
    audit.write(who, "propose", made.digest, note=made.note)
    return made


def withdrawn(audit: Audit, who: str, withdraw: Callable[[], Proposal]) -> Proposal:
    made = _tried(audit, who, "propose.withdraw", withdraw)
    audit.write(who, "propose.withdraw", made.digest)
    return made


def sent_back(audit: Audit, who: str, send_back: Callable[[], Proposal]) -> Proposal:
    made = _tried(audit, who, "propose.send_back", send_back)
    audit.write(
        who, "propose.send_back", made.digest, proposed_by=made.by, reason=made.sent_back and made.sent_back.reason
    )
    return made


def _tried(audit: Audit, who: str, action: str, attempt: Callable[[], T]) -> T:
    try:
        return attempt()
    except PublishBusy:
        raise  # nothing was tried
    except AppError as error:
        audit.write(who, action, result="refused", why=error.code)
        raise
