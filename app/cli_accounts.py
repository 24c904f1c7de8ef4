"""``yiboshi admin``: accounts and tokens, by whoever may use this machine's shell."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.accounts.roles import ROLE_NAMES, ROLES, Role
from app.audit import Audit
from app.terminal import AsJson, fail, out, reported, settings_or_exit

if TYPE_CHECKING:
    from app.accounts.audited import Desk

app = typer.Typer(name="admin", help="管理员账号和令牌", no_args_is_help=True, rich_markup_mode=None)
token = typer.Typer(name="token", help="给程序用的令牌", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(token)

RoleName = Enum("RoleName", {name: name for name in ROLES}, type=str)  # type: ignore[misc]

Name = Annotated[str, typer.Argument(help="账号名")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="从标准输入读密码，不提示")]
Temporary = Annotated[bool, typer.Option("--temporary", help="密码是给别人的：首次登录必须先换")]
ROLE_HELP = "、".join(f"{role} {name}" for role, name in ROLE_NAMES.items())


@contextmanager
def _desk(as_json: bool = False) -> Iterator[Desk]:
    from app.accounts.accounts import AccountRefused, NoSuchAccount
    from app.accounts.audited import Desk
    from app.accounts.tokens import NoSuchToken
    from app.database import migrate, open_engine

    settings = settings_or_exit()
    with reported(as_json):
        engine = open_engine(settings.database)
        migrate(engine)
        try:
            yield Desk(engine, Audit(settings.audit_dir, _now), _now(), _who(), _who())
        except (AccountRefused, NoSuchAccount, NoSuchToken) as error:
            fail(error, 2, as_json)
        finally:
            engine.dispose()


def _now() -> datetime:
    return datetime.now().astimezone()


def _who() -> str:
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return f"cli:{os.getuid()}"


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = typer.prompt("密码（至少 12 个字符，不含账号名）", hide_input=True, confirmation_prompt="再输一遍")
    return entered


@app.command()
def create(
    name: Name,
    role: Annotated[RoleName | None, typer.Option(help=f"{ROLE_HELP}；第一个账号是 owner")] = None,
    from_stdin: FromStdin = False,
    temporary: Temporary = False,
    as_json: AsJson = False,
) -> None:
    """建账号；第一个账号建好，管理页就有了。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        if role is None and accounts.exist(desk.engine):
            fail(accounts.AccountRefused(f"请用 --role 指定角色：{ROLE_HELP}"), 2, as_json)
        wanted: Role = "owner" if role is None else role.value
        made = audited.create(desk, name, wanted, _password(from_stdin), must_change=temporary)
    text = f"建好账号「{made.name}」，角色 {ROLE_NAMES[made.role]}；登录地址 /admin/sign-in"
    _tell(as_json, text, name=made.name, role=made.role)


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """列出账号和令牌。"""
    from app.accounts import accounts, tokens

    with _desk(as_json) as desk:
        people, machines = accounts.listed(desk.engine), tokens.listed(desk.engine)
    if as_json:
        found = {"accounts": [asdict(one) for one in people], "tokens": [asdict(one) for one in machines]}
        print(json.dumps(found, ensure_ascii=False, default=_moment))
        return
    table = Table("账号", "角色", "状态", "建于")
    for one in people:
        state = (
            "已停用"
            if one.disabled
            else "锁定中"
            if one.locked(desk.now)
            else "待改密码"
            if one.must_change
            else "正常"
        )
        table.add_row(one.name, ROLE_NAMES[one.role], state, _day(one.created_at))
    out.print(table)
    if machines:
        table = Table("令牌", "角色", "谁建的", "到期", "最近用过", "状态")
        for it in machines:
            state = "已作废" if it.revoked else "有效" if it.alive(desk.now) else "已过期"
            used = _day(it.last_used) if it.last_used else "没有"
            table.add_row(it.name, ROLE_NAMES[it.role], it.created_by, _day(it.expires), used, state)
        out.print(table)


@app.command()
def password(name: Name, from_stdin: FromStdin = False, temporary: Temporary = False, as_json: AsJson = False) -> None:
    """重设密码；锁定随之解除，已登录的都要重新登录。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        found = accounts.find(desk.engine, name)
        audited.change_password(desk, found.name, _password(from_stdin), must_change=temporary)
    _tell(as_json, f"「{found.name}」的密码已重设", name=found.name)


@app.command("role")
def change_role(name: Name, role: Annotated[RoleName, typer.Argument(help=ROLE_HELP)], as_json: AsJson = False) -> None:
    """改角色；已登录的要重新登录。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        found = accounts.find(desk.engine, name)
        audited.change_role(desk, found.name, role.value)
    _tell(as_json, f"「{found.name}」现在是{ROLE_NAMES[role.value]}", name=found.name, role=role.value)


@app.command()
def disable(name: Name, as_json: AsJson = False) -> None:
    """停用账号：立刻退出，不能再登录。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        found = accounts.find(desk.engine, name)
        made = audited.disable(desk, found.name)
    still = f"；他建的令牌仍然有效：{'、'.join(made)}（yiboshi admin token revoke 作废）" if made else ""
    _tell(as_json, f"「{found.name}」已停用{still}", name=found.name, tokens=made)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """重新启用账号，解除锁定。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        found = accounts.find(desk.engine, name)
        audited.enable(desk, found.name)
    _tell(as_json, f"「{found.name}」已启用", name=found.name)


@token.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="令牌名，如用它的程序")],
    role: Annotated[RoleName, typer.Option(help=ROLE_HELP)],
    days: Annotated[int, typer.Option(help="有效天数")] = 90,
    as_json: AsJson = False,
) -> None:
    """建令牌；只显示这一次，请立刻存好。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        text = audited.create_token(desk, name, role.value, days)
    _tell(as_json, text, name=accounts.plain_name(name), role=role.value, days=days, token=text)


@token.command()
def revoke(name: Annotated[str, typer.Argument(help="令牌名")], as_json: AsJson = False) -> None:
    """作废令牌，立刻生效。"""
    from app.accounts import accounts, audited

    with _desk(as_json) as desk:
        audited.revoke_token(desk, name)
    _tell(as_json, f"令牌「{name}」已作废", name=accounts.plain_name(name))


def _tell(as_json: bool, text: str, **facts: Any) -> None:
    print(json.dumps(facts, ensure_ascii=False) if as_json else text)


def _day(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _moment(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.astimezone().isoformat(timespec="seconds")
