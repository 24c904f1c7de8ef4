"""How commands read settings, print, and end when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.config import BadSettings, Settings, load_settings
from app.errors import AppError, GateBlocked, KnowledgeRejected, NeedsSecondPerson
from app.receipt import ReceiptInvalid

out = Console(emoji=False)  # 「:100:」 in a file position is no emoji
err = Console(stderr=True, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="给程序看的 JSON")]
KbDir = Annotated[Path | None, typer.Option("--kb", help="知识库文件夹；默认用设置 kb_dir")]


def settings_or_exit(**overrides: Any) -> Settings:
    try:
        return load_settings(**overrides)
    except BadSettings as error:
        fail(error, 2)


def fail(error: AppError, code: int, as_json: bool = False) -> NoReturn:
    if as_json:
        body = {"code": error.code, "message": error.message, "details": error.data()}
        print(json.dumps({"error": body}, ensure_ascii=False))
    else:
        err.print(error.message, style="bold red", markup=False, highlight=False)
        for item in error.details:
            err.print(str(item), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


@contextmanager
def reported(as_json: bool = False) -> Iterator[None]:
    """Errors meant for people are printed, not traced."""
    try:
        yield
    except (KnowledgeRejected, GateBlocked, NeedsSecondPerson, ReceiptInvalid) as error:
        fail(error, 1, as_json)
    except AppError as error:
        fail(error, 3, as_json)


@contextmanager
def embedding() -> Iterator[Any]:
    """A bar on standard error while phrases are embedded; nothing when there is nothing to embed."""
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task: Any = None

        def advance(done: int, total: int) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task("计算向量", total=total)
            bar.update(task, completed=done)

        yield advance
