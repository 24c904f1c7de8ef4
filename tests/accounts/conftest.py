"""Databases of a test's own, of both kinds, with their tables; and a time and passwords for them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.journal.conftest import empty as empty
from tests.journal.conftest import engine as engine
from tests.journal.conftest import postgres as postgres
from tests.journal.conftest import url as url
from tests.web.office import OTHER as OTHER
from tests.web.office import PASSWORD as PASSWORD

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
