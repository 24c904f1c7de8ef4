"""The audit log: what is written stays, what is altered is found, what a crash leaves is told apart from that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app.audit
from app.audit import HEAD, HEAD_LOST, LOG, REPAIR, Audit, read_head, records, verify
from app.errors import StorageFailed
from tests.web.server import environment

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))


def opened(folder: Path) -> Audit:
    return Audit(folder, lambda: NOW)


def written(folder: Path, count: int = 5) -> Audit:
    audit = opened(folder)
    for i in range(count):
        audit.write("张三", "publish", f"版本{i}", added=["ca-01"], i=i)
    return audit


def seqs(folder: Path) -> list[int]:
    return [record["seq"] for record in records(folder)]


def test_a_record_says_who_did_what_when_to_which_object_with_what_result(tmp_path: Path):
    opened(tmp_path).write("张三", "sign_in", "张三", "refused", why="locked")
    (record,) = records(tmp_path)
    assert record.pop("hash") == read_head(tmp_path).hash  # type: ignore[union-attr]
    assert record == {
        "seq": 1,
        "at": "2026-12-01T09:30:00+08:00",
        "who": "张三",
        "action": "sign_in",
        "object": "张三",
        "result": "refused",
        "detail": {"why": "locked"},
        "prev": "0" * 64,
    }


def test_an_untouched_log_has_no_problem(tmp_path: Path):
    written(tmp_path)
    verdict = verify(tmp_path)
    assert (verdict.problems, verdict.notes, verdict.head) == ([], [], read_head(tmp_path))
    assert seqs(tmp_path) == [1, 2, 3, 4, 5]


def test_where_nothing_was_ever_written_there_is_no_problem(tmp_path: Path):
    assert verify(tmp_path / "audit").problems == []
    assert list(records(tmp_path / "audit")) == []


def test_others_on_the_machine_may_not_read_it(tmp_path: Path):
    written(tmp_path / "audit", 1)
    assert (tmp_path / "audit").stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "audit").iterdir()] == [0, 0]


TEXTS = st.text(max_size=20) | st.sampled_from(["\ud800", "\n", "\u2028", '"}', "\x00", "１"])
DETAILS = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name not in ("who", "action", "object", "result")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3), max_leaves=4
    ),
    max_size=3,
)
WRITES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, DETAILS), min_size=1, max_size=6)
several = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@several
@given(writes=WRITES)
def test_whatever_is_written_is_read_back_and_verifies(tmp_path_factory: Any, writes: Any):
    folder = tmp_path_factory.mktemp("audit")
    for who, action, what, detail in writes:
        opened(folder).write(who, action, what, **detail)
    assert [(r["who"], r["action"], r["object"], r["detail"]) for r in records(folder)] == writes
    assert verify(folder).problems == []


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Five records, anew each time, without writing them anew."""
    folder = tmp_path_factory.mktemp("sound")
    written(folder)
    contents = {name: (folder / name).read_bytes() for name in (LOG, HEAD)}

    def anew() -> Path:
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return folder

    return anew


@pytest.mark.parametrize("name", [LOG, HEAD])
def test_another_byte_anywhere_is_found(sound: Callable[[], Path], name: str):
    content = (sound() / name).read_bytes()
    for place in range(len(content)):
        for other in {content[place] ^ 1, ord("0"), ord("\n")} - {content[place]}:
            folder = sound()
            (folder / name).write_bytes(content[:place] + bytes((other,)) + content[place + 1 :])
            assert verify(folder).problems, f"byte {place} -> {other}"


@pytest.mark.parametrize("name", [LOG, HEAD])
def test_a_byte_less_or_more_anywhere_is_found(sound: Callable[[], Path], name: str):
    content = (sound() / name).read_bytes()
    for place in range(len(content)):
        for patched in (content[:place] + content[place + 1 :], content[:place] + b" " + content[place:]):
            folder = sound()
            (folder / name).write_bytes(patched)
            assert verify(folder).problems, f"byte {place}"


def lines_of(folder: Path) -> list[bytes]:
    return (folder / LOG).read_bytes().splitlines(keepends=True)


