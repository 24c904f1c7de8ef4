"""A git commit for each publication, where the knowledge lies in a repository: who published what, and why all the same.

Only the folders of the knowledge are committed; what else is staged or changed in the repository stays as it is.  Nothing
is pushed.  The publication is over when this begins, and whatever goes wrong here takes nothing from it.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.errors import AppError, os_reason
from app.index import history
from app.publishing.pipeline import Commit, PublishReport

log = logging.getLogger("yiboshi")

SECONDS = 30.0
"""How long one git command may take."""

OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false")
"""Hooks and monitors are programs named by the repository; whoever may write the knowledge must not thereby run programs as
the service's user, and a hook that asks, pushes or rewrites files has no business in a publication.  Signing would wait for a
passphrase nobody types."""


class GitFailed(Exception):
    """With what to tell people."""


def committed(report: PublishReport, indexes: Path, folders: Sequence[Path], by: str) -> PublishReport:
    """Commit the folders of the knowledge just published; the report, and the record of the publication, say what came of it."""
    try:
        made = Commit(commit(folders, message(report), by))
    except GitFailed as error:
        log.warning("没有提交到 git：%s", error)
        made = Commit(problem=str(error))
    _note(indexes, report.version, made)
    return replace(report, commit=made)


def commit(folders: Sequence[Path], message: str, by: str) -> str:
    """The short name of the new commit, of several where the folders lie in several repositories; raises ``GitFailed``."""
    places: dict[Path, list[Path]] = {}
    for folder in folders:
        places.setdefault(_repository(folder), []).append(folder.resolve())
    made = []
    for repository, inside in places.items():
        status = ("status", "--porcelain", "--untracked-files=all", "--")
        paths = [str(folder) for folder in inside if _git(repository, *status, str(folder))]
        if not paths:
            continue
        _git(repository, "add", "--all", "--", *paths)
        author = f"--author={_author(by)}"
        # --only: these folders from the files as they are, whatever else is staged
        _git(repository, "commit", "--quiet", "--no-verify", author, f"--message={message}", "--only", "--", *paths)
        made.append(_git(repository, "rev-parse", "--short", "HEAD"))
    if not made:
        raise GitFailed("知识库文件和上次提交的一样，没有可提交的")
    return "、".join(made)


def message(report: PublishReport) -> str:
    counts = f"增 {len(report.added)}，改 {len(report.changed)}，删 {len(report.removed)}"
    lines = [f"发布 {report.version}：{counts}"]
    if report.overridden:
        lines += ["", *(f"放行「{name}」：{reason}" for name, reason in report.overridden.items())]
    return "\n".join(lines)


def _repository(folder: Path) -> Path:
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel"))
    except GitFailed as error:
        if "not a git repository" in str(error):
            raise GitFailed(f"{folder} 不在 git 仓库里") from None
        raise


def _author(by: str) -> str:
    """git wants a name and an address; a name has no brackets and no breaks."""
    name = "".join(char for char in by if char not in "<>" and char.isprintable()).strip() or "yiboshi"
    return f"{name} <{name.replace(' ', '-')}@yiboshi>"


def _git(folder: Path, *arguments: str) -> str:
    """What one git command prints; variables that would lead it to another repository are not passed on."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1"}
    command = ["git", *OPTIONS, "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603  no shell, and no word of a user's in the place of an option
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitFailed("这台机器上没有 git") from None
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {arguments[0]} 超过 {SECONDS:.0f} 秒没有完成") from None
    except OSError as error:
        raise GitFailed(f"git 运行不了（{os_reason(error)}）") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        if "Please tell me who you are" in said or "unable to auto-detect email" in said or "empty ident" in said:
            raise GitFailed("git 还不知道由谁提交：请以运行服务的用户设置 git config user.name 和 user.email")
        first = next((line for line in said.splitlines() if line.startswith(("fatal:", "error:"))), said)
        raise GitFailed(f"git {arguments[0]}：{first[:300] or done.returncode}")
    return done.stdout.strip()


def _note(indexes: Path, version: str, made: Commit) -> None:
    known = history.publication(indexes, version)
    if known is None:
        return
    try:
        history.note(indexes, version, replace(known, report={**known.report, "commit": made._asdict()}))
    except AppError as error:
        log.warning("发布记录里没有写上 git 的结果：%s", error.message)
