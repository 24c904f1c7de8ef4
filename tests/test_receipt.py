"""Receipts: what a code carries, that nothing of it can be altered, and the one key of a service."""

from __future__ import annotations

import itertools
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.receipt import (
    BEIJING,
    KEY_BYTES,
    KEY_FILE,
    Receipt,
    ReceiptInvalid,
    ReceiptKeyUnusable,
    issue,
    load_key,
    read_key,
    verify,
)
from tests.web.server import CHECKOUT, environment

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT = Receipt("5897-4028", datetime(2026, 11, 30, 9, 12, tzinfo=BEIJING), "037")
CODE = issue(KEY, RECEIPT)
LAST_MINUTE = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=2**24 - 1)

receipts = st.builds(
    Receipt,
    st.integers(0, 10**8 - 1).map(lambda n: f"{n // 10**4:04d}-{n % 10**4:04d}"),
    st.integers(0, 2**24 - 1).map(lambda n: datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=n)),
    st.integers(0, 999).map(lambda n: f"{n:03d}"),
)


def read_as(char: str) -> str:
    return char.upper().translate(str.maketrans("ILO", "110"))


@given(receipts)
def test_a_code_proves_what_it_was_issued_for(receipt: Receipt):
    assert verify(KEY, issue(KEY, receipt)) == receipt


def test_a_code_is_five_groups_of_four_and_never_changes():
    """Codes in the hands of people must stay valid: whoever alters this one alters the format."""
    assert CODE == "E1XY-K07A-5M0J-JR36-CAKV"
    assert verify(KEY, CODE) == RECEIPT


@pytest.mark.parametrize(
    "extreme",
    [
        Receipt("0000-0000", datetime(2026, 1, 1, tzinfo=timezone.utc), "000"),
        Receipt("9999-9999", LAST_MINUTE, "999"),
    ],
)
def test_the_ends_of_every_range_fit(extreme: Receipt):
    assert verify(KEY, issue(KEY, extreme)) == extreme


def test_a_code_keeps_the_minute_in_beijing_time():
    at = datetime(2026, 11, 30, 1, 12, 59, 999_999, tzinfo=timezone.utc)
    found = verify(KEY, issue(KEY, Receipt("5897-4028", at, "037")))
    assert found.at.isoformat() == "2026-11-30T09:12:00+08:00"


@given(receipts, st.integers(0, 19), st.sampled_from(ALPHABET + "ILOUilou"))
def test_no_character_can_be_altered(receipt: Receipt, place: int, char: str):
    code = issue(KEY, receipt).replace("-", "")
    altered = code[:place] + char + code[place + 1 :]
    if read_as(char) == code[place]:
        assert verify(KEY, altered) == receipt
    else:
        with pytest.raises(ReceiptInvalid):
            verify(KEY, altered)


def test_every_alteration_of_one_character_of_a_code_fails():
    plain = CODE.replace("-", "")
    for place, char in itertools.product(range(20), ALPHABET):
        if char != plain[place]:
            with pytest.raises(ReceiptInvalid):
                verify(KEY, plain[:place] + char + plain[place + 1 :])


@given(st.lists(st.sampled_from(ALPHABET), min_size=20, max_size=20).map("".join))
def test_what_was_not_issued_is_invalid(code: str):
    with pytest.raises(ReceiptInvalid):
        verify(KEY, code)


@given(receipts)
def test_another_key_verifies_nothing(receipt: Receipt):
    with pytest.raises(ReceiptInvalid):
        verify(OTHER_KEY, issue(KEY, receipt))


FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}

SPELLINGS = {
    "lower case": CODE.lower(),
    "no hyphens": CODE.replace("-", ""),
    "spaces": CODE.replace("-", " "),
    "pasted with line ends": f"\n {CODE}\t\r\n",
    "dashes": CODE.replace("-", " — "),
    "minus signs": CODE.replace("-", "−"),
    "full width": CODE.translate(FULL_WIDTH),
    "full width and lower case": CODE.lower().replace("-", " ").translate(FULL_WIDTH),
    "letters for digits": CODE.replace("1", "I").replace("0", "O"),
    "small letters for digits": CODE.lower().replace("1", "l").replace("0", "o"),
}


@pytest.mark.parametrize("code", SPELLINGS.values(), ids=SPELLINGS)
def test_spelling_is_forgiven(code: str):
    assert {"0", "1"} <= set(CODE), "else nothing is learned of letters for digits"
    assert verify(KEY, code) == RECEIPT


