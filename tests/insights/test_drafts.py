"""From a cluster to a wording and a protected question."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from app.insights import drafts
from app.insights.clusters import Cluster
from app.insights.drafts import Draft
from app.insights.misses import Miss, wordings
from app.journal.masking import TOKENS, mask
from tests.insights.conftest import NOW


def cluster(*texts: str) -> Cluster:
    found = {it.text: it for text in texts for it in wordings([Miss("declined", NOW, text)])}
    every = list(found.values())
    return Cluster(every[0], every, every[1] if len(every) > 1 else None)


def test_the_protected_question_is_another_wording():
    assert drafts.draft(cluster("停车场在哪", "哪里停车")) == ("停车场在哪", "哪里停车")


def test_where_there_is_no_other_it_is_the_same():
    assert drafts.draft(cluster("停车场在哪")) == ("停车场在哪", "停车场在哪")


def test_what_was_masked_is_left_out():
    text = mask("我的手机13800138000收不到验证码")
    assert "〔手机号〕" in text
    assert drafts.draft(cluster(text)) == ("我的手机收不到验证码", "我的手机收不到验证码")


@pytest.mark.parametrize("token", sorted(TOKENS))
def test_no_token_gets_into_a_draft(token: str):
    assert drafts.unmasked(f"前{token}后{token}") == "前后"


def test_brackets_of_a_documents_number_stay():
    assert drafts.unmasked("国办发〔2023〕10号还有效吗") == "国办发〔2023〕10号还有效吗"


def test_of_nothing_but_tokens_there_is_no_draft():
    assert drafts.draft(cluster("〔手机号〕？")) is None


def test_addresses_carry_every_character():
    made = Draft("A&B=1 #?停车", "哪里<停>车+")
    alias = urlsplit(drafts.as_alias("ca-01", made))
    assert alias.path == "entries/ca-01"
    assert parse_qs(alias.query) == {"alias": [made.alias], "golden": [made.golden]}
    new = urlsplit(drafts.as_entry("CA数字证书", made))
    assert new.path == "entries/new"
    assert parse_qs(new.query) == {"category": ["CA数字证书"], "question": [made.alias], "golden": [made.golden]}
