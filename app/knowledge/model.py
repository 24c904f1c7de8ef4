"""The nouns of the knowledge base, as frozen records.  The field rules here are the schema the editors' YAML must meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from app.knowledge.hours import Hours
from app.knowledge.record import Record, Unfit

CATEGORIES = (
    "新手指南",
    "信息注册/变更",
    "CA数字证书",
    "标书编制软件",
    "保证金缴纳",
    "代理机构",
    "开标评标",
    "建设工程",
    "政府采购/综合交易/医疗器械",
    "地矿资源",
    "产权交易",
    "评标专家",
)

Category = Literal[
    "新手指南",
    "信息注册/变更",
    "CA数字证书",
    "标书编制软件",
    "保证金缴纳",
    "代理机构",
    "开标评标",
    "建设工程",
    "政府采购/综合交易/医疗器械",
    "地矿资源",
    "产权交易",
    "评标专家",
]
Audience = Literal["bidder", "tenderer", "agency", "evaluator"]
NoticeLevel = Literal["info", "warning"]
PolicyStatus = Literal["in_force", "amended", "repealed", "unavailable"]
Stage = Literal["before", "opening", "evaluation", "after"]
"""Where a trade stands for the one who asks: until the opening, at it, at the evaluation, done."""
Business = Literal["工程", "政府采购", "土地", "矿权", "产权", "通用"]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\n]*$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\n]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=6000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Number = Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
Article = Annotated[str, StringConstraints(pattern=r"^\S{1,40}$")]
OptionalDate = Annotated[date | None, BeforeValidator(lambda value: value or None)]


class LegalBasis(Record):
    law: Line
    article: Article


class Clarify(Record):
    """How to ask when this entry and its siblings fit equally: the question, and this entry's name as an option."""

    question: Line
    label: Line


class Step(Record):
    """What to do this minute, and what when that fails."""

    now: Line
    fallback: Line


class Urgent(Record):
    """Said before the answer when time is short: in the last minutes before the opening, at it, at the evaluation."""

    before: Step | None = None
    opening: Step | None = None
    evaluation: Step | None = None
    within_minutes: Annotated[int, Field(ge=5, le=1440)] = 120
    """From how many minutes to the opening ``before`` is said."""

    @model_validator(mode="after")
    def _says_something(self) -> Urgent:
        if not (self.before or self.opening or self.evaluation):
            raise ValueError("before、opening、evaluation 至少写一个")
        return self


class Entry(Record):
    """One frequently asked question.  ``answer`` is Markdown, may hold ``{{placeholders}}``, and is served verbatim."""

    id: Slug
    number: Number
    category: Category
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)]
    business: Annotated[tuple[Business, ...], Field(min_length=1)]
    question: Line
    aliases: tuple[Phrase, ...] = ()
    not_aliases: tuple[Phrase, ...] = ()
    keywords: tuple[Line, ...] = ()
    error_texts: tuple[Line, ...] = ()
    answer: Text
    own_figures: tuple[Line, ...] = ()
    """Figures of the answer that come from practice or arithmetic, not from a cited article (30分钟)."""
    urgent: Urgent | None = None
    clarify: Clarify | None = None
    legal_basis: tuple[LegalBasis, ...] = ()
    related: tuple[Slug, ...] = ()
    effective_from: OptionalDate = None
    effective_to: OptionalDate = None
    replaces: Slug | None = None
    """The entry that answered this question before ``effective_from``; the two may share wordings and number."""
    updated: date

    def in_force(self, day: date) -> bool:
        """Both ends of the window belong to it."""
        return (self.effective_from or date.min) <= day <= (self.effective_to or date.max)

    def day_nearest(self, today: date) -> date:
        """The day of the entry's window that is nearest to ``today``; of a past version its last, of a future its first."""
        if self.effective_from and self.effective_from > today:
            return self.effective_from
        return min(today, self.effective_to) if self.effective_to else today


class Term(Record):
    """A word of the trade; its aliases are read as the term itself."""

    term: Line
    aliases: tuple[Line, ...] = ()
    definition: Text
    law: Line | None = None
    article: Article | None = None


class Option(Record):
    entry: Slug
    label: Line


class Topic(Record):
    """A question that several entries answer, and what to ask back."""

    id: Slug
    question: Line
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=5)]


class Judgement(Record):
    """Ways of seeking a verdict on a concrete bid or person; ``entry`` holds the rule that applies."""

    id: Slug
    entry: Slug
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]


