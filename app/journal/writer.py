"""One thread that puts rows into the database, so that no reply ever waits for it.

``QUEUE`` rows may wait.  While the database cannot be written they do, and what finds no room is dropped; when it can be
again they are written.  A process that is killed loses the rows that wait: of an idle service those of the last
``GATHER_SECONDS``.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, TimeoutError

from app.database import DatabaseUnusable, migrate, reason
from app.journal.tables import feedback, questions

log = logging.getLogger("yiboshi")

QUEUE = 2_000
"""Rows of some two kilobytes each: four megabytes at worst."""
BATCH = 200
"""Rows in one transaction."""
GATHER_SECONDS = 0.25
"""How long a transaction waits for more rows after its first."""
RETRY_SECONDS = 2.0
FLUSH_SECONDS = 5.0

_TABLES = {table.name: table for table in (questions, feedback)}

Row = tuple[str, dict[str, Any]]
"""The name of a table of the journal, and the values."""


class Writer:
    """``put`` from any thread.  ``written`` and ``dropped`` count the rows of this process; the dropped are lost for good."""

    def __init__(self, engine: Engine, size: int = QUEUE) -> None:
        self.written = 0
        self.dropped = 0
        self._engine = engine
        self._size = size
        self._rows: deque[Row] = deque()
        """In order; a row leaves when it is done with."""
        lock = threading.Lock()
        self._wanted = threading.Condition(lock)
        self._done = threading.Condition(lock)
        self._hurry = self._closing = False
        self._gave_up = 0
        """Attempts that failed in a hurry."""
        self._reached: bool | None = None
        """Whether the last attempt reached the database; None before the first."""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._rows)

    def put(self, table: str, row: dict[str, Any]) -> bool:
        """Leave a row to be written; false when there was no room and it was dropped."""
        with self._wanted:
            if len(self._rows) >= self._size or self._closing:
                self.dropped += 1
                return False
            self._rows.append((table, row))
            if len(self._rows) == 1:
                self._wanted.notify()
        return True

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Try now; whether everything put so far is written, or refused and dropped, within so many seconds."""
        with self._done:
            gave_up = self._gave_up
            self._hurry = True
            self._wanted.notify()
            self._done.wait_for(lambda: not self._rows or self._gave_up > gave_up, seconds)
            return not self._rows

    def close(self, seconds: float = FLUSH_SECONDS) -> None:
        """Flush and stop; what cannot be written in time is dropped.  Leaves the engine open."""
        self.flush(seconds)
        with self._wanted:
            self._closing = True
            self._wanted.notify()
            left = len(self._rows)
            self.dropped += left
        if left:
            log.error("停止时还有 %d 条记录没写进数据库，丢弃了", left)
        self._thread.join(GATHER_SECONDS)  # it may hang in a connection; nothing is lost by leaving it

    def _run(self) -> None:
        self._write([])  # so that what is wrong with the database is said at the start
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._rows or self._closing)
                self._wanted.wait_for(lambda: self._hurry or self._closing or len(self._rows) >= BATCH, GATHER_SECONDS)
                if self._closing:
                    return
                batch, hurried = list(islice(self._rows, BATCH)), self._hurry
            done = self._write(batch)
            with self._done:
                for _ in range(done):
                    self._rows.popleft()
                failed = done < len(batch)
                if hurried and (failed or not self._rows):
                    self._hurry = False
                    self._gave_up += failed
                self._done.notify_all()
                if failed:
                    self._wanted.wait_for(lambda: self._hurry or self._closing, RETRY_SECONDS)

    def _write(self, rows: Sequence[Row]) -> int:
        """How many of these, from the first on, are done with; fewer than all when the database cannot be written."""
        try:
            if not self._reached:
                migrate(self._engine)
            self._insert(rows)
        except Exception as error:  # whatever it is, the thread goes on
            if _is_outage(error):
                self._note(False, error)
                return 0
            if len(rows) > 1:
                return self._one_by_one(rows)
            with self._done:
                self.dropped += len(rows)
            log.error("一条记录写不进数据库，丢弃了：%s", reason(error))
        else:
            self.written += len(rows)
            self._note(True)
        return len(rows)

    def _one_by_one(self, rows: Sequence[Row]) -> int:
        """The same for rows of which at least one is refused."""
        for done, row in enumerate(rows):
            if not self._write([row]):
                return done
        return len(rows)

    def _insert(self, rows: Sequence[Row]) -> None:
        by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for table, row in rows:
            by_table[table].append(row)
        with self._engine.begin() as connection:
            for table, values in by_table.items():
                connection.execute(_TABLES[table].insert(), values)

    def _note(self, reached: bool, error: Exception | None = None) -> None:
        """Say once that the database is away, and once that it is back."""
        if error is not None and self._reached is not False:
            log.error("记录写不进数据库，先留在内存里，最多 %d 条：%s", self._size, reason(error))
        elif reached and self._reached is False:
            log.warning("数据库又能写了；共丢弃了 %d 条记录", self.dropped)
        self._reached = reached


def _is_outage(error: Exception) -> bool:
    """Whether waiting helps: the database is locked, full, gone, without its tables.  Else it refuses what the row holds."""
    return isinstance(error, (DatabaseUnusable, DBAPIError, TimeoutError)) and not isinstance(
        error, (DataError, IntegrityError)
    )
