"""What is remembered between the messages of one conversation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.knowledge.model import Audience, Business


@dataclass(frozen=True)
class Offered:
    """An option as it was shown."""

    entry: str
    label: str


@dataclass(frozen=True)
class Turn:
    """The state a message meets.  Ids and choices only, never what was typed."""

    audience: Audience | None = None
    business: Business | None = None
    offered: tuple[Offered, ...] = ()
    """The options shown last, in order."""
    asked: bool = False
    """Whether they were asked back, so that the next message is likely to choose among them."""
    answered: str | None = None
    """Entry answered last."""
    topic: str | None = None
    """Topic asked back about last, until an answer settles it."""
    misses: int = 0
    """Messages in a row that found nothing; the second leads to a person."""


class Sessions:
    """Turns by session id, in memory: bounded in number, forgotten when idle.

    ``clock`` returns seconds; a conversation idle for ``idle_seconds`` starts anew.
    """

    def __init__(self, clock: Callable[[], float], capacity: int = 10_000, idle_seconds: float = 1800.0) -> None:
        self._clock = clock
        self._capacity = capacity
        self._idle_seconds = idle_seconds
        self._turns: OrderedDict[str, tuple[float, Turn]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session_id: str | None) -> Turn:
        if session_id is None:
            return Turn()
        with self._lock:
            at, turn = self._turns.get(session_id, (0.0, Turn()))
            return turn if self._clock() - at <= self._idle_seconds else Turn()

    def put(self, session_id: str | None, turn: Turn) -> None:
        if session_id is None:
            return
        with self._lock:
            self._turns[session_id] = (self._clock(), turn)
            self._turns.move_to_end(session_id)
            while len(self._turns) > self._capacity:
                self._turns.popitem(last=False)

    def __len__(self) -> int:
        return len(self._turns)