class Pointer(Record):
    """Something people ask that no entry may answer: ``text`` says where it is found."""

    id: Slug
    title: Line
    text: Text
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    related: Annotated[tuple[Slug, ...], Field(max_length=3)] = ()


class Smalltalk(Record):
    id: Slug
    text: Text
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    handover: bool = False
    """Whether the reply also shows where a person helps."""


class SiteValue(Record):
    """A fact of one centre.  ``fallback`` is the noun phrase that stands in for it while ``value`` is empty."""

    about: Line
    value: Line | None = None
    fallback: Line


class Fact(Record):
    """A figure that many texts share, with the article it comes from; texts write ``{{facts.name}}``."""

    about: Line
    value: Line
    law: Line | None = None
    article: Article | None = None


class Trouble(Record):
    """When a task goes wrong: what is seen, what to do, and the entries that say more."""

    symptom: Line
    remedy: Phrase
    entries: tuple[Slug, ...] = ()


class Task(Record):
    """One job of a manual, from what it is for to what to do when it fails."""

    number: int
    title: Line
    purpose: Phrase
    before: tuple[Phrase, ...] = ()
    steps: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    expect: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    trouble: tuple[Trouble, ...] = ()


class Manual(Record):
    id: Slug
    title: Line
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)]
    about: Text
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]


class Replies(Record):
    """The fixed wordings of everything that is not an answer."""

    clarify: Line
    clarify_failed: Line
    decline: Text
    decline_near: Text
    neutral: Text
    not_in_force: Text
    handover: Text
    handover_hours: Line
    handover_where: Line
    handover_phone: Line


def _served_list(entries: tuple[str, ...]) -> tuple[str, ...]:
    if entries and not 4 <= len(entries) <= 10:
        raise Unfit(f"{len(entries)} 个条目，太{'少' if len(entries) < 4 else '多'}", "4 至 10 个条目，或不写")
    if len(set(entries)) < len(entries):
        raise Unfit("同一个条目写了两次", "各不相同的条目")
    return entries


HotList = Annotated[tuple[Slug, ...], AfterValidator(_served_list)]
"""Entries offered before anything is asked; those that are not served are left out when it is shown."""


class RoleWelcome(Record):
    """What one role is shown instead of the common list."""

    hint: Line | None = None
    hot: HotList = ()


class Welcome(Record):
    """How the service presents itself."""

    name: Annotated[Line, StringConstraints(max_length=20)] = "易博士"
    greeting: Line = "您好，请直接说您遇到的事。"
    hot: HotList = ()
    roles: dict[Audience, RoleWelcome] = Field(default_factory=dict)


def _moment(written: object) -> datetime:
    if isinstance(written, datetime):
        return written
    try:
        return datetime.strptime(str(written), "%Y-%m-%d %H:%M")
    except ValueError:
        raise Unfit("不是有效的时间", "年-月-日 时:分，如 2026-12-01 08:00") from None


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    PlainSerializer(lambda moment: moment.isoformat(" ", "minutes"), when_used="json"),
]
"""By the clock of the place; no time zone."""

_LINK = re.compile(r"https?://[^\s/\\][^\s\\]*|(?!//)[^\s\\:/?#]*(?:[/?#][^\s\\]*)?")


def _link_target(href: str) -> str:
    if not href or not _LINK.fullmatch(href):
        raise Unfit("链接打不开", "http://、https:// 开头的网址，或本站的相对路径，如 manual?id=ca-handling")
    return href


class Link(Record):
    """``href`` leads to a web address or to a page of this service, never to a script."""

    text: Line
    href: Annotated[str, AfterValidator(_link_target)]


class Notice(Record):
    """Something everybody should know for a while; without ``from`` since ever, without ``to`` until it is taken out."""

    model_config = ConfigDict(populate_by_name=True)

    text: Line
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None
    level: NoticeLevel = "info"
    link: Link | None = None


class Golden(Record):
    """A protected question: what it is replied to with today must stay so.  No wording of anything: nothing is found by it."""

    question: Phrase
    entry: Slug | None = None
    """The entry that answers it; else ``kind`` says what is done instead."""
    kind: Literal["clarify", "decline", "neutral"] | None = None
    options: tuple[Slug, ...] = ()
    """Entries that must be among those asked back with."""

    @model_validator(mode="after")
    def _expects_one_thing(self) -> Golden:
        if (self.entry is None) == (self.kind is None):
            raise Unfit("entry 和 kind 写且只写一个", "entry: 条目的 id，或 kind: clarify、decline、neutral")
        if self.options and self.kind != "clarify":
            raise Unfit("只有 kind: clarify 的才写 options", "删去 options")
        return self


