"""The same where sub-centres lay folders over the base: the last of them is edited, and holds only what differs."""

from __future__ import annotations

import pytest

from app.editing import entry, golden, site
from app.editing.layers import Layers
from app.editing.save import save
from app.errors import NotFound
from tests.editing.conftest import TODAY, errors, files, served


def console(layers: Layers) -> str:
    return (layers.written / "faq" / "console.yaml").read_text("utf-8")


def test_an_entry_opens_as_it_is_served_there(overlaid: Layers):
    fields = entry.fields(entry.opened(overlaid, "ca-02").text)
    assert fields["answer"] == "到县里的发证窗口解锁，**不要**反复再试。"
    assert fields["aliases"] == ["锁的密码忘了", "U盾提示密码已锁定"]


def test_only_what_differs_from_below_is_written_and_only_in_the_last_folder(overlaid: Layers):
    before = files(overlaid)
    draft = entry.opened(overlaid, "ca-01")
    text = entry.with_fields(draft.text, {"aliases": ["县里办锁去哪", "办锁去哪里"], "keywords": []})
    save(overlaid, entry.edit(overlaid, draft._replace(text=text)))
    assert console(overlaid) == (
        "entries:\n  - id: ca-01\n    keywords:\n    aliases:\n      - 县里办锁去哪\n      - 办锁去哪里\n"
    )
    assert {name: text for name, text in files(overlaid).items() if name in before} == before
    now = served(overlaid)["ca-01"]
    assert (now.aliases, now.keywords) == (("县里办锁去哪", "办锁去哪里"), ())
    assert entry.fields(entry.opened(overlaid, "ca-01").text) == entry.fields(text)


def test_what_an_overlay_changes_already_is_changed_where_it_stands(overlaid: Layers):
    path = overlaid.written / "faq" / "changes.yaml"
    path.write_text(path.read_text("utf-8").replace("- id: ca-02", "- id: ca-02   # 县里"), "utf-8")
    draft = entry.opened(overlaid, "ca-02")
    save(overlaid, entry.edit(overlaid, draft._replace(text=draft.text.replace("038", "048").replace("县里", "本县"))))
    assert path.read_text("utf-8") == (
        "entries:\n  - id: ca-02   # 县里\n    number: 048\n    answer: 到本县的发证窗口解锁，**不要**反复再试。\n"
    )
    assert not (overlaid.written / "faq" / "console.yaml").exists()


def test_what_is_again_as_below_is_no_longer_written(overlaid: Layers):
    draft = entry.opened(overlaid, "ca-02")
    below = entry.fields(entry.opened(Layers(overlaid.kb, (), None, overlaid.indexes), "ca-02").text)
    text = entry.with_fields(draft.text, below)
    save(overlaid, entry.edit(overlaid, draft._replace(text=text)))
    assert (overlaid.written / "faq" / "changes.yaml").read_text("utf-8") == "entries: []\n"
    assert served(overlaid)["ca-02"].answer == below["answer"]


def test_a_category_differs_like_any_other_key(overlaid: Layers):
    draft = entry.opened(overlaid, "ca-01")
    save(overlaid, entry.edit(overlaid, draft._replace(category="保证金缴纳")))
    assert console(overlaid) == "entries:\n  - id: ca-01\n    category: 保证金缴纳\n"
    assert served(overlaid)["ca-01"].category == "保证金缴纳"
    back = entry.opened(overlaid, "ca-01")
    save(overlaid, entry.edit(overlaid, back._replace(category="CA数字证书")))
    assert console(overlaid) == "entries: []\n"


def test_an_entry_of_a_lower_overlay_is_changed_like_the_base_s(overlaid: Layers):
    draft = entry.opened(overlaid, "district-01")
    save(overlaid, entry.edit(overlaid, draft._replace(text=draft.text.replace("区里的交易大厅", "区交易大厅"))))
    assert console(overlaid) == "entries:\n  - id: district-01\n    aliases:\n      - 区交易大厅怎么走\n"


