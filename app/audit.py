"""The audit log: who changed what, in an append-only file whose lines are chained by hashes.

    audit/audit.jsonl   one record a line: canonical JSON {seq, at, who, action, object, result, detail, prev, hash},
                        where prev is the hash of the line before and hash the SHA-256 of prev and all other fields
    audit/head.json     {seq, hash, size} of the record written last, so that a missing end is noticed too

A record is written under an exclusive lock and synced, then the head is replaced.  A crash between the two leaves the head
one write behind; a crash in the middle of a line leaves a piece of it.  The next write goes on from the former, and ends
the latter's line with a record that says so.  Nothing is ever erased.

The chain shows what was altered by anyone who does not rewrite both files from the altered line to the end.  Against those
who can, note the head elsewhere (``yiboshi audit verify`` prints it) and have it compared later.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.errors import StorageFailed, os_reason

try:
    import fcntl
except ImportError:  # Windows has no flock; there, one process at a time is the administrator's word
    fcntl = None  # type: ignore[assignment]

LOG, HEAD = "audit.jsonl", "head.json"
FIELDS = frozenset(("seq", "at", "who", "action", "object", "result", "detail", "prev", "hash"))
BEGINNING = b'{"action":"'
"""Of every line: the fields are sorted."""
REPAIR = "audit.repair"
"""Follows the piece of a line that a crash has left."""
HEAD_LOST = "audit.head_lost"
"""Written when there was a log but no head to hold it against."""
CRASH = 2
"""The most records that a crash can leave beyond the head: those of one write, a repair and what was to be written."""

ACTIONS = {
    "sign_in": "登录",
    "sign_in.locked": "连续输错，锁定",
    "sign_out": "退出",
    "account.create": "建账号",
    "account.password": "改密码",
    "account.role": "改角色",
    "account.disable": "停用账号",
    "account.enable": "启用账号",
    "account.unlock": "解除锁定",
    "token.create": "建令牌",
    "token.revoke": "作废令牌",
    "workbook.write": "写入 Excel",
    "publish": "发布",
    "publish.override": "强制发布",
    "propose": "提交发布",
    "propose.withdraw": "撤回提交",
    "propose.send_back": "退回提交",
    "rollback": "回退",
    "cluster.dismiss": "没答好的问题：不用管",
    "cluster.restore": "没答好的问题：重新列出",
    "entry.save": "存条目",
    "entry.remove": "删条目",
    "site.save": "存本中心取值",
    REPAIR: "断行已标记",
    HEAD_LOST: "head.json 曾缺失",
}
"""What actions are called in front of people; one that is not listed is shown as it is."""

Result = Literal["ok", "refused"]
NOTED = r"([0-9]{1,12}):([0-9a-f]{12,64})"
"""How a head is written down: the number of a record and its hash, or the beginning of it."""


class Head(NamedTuple):
    seq: int
    hash: str
    size: int
    """Bytes of the log up to the end of this record."""


START = Head(0, "0" * 64, 0)


class Audit:
    """Writes to the log in ``folder``, from any number of threads and processes."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock

    def write(self, who: str, action: str, object: str = "", result: Result = "ok", **detail: Any) -> None:
        """Append a record and return when it is on the disk; raises ``StorageFailed`` when it is not."""
        facts = {"who": who, "action": action, "object": object, "result": result, "detail": detail}
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self._folder / LOG) as log:
                self._append(log, facts)
        except OSError as error:
            raise StorageFailed(f"审计日志写不进 {self._folder}（{os_reason(error)}）") from error

    def _append(self, log: io.FileIO, facts: dict[str, Any]) -> None:
        size = log.seek(0, os.SEEK_END)
        if size == 0 and not (self._folder / HEAD).exists():
            _replace(self._folder / HEAD, START)  # from now on a log without a head is no beginning
        head, first = self._found(log)
        text = b"" if _ends_a_line(log, size) else b"\n"
        for record in (*first, facts):
            line, digest = _sealed(record | {"at": self._clock().isoformat(timespec="seconds")}, head)
            text += line
            head = Head(head.seq + 1, digest, size + len(text))
        try:
            left = memoryview(text)
            while left:
                left = left[log.write(left) or 0 :]
            os.fsync(log.fileno())
        except OSError:
            log.truncate(size)  # a full disk: nothing of it was promised to anybody
            raise
        _replace(self._folder / HEAD, head)

    def _found(self, log: io.FileIO) -> tuple[Head, list[dict[str, Any]]]:
        """The record to go on from, and what is to be recorded first about the state of the log.

        Only what lies beyond the head is read.  What is missing before it stays missing, for ``verify`` to find.
        """
        noted = read_head(self._folder)
        head = noted or START
        log.seek(head.size)
        rest = b""
        for line in io.BytesIO(log.readall()):
            record = _opened(line)
            if record is not None and _follows(record, head):
                head, rest = Head(record["seq"], record["hash"], 0), b""
            else:
                rest += line
        first = []
        if noted is None:
            first.append(_own(HEAD_LOST, {}))
        if rest and _left_by_a_crash(rest):
            first.insert(0, _own(REPAIR, _described(rest)))
        return head, first


