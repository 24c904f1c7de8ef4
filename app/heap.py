"""The heap of this process: one for all threads, given back when much was freed, and how much memory is in use now."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_M_ARENA_MAX = -8
"""Of glibc's ``malloc.h``."""


def keep_one() -> None:
    """Keep one heap instead of one per thread, where the C library (glibc) can be told so.

    Threads that build snapshots would each leave a fragmented heap of their own: some 50 MB an office PC has better use
    for.  To be called before the first of them starts.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return freed memory to the system, where the C library can; building a snapshot leaves much of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def resident() -> int | None:
    """Bytes of it that are in use; None where the system does not tell in the way of Linux."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