def test_a_new_entry_goes_there_whole_with_its_category_and_a_number_and_id_of_its_own_kind(overlaid: Layers):
    draft = entry.blank(overlaid, "保证金缴纳", "县里的保证金交到哪里？", TODAY)
    assert draft.id == "local-deposit-01"
    save(
        overlaid,
        entry.with_golden(overlaid, draft._replace(text=draft.text + "answer: 交到县里。\n"), ["县里保证金交哪"]),
    )
    assert console(overlaid).startswith(
        "entries:\n  - id: local-deposit-01\n    number: 904\n    category: 保证金缴纳\n"
    )
    assert served(overlaid)["local-deposit-01"].category == "保证金缴纳"
    assert golden.listed(overlaid, "local-deposit-01") == ["县里保证金交哪"]
    again = entry.opened(overlaid, "local-deposit-01")
    save(
        overlaid,
        entry.edit(overlaid, again._replace(text=again.text.replace("交到县里", "交到本县"), category="新手指南")),
    )
    now = served(overlaid)["local-deposit-01"]
    assert (now.answer, now.category) == ("交到本县。", "新手指南")
    save(overlaid, entry.removed(overlaid, "local-deposit-01", entry.opened(overlaid, "local-deposit-01").base))
    assert console(overlaid) == "entries: []\n"
    assert errors(overlaid) == []


def test_an_entry_from_below_is_hidden_instead_of_removed(overlaid: Layers):
    before = files(overlaid)
    save(overlaid, entry.removed(overlaid, "ca-01", entry.opened(overlaid, "ca-01").base))
    assert (overlaid.written / "hide.yaml").read_text("utf-8") == "hide:\n  - ca-01\n"
    save(overlaid, entry.removed(overlaid, "ca-02", entry.opened(overlaid, "ca-02").base))
    assert (overlaid.written / "hide.yaml").read_text("utf-8") == "hide:\n  - ca-01\n  - ca-02\n"
    assert not entry.removed(overlaid, "ca-02", entry.opened(overlaid, "ca-02").base)
    assert {"ca-01", "ca-02"} & served(overlaid).keys() == set()
    assert {name: text for name, text in files(overlaid).items() if name in before} == before


def test_protected_questions_of_the_base_stay_and_new_ones_are_the_overlay_s(overlaid: Layers):
    save(overlaid, golden.added(overlaid, "ca-02", ["县里怎么解锁"]))
    assert golden.listed(overlaid, "ca-02")[3:] == ["县里怎么解锁"]
    assert (overlaid.written / "golden" / "console.yaml").exists()


# The centre's values


def test_values_say_where_they_come_from(overlaid: Layers):
    found = {value.name: (value.value, value.file) for value in site.values(overlaid)}
    assert found["platform_hotline"] == ("0500-3334444", "county/site.yaml")
    assert found["ca_hotline"] == ("0500-1112222", "district/site.yaml")
    assert found["service_window"] == ("一楼3号窗口", "kb/site.yaml")


def test_a_value_is_changed_in_the_last_folder_and_named_there_alone(overlaid: Layers):
    before = files(overlaid)
    save(
        overlaid,
        site.changed(overlaid, {"ca_hotline": "0500-999: #8", "platform_hotline": "", "service_window": "一楼3号窗口"}),
    )
    assert (overlaid.written / "site.yaml").read_text("utf-8") == (
        'values:\n  platform_hotline:\n    value:\n  ca_hotline:\n    value: "0500-999: #8"\n'
    )
    found = {value.name: (value.value, value.file) for value in site.values(overlaid)}
    assert found["ca_hotline"] == ("0500-999: #8", "county/site.yaml")
    assert found["platform_hotline"] == ("", "county/site.yaml")
    assert errors(overlaid) == []
    assert files(overlaid)["kb/site.yaml"] == before["kb/site.yaml"]


def test_an_overlay_without_values_gets_a_file_for_them(overlaid: Layers):
    (overlaid.written / "site.yaml").unlink()
    save(overlaid, site.changed(overlaid, {"ca_hotline": "12345"}))
    assert (overlaid.written / "site.yaml").read_text("utf-8") == 'values:\n  ca_hotline:\n    value: "12345"\n'


def test_in_the_base_a_value_is_one_line_and_everything_else_stays(layers: Layers):
    path = layers.kb / "site.yaml"
    path.write_text("# 说明\n" + path.read_text("utf-8").replace("    value:\n", "    value:   # 待填\n"), "utf-8")
    before = path.read_text("utf-8")
    save(layers, site.changed(layers, {"ca_hotline": "打12345"}))
    assert path.read_text("utf-8") == before.replace("value:   # 待填", "value: 打12345 # 待填")
    save(layers, site.changed(layers, {"ca_hotline": None, "service_hours": "工作日9点到17点"}))
    assert path.read_text("utf-8") == before.replace("value:   # 待填", "value:        # 待填")


def test_an_unknown_value_is_named(layers: Layers):
    with pytest.raises(NotFound, match="ca_hotlin"):
        site.changed(layers, {"ca_hotlin": "1"})