@dataclass
class Verdict:
    """What ``verify`` found: problems are signs of tampering, notes are marks of crashes."""

    head: Head = START
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parsed(noted: str) -> tuple[int, str] | None:
    """A head as somebody wrote it down; None when it is none."""
    match = re.fullmatch(NOTED, noted)
    return (int(match[1]), match[2]) if match else None


def verify(folder: Path, noted: tuple[int, str] | None = None) -> Verdict:
    """Read the whole log; ``noted`` is number and hash (or its beginning) of a record as they once were."""
    verdict = Verdict()
    try:
        with (folder / LOG).open("rb") as log:
            if fcntl is not None:
                fcntl.flock(log, fcntl.LOCK_SH)  # nobody is in the middle of a write
            _walk(log, read_head(folder), noted, verdict)
    except FileNotFoundError:
        _walk((), read_head(folder), noted, verdict)
    except OSError as error:
        raise StorageFailed(f"审计日志 {folder / LOG} 读不出（{os_reason(error)}）") from error
    return verdict


def _walk(lines: Iterable[bytes], head: Head | None, noted: tuple[int, str] | None, verdict: Verdict) -> None:
    reached, rest, number = START, b"", 0
    head_agrees, noted_agrees = head == START, noted is None
    for number, line in enumerate(lines, 1):
        record = _opened(line)
        size = reached.size + len(rest) + len(line)
        if record is None:
            rest += line
            continue
        if rest and record["action"] == REPAIR and record["detail"] == _described(rest):
            verdict.notes.append(f"{_lines(number, rest)}：写到一半断过电或被强行结束，已标记")
            rest = b""
        elif rest:
            verdict.problems.append(f"{_lines(number, rest)}：不是完整、未改动的记录")
        if fault := _misfit(record, reached, rest):
            verdict.problems.append(f"第 {number} 行：{fault}")
        if record["action"] == HEAD_LOST:
            verdict.problems.append(f"第 {number} 行：写这一条时 {HEAD} 缺失或损坏，此前的末尾可能被删过")
        reached, rest = Head(record["seq"], record["hash"], size), b""
        head_agrees = head == reached if head and head.seq == reached.seq else head_agrees
        noted_agrees = reached.hash.startswith(noted[1]) if noted and noted[0] == reached.seq else noted_agrees
    verdict.head = reached
    if rest and _left_by_a_crash(rest):
        verdict.notes.append(f"{_lines(number + 1, rest)}：写到一半断了电或被强行结束，下次写入时会标记")
    elif rest:
        verdict.problems.append(f"{_lines(number + 1, rest)}：不是完整、未改动的记录")
    if head is None and number:
        verdict.problems.append(f"{HEAD} 缺失或损坏，末尾有没有被删无从知道")
    elif head is not None and head.seq > reached.seq:
        verdict.problems.append(
            f"第 {number} 行之后：末尾被删，{HEAD} 记到第 {head.seq} 条，日志只到第 {reached.seq} 条"
        )
    elif head is not None and not head_agrees:
        verdict.problems.append(f"{HEAD} 与日志第 {head.seq} 条对不上")
    elif head is not None and reached.seq - head.seq > CRASH:
        verdict.problems.append(f"{HEAD} 停在第 {head.seq} 条，日志到第 {reached.seq} 条：可能换成了旧的")
    elif head is not None and reached.seq > head.seq:
        verdict.notes.append(f"第 {reached.seq} 条写完后断了电或被强行结束，下次写入时更新 {HEAD}")
    if not noted_agrees and noted is not None:
        verdict.problems.append(f"日志里没有当初记下的第 {noted[0]} 条（{noted[1]}）")


