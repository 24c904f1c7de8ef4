"""Which notices are shown at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.knowledge.model import Notice


def notices_at(notices: Iterable[Notice], now: datetime) -> tuple[Notice, ...]:
    """In their order; a notice's times are read by the clock of ``now``, its end does not belong to it."""
    clock = now.replace(tzinfo=None)
    return tuple(notice for notice in notices if (notice.from_ or datetime.min) <= clock < (notice.to or datetime.max))
