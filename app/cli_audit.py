"""``yiboshi audit``: the audit log, verified and shown."""

from __future__ import annotations

import json
from collections import deque
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.audit import ACTIONS, parsed, records
from app.audit import verify as verify_log
from app.config import BadSettings
from app.terminal import AsJson, fail, out, reported, settings_or_exit

app = typer.Typer(name="audit", help="审计日志", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option("--head", help="以前核验时印出来、另外记下的链头，如 128:3f9a…，看它还在不在")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """核验审计日志有没有被改动、删减；没有，退出码 0，有，1。"""
    settings = settings_or_exit()
    head = parsed(noted) if noted is not None else None
    if noted is not None and head is None:
        fail(BadSettings("--head 写成 序号:校验值，校验值至少 12 位"), 2, as_json)
    with reported(as_json):
        verdict = verify_log(settings.audit_dir, head)
    reached = f"{verdict.head.seq}:{verdict.head.hash}"
    if as_json:
        found = {"ok": not verdict.problems, "records": verdict.head.seq, "head": reached}
        print(json.dumps(found | {"problems": verdict.problems, "notes": verdict.notes}, ensure_ascii=False))
    else:
        for text in (*verdict.problems, *(f"{note}（不是改动）" for note in verdict.notes)):
            print(text)
        if verdict.problems:
            out.print(f"核验不通过：{len(verdict.problems)} 处", style="bold red", highlight=False)
        else:
            out.print(f"核验通过，{verdict.head.seq} 条", style="bold green", highlight=False)
            print(f"链头 {reached}（另记一份，日后用 --head 核对）")
    raise typer.Exit(1 if verdict.problems else 0)


@app.command()
def show(
    who: Annotated[str | None, typer.Option(help="只看谁做的")] = None,
    last: Annotated[int, typer.Option(min=1, help="最近多少条")] = 50,
    as_json: AsJson = False,
) -> None:
    """列出最近做过的事。"""
    settings = settings_or_exit()
    with reported(as_json):
        kept: Any = deque((it for it in records(settings.audit_dir) if who in (None, it["who"])), maxlen=last)
    if as_json:
        print(json.dumps({"records": list(kept)}, ensure_ascii=False))
        return
    table = Table("序号", "时间", "谁", "做什么", "对象", "结果", "细节")
    for record in kept:
        result = "" if record["result"] == "ok" else "没有成功"
        detail = "，".join(f"{name}={value}" for name, value in record["detail"].items())
        action = ACTIONS.get(record["action"], record["action"])
        cells = (record["seq"], record["at"], record["who"], action, record["object"], result, detail)
        table.add_row(*(Text(str(cell)) for cell in cells))
    out.print(table)
