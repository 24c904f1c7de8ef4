"""How commands read settings, print, and end when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from app.config import BadSettings, Settings, load_settings
from app.errors import AppError, KnowledgeRejected
from app.knowledge.model import Problem
from app.receipt import ReceiptInvalid

out = Console(emoji=False)  # 「:100:」 in a file position is no emoji
err = Console(stderr=True, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="给程序看的 JSON")]


def settings_or_exit(**overrides: Any) -> Settings:
    try:
        return load_settings(**overrides)
    except BadSettings as error:
        fail(error, 2)


def fail(error: AppError, code: int, as_json: bool = False) -> NoReturn:
    details = [item.as_dict() if isinstance(item, Problem) else item for item in error.details]
    if as_json:
        print(
            json.dumps(
                {"error": {"code": error.code, "message": error.message, "details": details}}, ensure_ascii=False
            )
        )
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
    except (KnowledgeRejected, ReceiptInvalid) as error:
        fail(error, 1, as_json)
    except AppError as error:
        fail(error, 3, as_json)
