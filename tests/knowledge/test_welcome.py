"""What is shown before anything is asked, from ``welcome.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from app.knowledge.loader import load
from app.knowledge.model import Audience, Knowledge, Problem, Welcome
from app.publishing.pipeline import check, open_current, publish, source_digest
from app.snapshot import Snapshot
from app.web import shape
from tests import small_kb
from tests.conftest import CHECKOUT
from tests.fakes import FakeEncoder

TODAY = small_kb.NOW.date()
WELCOME = """\
welcome:
  name: 小易
  greeting: 您好，急事请打 {{platform_hotline}}。
  hot: [ca-01, ca-02, deposit-01, deposit-02]
  roles:
    bidder:
      hint: 证书的事打 {{ca_hotline}}。
      hot: [deposit-02, deposit-01, ca-02, ca-01]
    agency:
      hint: 代理机构常问的。
"""


@pytest.fixture
def welcoming(kb: Path) -> Path:
    (kb / "welcome.yaml").write_text(WELCOME, "utf-8")
    return kb


def overlay(folder: Path, text: str, name: str = "welcome.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def errors(kb: Path, *overlays: Path) -> list[Problem]:
    return [problem for problem in check(kb, TODAY, overlays=overlays)[1] if problem.severity == "error"]


def checked(kb: Path, *overlays: Path) -> Knowledge:
    knowledge, problems, _ = check(kb, TODAY, overlays=overlays)
    assert knowledge is not None, [str(problem) for problem in problems]
    return knowledge


def served(kb: Path, dictionary: Any, *overlays: Path) -> Snapshot:
    """As it is opened again from the disk."""
    indexes = kb.parent / "indexes"
    publish(kb, indexes, FakeEncoder(), dictionary, now=small_kb.NOW, overlays=overlays)
    snapshot = open_current(indexes, FakeEncoder(), dictionary)
    assert snapshot is not None
    return snapshot


def offered(snapshot: Snapshot, audience: Audience | None) -> list[str]:
    return [ref.entry_id for ref in shape.offer(snapshot, audience).hot]


def test_without_the_file_the_welcome_is_plain_and_offers_nothing(kb: Path) -> None:
    welcome = checked(kb).welcome
    assert welcome == Welcome()
    assert (welcome.name, welcome.hot, welcome.roles) == ("易博士", (), {})
    assert welcome.greeting


def test_what_is_written_is_stored_and_shown_with_the_values_of_the_centre(welcoming: Path, dictionary: Any) -> None:
    snapshot = served(welcoming, dictionary)
    shown = shape.welcome(snapshot, "bidder", small_kb.NOW)
    assert (shown.name, shown.greeting) == ("小易", "您好，急事请打 0500-1234567。")
    assert shown.hint == "证书的事打 发证机构客服电话（以平台公布为准）。"
    assert [ref.entry_id for ref in shown.hot] == ["deposit-02", "deposit-01", "ca-02", "ca-01"]


@pytest.mark.parametrize("audience", [None, "agency", "tenderer"])
def test_who_has_no_list_of_their_own_is_offered_the_common_one(
    welcoming: Path, dictionary: Any, audience: Audience | None
) -> None:
    assert offered(served(welcoming, dictionary), audience) == ["ca-01", "ca-02", "deposit-01", "deposit-02"]


@pytest.mark.parametrize(
    ("old", "key"),
    [("hot: [ca-01, ca-02", "welcome.hot[1]"), ("deposit-01, ca-02", "welcome.roles.bidder.hot[2]")],
)
def test_an_id_that_no_entry_has_is_met_with_the_nearest(welcoming: Path, old: str, key: str) -> None:
    at = small_kb.edit(welcoming, "welcome.yaml", old, old.replace("ca-02", "ca-2"))
    (problem,) = errors(welcoming)
    assert (problem.key, problem.found) == (key, "ca-2")
    assert problem.message == "没有这个条目，是不是想写「ca-02」"
    assert problem.mark == at._replace(column=at.column + old.index("ca-02"))


def test_an_entry_that_is_not_served_is_left_out_without_a_word(
    welcoming: Path, dictionary: Any, tmp_path: Path
) -> None:
    hiding = overlay(tmp_path / "town", "hide: [ca-02]\n", "hide.yaml")
    small_kb.edit(welcoming, "faq/deposits.yaml", "    keywords: [退还]", "    effective_to: 2020-12-31\n    keywords: [退还]")  # fmt: skip
    snapshot = served(welcoming, dictionary, hiding)
    assert offered(snapshot, None) == ["ca-01", "deposit-01"]
    assert offered(snapshot, "bidder") == ["deposit-01", "ca-01"]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("[ca-01, ca-02, deposit-01]", "3 个条目，太少"),
        (str([f"ca-{i:02}" for i in range(11)]), "11 个条目，太多"),
        ("[ca-01, ca-02, ca-01, deposit-01]", "同一个条目写了两次"),
        ("ca-01", "应是列表"),
        ("[CA_01, ca-02, deposit-01, deposit-02]", "小写英文字母、数字和连字符"),
    ],
)
def test_a_list_holds_four_to_ten_different_entries(welcoming: Path, new: str, said: str) -> None:
    at = small_kb.edit(welcoming, "welcome.yaml", "hot: [ca-01, ca-02, deposit-01, deposit-02]", f"hot: {new}")
    (problem,) = errors(welcoming)
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line)
    assert said in str(problem)
    assert problem.allowed


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("  greeting:", "  greetings:", "welcome.greetings", "是不是想写「greeting」"),
        ("    bidder:", "    bider:", "welcome.roles.bider", "是不是想写「bidder」"),
        ("hint: 代理", "hints: 代理", "welcome.roles.agency.hints", "是不是想写「hint」"),
        ("name: 小易", "name: 小" + "易" * 20, "welcome.name", "不超过 20 字"),
        ("name: 小易", "name: 小易{{ca_hotline}}", "welcome.name", "这里不能用占位名"),
        ("{{platform_hotline}}", "{{platform_hotlin}}", "welcome.greeting", "是不是想写「platform_hotline」"),
        ("{{ca_hotline}}", "{{ca_hotlin}}", "welcome.roles.bidder.hint", "是不是想写「ca_hotline」"),
        ("hint: 代理机构常问的。", 'hint: "一行\\n又一行"', "welcome.roles.agency.hint", "写成一行"),
    ],
)
def test_a_fault_is_found_where_it_stands(welcoming: Path, old: str, new: str, key: str, said: str) -> None:
    at = small_kb.edit(welcoming, "welcome.yaml", old, new)
    (problem,) = errors(welcoming)
    assert (problem.mark.file, problem.mark.line, problem.key) == (at.file, at.line, key)
    assert said in str(problem)


@pytest.mark.parametrize(
    ("text", "said"), [("welcome: 您好\n", "应是键值表"), ("welcom: {}\n", "「welcome」"), ("", "空的")]
)
def test_a_file_that_is_no_welcome_is_told_so(kb: Path, text: str, said: str) -> None:
    (kb / "welcome.yaml").write_text(text, "utf-8")
    (problem,) = errors(kb)
    assert problem.mark.file == "kb/welcome.yaml"
    assert said in str(problem)


def test_an_overlay_replaces_only_what_it_names_and_a_list_as_a_whole(welcoming: Path, tmp_path: Path) -> None:
    town = overlay(
        tmp_path / "town",
        "welcome:\n  greeting: 您好，这里是区里。\n  roles:\n    bidder: {hot: [ca-02, ca-01, deposit-01, deposit-02]}\n",
    )
    county = overlay(
        tmp_path / "county", "welcome:\n  roles:\n    agency: {hint: 县里的。}\n    tenderer: {hint: 新。}\n"
    )
    before, after = checked(welcoming).welcome, checked(welcoming, town, county).welcome
    assert (after.name, after.greeting, after.hot) == (before.name, "您好，这里是区里。", before.hot)
    assert after.roles["bidder"].hint == before.roles["bidder"].hint
    assert after.roles["bidder"].hot == ("ca-02", "ca-01", "deposit-01", "deposit-02")
    assert (after.roles["agency"].hint, after.roles["tenderer"].hint) == ("县里的。", "新。")


def test_an_overlay_may_empty_what_the_base_says_and_name_what_it_does_not(
    kb: Path, welcoming: Path, tmp_path: Path
) -> None:
    town = overlay(tmp_path / "town", "welcome:\n  name:\n  roles:\n    bidder:\n")
    assert checked(welcoming, town).welcome.name == "易博士"
    assert set(checked(welcoming, town).welcome.roles) == {"agency"}
    (kb / "welcome.yaml").unlink()
    assert checked(kb, overlay(tmp_path / "town", "welcome:\n  name: 区里\n")).welcome == Welcome(name="区里")


def test_a_fault_of_an_overlay_is_found_in_its_file(welcoming: Path, tmp_path: Path) -> None:
    town = overlay(
        tmp_path / "town", "welcome:\n  roles:\n    agency:\n      hot: [ca-01, ca-02, deposit-01, deposit-9]\n"
    )
    (problem,) = errors(welcoming, town)
    assert (problem.mark.file, problem.mark.line) == ("town/welcome.yaml", 4)
    assert problem.key == "welcome.roles.agency.hot[3]"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("welcome.yaml", "welcome: {name: 小易}\n"),
        ("notices.yaml", "notices:\n  - text: 停机。\n"),
        ("hours.yaml", 'hours:\n  weekly: {周一: ["09:00-17:00"]}\n'),
    ],
)
def test_each_of_the_three_files_makes_another_version(kb: Path, dictionary: Any, name: str, text: str) -> None:
    before, digest = served(kb, dictionary), source_digest(kb)
    (kb / name).write_text(text, "utf-8")
    assert source_digest(kb) != digest
    assert served(kb, dictionary).version != before.version
    (kb / name).unlink()
    assert served(kb, dictionary).version == before.version


def test_what_an_older_program_stored_has_the_plain_welcome(kb: Path) -> None:
    stored = checked(kb).model_dump(mode="json", exclude={"welcome", "notices", "hours"})
    assert Knowledge.model_validate(stored) == checked(kb)


def test_the_shipped_lists_are_for_their_roles() -> None:
    source = load(CHECKOUT / "kb")
    audience = {entry.id: entry.audience for entry in source.records["entries"]}
    assert set(source.welcome.roles) == set(get_args(Audience))
    assert 4 <= len(source.welcome.hot) <= 10
    for who, role in source.welcome.roles.items():
        assert role.hint
        assert len(role.hot) == 8
        assert [entry for entry in role.hot if who not in audience[entry]] == []