@given(receipts, st.lists(st.sampled_from(["", " ", "-", "\u3000", "－", "–"]), min_size=20, max_size=20), st.randoms())
def test_any_spelling_is_forgiven(receipt: Receipt, between: list[str], random):
    code = "".join(
        gap + random.choice([char, char.lower(), char.translate(FULL_WIDTH)])
        for gap, char in zip(between, issue(KEY, receipt).replace("-", ""), strict=True)
    )
    assert verify(KEY, code) == receipt


@pytest.mark.parametrize(
    "code", ["", "-", CODE[:-1], CODE + "0", "U" + CODE[1:], "保" + CODE[1:], "\ud800" * 20, "0" * 9999]
)
def test_what_is_no_code_is_invalid_and_says_so_to_people(code: str):
    with pytest.raises(ReceiptInvalid) as caught:
        verify(KEY, code)
    assert (caught.value.code, caught.value.status) == ("receipt_invalid", 422)
    assert caught.value.message.startswith("核验不通过：")


@given(st.text())
def test_any_text_is_verified_or_invalid(text: str):
    with pytest.raises(ReceiptInvalid):
        verify(KEY, text)


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt("5897-4028", LAST_MINUTE + timedelta(minutes=1), "037"),
        Receipt("5897-4028", datetime(2025, 12, 31, 23, 59, 59, tzinfo=timezone.utc), "037"),
        Receipt("5897-4028", RECEIPT.at, "1000"),
        Receipt("15897-4028", RECEIPT.at, "037"),
    ],
)
def test_what_does_not_fit_is_not_issued(receipt: Receipt):
    with pytest.raises(ValueError, match="no room"):
        issue(KEY, receipt)


def test_a_receipt_in_words():
    assert RECEIPT.in_words("CA数字证书怎么办理？") == (
        "编号 037「CA数字证书怎么办理？」，知识库校验号 5897-4028，北京时间 2026年11月30日 09:12 给出"
    )
    assert RECEIPT.in_words(None).startswith("编号 037，知识库校验号")


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "data"
    key = load_key(folder)
    assert key is not None
    assert len(key) == KEY_BYTES
    assert load_key(folder) == read_key(folder) == key
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600


def test_two_services_have_two_keys(tmp_path: Path):
    assert load_key(tmp_path / "one") != load_key(tmp_path / "two")


def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path):
    program = f"""if True:
        import sys
        from pathlib import Path
        from app.receipt import load_key
        print("ready", flush=True)
        sys.stdin.readline()
        print(load_key(Path({str(tmp_path)!r})).hex())
    """
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment(),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:  # all are waiting: none has looked for a key yet
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    keys = {worker.communicate(timeout=60)[0].strip() for worker in workers}
    assert keys == {read_key(tmp_path).hex()}
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE], "nothing half made is left"


def test_the_key_of_another_process_that_was_first_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Between the look and the link: the losing process takes the winner's key."""
    monkeypatch.setattr(Path, "exists", lambda self: False)
    first = load_key(tmp_path)
    assert load_key(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_where_nothing_can_be_written_there_is_a_warning_and_no_key(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder = tmp_path / "a-file"  # root may write into any folder, but into no file
    folder.write_text("")
    assert load_key(folder) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "a-file" in caplog.text


@pytest.mark.parametrize("content", [b"", b"short", bytes(KEY_BYTES - 1)])
def test_a_key_that_is_too_short_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes):
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    assert load_key(tmp_path) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_read_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / KEY_FILE).mkdir()
    assert load_key(tmp_path) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert (tmp_path / KEY_FILE).is_dir()


def test_reading_makes_no_key(tmp_path: Path):
    with pytest.raises(ReceiptKeyUnusable, match=KEY_FILE):
        read_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_never_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    key = load_key(tmp_path)
    assert key is not None
    (tmp_path / KEY_FILE).write_bytes(key[:31])
    assert load_key(tmp_path) is None
    assert not [form for form in (key[:31].hex(), repr(key[:31])[2:-1]) if form in caplog.text]


@pytest.mark.parametrize("name", [".gitignore", ".dockerignore"])
def test_the_key_stays_out_of_commits_and_images(name: str):
    assert f"{KEY_FILE}*" in (CHECKOUT / name).read_text("utf-8").replace("/", "").splitlines()
