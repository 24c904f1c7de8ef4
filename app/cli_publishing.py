"""``yiboshi publish``, ``propose``, ``rollback``, ``versions``: what serves, from the shell."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.audit import Audit
from app.config import BadSettings, Settings
from app.terminal import AsJson, KbDir, embedding, fail, out, reported, settings_or_exit

if TYPE_CHECKING:
    from app.evaluation.gate import GateResult
    from app.publishing.pipeline import PublishReport
    from app.publishing.rehearsal import Rehearsal

SHOWN = 50
"""Lines of a list before it is cut short; all of it is in ``--json``."""


def publish(
    kb: KbDir = None,
    override: Annotated[
        list[str] | None,
        typer.Option(help="放行一个受保护的问题或一项指标，写成 名称=原因，可写多次；原因留在发布记录和审计日志里"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="试发布：检查、过关口、列出差异，什么都不改")] = False,
    as_json: AsJson = False,
) -> None:
    """检查、建索引、过关口，然后切换到新版本；正在运行的服务会自动跟上。"""
    from app.index.encoder import open_encoder
    from app.main import committed, local_now, publish_by_settings
    from app.publishing import audited, pipeline
    from app.publishing.gating import Gate
    from app.text.tokenize import load_dictionary

    settings = settings_or_exit(kb_dir=kb)
    reasons = _reasons(override or [], as_json)
    if dry_run:
        _rehearse(settings, as_json)
        return
    who = _who()
    with reported(as_json), embedding() as progress:
        encoder = open_encoder(settings.encoder, settings.threads)
        gate = Gate(_recent(settings), reasons)

        def made() -> pipeline.PublishReport:
            dictionary = load_dictionary()
            _, report = publish_by_settings(settings, encoder, dictionary, gate, who, person=who, progress=progress)
            return committed(settings, report, who)

        report = audited.published(Audit(settings.audit_dir, local_now), who, made)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _print_report(report)


def _rehearse(settings: Settings, as_json: bool) -> None:
    """Exits with 1 if something stands against a publication."""
    from app.index.encoder import open_encoder
    from app.main import local_now
    from app.publishing.gating import Gate
    from app.publishing.rehearsal import rehearse
    from app.text.tokenize import load_dictionary

    with reported(as_json), embedding() as progress:
        tried = rehearse(
            settings.kb_dir,
            settings.indexes,
            open_encoder(settings.encoder, settings.threads),
            load_dictionary(),
            now=local_now(),
            gate=Gate(_recent(settings)),
            laws=settings.laws,
            overlays=settings.overlays,
            progress=progress,
        )
    if as_json:
        print(json.dumps(tried.as_dict(), ensure_ascii=False))
    else:
        _print_report(tried.report)
        _print_rehearsal(tried)
    if tried.blocked_by:
        raise typer.Exit(1)


def _print_rehearsal(tried: Rehearsal) -> None:
    from app.publishing.differences import KINDS, SIGNS

    for found in tried.differences[:SHOWN]:
        print(f"{SIGNS[found.what]} {KINDS[found.kind]} {found.id}：{found.title}")
        if found.what == "changed":
            for change in found.fields:
                print(f"    {change.field}")
                for line in change.lines:
                    print(f"      {line}")
    if len(tried.differences) > SHOWN:
        print(f"……还有 {len(tried.differences) - SHOWN} 处差异，用 --json 看全部")
    for one in tried.unserved:
        print(f"不作为答复：{one.title}（{one.id}），{one.reason}")
    if tried.blocked_by:
        print(f"不能发布：{len(tried.blocked_by)} 项没有过关，改好再发布，或逐项 --override 名称=原因")
    else:
        print("可以发布；这次只是试，什么都没有改")


def propose(
    note: Annotated[str, typer.Option(help="说明改了什么，给发布的人看")] = "",
    take_back: Annotated[bool, typer.Option("--withdraw", help="撤回自己的提交")] = False,
    as_json: AsJson = False,
) -> None:
    """双人发布：提交知识库现在的样子，由另一个人发布；之后文件再改，要重新提交。"""
    from app.main import local_now
    from app.publishing import audited, pipeline, proposal

    settings = settings_or_exit()
    who, audit = _who(), Audit(settings.audit_dir, local_now)
    with reported(as_json):
        if take_back:
            made = audited.withdrawn(audit, who, lambda: proposal.withdraw(settings.indexes, who))
        else:
            digest = pipeline.source_digest(settings.kb_dir, settings.laws, settings.overlays)
            at = local_now().isoformat(timespec="seconds")
            made = audited.proposed(
                audit, who, lambda: proposal.propose(settings.indexes, digest, who, who, at, note.strip())
            )
    if as_json:
        print(json.dumps(made.as_dict(), ensure_ascii=False))
    else:
        print("已撤回" if take_back else f"已提交，等另一个人发布（文件摘要 {made.digest}）")


def _reasons(given: list[str], as_json: bool) -> dict[str, str]:
    reasons = {}
    for item in given:
        name, separator, reason = (part.strip() for part in item.partition("="))
        if not (name and separator and reason):
            fail(BadSettings(f"--override 写成 名称=原因，原因不能空：{item}"), 2, as_json)
        reasons[name] = reason
    return reasons


def _recent(settings: Settings) -> list[str]:
    """What people asked lately, where there is a journal."""
    from app.database import open_engine
    from app.journal.recent import recent_questions

    if not settings.journal:
        return []
    engine = open_engine(settings.database)
    try:
        return recent_questions(engine)
    finally:
        engine.dispose()


def _who() -> str:
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user without a name
        return "cli"


def _print_report(report: PublishReport) -> None:
    from app.snapshot import fingerprint_of

    table = Table(show_header=False, box=None)
    for name, value in (
        ("版本", f"{report.version}（校验号 {fingerprint_of(report.version)}）"),
        ("原版本", report.previous or "无"),
        ("条目", f"{report.entries} 个，问法 {report.phrases} 条，其中新算向量 {report.embedded} 条"),
        ("新增", "、".join(report.added) or "无"),
        ("修改", "、".join(report.changed) or "无"),
        ("删除", "、".join(report.removed) or "无"),
        ("提醒", f"{len(report.warnings)} 处（yiboshi validate 查看）"),
    ):
        table.add_row(name, value if len(value) < 2000 else value[:2000] + "…")
    out.print(table)
    _print_gate(report.gate, report.overridden)
    _print_commit(report)


def _print_gate(gate: GateResult | None, overridden: Mapping[str, str]) -> None:
    if gate is None:
        return
    out.print(f"关口：问了 {gate.golden} 个受保护的问题、{gate.recent} 个近期的问题", highlight=False)
    for metric in gate.metrics:
        print(f"  {metric}")
    lines = [*map(str, gate.failures), *(str(flip) for flip in gate.flipped if not flip.protected)]
    for line in lines[:SHOWN]:
        print(line)
    if len(lines) > SHOWN:
        print(f"……还有 {len(lines) - SHOWN} 个，用 --json 看全部")
    for name, reason in overridden.items():
        print(f"放行「{name}」：{reason}")


def _print_commit(report: PublishReport) -> None:
    if report.commit is not None:
        print(f"已提交到 git：{report.commit.id}" if report.commit.id else f"没有提交到 git：{report.commit.problem}")


def rollback(
    version: Annotated[str | None, typer.Argument(help="退到哪一版；不写，退到这一版发布之前的那一版")] = None,
    as_json: AsJson = False,
) -> None:
    """退回到以前发布的版本，马上生效；kb/ 里的文件不动，下次 publish 之前也不会自动发布。"""
    from app.index.encoder import open_encoder
    from app.main import go_back, local_now
    from app.publishing import audited

    settings = settings_or_exit()
    who = _who()
    with reported(as_json):
        encoder = open_encoder(settings.encoder, settings.threads)
        audit = Audit(settings.audit_dir, local_now)
        done = audited.rolled_back(audit, who, lambda: go_back(settings, encoder, version, who))
    if as_json:
        print(json.dumps({"version": done.version, "previous": done.left}))
        return
    out.print(f"已退回到 {done.version}（原来是 {done.left}）", style="bold green", highlight=False)
    out.print("kb/ 里还是退回前的内容：改好以后运行 yiboshi publish", highlight=False)


def versions(as_json: AsJson = False) -> None:
    """列出留着的版本：什么时候、谁发布的，改了什么；最后发布的在前。"""
    from app.index import history, store
    from app.web import shape

    settings = settings_or_exit()
    serving = store.current(settings.indexes)
    kept = [
        shape.version(name, history.publication(settings.indexes, name)) for name in history.versions(settings.indexes)
    ]
    mark = history.rolled_back(settings.indexes)
    if as_json:
        facts = {"serving": serving, "rolled_back": mark is not None, "versions": [one.model_dump() for one in kept]}
        print(json.dumps(facts, ensure_ascii=False))
        return
    table = Table(box=None)
    for heading in ("", "版本", "校验号", "发布时间", "谁", "增/改/删", "变"):
        table.add_column(heading, no_wrap=True)
    table.add_column("放行")
    for one in kept:
        report = one.report
        changes = "/".join(str(len(report.get(name, ()))) for name in ("added", "changed", "removed")) if report else ""
        flipped = str(len(report["gate"]["flipped"])) if report.get("gate") else ""
        marker = "→" if one.version == serving else ""
        at = (one.at or "")[:16].replace("T", " ")
        overridden = "、".join(report.get("overridden", ()))
        table.add_row(marker, one.version, one.fingerprint, at, one.by or "", changes, flipped, overridden)
    out.print(table)
    if mark is not None:
        out.print(f"正在服务的是退回的版本：{mark.at} 由 {mark.by} 从 {mark.left} 退回", markup=False, highlight=False)
