"""The console's editor of entries, as a form that is sent: what is saved, what is refused and why, what is kept of what was typed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.small_kb import edit
from tests.web.office import HTML, Browser, Office

CERTIFICATES, DEPOSITS = "faq/certificates.yaml", "faq/deposits.yaml"
HOSTILE = "<script>alert(1)</script>{{ca_hotline}} \"' & </textarea>"


class Editor(HTMLParser):
    """What the form of a page would send, control by control."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, Any] = {}
        self.scripts: list[str] = []
        self._area = self._select = ""
        self._inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        facts = dict(attributes)
        name = facts.get("name") or ""
        if tag == "form":
            self._inside = facts.get("id") == "editor"
        if tag == "script":
            self.scripts.append(facts.get("src") or "")
        if not self._inside:
            return
        if tag == "input" and facts.get("type") == "checkbox":
            if "checked" in facts:
                self.sent.setdefault(name, []).append(facts["value"])
        elif tag == "input" and facts.get("type") != "radio":
            self.sent[name] = facts.get("value") or ""
        elif tag == "textarea":
            self._area, self.sent[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in facts:
            self.sent[self._select] = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.sent[self._area] = self.sent[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data
        elif self._select and self.sent.get(self._select, "") is None:
            self.sent[self._select] = data


def opened(browser: Browser, path: str = "ca-02") -> dict[str, Any]:
    page = browser.get(f"/admin/entries/{path}")
    assert page.status_code == 200, page.text
    return Editor(page.text).sent


def sent(browser: Browser, form: dict[str, Any], path: str = "ca-02", do: str = "save") -> httpx.Response:
    files = {"nothing": ("", b"")}  # makes httpx send it as the page does: multipart/form-data
    return browser.post(f"/admin/entries/{path}", data=form | {"do": do}, files=files, headers=HTML)


def text(office: Office, name: str = CERTIFICATES) -> str:
    return (office.world.kb / name).read_text("utf-8")


def kept(office: Office) -> dict[str, str]:
    """Every knowledge file, to see that nothing was written."""
    return {str(path): path.read_text("utf-8") for path in office.world.kb.rglob("*.yaml")}


# What is shown


def test_the_entry_is_there_as_a_form_and_as_yaml(office: Office):
    form = opened(office.signed_in())
    assert form["question"] == "PIN码输错被锁死了怎么解锁？"
    assert form["aliases"].split("\n") == ["锁的密码忘了", "U盾提示密码已锁定"]
    assert (form["audience"], form["category"], form["updated"]) == (["bidder"], "CA数字证书", "2026-01-15")
    assert form["text"].startswith("id: ca-02\n")
    assert form["side"] == "form"


def test_its_protected_questions_are_listed(office: Office):
    page = office.signed_in().get("/admin/entries/ca-02").text
    assert "锁的PIN码忘了怎么解锁" in page
    assert "新公司想申请一把CA锁" not in page


def test_there_is_no_entry_that_there_is_not(office: Office):
    assert office.signed_in().get("/admin/entries/ca-99", headers=HTML).status_code == 404


# What is saved


def test_a_field_of_the_form_changes_its_line_and_no_other(office: Office):
    browser = office.signed_in()
    before = text(office)
    response = sent(browser, opened(browser) | {"question": "PIN码被锁死了怎么解锁？"})
    assert (response.status_code, response.headers["location"]) == (303, "../entries/ca-02?said=saved")
    assert text(office) == before.replace("PIN码输错被锁死了怎么解锁？", "PIN码被锁死了怎么解锁？")
    assert ("zhang", "entry.save", "ca-02", "ok") in office.audit()
    page = browser.get("/admin/entries/ca-02?said=saved").text
    assert "已保存到知识库文件，发布后生效" in page
    assert 'href="../publish"' in page


def test_where_the_yaml_was_edited_last_the_yaml_counts(office: Office):
    browser = office.signed_in()
    form = opened(browser)
    form |= {"text": form["text"].replace("**不要**", "千万不要"), "question": "不算", "side": ["form", "yaml"]}
    assert sent(browser, form).status_code == 303
    assert "千万不要" in text(office)
    assert "不算" not in text(office)


def test_protected_questions_are_added_with_it(office: Office):
    browser = office.signed_in()
    assert sent(browser, opened(browser) | {"golden": "U盾锁住了要去哪里解开\n\n"}).status_code == 303
    assert "U盾锁住了要去哪里解开" in text(office, "golden/certificates.yaml")
    assert "U盾锁住了要去哪里解开" in browser.get("/admin/entries/ca-02").text


def test_saving_what_was_not_changed_writes_nothing(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = sent(browser, opened(browser))
    assert response.headers["location"].endswith("said=unchanged")
    assert kept(office) == before
    assert "entry.save" not in {line[1] for line in office.audit()}


# What is refused


def test_an_entry_with_errors_of_its_own_is_not_saved_and_stays_as_typed(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = sent(browser, opened(browser) | {"answer": "拨打 {{no_such_value}}", "golden": "随便加一句"})
    assert response.status_code == 422
    form = Editor(response.text).sent
    assert (form["answer"], form["golden"]) == ("拨打 {{no_such_value}}", "随便加一句")
    assert "no_such_value" in form["text"]
    assert 'aria-invalid="true"' in response.text
    assert "不能保存" in response.text
    assert kept(office) == before


def test_a_colliding_alias_is_named_and_not_saved(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = sent(browser, opened(browser, "ca-01") | {"aliases": "锁的密码忘了"}, "ca-01")
    assert response.status_code == 422
    assert "ca-02" in response.text
    assert "锁的密码忘了" in response.text
    assert kept(office) == before


def test_yaml_that_cannot_be_read_is_kept_and_its_line_named(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = sent(browser, opened(browser) | {"text": "id: ca-02\nquestion: [\n", "side": "yaml"})
    assert response.status_code == 422
    assert Editor(response.text).sent["text"] == "id: ca-02\nquestion: [\n"
    assert "行" in response.text
    assert kept(office) == before


def test_an_error_elsewhere_does_not_keep_this_entry_from_being_saved(office: Office):
    edit(office.world.kb, DEPOSITS, "number: 061", "number: 6x")
    browser = office.signed_in()
    assert sent(browser, opened(browser) | {"question": "PIN码锁死了怎么办？"}).status_code == 303


def test_who_saves_second_sees_both_and_decides(office: Office):
    office.hire("li", "editor")
    first, second = office.signed_in(), office.signed_in("li")
    mine, theirs = opened(second), opened(first)
    assert sent(first, theirs | {"question": "PIN码锁死了去哪里解？"}).status_code == 303
    before = kept(office)
    response = sent(second, mine | {"question": "PIN码锁死了怎么开？"})
    assert response.status_code == 409
    assert kept(office) == before
    assert "PIN码锁死了去哪里解？" in response.text
    form = Editor(response.text).sent
    assert form["question"] == "PIN码锁死了怎么开？"
    assert sent(second, form).status_code == 303
    assert "PIN码锁死了怎么开？" in text(office)


# New ones


def test_a_new_entry_has_the_next_number_and_what_led_here_is_marked_as_new(office: Office):
    browser = office.signed_in()
    page = browser.get(
        "/admin/entries/new",
        params={
            "category": "CA数字证书",
            "question": "锁丢了怎么补？",
            "alias": ["锁掉了", "U盾丢了"],
            "golden": ["证书锁不见了怎么办"],
        },
    )
    form = Editor(page.text).sent
    assert (form["id"], form["category"], form["question"]) == ("ca-03", "CA数字证书", "锁丢了怎么补？")
    assert form["number"] == "063"
    assert (form["aliases"], form["golden"]) == ("锁掉了\nU盾丢了", "证书锁不见了怎么办")
    assert page.text.count("新加") == 3
    assert "锁掉了" in form["text"]


def test_a_new_entry_is_saved_into_the_file_of_its_category(office: Office):
    browser = office.signed_in()
    form = opened(browser, "new?category=保证金缴纳&question=保证金可以用保函吗？")
    form |= {"audience": ["bidder"], "business": ["通用"], "answer": "可以。", "golden": "能不能交保函"}
    response = sent(browser, form, "new")
    assert response.status_code == 303, response.text
    assert response.headers["location"] == "../entries/deposit-03?said=saved"
    assert "保证金可以用保函吗？" in text(office, DEPOSITS)
    assert "能不能交保函" in text(office, "golden/deposits.yaml")


def test_wordings_brought_to_an_entry_stand_last_and_those_it_has_are_not_doubled(office: Office):
    browser = office.signed_in()
    page = browser.get(
        "/admin/entries/ca-02", params={"alias": ["锁死了咋整", "锁的密码忘了"], "golden": ["锁死了如何是好"]}
    ).text
    form = Editor(page).sent
    assert form["aliases"].split("\n") == ["锁的密码忘了", "U盾提示密码已锁定", "锁死了咋整"]
    assert form["golden"] == "锁死了如何是好"
    assert page.count("新加") == 2
    assert sent(browser, form).status_code == 303
    assert "锁死了咋整" in text(office)


# Taken out


def removal(browser: Browser, entry_id: str) -> httpx.Response:
    form = {"csrf": browser.csrf(), "base": opened(browser, entry_id)["base"]}
    return browser.post(f"/admin/entries/{entry_id}/remove", data=form, headers=HTML)


def test_an_entry_that_something_refers_to_is_not_removed_and_the_place_is_named(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = removal(browser, "ca-02")
    assert response.status_code == 422
    assert CERTIFICATES in response.text
    assert kept(office) == before


def test_an_entry_is_removed_with_its_protected_questions(office: Office):
    edit(office.world.kb, CERTIFICATES, "    related: [ca-02]\n", "")
    browser = office.signed_in()
    response = removal(browser, "ca-02")
    assert response.status_code == 303, response.text
    assert "ca-02" not in text(office)
    assert "ca-02" not in text(office, "golden/certificates.yaml")
    assert ("zhang", "entry.remove", "ca-02", "ok") in office.audit()


# Without script


def test_a_check_shows_what_is_wrong_and_how_it_would_look(office: Office):
    browser = office.signed_in()
    before = kept(office)
    response = sent(browser, opened(browser) | {"answer": "**先别拔锁**，去窗口。"}, do="check")
    assert response.status_code == 200
    assert "<strong>先别拔锁</strong>" in response.text
    assert kept(office) == before


def test_a_question_is_tried_before_and_after(office: Office):
    browser = office.signed_in()
    form = opened(browser)
    form |= {"aliases": form["aliases"] + "\n钥匙串在哪领", "try": "钥匙串在哪领"}
    page = sent(browser, form, do="try").text
    assert "现在发布的" in page
    assert "这样改之后" in page
    assert "改了以后" in page
    assert " %" in page


# Who may, and what is text


def test_who_may_only_look_sees_it_and_changes_nothing(office: Office):
    office.hire("kan", "viewer")
    browser = office.signed_in("kan")
    page = browser.get("/admin/entries/ca-02").text
    assert "PIN码输错被锁死了怎么解锁？" in page
    assert "您的角色只能看" in page
    assert 'value="save"' not in page
    before = kept(office)
    form = opened(browser) | {"question": "改一改"}
    assert sent(browser, form).status_code == 403
    assert browser.get("/admin/entries/new", headers=HTML).status_code == 403
    assert browser.post("/admin/entries/ca-02/remove", data={"csrf": browser.csrf()}, headers=HTML).status_code == 403
    assert kept(office) == before


@pytest.mark.parametrize("path", ["ca-02", "new", "ca-02/remove"])
def test_a_forged_form_is_refused(office: Office, path: str):
    browser = office.signed_in()
    before = kept(office)
    form = opened(browser) | {"csrf": "wrong", "question": "改一改"}
    assert sent(browser, form, path).status_code == 403
    assert kept(office) == before


def test_markup_is_text_wherever_it_was_typed(office: Office):
    browser = office.signed_in()
    form = opened(browser)
    names = ("question", "answer", "aliases", "keywords", "related", "legal_basis", "golden", "try")
    hostile = dict.fromkeys(names, HOSTILE)
    for do in ("check", "save"):
        page = sent(browser, form | hostile, do=do).text
        assert "<script>alert" not in page
        assert Editor(page).sent["question"] == HOSTILE
        assert Editor(page).sent["aliases"] == HOSTILE
        assert all("alert" not in source for source in Editor(page).scripts)


def test_markup_in_the_address_is_text(office: Office):
    page = office.signed_in().get("/admin/entries/ca-02", params={"alias": HOSTILE, "golden": HOSTILE}).text
    assert "<script>alert" not in page
    assert Editor(page).sent["golden"] == HOSTILE


def test_a_wording_of_five_hundred_characters_comes_through(office: Office):
    browser = office.signed_in()
    form = opened(browser)
    long = "锁" * 499 + "吗"
    assert sent(browser, form | {"aliases": form["aliases"] + "\n" + long}).status_code == 303
    assert long in text(office)
    assert opened(browser)["aliases"].split("\n")[-1] == long