EDITS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "a line altered": (lambda it: [*it[:2], it[2].replace(b"publish", b"rollback"), *it[3:]], "第 3 行"),
    "a line deleted": (lambda it: [*it[:2], *it[3:]], "第 3 行"),
    "the first line deleted": (lambda it: it[1:], "第 1 行"),
    "the last line deleted": (lambda it: it[:-1], "第 4 行之后"),
    "everything deleted": (lambda it: [], "第 0 行之后"),
    "two lines swapped": (lambda it: [it[0], it[2], it[1], *it[3:]], "第 2 行"),
    "a line doubled": (lambda it: [it[0], it[0], *it[1:]], "第 2 行"),
    "a line of garbage": (lambda it: [*it[:2], b"garbage\n", *it[2:]], "第 3 行"),
    "garbage at the end": (lambda it: [*it, b"garbage\n"], "第 6 行"),
    "half of the last line": (lambda it: [*it[:-1], it[-1][:40]], "第 5 行之后"),
}


@pytest.mark.parametrize(("altered", "place"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("later", [False, True], ids=["at once", "after another write"])
def test_an_edit_is_found_and_its_line_named(
    sound: Callable[[], Path], altered: Callable[[list[bytes]], list[bytes]], place: str, later: bool
):
    folder = sound()
    (folder / LOG).write_bytes(b"".join(altered(lines_of(folder))))
    if later:
        opened(folder).write("李四", "publish")
        assert verify(folder).problems
    else:
        assert any(problem.startswith(place) for problem in verify(folder).problems), verify(folder)


def resealed(line: bytes, **changes: Any) -> bytes:
    """The line of a forger who knows how hashes are made."""
    record = json.loads(line) | changes
    del record["hash"]
    return app.audit._canonical(record | {"hash": app.audit._digest(record)}) + b"\n"


@pytest.mark.parametrize("place", range(5))
def test_a_record_forged_with_a_hash_of_its_own_breaks_the_chain(sound: Callable[[], Path], place: int):
    folder = sound()
    lines = lines_of(folder)
    lines[place] = resealed(lines[place], who="李四")
    (folder / LOG).write_bytes(b"".join(lines))
    (problem,) = verify(folder).problems
    assert problem.startswith(f"第 {place + 2} 行" if place < 4 else HEAD)


def test_a_whole_chain_forged_shows_against_a_head_noted_elsewhere(sound: Callable[[], Path]):
    folder = sound()
    head = read_head(folder)
    assert head is not None
    assert verify(folder, (head.seq, head.hash[:12])).problems == []
    for path in folder.iterdir():
        path.unlink()
    written(folder, 7)
    assert verify(folder).problems == []
    assert verify(folder, (head.seq, head.hash[:12])).problems == []  # the same content, hence the same chain
    for path in folder.iterdir():
        path.unlink()
    opened(folder).write("无辜者", "publish")
    written(folder, 7)
    (problem,) = verify(folder, (head.seq, head.hash[:12])).problems
    assert "第 5 条" in problem


def test_a_lost_head_is_a_problem_for_ever(sound: Callable[[], Path]):
    folder = sound()
    (folder / LOG).write_bytes(b"".join(lines_of(folder)[:3]))
    (folder / HEAD).unlink()
    assert verify(folder).problems
    written(folder, 2)
    assert [record["action"] for record in records(folder)][3] == HEAD_LOST
    (problem,) = verify(folder).problems
    assert problem.startswith("第 4 行")


def test_a_head_that_stayed_far_behind_is_a_problem(sound: Callable[[], Path], tmp_path: Path):
    written(tmp_path, 1)
    folder = sound()
    (folder / HEAD).write_bytes((tmp_path / HEAD).read_bytes())
    assert verify(folder).problems


class PowerCut(BaseException):
    pass


STEPS = ["before the write", "after the write", "after the sync", "before the head"]


def cut_at(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: Any, **__: Any) -> None:
        raise PowerCut

    sync, synced = os.fsync, []

    def second(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 2:
            raise PowerCut
        sync(handle)

    target: dict[str, tuple[Any, str, Any]] = {
        "before the write": (app.audit, "_ends_a_line", cut),
        "after the write": (os, "fsync", cut),
        "after the sync": (os, "fsync", second),
        "before the head": (os, "replace", cut),
    }
    monkeypatch.setattr(*target[step])


@pytest.mark.parametrize("step", STEPS)
def test_a_power_cut_between_two_steps_leaves_a_good_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str):
    audit = written(tmp_path, 2)
    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        cut_at(step, patch)
        audit.write("张三", "rollback")
    assert verify(tmp_path).problems == []
    audit.write("张三", "publish")
    verdict = verify(tmp_path)
    assert (verdict.problems, verdict.notes) == ([], [])
    assert seqs(tmp_path) == list(range(1, verdict.head.seq + 1))
    assert next(reversed(list(records(tmp_path))))["action"] == "publish"


def third_write(folder: Path) -> tuple[bytes, bytes]:
    """What a third write added to a log of two, taken back; the head is the second's."""
    written(folder, 2)
    before, head = (folder / LOG).read_bytes(), (folder / HEAD).read_bytes()
    opened(folder).write("王五", "publish", "版本", why={"a": "b"})
    added = (folder / LOG).read_bytes()[len(before) :]
    (folder / LOG).write_bytes(before)
    (folder / HEAD).write_bytes(head)
    return before, added


@several
@given(data=st.data())
def test_a_line_torn_anywhere_is_no_tampering_and_is_mended_forward(tmp_path_factory: Any, data: Any):
    folder = tmp_path_factory.mktemp("audit")
    before, added = third_write(folder)
    torn = data.draw(st.integers(1, len(added) - 2), "torn after")
    (folder / LOG).write_bytes(before + added[:torn])
    verdict = verify(folder)
    assert (verdict.problems, len(verdict.notes)) == ([], 1)
    head, unmended = (folder / HEAD).read_bytes(), (folder / LOG).read_bytes()
    opened(folder).write("张三", "publish")
    again = data.draw(st.none() | st.integers(1, 400), "torn again while mending")
    if again is not None:
        mended = (folder / LOG).read_bytes()
        (folder / LOG).write_bytes(mended[: len(unmended) + again])
        if len(unmended) + again < len(mended):
            (folder / HEAD).write_bytes(head)
        assert verify(folder).problems == []
        opened(folder).write("张三", "rollback")
    assert (folder / LOG).read_bytes().startswith(before + added[:torn]), "nothing is erased"
    verdict = verify(folder)
    assert verdict.problems == []
    assert verdict.notes
    assert REPAIR in [record["action"] for record in records(folder)]


def test_a_piece_of_a_line_that_is_altered_after_it_was_mended_is_found(tmp_path: Path):
    before, added = third_write(tmp_path)
    (tmp_path / LOG).write_bytes(before + added[:30])
    opened(tmp_path).write("张三", "publish")
    assert verify(tmp_path).problems == []
    after = (tmp_path / LOG).read_bytes()[len(before) + 30 :]
    (tmp_path / LOG).write_bytes(before + added[:29] + b"?" + after)
    assert verify(tmp_path).problems[0].startswith("第 3 行")


def test_a_full_disk_is_told_and_leaves_no_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    audit = written(tmp_path, 2)
    before = (tmp_path / LOG).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(StorageFailed, match="审计日志写不进"):
        patch.setattr(os, "fsync", full)
        audit.write("张三", "publish")
    assert (tmp_path / LOG).read_bytes() == before
    audit.write("张三", "publish")
    assert verify(tmp_path).problems == []
    assert seqs(tmp_path) == [1, 2, 3]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="file"):
        opened(tmp_path / "file" / "audit").write("张三", "publish")


WRITER = """
import sys
from datetime import datetime
from pathlib import Path
from app.audit import Audit
audit = Audit(Path(sys.argv[1]), lambda: datetime.now().astimezone())
print("ready", flush=True)
sys.stdin.readline()
for i in range(int(sys.argv[3])):
    audit.write(sys.argv[2], "publish", str(i))
    print(i, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """Waits for a line of its input, then writes, and prints the number of each record that is written."""
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    process = subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_that_write_at_once_make_one_chain(tmp_path: Path):
    both = [writer(tmp_path, name, 60) for name in ("甲", "乙")]
    for process in both:
        start(process)
    for process in both:
        process.communicate()
        assert process.returncode == 0
    assert verify(tmp_path).problems == []
    assert seqs(tmp_path) == list(range(1, 121))
    for name in ("甲", "乙"):
        assert [r["object"] for r in records(tmp_path) if r["who"] == name] == [str(i) for i in range(60)]


def test_a_process_killed_while_writing_loses_nothing_it_was_told_is_written(tmp_path: Path):
    for lap in range(12):
        process = writer(tmp_path, str(lap), 10_000)
        start(process)
        assert process.stdout is not None
        for _ in range(1 + lap * 3):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        told = 1 + lap * 3 + len(rest.splitlines())
        assert verify(tmp_path).problems == []
        kept = [record for record in records(tmp_path) if record["who"] == str(lap)]
        assert told <= len(kept) <= told + 1
    opened(tmp_path).write("张三", "publish")
    assert verify(tmp_path).problems == []


def test_a_reader_meets_no_half_of_a_write(tmp_path: Path):
    with writer(tmp_path, "甲", 10_000) as process:
        start(process)
        try:
            assert [verify(tmp_path).problems + verify(tmp_path).notes for _ in range(20)] == [[]] * 20
        finally:
            process.kill()
