"""What is noted of a reply and of its rating.  Masked here, before anything is kept, even in memory."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypedDict

from app.journal.masking import mask
from app.journal.writer import Writer

TOP = 5
"""Candidates kept of each ranking."""
_DOMAIN = b"yiboshi.session.v1"


class Candidate(TypedDict):
    kind: str
    id: str
    probability: float


@dataclass(frozen=True)
class Asked:
    """One message and what became of it.  Texts are as they were typed; what is kept of them is masked."""

    reply_id: str
    session_id: str | None
    channel: str
    """By which door: ``api`` (the chat page, the widget, other programs), ``lite``."""
    via: str
    """By what road: typed, suggested, picked from options, ..."""
    question: str
    audience: str | None
    kind: str
    tier: str
    entry_id: str | None
    options: Sequence[str]
    candidates: Sequence[Candidate]
    """The first ``TOP`` of the ranking, the best first; empty where nothing was ranked."""
    confidence: float
    version: str
    took_ms: float
    corrected: str | None
    understood_as: str | None


class Journal:
    """Notes questions and ratings through a ``Writer``; never waits, never raises over the database.

    ``key`` makes session ids unrecognisable.  Without a writer nothing is kept.
    """

    def __init__(self, writer: Writer | None, key: bytes = b"", project_numbers: re.Pattern[str] | None = None) -> None:
        self._writer = writer
        self._key = key
        self._project_numbers = project_numbers

    @classmethod
    def off(cls) -> Journal:
        return cls(None)

    @property
    def written(self) -> int:
        """Records in the database by this process."""
        return self._writer.written if self._writer else 0

    @property
    def dropped(self) -> int:
        """Records lost by this process: the queue was full, or the database refused them."""
        return self._writer.dropped if self._writer else 0

    @property
    def waiting(self) -> int:
        """Records not yet in the database."""
        return self._writer.waiting if self._writer else 0

    def asked(self, at: datetime, asked: Asked) -> None:
        if self._writer is None:
            return
        row = asdict(asked)
        row["question_masked"] = self._masked(row.pop("question"))
        row["session_key"] = self._session_key(row.pop("session_id"))
        for name in ("corrected", "understood_as"):
            row[name] = self._masked(row[name])
        row["options"], row["candidates"] = list(asked.options), list(asked.candidates)[:TOP]
        self._writer.put("questions", row | {"at": at})

    def rated(self, at: datetime, reply_id: str, helpful: bool, reason: str | None, comment: str | None) -> bool:
        """Whether the rating was taken; also true where nothing is to be kept."""
        if self._writer is None:
            return True
        row = {"at": at, "reply_id": reply_id, "helpful": helpful, "reason": reason}
        return self._writer.put("feedback", row | {"comment_masked": self._masked(comment)})

    def flush(self) -> bool:
        """Whether everything noted so far is in the database, or counted as dropped, within ``FLUSH_SECONDS``."""
        return self._writer.flush() if self._writer else True

    def close(self) -> None:
        """Flush, and count what could not be written as dropped."""
        if self._writer:
            self._writer.close()

    def _masked(self, text: str | None) -> str | None:
        return mask(text.replace("\0", ""), self._project_numbers) if text else text  # PostgreSQL takes no NUL

    def _session_key(self, session_id: str | None) -> str | None:
        return hmac.digest(self._key, _DOMAIN + session_id.encode(), "sha256").hex()[:32] if session_id else None
