"""Two-person sign-off: somebody proposes the files as they are now, and another person publishes them.

    indexes/proposal.json   the proposal made last, until it is withdrawn or something is published

It counts only while the files are those that were proposed.  A file that cannot be read proposes nothing, and the next
proposal takes its place.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from app.accounts.signoff import may_publish
from app.errors import AppError, NeedsSecondPerson, StorageFailed, os_reason
from app.index import history, store
from app.publishing.lock import one_at_a_time

log = logging.getLogger("yiboshi")

FILE = "proposal.json"


class NothingProposed(AppError):
    code = "nothing_proposed"
    status = 409


class NothingToPropose(AppError):
    code = "nothing_to_propose"
    status = 409


class NotTheirs(AppError):
    """Withdrawing what somebody else has proposed."""

    code = "forbidden"
    status = 403


class SentBack(NamedTuple):
    by: str
    at: str
    reason: str


@dataclass(frozen=True)
class Proposal:
    digest: str
    """Of the files that are proposed."""
    by: str
    """As the audit log calls them."""
    person: str
    """Whose deed it is; of a token's, whoever made the token."""
    at: str
    note: str = ""
    sent_back: SentBack | None = None

    def stands_for(self, digest: str) -> bool:
        """Whether it still counts, for files of this digest."""
        return self.sent_back is None and self.digest == digest

    def as_dict(self) -> dict[str, Any]:
        facts = asdict(self)
        return facts | {"sent_back": self.sent_back._asdict() if self.sent_back else None}

    def __str__(self) -> str:
        said = f"{self.at} 由 {self.by} 提交" + (f"：{self.note}" if self.note else "")
        back = self.sent_back
        return said if back is None else f"{said}；{back.at} 被 {back.by} 退回：{back.reason}"


def proposed(indexes: Path) -> Proposal | None:
    """The proposal made last, whether or not it still counts."""
    try:
        facts = json.loads((indexes / FILE).read_bytes())
        back = facts.pop("sent_back")
        found = Proposal(**facts, sent_back=SentBack(**back) if back else None)
        texts = (found.digest, found.by, found.person, found.at, found.note)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        log.warning("提交的记录 %s 读不出，当作没有提交", indexes / FILE)
        return None
    return found


def propose(indexes: Path, digest: str, by: str, person: str, at: str, note: str = "") -> Proposal:
    """Propose the files of this digest, in the place of whatever was proposed before."""
    made = Proposal(digest, by, person, at, note)
    with one_at_a_time(indexes):
        if serves(indexes, digest):
            raise NothingToPropose("知识库文件没有改动，不用提交")
        _written(indexes, made)
    return made


def withdraw(indexes: Path, person: str) -> Proposal:
    """Take one's own proposal back."""
    with one_at_a_time(indexes):
        found = _waiting(indexes)
        if found.person.casefold() != person.casefold():
            raise NotTheirs(f"这是 {found.by} 提交的，只有提交的人能撤回；不同意可以退回", [found])
        try:
            (indexes / FILE).unlink()
        except OSError as error:
            raise StorageFailed(f"撤不回来，{indexes} 写不进（{os_reason(error)}）") from error
    return found


def send_back(indexes: Path, by: str, at: str, reason: str) -> Proposal:
    """Decline a proposal; it is kept with the reason, for its proposer to read."""
    with one_at_a_time(indexes):
        returned = replace(_waiting(indexes), sent_back=SentBack(by, at, reason))
        _written(indexes, returned)
    return returned


def settle(indexes: Path) -> None:
    """Forget the proposal, as something is published: should the files come back one day, they are proposed anew."""
    with suppress(OSError):
        (indexes / FILE).unlink()


def objection(indexes: Path, digest: str, person: str | None) -> NeedsSecondPerson | None:
    """What stands against this person (None: nobody, a signal or a start) publishing files of this digest.

    Nothing does where nobody has edited anything: a day that has come edits the knowledge too.  Nor before the first
    publication, when there is nothing to serve on.
    """
    if store.current(indexes) is None or serves(indexes, digest):
        return None
    found = proposed(indexes)
    proposer = found.person if found and found.stands_for(digest) else None
    if person is not None and may_publish(proposer, person, two_person=True):
        return None
    return NeedsSecondPerson(f"双人发布：{_why(found, digest, person)}", [found] if found else [])


def _why(found: Proposal | None, digest: str, person: str | None) -> str:
    if person is None:
        return "知识库有改动，要由一个人提交、另一个人发布，不会自动发布"
    if found is None:
        return "这些改动还没有人提交，请先提交，再由另一个人发布"
    if found.sent_back is not None:
        return f"{found.by} 的提交已被退回，改好以后请重新提交"
    if found.digest != digest:
        return f"{found.by} 提交以后知识库文件又改过，请重新提交"
    return f"改动是 {found.by} 提交的，要由另一个人发布"


def serves(indexes: Path, digest: str) -> bool:
    """Whether what serves was made from files of this digest."""
    made = history.publication(indexes, store.current(indexes) or "")
    return made is not None and made.source == digest


def _waiting(indexes: Path) -> Proposal:
    found = proposed(indexes)
    if found is None or found.sent_back is not None:
        raise NothingProposed("现在没有等待发布的提交")
    return found


def _written(indexes: Path, made: Proposal) -> None:
    try:
        text = json.dumps(made.as_dict(), ensure_ascii=False, indent=1) + "\n"
        store.replace_file(indexes, indexes / FILE, text.encode())
    except OSError as error:
        raise StorageFailed(f"提交的记录写不进 {indexes}（{os_reason(error)}），没有改动任何内容") from error
