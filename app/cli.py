"""The shell command ``yiboshi``: the same functions as the web.

Exit codes: 0 done; 1 the knowledge has errors, the gate blocks it, or a receipt is invalid; 2 wrong usage or settings; 3 the service or its storage failed.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app import __version__, cli_accounts, cli_audit, cli_journal, cli_publishing
from app.config import BadSettings, Settings
from app.errors import AppError, KnowledgeRejected, StorageFailed, os_reason
from app.knowledge.model import Problem
from app.terminal import AsJson, KbDir, embedding, err, fail, out, reported, settings_or_exit

app = typer.Typer(
    name="yiboshi",
    help="易博士：公共资源交易知识库问答服务",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(cli_accounts.app)
app.add_typer(cli_audit.app)
app.add_typer(cli_journal.app)
for command in (cli_publishing.publish, cli_publishing.propose, cli_publishing.rollback, cli_publishing.versions):
    app.command()(command)


def main() -> None:
    app()


def _version(value: bool) -> None:
    if value:
        print(f"yiboshi {__version__}")
        raise typer.Exit


@app.callback()
def callback(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本")] = False,
) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址")] = None,
    port: Annotated[int | None, typer.Option(help="监听端口")] = None,
    workers: Annotated[int | None, typer.Option(help="工作进程数")] = None,
) -> None:
    """启动服务；第一次会先建索引。"""
    import uvicorn

    from app.index.encoder import open_encoder
    from app.main import create_app, current_or_published
    from app.text.tokenize import load_dictionary

    settings = settings_or_exit(host=host, port=port, workers=workers)
    logging.getLogger("yiboshi").setLevel(settings.log_level.upper())
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_level": settings.log_level,
        "access_log": False,
        "server_header": False,
    }
    if settings.workers == 1:
        _publish_first(settings)
        out.print(f"易博士在 http://{settings.host}:{settings.port} 服务，Ctrl+C 停止", highlight=False)
        uvicorn.run(create_app(settings), **options)
        return
    with reported(), embedding() as progress:
        current_or_published(settings, open_encoder(settings.encoder), load_dictionary(), progress)
    _hand_to_workers(settings)
    out.print(
        f"易博士在 http://{settings.host}:{settings.port} 服务（{settings.workers} 个进程），Ctrl+C 停止",
        highlight=False,
    )
    uvicorn.run("app.main:create_app", factory=True, workers=settings.workers, **options)


def _publish_first(settings: Settings) -> None:
    """Build the index with a progress bar when nothing has been published yet; a later start has nothing to do here."""
    from app.index import store
    from app.index.encoder import open_encoder
    from app.main import current_or_published
    from app.text.tokenize import load_dictionary

    if store.current(settings.indexes) is None:
        with reported(), embedding() as progress:
            current_or_published(settings, open_encoder(settings.encoder), load_dictionary(), progress)


def _hand_to_workers(settings: Settings) -> None:
    """Worker processes read the settings anew: give them what the command line chose."""
    import os

    for name in ("host", "port", "workers"):
        os.environ[f"YIBOSHI_{name.upper()}"] = str(getattr(settings, name))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="问题")],
    audience: Annotated[str | None, typer.Option(help="bidder、tenderer、agency 或 evaluator")] = None,
    business: Annotated[str | None, typer.Option(help="工程、政府采购、土地、矿权或产权")] = None,
    as_of: Annotated[str | None, typer.Option(help="按哪一天的规定答，如公告日期 2026-11-24；默认今天")] = None,
    stage: Annotated[
        str | None, typer.Option(help="到了哪一步：before 开标前、opening 开标、evaluation 评标、after 之后")
    ] = None,
    minutes: Annotated[int | None, typer.Option("--minutes-to-opening", help="离开标的分钟数，已过为负")] = None,
    why: Annotated[bool, typer.Option("--explain", help="列出每个来源的得分，以及为什么是这个答复")] = False,
    as_json: AsJson = False,
) -> None:
    """问一个问题，不需要启动服务。"""
    import time

    from pydantic import ValidationError

    from app.dialogue.explain import explain
    from app.index.encoder import open_encoder
    from app.main import current_or_published, local_now
    from app.text.tokenize import load_dictionary
    from app.web import schemas, shape

    settings = settings_or_exit()
    try:
        body = schemas.AskIn.model_validate(
            {
                "question": question,
                "audience": audience,
                "business": business,
                "as_of": as_of,
                "stage": stage,
                "minutes_to_opening": minutes,
            }
        )
    except ValidationError as error:
        names = {"question": "问题", "audience": "--audience", "business": "--business", "as_of": "--as-of"}
        names |= {"stage": "--stage", "minutes_to_opening": "--minutes-to-opening"}
        problems = [f"{names.get(str(f['loc'][0]), f['loc'][0])}：{f['msg']}" for f in error.errors()]
        fail(BadSettings("问法不合要求", problems), 2, as_json)
    with reported(as_json), embedding() as progress:
        dictionary = load_dictionary()
        snapshot = current_or_published(
            settings, open_encoder(settings.encoder, settings.threads), dictionary, progress
        )
    started = time.perf_counter()
    found = explain(snapshot, body.asked_on(local_now().date()))
    shown = shape.explanation(snapshot, found, round((time.perf_counter() - started) * 1000, 2), local_now())
    if as_json:
        print(
            shown.model_dump_json(exclude={"reply": {"reply_id", "receipt"}})
            if why
            else shown.reply.model_dump_json(exclude={"reply_id", "receipt"})
        )
        return
    _print_reply(shown.reply)
    if why:
        _print_explanation(shown)


_KINDS = {
    "answer": "答案",
    "clarify": "请选择",
    "decline": "没有答案",
    "smalltalk": "易博士",
    "neutral": "不作判断",
    "policy": "法规",
    "term": "词典",
}


def _print_reply(reply: Any) -> None:
    from rich.markdown import Markdown  # with pygments, a megabyte that the service has no use for

    if reply.corrected:
        out.print(f"您是不是想问：{reply.corrected}", style="dim", markup=False, highlight=False)
    if reply.urgent:
        out.print(f"先做：{reply.urgent.now}", style="bold", markup=False, highlight=False)
        out.print(f"还不行：{reply.urgent.fallback}", markup=False, highlight=False)
    if reply.answer:
        if reply.kind == "neutral":
            out.print(reply.text, markup=False)
        title = f"编号 {reply.answer.number} · {reply.answer.question}"
        out.print(Panel(Markdown(reply.answer.text.replace("· ", "- ")), title=title, title_align="left"))
        for basis in reply.answer.legal_basis:
            out.print(f"依据：《{basis.law}》{basis.article}", style="dim", markup=False, highlight=False)
    else:
        out.print(f"[bold]{_KINDS[reply.kind]}[/bold]", end=" ")
        out.print(reply.text, markup=False)
    for other in reply.versions:
        span = f"{other.effective_from or '此前'} 至 {other.effective_to or '今'}"
        out.print(Panel(Markdown(other.text), title=Text(f"另一时期的规定（{span}）"), title_align="left"))
    if reply.term:
        out.print(reply.term.definition, markup=False)
    if reply.articles and reply.kind != "policy":
        out.print("相关法规（法规内容，不是对您问题的答复）：", style="dim")
    for article in reply.articles:
        title = f"《{article.law}》{article.article} {article.heading}".strip()
        text = "\n".join([*([f"摘要：{article.gist}"] if article.gist else []), *(article.official or [])])
        out.print(Panel(Text(text), title=Text(title), title_align="left"))
    for i, option in enumerate(reply.options, 1):
        out.print(f"  {i}. {option.label}（{option.number} {option.question}）", markup=False, highlight=False)
    if reply.handover:
        out.print(reply.handover.text, markup=False)
        if reply.handover.now:
            out.print(reply.handover.now, markup=False, highlight=False)
    facts = f"把握 {reply.confidence:.2f} · 知识库 {reply.knowledge.version} · {reply.took_ms} 毫秒"
    out.print(facts, style="dim", markup=False, highlight=False)


COMPARED = 3
"""Candidates whose single scores are printed: as many columns as a terminal of 80 characters has room for."""


def _print_explanation(shown: Any) -> None:
    from app.knowledge.model import INTENT_NAMES

    out.print(f"\n[bold]怎样决定的[/bold]：{shown.tier_name}", highlight=False)
    if shown.read_as:
        out.print(f"读作：{shown.read_as}", markup=False, highlight=False)
    table = Table("", "类", "编号", "概率", "得分", "最近的问法")
    for place, candidate in enumerate(shown.candidates, 1):
        points = "完全相同" if candidate.points is None else f"{candidate.points:.2f}"
        name = INTENT_NAMES[candidate.kind]
        table.add_row(str(place), name, candidate.id, f"{candidate.probability:.3f}", points, candidate.phrase)
    out.print(table)
    compared = shown.candidates[:COMPARED]
    scores = Table("来源：值→得分", *(candidate.id for candidate in compared))
    for parts in zip(*(candidate.parts for candidate in compared), strict=True):
        scores.add_row(parts[0].name, *(f"{part.value:.2f}→{part.points:+.2f}" for part in parts))
    out.print(scores)
    out.print(f"都不是的概率：{shown.none:.3f}", highlight=False)
    if shown.runner_up:
        reasons = "，".join(f"{part.name} {part.points:+.2f}" for part in shown.runner_up)
        out.print(f"第二名差在：{reasons}（正数对第一名有利）", markup=False, highlight=False)


class Format(str, Enum):
    text = "text"
    json = "json"
    github = "github"


@app.command()
def validate(
    kb: KbDir = None,
    form: Annotated[
        Format, typer.Option("--format", help="text 给人看；json 给程序看；github 是代码平台的行内批注")
    ] = Format.text,
    as_json: Annotated[bool, typer.Option("--json", help="同 --format json")] = False,
) -> None:
    """检查知识库文件，一次列出全部问题：错误不能发布，提醒应当处理，其余是本中心要填的取值。"""
    from app.index.encoder import open_encoder
    from app.main import local_now
    from app.publishing.pipeline import check, vectors_at_hand

    settings = settings_or_exit(kb_dir=kb)
    form = Format.json if as_json else form
    with reported(form is Format.json):
        at_hand = vectors_at_hand(settings.indexes, open_encoder(settings.encoder, settings.threads))
        knowledge, problems, _ = check(settings.kb_dir, local_now().date(), settings.laws, settings.overlays, at_hand)
    if form is Format.json:
        print(
            json.dumps({"ok": knowledge is not None, "problems": [p.as_dict() for p in problems]}, ensure_ascii=False)
        )
    elif form is Format.github:
        for problem in problems:
            print(_annotation(problem))
    else:
        _print_problems(problems, 0 if knowledge is None else len(knowledge.entries))
    raise typer.Exit(0 if knowledge is not None else 1)


def _print_problems(problems: list[Problem], entries: int) -> None:
    counts = Counter(problem.severity for problem in problems)
    unfilled = [problem for problem in problems if problem.severity == "note" and problem.key.startswith("values.")]
    for problem in problems:
        if problem not in unfilled:
            print(problem)
    style = "bold red" if counts["error"] else "bold yellow" if counts["warning"] else "bold green"
    out.print(f"{counts['error']} 处错误，{counts['warning']} 处提醒", style=style)
    if unfilled:
        out.print(f"{len(unfilled)} 个取值本中心还没有填，运行 yiboshi site 查看")
    if entries:
        out.print(f"{entries} 个条目可以发布")


def _annotation(problem: Problem) -> str:
    """A GitHub workflow command; see "Workflow commands for GitHub Actions" in its documentation."""
    level = {"error": "error", "warning": "warning", "note": "notice"}[problem.severity]
    text = str(problem).split(f"{problem.severity}: ", 1)[1]
    for char, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(char, code)
    return f"::{level} file={problem.mark.file},line={problem.mark.line},col={problem.mark.column}::{text}"


@app.command()
def site(kb: KbDir = None, as_json: AsJson = False) -> None:
    """列出本中心的取值：填了什么、在哪个文件、哪些答复用到；没填的排在前面。"""
    from app.knowledge.loader import load
    from app.knowledge.placeholders import used_by

    settings = settings_or_exit(kb_dir=kb)
    source = load(settings.kb_dir, settings.overlays)
    used = used_by(source)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "about": value.about,
            "value": value.value,
            "fallback": value.fallback,
            "file": source.mark("site", name).file,
            "line": source.mark("site", name).line,
            "used_by": sorted(used.get(name, ())),
        }
        for name, value in source.site.items()
    ]
    rows.sort(key=lambda row: row["value"] is not None)
    if as_json:
        print(json.dumps({"values": rows}, ensure_ascii=False))
        return
    table = Table("名称", "是什么", "取值", "出处", "用到它的")
    for row in rows:
        value = Text(row["value"]) if row["value"] else Text(f"（没填）{row['fallback']}", style="yellow")
        table.add_row(row["name"], row["about"], value, f"{row['file']}:{row['line']}", "、".join(row["used_by"]))
    out.print(table)
    missing = sum(row["value"] is None for row in rows)
    out.print(f"{len(rows)} 个取值，{missing} 个没填", highlight=False)


@app.command()
def facts(kb: KbDir = None, as_json: AsJson = False) -> None:
    """列出共用的数字（kb/facts.yaml）：取值、出自哪一条、谁在用。"""
    from app.knowledge.loader import load
    from app.knowledge.placeholders import used_by

    settings = settings_or_exit(kb_dir=kb)
    source = load(settings.kb_dir, settings.overlays)
    used = used_by(source)
    rows: list[dict[str, Any]] = [
        fact.model_dump() | {"name": name, "used_by": sorted(used.get(f"facts.{name}", ()))}
        for name, fact in source.facts.items()
    ]
    if as_json:
        print(json.dumps({"facts": rows}, ensure_ascii=False))
        return
    table = Table("名称", "取值", "是什么", "出处", "用到它的")
    for row in rows:
        basis = f"《{row['law']}》{row['article'] or ''}" if row["law"] else ""
        table.add_row(row["name"], row["value"], row["about"], basis, "、".join(row["used_by"]))
    out.print(table)


@app.command("export-xlsx")
def export_xlsx(
    file: Annotated[Path, typer.Argument(help="写到哪里，如 问答.xlsx")], kb: KbDir = None, as_json: AsJson = False
) -> None:
    """把常见问题导出成 Excel：一条一行，问法另成一表，带填写说明和下拉选项。"""
    from app.publishing.workbook import exported

    settings = settings_or_exit(kb_dir=kb)
    with reported(as_json):
        content, entries = exported(settings.kb_dir)
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(StorageFailed(f"写不进 {file}（{os_reason(error)}）"), 3, as_json)
    wordings = sum(len(entry.aliases) + len(entry.not_aliases) for entry in entries)
    if as_json:
        print(json.dumps({"file": str(file), "entries": len(entries), "wordings": wordings}, ensure_ascii=False))
    else:
        out.print(f"{len(entries)} 个条目、{wordings} 句问法写进 {file}", markup=False, highlight=False)


@app.command("import-xlsx")
def import_xlsx(
    file: Annotated[Path, typer.Argument(help="改好的 Excel 文件")],
    kb: KbDir = None,
    apply: Annotated[bool, typer.Option("--write", help="写进知识库；不加只检查，并列出会改动的内容")] = False,
    delete_missing: Annotated[bool, typer.Option("--delete-missing", help="表里没有的条目，从知识库删除")] = False,
    as_json: AsJson = False,
) -> None:
    """检查 Excel 里的常见问题，列出对 YAML 的改动；加 --write 才写入，写入后还要发布。"""
    from app.editing.layers import Layers
    from app.editing.save import save
    from app.main import local_now
    from app.publishing.workbook import plan

    settings = settings_or_exit(kb_dir=kb)
    with reported(as_json):
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BadSettings(f"读不了 {file}（{os_reason(error)}）") from error
        changes, problems = plan(settings.kb_dir, content, file.name, local_now().date(), settings.laws, delete_missing)
        if changes is None:
            raise KnowledgeRejected("有错误，没有改动任何内容", problems)
        if apply:
            save(Layers(settings.kb_dir, (), settings.laws, settings.indexes), changes.edit)
    diff = changes.edit.diff([settings.kb_dir])
    if as_json:
        facts = {name: list(getattr(changes, name)) for name in ("added", "changed", "removed", "missing")}
        report = {"written": apply, **facts, "problems": [p.as_dict() for p in problems], "diff": diff}
        print(json.dumps(report, ensure_ascii=False))
        return
    for problem in problems:
        print(problem)
    print(diff, end="")
    names = (("新增", changes.added), ("修改", changes.changed), ("删除", changes.removed))
    out.print("，".join(f"{name} {len(ids)} 条" for name, ids in names), markup=False)
    if changes.missing and not delete_missing:
        out.print(f"表里没有的 {len(changes.missing)} 条保留不动：{'、'.join(changes.missing)}", markup=False)
    if changes.edit:
        out.print("已写入；运行 yiboshi publish 后生效" if apply else "没有写入；确认后加 --write 再运行一次")


@app.command("import-law")
def import_law(
    files: Annotated[list[Path], typer.Argument(help="法规全文：.md、.txt 或 .docx，可以一次给多个")],
    policy: Annotated[str | None, typer.Option(help="法规编号（kb/policies 的 id）；只在标题认不出时用")] = None,
    as_json: AsJson = False,
) -> None:
    """导入法规官方全文，按条切分；下次发布后可以检索到条。"""
    from app.knowledge import official
    from app.knowledge.loader import load

    settings = settings_or_exit()
    policies = load(settings.kb_dir).records["policies"]
    done, failed = [], []
    for path in files:
        try:
            done.append(official.take(path, settings.laws, policies, policy))
        except AppError as error:
            failed.append(error)
    if as_json:
        errors = [{"code": fault.code, "message": fault.message, "details": fault.details} for fault in failed]
        print(json.dumps({"imported": [item.__dict__ for item in done], "errors": errors}, ensure_ascii=False))
    else:
        table = Table("文件", "法规", "条", "字", "提醒")
        for item in done:
            lacks = f"摘要里有、全文里没有：{'、'.join(item.missing)}" if item.missing else ""
            note = lacks or ("" if item.known else "kb/policies 里没有这部法规，按全文标题单列")
            table.add_row(item.file, f"{item.title}（{item.policy}）", str(item.articles), str(item.characters), note)
        if done:
            out.print(table)
            out.print("运行 yiboshi publish（或在管理页重新载入）后生效")
        for fault in failed:
            err.print(fault.message, style="bold red", markup=False, highlight=False)
    raise typer.Exit(1 if failed else 0)


@app.command("verify-receipt")
def verify_receipt(
    code: Annotated[str, typer.Argument(help="答复上的凭证，20 个字符；大小写、空格、连字符不限")],
    as_json: AsJson = False,
) -> None:
    """核验答复凭证：是不是本服务给出的，哪一条、哪一版、什么时候；不需要启动服务。"""
    from app.index import store
    from app.receipt import read_key, verify
    from app.snapshot import fingerprint_of, wording

    settings = settings_or_exit()
    with reported(as_json):
        receipt = verify(read_key(settings.data_dir), code)
    serving = store.current(settings.indexes)
    current = serving is not None and fingerprint_of(serving) == receipt.fingerprint
    then = wording(settings.indexes, receipt.fingerprint, receipt.number)
    if as_json:
        entry = {"entry_id": then.id, "number": receipt.number, "question": then.question} if then else None
        facts = {"number": receipt.number, "at": receipt.at.isoformat(), "fingerprint": receipt.fingerprint}
        print(json.dumps(facts | {"current": current, "entry": entry}, ensure_ascii=False))
        return
    words = receipt.in_words(then.question if then else None)
    out.print(f"核验通过：{words}", style="bold green", markup=False, highlight=False)
    out.print("现在发布的就是这一版知识库" if current else "知识库此后更新过")


def _served() -> Any:
    """The version that serves, opened by a process of the replay."""
    from app.config import load_settings
    from app.index.encoder import open_encoder
    from app.main import current_or_published
    from app.text.tokenize import load_dictionary

    settings = load_settings()
    return current_or_published(settings, open_encoder(settings.encoder, settings.threads), load_dictionary())


@app.command()
def evaluate(
    cases: Annotated[Path, typer.Argument(help="测试问题文件夹，如 tests/quality/test")],
    html: Annotated[Path | None, typer.Option(help="另存为一个网页")] = None,
    misses: Annotated[bool, typer.Option("--misses", help="列出没有答对的问题（调参时不要看 test）")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="再问一遍、换次序问、两个进程分着问，数有几个答复不同")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """用已知正确答案的问题检验现在的知识库。"""
    from app.evaluation import metrics
    from app.evaluation.cases import load_cases
    from app.evaluation.outcomes import outcomes
    from app.evaluation.page import page
    from app.index.encoder import open_encoder
    from app.main import current_or_published
    from app.text.tokenize import load_dictionary

    settings = settings_or_exit()
    if not any(cases.glob("*.yaml")):
        fail(BadSettings(f"{cases} 里没有测试问题（*.yaml）"), 2, as_json)
    with reported(as_json), embedding() as progress:
        encoder = open_encoder(settings.encoder, settings.threads)
        snapshot = current_or_published(settings, encoder, load_dictionary(), progress)
    found = list(outcomes(snapshot, load_cases(cases)))
    try:
        figures = metrics.summary(found)
        if html is not None:
            html.write_text(page(f"易博士 {snapshot.version} · {cases.name}", figures, found), "utf-8")
    except ImportError as error:
        fail(BadSettings(f"缺少 {error.name}，请先安装：pip install 'yiboshi[evaluate]'"), 2, as_json)
    if as_json:
        print(json.dumps({"knowledge": snapshot.version, "cases": str(cases)} | figures, ensure_ascii=False))
        return
    print(f"知识库 {snapshot.version}，{cases}，{len(found)} 个问题\n")
    names = ("n", "r@1", "r@3", "mrr", "answered_right", "answered_wrong", "answered_or_offered", "asked_back")
    print("| 风格 | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for group, values in figures["in_scope"].items():
        cells = [f"{values['n']}", *(f"{100 * values[name]:.1f}" for name in names[1:])]
        print(f"| {group} | " + " | ".join(cells) + " |")
    print("\n| 其他 | n | 正确 |\n|---|---|---|")
    for group, values in figures["others"].items():
        print(f"| {group} | {values['n']} | {100 * values['correct']:.1f} |")
    print("\n| 指标 | % |\n|---|---|")
    for name, value in figures["bars"].items():
        print(f"| {name} | {100 * value:.1f} |")
    if replay:
        from app.evaluation.replay import differences

        compared, differ = differences(snapshot, load_cases(cases), _served)
        print(f"\n重放：比较 {compared} 个答复，不同 {differ} 个")
        if differ:
            raise typer.Exit(1)
    if misses:
        for o in found:
            if not o.correct:
                print(f"{o.family}/{o.group}\t{o.question}\t应为 {o.right}\t得到 {o.kind} {o.entry or o.options}")


if __name__ == "__main__":
    sys.exit(app())