class Gist(Record):
    """One article of a statute in our own words, with every figure it holds; ``keywords`` are what people type for it."""

    article: Article
    heading: Line
    gist: Text
    keywords: tuple[Line, ...] = ()
    effective_from: OptionalDate = None
    effective_to: OptionalDate = None


class Policy(Record):
    """A statute, rule or notice.  ``unavailable``: it is cited or asked for, but we have no text of it to work from."""

    id: Slug
    title: Line
    aliases: tuple[Line, ...] = ()
    issuer: Line
    number: Line | None = None
    version: OptionalDate = None
    effective_from: OptionalDate = None
    effective_to: OptionalDate = None
    status: PolicyStatus
    replaced_by: Line | None = None
    about: Text
    articles: tuple[Gist, ...] = ()


class OfficialArticle(Record):
    """An article of an imported text, by its 款 and 项; ``path`` are the headings above it."""

    article: Article
    path: tuple[str, ...] = ()
    paragraphs: tuple[str, ...]


class OfficialText(Record):
    """The full text of a statute as the administrator imported it; ``policy`` is the record it belongs to."""

    policy: Slug
    title: Line
    digest: str
    articles: tuple[OfficialArticle, ...]


class Knowledge(Record):
    """Everything one version of the service knows."""

    entries: tuple[Entry, ...]
    superseded: tuple[Entry, ...] = ()
    """Versions of entries that are not in force today but were, or will be: asked for by date only."""
    policies: tuple[Policy, ...] = ()
    manuals: tuple[Manual, ...] = ()
    facts: dict[str, Fact] = Field(default_factory=dict)
    official: tuple[OfficialText, ...] = ()
    terms: tuple[Term, ...]
    topics: tuple[Topic, ...]
    judgements: tuple[Judgement, ...]
    pointers: tuple[Pointer, ...]
    smalltalk: tuple[Smalltalk, ...]
    site: dict[str, SiteValue]
    replies: Replies
    welcome: Welcome = Welcome()
    notices: tuple[Notice, ...] = ()
    hours: Hours | None = None

    @property
    def values(self) -> dict[str, SiteValue]:
        """Everything a placeholder may name: the centre's values, and the facts as ``facts.name``."""
        return named_values(self.site, self.facts)

    def intents(self) -> Iterator[Intent]:
        """Everything a question can be matched with, in a stable order, each with the phrases it is known by."""
        for entry in self.entries:
            yield Intent("entry", entry.id, (entry.question, *entry.aliases))
        for topic in self.topics:
            yield Intent("topic", topic.id, topic.phrases)
        for judgement in self.judgements:
            yield Intent("judgement", judgement.id, judgement.phrases)
        for pointer in self.pointers:
            yield Intent("pointer", pointer.id, (pointer.title, *pointer.phrases))
        for talk in self.smalltalk:
            yield Intent("smalltalk", talk.id, talk.phrases)


def named_values(site: Mapping[str, SiteValue], facts: Mapping[str, Fact]) -> dict[str, SiteValue]:
    """What placeholders name: the centre's values, and the facts as ``facts.name``."""
    shared = {
        f"facts.{name}": SiteValue(about=fact.about, value=fact.value, fallback=fact.value)
        for name, fact in facts.items()
    }
    return {**site, **shared}


IntentKind = Literal["entry", "topic", "judgement", "pointer", "smalltalk"]


INTENT_NAMES: dict[IntentKind, str] = {
    "entry": "条目",
    "topic": "反问",
    "judgement": "判断",
    "pointer": "指路",
    "smalltalk": "寒暄",
}


class Intent(NamedTuple):
    kind: IntentKind
    id: str
    phrases: tuple[str, ...]


Severity = Literal["error", "warning", "note"]
"""An error keeps the knowledge from being published, a warning wants mending, a note is for this centre to look after."""
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Mark(NamedTuple):
    """Where something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int


class Problem(NamedTuple):
    """One thing an editor must (error) or should (warning) mend."""

    severity: Severity
    mark: Mark
    key: str
    message: str
    found: str = ""
    allowed: str = ""

    def as_dict(self) -> dict[str, Any]:
        fields: dict[str, Any] = self._asdict()
        mark = fields.pop("mark")
        return {**mark._asdict(), **fields}

    def __str__(self) -> str:
        text = f"{self.mark.file}:{self.mark.line}:{self.mark.column}: {self.severity}: {self.key}: {self.message}"
        if self.found:
            text += f"；现为「{self.found}」"
        if self.allowed:
            text += f"；应为：{self.allowed}"
        return text
