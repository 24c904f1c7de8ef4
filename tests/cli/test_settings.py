"""Settings come from the command line, the environment and ``yiboshi.toml``; nonsense stops the start."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.config import BadSettings, Settings, load_settings
from tests.web.server import CHECKOUT, World, of, run

SECRET = "short-secret"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting from outside, and a working folder without ``yiboshi.toml``."""
    for name in list(os.environ):
        if name.startswith("YIBOSHI_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield


BAD_VALUES = [
    ("port", "eighty"),
    ("port", "0"),
    ("port", "65536"),
    ("workers", "0"),
    ("threads", "65"),
    ("journal", "perhaps"),
    ("log_level", "loud"),
    ("admin_token", SECRET),
    ("embed_origins", "https://a.example; script-src *"),
    ("embed_origins", "https://*.example.cn"),
    ("embed_origins", "https://a.example/chat"),
    ("embed_origins", "'self'"),
    ("journal_days", "179"),
    ("project_number_pattern", "[A-Z"),
    ("project_number_pattern", "[0-9]*"),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
@pytest.mark.parametrize("source", ["environment", "file"])
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, source: str):
    if source == "environment":
        monkeypatch.setenv(f"YIBOSHI_{name.upper()}", value)
    else:
        Path("yiboshi.toml").write_text(f'{name} = "{value}"\n', "utf-8")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    (problem,) = caught.value.details
    assert problem.startswith(name)
    assert (value in problem) == (value != SECRET)


def test_origins_are_read_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YIBOSHI_EMBED_ORIGINS", "https://GGZY.example.cn:443 http://10.1.2.3:8080 http://[::1]:80")
    assert load_settings().embed_origins == ("https://ggzy.example.cn", "http://10.1.2.3:8080", "http://[::1]")
    Path("yiboshi.toml").write_text('embed_origins = ["https://a.example"]\n', "utf-8")
    monkeypatch.delenv("YIBOSHI_EMBED_ORIGINS")
    assert load_settings().embed_origins == ("https://a.example",)


def test_an_unknown_name_is_refused_wherever_it_stands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YIBOSHI_PROT", "8001")
    Path("yiboshi.toml").write_text("wrokers = 2\n", "utf-8")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    problems = "\n".join(caught.value.details)
    assert len(caught.value.details) == 2
    assert "YIBOSHI_PROT" in problems
    assert "wrokers" in problems


def test_the_start_stops_with_code_2_and_names_everything_that_is_wrong(world: World):
    wrong = {"port": "eighty", "prot": "8001", "journal": "perhaps", "admin_token": SECRET}
    done = run("serve", cwd=world.data.parent, **(of(world) | wrong))
    assert (done.returncode, done.stdout) == (2, "")
    for name in ("port", "YIBOSHI_PROT", "journal", "admin_token"):
        assert name in done.stderr
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_serves_nothing_refuses_bad_settings_too(world: World):
    done = run("validate", cwd=world.data.parent, **of(world), port="eighty")
    assert done.returncode == 2
    assert "port" in done.stderr


def test_a_port_out_of_range_on_the_command_line_exits_2(world: World):
    done = run("serve", "--port", "70000", cwd=world.data.parent, **of(world))
    assert done.returncode == 2
    assert "port" in done.stderr


def test_the_file_is_read_the_environment_beats_it_and_the_command_line_beats_both(monkeypatch: pytest.MonkeyPatch):
    Path("yiboshi.toml").write_text('port = 8101\nlog_level = "error"\njournal = false\n', "utf-8")
    assert (load_settings().port, load_settings().log_level, load_settings().journal) == (8101, "error", False)
    monkeypatch.setenv("YIBOSHI_PORT", "8102")
    assert load_settings().port == 8102
    assert load_settings(port=8103).port == 8103
    assert load_settings(port=None).port == 8102


def test_a_command_reads_the_file_of_its_working_folder(world: World):
    folder = world.data.parent
    (folder / "yiboshi.toml").write_text(f'kb_dir = "{world.kb}"\ndata_dir = "{world.data}"\n', "utf-8")
    done = run("ask", "早上好", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "您好，我是易博士，请直接说您遇到的事。" in done.stdout


def test_another_file_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "elsewhere.toml"
    monkeypatch.setenv("YIBOSHI_CONFIG", str(file))
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "elsewhere.toml" in caught.value.details[0]
    file.write_text("port = 8104\n", "utf-8")
    assert load_settings().port == 8104


@pytest.mark.parametrize("content", [b"port = \n", b"port = 1\nport = 2\n", b'host = "\xff"\n'])
def test_a_file_that_cannot_be_read_is_named(content: bytes):
    Path("yiboshi.toml").write_bytes(content)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "yiboshi.toml" in caught.value.details[0]


def test_settings_are_frozen_and_keep_the_token_to_themselves():
    settings = load_settings(admin_token="correct-horse-battery")
    assert "correct-horse" not in f"{settings!r} {settings}"
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_the_password_of_the_database_is_never_shown(tmp_path: Path):
    with pytest.raises(BadSettings) as caught:
        load_settings(database_url="mysql://user:secret@host/name")
    assert caught.value.details[0].startswith("database_url")
    assert "secret" not in str(caught.value.details)
    settings = load_settings(database_url="postgresql://user:secret@host/name", data_dir=tmp_path)
    assert "secret" not in f"{settings!r} {settings}"
    assert settings.database == "postgresql://user:secret@host/name"
    assert load_settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path / 'yiboshi.db'}"


def test_every_setting_is_explained_in_code_and_in_the_readme():
    rows = re.findall(r"^\| `(\w+)` \|(.*)$", (CHECKOUT / "README.md").read_text("utf-8"), re.MULTILINE)
    documented: dict[str, str] = dict(rows)
    assert Settings.model_fields.keys() - documented.keys() == set()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert len(documented[name].strip(" |")) > 2, name
