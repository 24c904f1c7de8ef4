"""YAML as the editor typed it, and every mistake with its line and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.knowledge import yaml_source
from app.knowledge.model import Mark, Problem


def read(tmp_path: Path, content: str | bytes) -> tuple[Any, yaml_source.Marks, list[Problem]]:
    path = tmp_path / "x.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return yaml_source.read(path, "kb/x.yaml")


def test_every_scalar_stays_the_string_that_was_typed(tmp_path: Path) -> None:
    typed = {"a": "037", "b": "on", "c": "2026-01-15", "d": "12:30", "e": "1_000", "f": "no", "g": "0x1F", "h": "1e3"}
    data, _, problems = read(tmp_path, "".join(f"{key}: {value}\n" for key, value in typed.items()))
    assert data == typed
    misread_elsewhere = {problem.key for problem in problems}
    assert misread_elsewhere == {"b", "d", "f"}
    assert {problem.severity for problem in problems} == {"warning"}


def test_nothing_after_the_colon_is_none_and_quotes_make_it_text(tmp_path: Path) -> None:
    data, _, _ = read(tmp_path, "a:\nb: ''\nc: 'null'\n")
    assert data == {"a": None, "b": "", "c": "null"}


def test_a_byte_order_mark_from_a_windows_editor_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")[0] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("content", ["", "\n\n", "# only a remark\n"])
def test_an_empty_file_is_none_without_a_problem_of_its_own(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == (None, {}, [])


@pytest.mark.parametrize(
    ("content", "line", "column", "said"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, 1, "第 1 行已经写过", id="duplicate key"),
        pytest.param("a:\n  - b: 1\n    b: 2\n", 3, 5, "第 2 行已经写过", id="duplicate key inside a list"),
        pytest.param("a:\n\tb: 1\n", 2, 1, "不能用制表符", id="tab"),
        pytest.param("a: 1\nb: !secret x\n", 2, 4, "不支持 YAML 标签", id="tag"),
        pytest.param("a: 1\nb: !secret [x]\n", 2, 4, "不支持 YAML 标签", id="tag on a list"),
        pytest.param("a: 1\nb: !secret {x: y}\n", 2, 4, "不支持 YAML 标签", id="tag on a mapping"),
        pytest.param("a: 1\nb: !!python/name:os.system x\n", 2, 4, "不支持 YAML 标签", id="python tag"),
        pytest.param("a: &x [1]\nb: *x\n", None, None, "引用", id="alias"),
        pytest.param("a: 1\nb: &x [*x]\n", 2, 4, "引用了自己", id="recursion"),
        pytest.param("a: " + "[" * 50 + "]" * 50, 1, 16, "嵌套过深", id="too deep"),
        pytest.param("a: " + "[" * 50_000 + "]" * 50_000, 1, None, "nesting", id="far too deep"),
        pytest.param("a: 1\nb: [1, 2\nc: 3\n", 3, 2, "YAML 写法有误", id="open bracket"),
        pytest.param('a: 1\nb: "x\n', 3, 1, "YAML 写法有误", id="open quote"),
        pytest.param("a: 1\n---\nb: 2\n", 2, 1, "YAML 写法有误", id="two documents"),
        pytest.param("a: 1\nb: \x07\n", 1, 1, "不能使用的字符", id="control character"),
        pytest.param("a: 保证金\n".encode("gb18030"), 1, 1, "不是 UTF-8", id="not UTF-8"),
    ],
)
def test_a_mistake_is_reported_where_it_stands(
    tmp_path: Path, content: str | bytes, line: int | None, column: int | None, said: str
) -> None:
    _, _, problems = read(tmp_path, content)
    assert len(problems) == 1
    assert problems[0].severity == "error"
    assert said in str(problems[0])
    assert problems[0].mark.file == "kb/x.yaml"
    assert line in (None, problems[0].mark.line)
    assert column in (None, problems[0].mark.column)


def test_references_cannot_multiply_a_small_file_into_a_large_one(tmp_path: Path) -> None:
    """Five levels of ten: the famous billion laughs, kept to a hundred thousand so that a failure ends too."""
    levels = ["l0: &l0 [x]"] + [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 6)]
    _, marks, problems = read(tmp_path, "\n".join(levels))
    assert problems
    assert len(marks) < 1000


def test_a_file_that_is_not_there_or_too_large_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    _, _, missing = yaml_source.read(tmp_path / "no.yaml", "kb/no.yaml")
    assert "读不了文件" in missing[0].message
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(yaml_source.MAX_FILE_BYTES + 1)
    _, _, problems = yaml_source.read(large, "kb/large.yaml")
    assert "超过 8 MB" in problems[0].message


def test_each_key_path_has_the_mark_where_an_editor_looks_for_it(tmp_path: Path) -> None:
    _, marks, _ = read(tmp_path, "entries:\n  - id: x\n    aliases:\n      - 甲\n      - 乙\n")
    assert marks["entries", 0] == Mark("kb/x.yaml", 2, 5)
    assert marks["entries", 0, "id"] == Mark("kb/x.yaml", 2, 9)
    assert marks["entries", 0, "aliases"] == Mark("kb/x.yaml", 3, 5)
    assert marks["entries", 0, "aliases", 1] == Mark("kb/x.yaml", 5, 9)


def test_a_key_path_reads_as_an_editor_writes_it() -> None:
    assert yaml_source.dotted(("entries", 3, "audience", 0)) == "entries[3].audience[0]"
