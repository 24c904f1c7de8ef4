"""Publications in git: a real repository, and everything that may be wrong with it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.index import history
from app.publishing import version_control
from app.publishing.pipeline import PublishReport
from app.publishing.version_control import committed
from tests.publishing.conftest import World


@pytest.fixture(autouse=True)
def _nobody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this machine's user count."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "service")
    git(folder, "config", "user.email", "service@example.cn")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


Publish = Callable[..., PublishReport]


@pytest.fixture
def publish(world: World) -> Publish:
    def made(by: str = "li", *more: Path) -> PublishReport:
        _, report = world.publish(by=by)
        return committed(report, world.indexes, (world.kb, *more), by)

    return made


@pytest.fixture
def repository(world: World) -> Path:
    """The knowledge in a folder of it, with other things beside."""
    root = world.kb.parent
    (root / "notes.txt").write_text("notes\n")
    (root / ".gitignore").write_text("indexes/\n")
    make(root)
    world.publish()
    return root


def test_a_publication_is_a_commit_by_who_published(world: World, repository: Path, publish: Publish) -> None:
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    report = publish("王工 <x>")
    assert report.commit is not None
    assert (report.commit.id, report.commit.problem) == (git(repository, "rev-parse", "--short", "HEAD"), "")
    assert (
        git(repository, "log", "-1", "--format=%an|%cn|%s") == f"王工 x|service|发布 {report.version}：增 0，改 1，删 0"
    )
    assert git(repository, "show", "--name-only", "--format=", "HEAD") == "kb/faq/certificates.yaml"
    assert git(repository, "status", "--porcelain") == ""


def test_files_that_are_new_or_gone_are_committed_too(world: World, repository: Path, publish: Publish) -> None:
    (world.kb / "golden/certificates.yaml").unlink()
    (world.kb / "golden/more.yaml").write_text("golden:\n  - {entry: ca-01, question: 找谁办证书}\n", "utf-8")
    publish()
    assert git(repository, "show", "--name-status", "--no-renames", "--format=", "HEAD").splitlines() == [
        "D\tkb/golden/certificates.yaml",
        "A\tkb/golden/more.yaml",
    ]


def test_other_work_in_the_repository_stays_as_it_is(world: World, repository: Path, publish: Publish) -> None:
    """What is staged stays staged, what is not stays not."""
    (repository / "staged.txt").write_text("staged\n")
    git(repository, "add", "staged.txt")
    (repository / "notes.txt").write_text("edited\n")
    (repository / "new.txt").write_text("new\n")
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    publish()
    assert git(repository, "show", "--name-only", "--format=", "HEAD") == "kb/faq/certificates.yaml"
    assert git(repository, "status", "--porcelain").splitlines() == ["M notes.txt", "A  staged.txt", "?? new.txt"]


def test_what_was_let_pass_and_why_is_in_the_message(world: World, repository: Path, publish: Publish) -> None:
    _, report = world.publish()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    committed(replace(report, overridden={"锁丢了": "改由 ca-02 答"}), world.indexes, (world.kb,), "li")
    assert git(repository, "log", "-1", "--format=%b") == "放行「锁丢了」：改由 ca-02 答"


def test_hooks_of_the_repository_do_not_run(world: World, repository: Path, publish: Publish) -> None:
    for name in ("pre-commit", "post-commit", "commit-msg", "prepare-commit-msg"):
        hook = repository / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {repository}/ran\nexit 1\n")
        hook.chmod(0o755)
    git(repository, "config", "core.fsmonitor", f"{repository}/.git/hooks/pre-commit")
    git(repository, "config", "commit.gpgSign", "true")
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    report = publish()
    assert report.commit is not None
    assert report.commit.problem == ""
    assert not (repository / "ran").exists()


def test_variables_of_the_service_do_not_lead_elsewhere(
    world: World, repository: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    report = publish()
    assert report.commit is not None
    assert report.commit.problem == ""


def test_an_overlay_in_a_repository_of_its_own_gets_a_commit_of_its_own(
    world: World, repository: Path, publish: Publish, tmp_path: Path
) -> None:
    overlay = tmp_path / "county"
    overlay.mkdir()
    (overlay / "hide.yaml").write_text("hide: []\n", "utf-8")
    with (repository / ".gitignore").open("a") as ignored:
        ignored.write("county/\n")
    make(overlay)
    (overlay / "hide.yaml").write_text("hide: [ca-01]\n", "utf-8")
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    report = publish("li", overlay)
    assert report.commit is not None
    assert report.commit.id == "、".join(git(place, "rev-parse", "--short", "HEAD") for place in (repository, overlay))


def test_the_record_of_the_publication_says_what_came_of_it(world: World, repository: Path, publish: Publish) -> None:
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    report = publish()
    made = history.publication(world.indexes, report.version)
    assert made is not None
    assert report.commit is not None
    assert made.report["commit"] == {"id": report.commit.id, "problem": ""}
    assert made.report["changed"] == ["ca-01"]


def problem(report: PublishReport, caplog: pytest.LogCaptureFixture) -> str:
    assert report.commit is not None
    assert report.commit.id == ""
    assert report.commit.problem in caplog.text
    return report.commit.problem


def test_outside_of_a_repository_it_is_told_and_published(
    world: World, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    report = publish()
    assert problem(report, caplog) == f"{world.kb} 不在 git 仓库里"
    assert world.opened().version == report.version


def test_files_as_they_were_committed_make_no_commit(
    repository: Path, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    before = git(repository, "rev-parse", "HEAD")
    assert "没有可提交的" in problem(publish(), caplog)
    assert git(repository, "rev-parse", "HEAD") == before


def test_without_an_identity_it_is_said_how_to_give_one(
    world: World, repository: Path, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    git(repository, "config", "--unset", "user.name")
    git(repository, "config", "--unset", "user.email")
    git(repository, "config", "user.useConfigOnly", "true")
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    assert "user.name" in problem(publish(), caplog)


def test_a_repository_that_somebody_works_in_is_left_alone(
    world: World, repository: Path, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    (repository / ".git/index.lock").touch()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    assert "index.lock" in problem(publish(), caplog)


def test_without_git_on_the_machine(
    world: World, repository: Path, publish: Publish, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert problem(publish(), caplog) == "这台机器上没有 git"


def test_a_git_that_hangs_is_given_up(
    world: World, repository: Path, publish: Publish, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_control, "SECONDS", 0.0)
    assert "没有完成" in problem(publish(), caplog)
