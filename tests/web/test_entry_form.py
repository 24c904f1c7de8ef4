"""An entry's fields in a form and back: nothing is lost, nothing made up, and what is odd is shown as well as can be."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import FormData

from app.knowledge.model import Entry
from app.web.console.entry_form import CONTROLS, read, shown

WHOLE = {
    "id": "open-02",
    "number": "002",
    "audience": ["bidder", "evaluator"],
    "business": ["通用"],
    "question": "解密失败怎么办？",
    "aliases": ["解不开了", "一直转圈"],
    "not_aliases": ["忘了密码"],
    "keywords": ["解密"],
    "error_texts": ["解密失败：0x80"],
    "answer": "先别拔锁。\n\n1. 换一个插口。\n2. 拨打 {{ca_hotline}}。",
    "own_figures": ["30分钟"],
    "urgent": {
        "before": {"now": "先插锁", "fallback": "打电话"},
        "opening": {"now": "举手", "fallback": "找窗口"},
        "within_minutes": 60,
    },
    "clarify": {"question": "哪一种？", "label": "开标时"},
    "legal_basis": [{"law": "电子招标投标办法", "article": "第三十一条"}],
    "related": ["ca-01"],
    "effective_from": "2026-01-01",
    "effective_to": "2026-12-31",
    "replaces": "open-01",
    "updated": "2026-01-15",
}
BARE = {"id": "a", "number": "001", "audience": ["bidder"], "business": ["通用"], "question": "甲", "answer": "乙", "updated": "2026-01-15"}  # fmt: skip


def sent(controls: dict[str, str | list[str]]) -> FormData:
    """As a browser sends them: lines end with CR LF, a box that is not ticked is not there."""
    pairs: list[tuple[str, str]] = []
    for name, value in controls.items():
        values = value if isinstance(value, list) else [value.replace("\n", "\r\n")]
        pairs += [(name, text) for text in values]
    return FormData(pairs)


def there(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, [])}


@pytest.mark.parametrize("fields", [WHOLE, BARE], ids=["whole", "bare"])
def test_an_entry_comes_back_from_the_form_as_it_went_in(fields: dict[str, Any]):
    assert there(read(sent(shown(fields)))) == fields


def test_every_field_of_an_entry_has_a_control():
    fields = {name.partition(".")[0] for name in CONTROLS}
    assert fields == set(Entry.model_fields) - {"category"}


def test_what_is_empty_is_said_to_be_empty():
    fields = read(sent(shown(BARE)))
    assert (fields["aliases"], fields["urgent"], fields["clarify"], fields["effective_to"]) == ([], None, None, None)


def test_lines_are_items_and_blank_ones_are_none():
    form = FormData([("aliases", "  甲 \r\n\r\n乙"), ("legal_basis", "某某 法 第一条\r\n没有条款号")])
    fields = read(form)
    assert fields["aliases"] == ["甲", "乙"]
    assert fields["legal_basis"] == [{"law": "某某 法", "article": "第一条"}, {"law": "没有条款号"}]


def test_half_a_step_stays_half_a_step_for_the_check_to_find():
    assert read(FormData([("urgent.before.now", "先插锁")]))["urgent"] == {"before": {"now": "先插锁"}}


def test_odd_values_are_shown_as_well_as_can_be():
    odd = shown(
        {"aliases": "一句", "audience": None, "urgent": "急", "number": 7, "legal_basis": ["某法", {"law": "甲"}]}
    )
    assert (odd["aliases"], odd["audience"], odd["urgent.before.now"], odd["number"]) == ("", [], "", "7")
    assert odd["legal_basis"] == "甲"
