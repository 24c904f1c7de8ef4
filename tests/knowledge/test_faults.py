"""Every fault of ``faults/`` is found, where it stands, with a way out; the sound folder has none.

A fixture changes one place (``old`` -> ``new`` in ``file``) and says what is reported: ``severity``, ``key``, a part of the
message (``says``), and the line where ``at`` stands (``FILE: text`` names another file).  ``others`` allows that many
further remarks, for faults that bring others with them; ``also`` are more edits, for faults that take two places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.index.encoder import Vectors
from app.knowledge.model import Problem
from app.publishing.pipeline import check
from tests import small_kb
from tests.fakes import FakeEncoder

FAULTS = sorted((Path(__file__).parent / "faults").glob("*.yaml"))
TODAY = small_kb.NOW.date()
MORE = {
    "policies/regulations.yaml": """\
policy:
  id: regulations
  title: 中华人民共和国招标投标法实施条例
  aliases: [招标投标法实施条例]
  issuer: 国务院
  version: 2019-03-02
  effective_from: 2012-02-01
  status: in_force
  about: 招标投标法的配套细则。
articles:
  - article: 第五十七条
    heading: 退还保证金
    gist: "招标人最迟在书面合同签订后5日内退还投标保证金和银行同期存款利息。"
  - article: 第五十八条
    heading: 履约保证金
    gist: "履约保证金不超过中标合同金额的10%。"
""",
    "policies/local.yaml": """\
policy:
  id: local-deposits
  title: 某市保证金管理规定
  issuer: 某市人民政府
  status: amended
  about: 已经有了新文本。
articles:
  - article: 第一条
    heading: 退还
    gist: "5日内退还。"
""",
    "policies/experts.yaml": """\
policy:
  id: experts
  title: 评标专家管理规定
  issuer: 某部
  status: unavailable
  about: 手上没有文本。
""",
    "facts.yaml": """\
facts:
  deposit_refund_days:
    about: 退还投标保证金的期限
    value: 5日
    law: 中华人民共和国招标投标法实施条例
    article: 第五十七条
""",
    "manuals/certificates.md": """\
# 证书的使用
- 编号：ca-handling
- 适用：bidder

怎么用证书。

## 任务 1 登录
目的：用证书登录平台。

### 开始之前
- 装好驱动。
### 步骤
1. 插上锁。
### 完成后应看到
- 首页出现单位名称。
### 出了问题
- 提示密码错误：先停手，不要再试（ca-02）
""",
}


def folder(where: Path) -> Path:
    kb = small_kb.write(where)
    for name, text in MORE.items():
        (kb / name).parent.mkdir(exist_ok=True)
        (kb / name).write_text(text, "utf-8")
    return kb


def vectors(texts: Sequence[str]) -> dict[str, Vectors]:
    """As an encoder would have them that knows a U盾 for a 锁."""
    encoder = FakeEncoder()
    return {text: encoder.encode([text.replace("u盾", "锁")])[0] for text in texts}


def checked(kb: Path) -> list[Problem]:
    return check(kb, TODAY, at_hand=vectors)[1]


def test_the_sound_folder_has_only_the_remarks_of_a_small_one(tmp_path: Path) -> None:
    remarks = [(problem.severity, problem.key) for problem in checked(folder(tmp_path))]
    assert remarks == [("warning", "category"), ("note", "values.ca_hotline")]


def test_there_are_forty_faults_and_more() -> None:
    assert len(FAULTS) >= 40


def place(kb: Path, fault: dict[str, Any]) -> tuple[str, int] | None:
    """File and line of ``at``; None for a fault that no line can be told for."""
    file, at = fault["file"], fault["at"]
    if ": " in at and at.split(": ")[0].endswith((".yaml", ".md")):
        file, at = at.split(": ", 1)
    if at == "ANY":
        return None
    lines = (kb / file).read_text("utf-8").splitlines()
    if at.startswith("LINE"):
        return f"kb/{file}", int(at[4:])
    (line,) = [i for i, line in enumerate(lines, 1) if at in line]
    return f"kb/{file}", line


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_a_fault_is_found_where_it_stands(path: Path, tmp_path: Path) -> None:
    fault = yaml.safe_load(path.read_text("utf-8"))
    kb = folder(tmp_path)
    before = Counter((problem.severity, problem.key, problem.message) for problem in checked(kb))
    for edit in (fault, *fault.get("also", ())):
        small_kb.edit(kb, edit["file"], edit["old"], edit["new"])
    new = [p for p in checked(kb) if not before[(p.severity, p.key, p.message)]]
    found = [p for p in new if (p.severity, p.key) == (fault["severity"], fault["key"]) and fault["says"] in str(p)]
    assert found, [str(problem) for problem in new]
    assert place(kb, fault) in (None, (found[0].mark.file, found[0].mark.line))
    assert found[0].allowed or "是不是想写" in found[0].message or found[0].found, "no way out is shown"
    assert len(new) <= 1 + fault.get("others", 0), [str(problem) for problem in new]