def _misfit(record: dict[str, Any], reached: Head, rest: bytes) -> str | None:
    """What is wrong with this record's place in the chain, unless the unreadable lines before it explain that."""
    expected = reached.seq + 1
    if _follows(record, reached) or (rest and record["seq"] == expected + _count(rest)):
        return None
    if record["seq"] == expected:
        return "与前一条接不上（校验值不符），前一条被改过"
    return f"应是第 {expected} 条，却是第 {record['seq']} 条，有记录被删、插入或调换"


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Every readable record, the oldest first, whether or not the chain holds."""
    with suppress(FileNotFoundError), (folder / LOG).open("rb") as log:
        yield from (record for record in map(_opened, log) if record is not None)


def read_head(folder: Path) -> Head | None:
    """None when it is missing or damaged."""
    try:
        text = (folder / HEAD).read_bytes()
        head = Head(**json.loads(text))
        typed = [type(value) for value in head] == [int, str, int]
        return head if typed and _head_text(head) == text else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def _sealed(record: dict[str, Any], head: Head) -> tuple[bytes, str]:
    """The line of a record that follows ``head``, and its hash."""
    linked = record | {"seq": head.seq + 1, "prev": head.hash}
    digest = _digest(linked)
    return _canonical(linked | {"hash": digest}) + b"\n", digest


def _opened(line: bytes) -> dict[str, Any] | None:
    """The record of a line, or None when a single byte of it is not as it was written."""
    text = line.removesuffix(b"\n")
    try:
        record = json.loads(text)
        if not (isinstance(record, dict) and record.keys() == FIELDS and _canonical(record) == text):
            return None
        if type(record["seq"]) is not int or type(record["prev"]) is not str:
            return None
    except (ValueError, RecursionError):
        return None
    unsealed = {name: value for name, value in record.items() if name != "hash"}
    return record if record["hash"] == _digest(unsealed) else None


def _follows(record: dict[str, Any], head: Head) -> bool:
    return bool(record["seq"] == head.seq + 1 and record["prev"] == head.hash)


def _digest(linked: dict[str, Any]) -> str:
    return hashlib.sha256(linked["prev"].encode() + _canonical(linked)).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")  # half of a surrogate pair: JSON can escape it, UTF-8 cannot say it


def _own(action: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"who": "yiboshi", "action": action, "object": LOG, "result": "ok", "detail": detail}


def _described(rest: bytes) -> dict[str, Any]:
    piece = rest.removesuffix(b"\n")
    return {"bytes": len(piece), "sha256": hashlib.sha256(piece).hexdigest()}


def _left_by_a_crash(rest: bytes) -> bool:
    """Whether these lines begin as records do and stop short; zeros are what some file systems leave after a power cut."""
    return all(_stops_short(line.rstrip(b"\n").rstrip(b"\0")) for line in io.BytesIO(rest))


def _stops_short(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text.startswith(BEGINNING) or BEGINNING.startswith(text)
    return False


def _lines(after: int, rest: bytes) -> str:
    first, last = after - _count(rest), after - 1
    return f"第 {first} 行" if first == last else f"第 {first} 至 {last} 行"


def _count(rest: bytes) -> int:
    return sum(1 for _ in io.BytesIO(rest))


@contextmanager
def _locked(path: Path) -> Iterator[io.FileIO]:
    with io.FileIO(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+") as log:
        if fcntl is not None:
            fcntl.flock(log, fcntl.LOCK_EX)  # let go when the file is closed
        yield log


def _ends_a_line(log: io.FileIO, size: int) -> bool:
    if size == 0:
        return True
    log.seek(size - 1)
    return log.read(1) == b"\n"


def _head_text(head: Head) -> bytes:
    return _canonical(head._asdict()) + b"\n"


def _replace(path: Path, head: Head) -> None:
    """Put another head in its place at one stroke; only whoever holds the lock does so, hence the fixed name beside it."""
    beside = path.with_suffix(".new")
    with io.FileIO(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(_head_text(head))
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
