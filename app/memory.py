"""Results of pure functions kept from one pass over the knowledge to the next, by whoever asks for that and no longer.

Checking a draft at every pause of the keys reads and compares thousands of texts of which one has changed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Memory:
    """What the last pass has asked for; what it has not asked for is forgotten at its end."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, Any] = {}
        self.asked: dict[Hashable, Any] = {}

    @contextmanager
    def used(self) -> Iterator[None]:
        """A pass: inside, in this thread, ``remembered`` functions look here first."""
        token = _memory.set(self)
        try:
            yield
        finally:
            _memory.reset(token)
            self.kept, self.asked = self.asked, {}


_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """For functions whose result depends on their (hashable) arguments only, and is never altered by anybody."""

    @functools.wraps(function)
    def wrapped(*arguments: P.args, **named: P.kwargs) -> R:
        memory = _memory.get()
        if memory is None:
            return function(*arguments, **named)
        key = (function, *arguments, *named.items())
        if key in memory.asked:
            result: R = memory.asked[key]
            return result
        result = memory.kept[key] if key in memory.kept else function(*arguments, **named)
        memory.asked[key] = result
        return result

    return wrapped
