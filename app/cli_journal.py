"""``yiboshi journal``: what people asked, taken out as a table, and its old part deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.config import Settings
from app.errors import StorageFailed, os_reason
from app.terminal import AsJson, out, reported, settings_or_exit

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(name="journal", help="提问和评价的记录", no_args_is_help=True, rich_markup_mode=None)

EARLIEST, LATEST = datetime(2000, 1, 1), datetime(2999, 12, 31)


class Format(str, Enum):
    csv = "csv"
    xlsx = "xlsx"


@contextmanager
def _opened(as_json: bool) -> Iterator[tuple[Settings, Engine]]:
    """The settings and the database they name; what is wrong with it is printed."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.database import DatabaseUnusable, migrate, open_engine, reason

    settings = settings_or_exit()
    with reported(as_json):
        engine = open_engine(settings.database)
        try:
            migrate(engine)
            yield settings, engine
        except SQLAlchemyError as error:
            raise DatabaseUnusable(f"数据库出了问题：{reason(error)}") from error
        finally:
            engine.dispose()


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="写到哪里，如 记录.xlsx")],
    form: Annotated[Format | None, typer.Option("--format", help="不写就看文件名的结尾，都不是则 csv")] = None,
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="从哪一天")] = EARLIEST,
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="到哪一天，含这一天")] = LATEST,
    as_json: AsJson = False,
) -> None:
    """导出记录：一次提问一行，连同最后一次评价；个人信息在记下时已经遮盖。"""
    from app.journal.export import write_csv, write_xlsx

    form = form or (Format.xlsx if file.suffix.lower() == ".xlsx" else Format.csv)
    write = {Format.csv: write_csv, Format.xlsx: write_xlsx}[form]
    with _opened(as_json) as (_, engine):
        try:
            count = write(file, engine, since.astimezone(), (until + timedelta(days=1)).astimezone())
        except OSError as error:
            raise StorageFailed(f"写不进 {file}（{os_reason(error)}）") from error
    if as_json:
        print(json.dumps({"file": str(file), "questions": count}, ensure_ascii=False))
    else:
        out.print(f"{count} 次提问写进 {file}", markup=False, highlight=False)


@app.command()
def purge(as_json: AsJson = False) -> None:
    """删除超过 journal_days 天的记录；服务每天自己也会做。"""
    from app.journal.retention import purge as delete_old

    with _opened(as_json) as (settings, engine):
        purged = delete_old(engine, datetime.now().astimezone(), settings.journal_days)
    if as_json:
        print(json.dumps(purged._asdict()))
    else:
        out.print(f"删除了 {purged.questions} 次提问、{purged.feedback} 次评价", highlight=False)
