"""The database: how it is opened, and its schema brought to that of this program.

SQLite in one file by default, PostgreSQL where the setting ``database_url`` says so.  Each package declares its tables on
``metadata``; the schema itself is made by ``app/migrations``, one numbered file a change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import AppError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5
"""How long SQLite waits while another process writes, and PostgreSQL may take to accept a connection."""
SILENT_MS = 10_000
"""How long a PostgreSQL server may leave sent data unacknowledged before the connection counts as broken."""
MIGRATING = 0x7969626F
"""The advisory lock that whoever changes a PostgreSQL schema holds: ``yibo`` in ASCII."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class DatabaseUnusable(AppError):
    """It cannot be opened or written, or belongs to a later program."""

    code = "database_unusable"
    status = 503


class Moment(TypeDecorator[datetime]):
    """A point in time: any zone goes in, UTC comes out; a time without a zone is refused (``ValueError``)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc  # SQLite keeps text, which then sorts

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def open_engine(url: str) -> Engine:
    """An engine, without connecting yet; raises ``DatabaseUnusable`` where no driver can read the address."""
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, ensure_ascii=False)}
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, **options)
            _prepare_sqlite(engine)
            return engine
        reach = {"connect_timeout": BUSY_SECONDS, "tcp_user_timeout": SILENT_MS}
        address = address.set(drivername="postgresql+psycopg")
        return create_engine(address, pool_pre_ping=True, connect_args=reach, **options)
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(f"缺少 {error.name}，请先安装：pip install 'yiboshi[postgres]'") from error
    except ArgumentError as error:
        raise DatabaseUnusable("设置 database_url 的写法不对") from error


def _prepare_sqlite(engine: Engine) -> None:
    """Every connection as we want it, to the file that is there now and that only its owner may read."""
    file = Path(engine.url.database) if engine.url.database not in (None, "", ":memory:") else None

    @event.listens_for(engine, "do_connect")
    def make_file(*_: Any) -> None:
        if file is not None:
            with suppress(OSError):  # what is wrong with the place SQLite says better
                file.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, entry: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        entry.info["file"] = _identity(file)

    @event.listens_for(engine, "checkout")
    def still_there(_: Any, entry: ConnectionPoolEntry, __: Any) -> None:
        """A file that was moved away or put back from a copy is opened anew; SQLite would write into the old one."""
        if entry.info["file"] != _identity(file):
            raise DisconnectionError


def _identity(file: Path | None) -> tuple[int, int] | None:
    try:
        status = file.stat() if file else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status else None


def migrate(engine: Engine) -> None:
    """Bring the schema to that of this program; at once when it is.  Any number of processes may do so together.

    Raises ``DatabaseUnusable``; then the schema is as it was.
    """
    newest = newest_revision()
    try:
        with engine.connect() as connection:
            if revision(connection) == newest:
                return
        with _alone(engine) as connection:
            found = revision(connection)
            if found is not None and found > newest:
                raise DatabaseUnusable(f"数据库是更新版本的程序建的（{found}，本程序到 {newest}），请升级程序")
            if found != newest:
                upgrade(connection, "head")
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"数据库 {engine.url!r} 打不开或升级不了：{reason(error)}") from error


def upgrade(connection: Connection, to: str) -> None:
    """Run the migrations up to one, inside the transaction of ``connection``."""
    from alembic import command  # 10 MB that a service needs once in its life

    command.upgrade(alembic_config(connection), to)


def alembic_config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def newest_revision() -> str:
    """Revisions are numbered like their files, ``0001_journal.py``; nothing is imported to know the last."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


def revision(connection: Connection) -> str | None:
    """Of the schema that is there; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction beside which no other process changes the schema."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # SQLite's own lock on the file; waits ``BUSY_SECONDS``
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        yield connection


def reason(error: Exception) -> str:
    """What the database said, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]
