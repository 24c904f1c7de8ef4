"""A small valid ``kb/`` folder: two categories, four entries, and one of everything else.

It has three protected questions an entry.  Its only warnings are the ten categories without entries and the one empty site value (``ca_hotline``).  Tests that need
something wrong or new write the folder, then ``edit`` one place of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from app.knowledge.model import Mark

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
"""When tests publish."""

FILES = {
    "faq/certificates.yaml": """\
category: CA数字证书

entries:
  - id: ca-01
    number: 037
    audience: [bidder, agency]
    business: [通用]
    question: CA数字证书怎么办理？
    answer: |
      向发证机构申请，线上或窗口都能办。

      1. 备好营业执照和经办人身份证。
      2. 拨打 {{ca_hotline}} 问清材料。
    related: [ca-02]
    keywords: [办锁, 新办]
    aliases:
      - 办锁去哪里
      - 新公司想申请一把锁
    updated: 2026-01-15

  - id: ca-02
    number: 038
    audience: [bidder]
    business: [通用]
    question: PIN码输错被锁死了怎么解锁？
    answer: 联系发证机构解锁，**不要**反复再试。
    keywords: [PIN码, 解锁]
    aliases:
      - 锁的密码忘了
      - U盾提示密码已锁定
    not_aliases:
      - 登录密码忘了
    error_texts:
      - 证书密码错误，剩余重试次数为零
    updated: 2026-01-15
""",
    "faq/deposits.yaml": """\
category: 保证金缴纳

entries:
  - id: deposit-01
    number: 061
    audience: [bidder, tenderer]
    business: [工程]
    question: 工程项目的投标保证金什么时候退？
    answer: |
      书面合同签订后五日内退。

      - 中标人和其他投标人都退。
      - 同时退还银行同期存款利息。
      - 久未到账，拨打 {{platform_hotline}}。
    clarify: {question: "您问的是哪一类保证金？", label: "工程招标"}
    legal_basis:
      - {law: 中华人民共和国招标投标法实施条例, article: 第五十七条}
    related: [deposit-02]
    keywords: [退还, 利息]
    aliases:
      - 工程投标押金几天能退
      - 签完合同保证金多久回来
    updated: 2026-02-01

  - id: deposit-02
    number: 062
    audience: [bidder]
    business: [政府采购]
    question: 政府采购的投标保证金什么时候退？
    answer: 未中标的，中标通知书发出后五个工作日内退；中标的，合同签订后五个工作日内退。
    own_figures: [五个工作日]
    clarify: {question: "您问的是哪一类保证金？", label: "政府采购"}
    related: [deposit-01]
    keywords: [退还]
    aliases:
      - 政采没中标的押金几天退
    updated: 2026-02-01
""",
    "golden/certificates.yaml": """\
golden:
  - {entry: ca-01, question: "CA数字证书怎么办理，找谁"}
  - {entry: ca-01, question: "新公司想申请一把CA锁"}
  - {entry: ca-01, question: "新公司想要申请一把锁"}
  - {entry: ca-02, question: "PIN码输错锁死了怎么办"}
  - {entry: ca-02, question: "锁的PIN码忘了怎么解锁"}
  - {entry: ca-02, question: "PIN码输错被锁了怎么解"}
""",
    "golden/deposits.yaml": """\
golden:
  - {entry: deposit-01, question: "工程投标保证金几天退"}
  - {entry: deposit-01, question: "工程项目签完合同投标保证金什么时候退"}
  - {entry: deposit-01, question: "工程项目的投标保证金几天退"}
  - {entry: deposit-02, question: "政府采购没中标保证金什么时候退"}
  - {entry: deposit-02, question: "政府采购投标保证金几天退"}
  - {entry: deposit-02, question: "政采的投标保证金什么时候退"}
  - {kind: clarify, question: "保证金什么时候能退", options: [deposit-01, deposit-02]}
""",
    "terms.yaml": """\
terms:
  - term: 数字证书
    aliases: [CA锁, U盾]
    definition: 在网上证明身份、用来签章和加解密的电子凭证。
""",
    "clarify.yaml": """\
topics:
  - id: deposit-refund
    question: 您问的是哪一类保证金的退还？
    options:
      - {entry: deposit-01, label: "工程建设招标"}
      - {entry: deposit-02, label: "政府采购"}
    phrases:
      - 保证金多久退
      - 退保证金
""",
    "judgements.yaml": """\
judgements:
  - id: void-this-bid
    entry: deposit-01
    phrases:
      - 这家该不该废标
""",
    "pointers.yaml": """\
pointers:
  - id: project-opening-time
    title: 某个项目的开标时间
    text: 具体项目几点开标，易博士查不到，请看该项目的公告。
    related: [ca-01]
    phrases:
      - 明天那个标几点开
""",
    "smalltalk.yaml": """\
smalltalk:
  - id: greeting
    text: 您好，我是易博士，请直接说您遇到的事。
    phrases:
      - 早上好
""",
    "site.yaml": """\
values:
  platform_hotline:
    about: 平台技术支持电话
    value: 0500-1234567
    fallback: 平台技术支持电话（以平台公布为准）
  ca_hotline:
    about: 发证机构客服电话
    value:
    fallback: 发证机构客服电话（以平台公布为准）
  service_hours:
    about: 人工服务时间
    value: 工作日9点到17点
    fallback: 工作日上班时间（以平台公布为准）
  service_window:
    about: 平台服务窗口
    value: 一楼3号窗口
    fallback: 交易中心服务窗口（以平台公布为准）
""",
    "replies.yaml": """\
replies:
  clarify: 您的问题可能是下面几种情况，请选一个：
  clarify_failed: 看来都不是您要问的，请换个说法。
  decline: 这个问题没有现成的答案，请联系人工。
  decline_near: 这个问题没有现成的答案，下面是相近的问题。
  neutral: 由评标委员会依法独立判断，易博士不作结论。
  not_in_force: 这条内容在那一天不是有效的规定。
  handover: 请拨打 {{platform_hotline}}，或到 {{service_window}}。
  handover_phone: platform_hotline
  handover_hours: "{{service_hours}}"
  handover_where: "{{service_window}}"
""",
}


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
"""What a whole knowledge base has besides: statutes, a figure by name, a manual."""


def write(folder: Path) -> Path:
    """Write the small knowledge base to ``folder/kb`` and return that path."""
    return _written(folder / "kb", FILES)


def write_whole(folder: Path) -> Path:
    """The same with ``MORE``."""
    return _written(folder / "kb", FILES | MORE)


def _written(kb: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = kb / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return kb


def edit(kb: Path, name: str, old: str, new: str) -> Mark:
    """Replace ``old``, which stands exactly once in the file, by ``new``; returns where ``new`` now begins."""
    path = kb / name
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), "utf-8")
    before = text[: text.index(old)]
    return Mark(f"{kb.name}/{name}", before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def mark_of(kb: Path, name: str, text: str) -> Mark:
    """Where ``text``, which stands exactly once in the file, begins."""
    return edit(kb, name, text, text)
