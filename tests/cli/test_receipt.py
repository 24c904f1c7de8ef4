"""``yiboshi verify-receipt``: beside the data folder, without a service and without the encoder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from app.receipt import BEIJING, KEY_FILE, Receipt, issue, load_key
from app.snapshot import fingerprint_of
from tests.cli.test_cli import command, error_of
from tests.web.server import World

AT = datetime(2026, 11, 30, 9, 12, tzinfo=BEIJING)
QUESTION = "CA数字证书怎么办理？"


def given(world: World, fingerprint: str | None = None) -> str:
    """A receipt of this data folder."""
    key = load_key(world.data)
    assert key is not None
    return issue(key, Receipt(fingerprint or published(world), AT, "037"))


def published(world: World) -> str:
    return fingerprint_of((world.data / "indexes" / "current").read_text().strip())


def test_a_genuine_receipt_in_words(world: World):
    done = command(world, "verify-receipt", given(world))
    assert (done.returncode, done.stderr) == (0, "")
    when = "北京时间 2026年11月30日 09:12 给出"
    assert f"核验通过：编号 037「{QUESTION}」，知识库校验号 {published(world)}，{when}" in done.stdout
    assert "现在发布的就是这一版知识库" in done.stdout


def test_a_genuine_receipt_as_json(world: World):
    done = command(world, "verify-receipt", given(world).lower().replace("-", " "), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "number": "037",
        "at": "2026-11-30T09:12:00+08:00",
        "fingerprint": published(world),
        "current": True,
        "entry": {"entry_id": "ca-01", "number": "037", "question": QUESTION},
    }


def test_a_receipt_of_a_version_no_longer_kept(world: World):
    code = given(world, "0000-0001")
    done = command(world, "verify-receipt", code)
    assert done.returncode == 0, done.stderr
    assert "编号 037，知识库校验号 0000-0001" in done.stdout
    assert "知识库此后更新过" in done.stdout
    facts = json.loads(command(world, "verify-receipt", code, "--json").stdout)
    assert (facts["current"], facts["entry"]) == (False, None)


def test_the_key_alone_suffices(world: World, tmp_path: Path):
    """No encoder, no published version: the code proves what it proves."""
    code = given(world)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / KEY_FILE).write_bytes((world.data / KEY_FILE).read_bytes())
    done = command(world, "verify-receipt", code, data_dir=bare, encoder=tmp_path / "no-encoder")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in bare.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("code", ["nonsense", "", "\udcff", "0" * 20])
def test_what_is_no_receipt_exits_1(world: World, code: str):
    load_key(world.data)
    done = command(world, "verify-receipt", code)
    assert (done.returncode, done.stdout) == (1, "")
    assert "核验不通过：" in done.stderr
    as_json = command(world, "verify-receipt", code, "--json")
    assert (as_json.returncode, error_of(as_json)["code"]) == (1, "receipt_invalid")


def test_without_a_key_it_exits_3_names_the_file_and_makes_none(world: World):
    done = command(world, "verify-receipt", "0" * 20)
    assert done.returncode == 3
    assert str(world.data / KEY_FILE) in done.stderr
    assert not (world.data / KEY_FILE).exists()
