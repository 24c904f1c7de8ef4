"""Payloads of the API, exactly as documented."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.dialogue.answer import Question
from app.dialogue.policy import Kind
from app.knowledge.model import Audience, Business, Category, NoticeLevel, PolicyStatus, Severity, Stage

MAX_QUESTION_CHARS = 500


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("问题是空的")
    return text


QuestionText = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS), AfterValidator(_says_something)]
SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


Minutes = Annotated[int, Field(ge=-100_000, le=1_000_000)]
"""Whole minutes to the opening of the bids, negative once its hour has passed."""
STAGES: tuple[Stage, ...] = get_args(Stage)
Reason = Literal["答非所问", "看不懂", "内容过时", "不完整", "其他"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Via = Literal["typed", "suggest", "hot", "category", "clarify", "related", "host"]
"""How a question came to be asked; only what was typed says how well typed questions are understood."""


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskIn(Payload):
    question: QuestionText
    session_id: SessionId | None = None
    audience: Audience | None = None
    category: Category | None = None
    business: Business | None = None
    as_of: date | None = None
    """The day whose rules count, such as that of the announcement; today when it is left out."""
    stage: Stage | None = None
    minutes_to_opening: Minutes | None = None
    via: Via = "typed"

    def asked_on(self, today: date) -> Question:
        """The question proper, by the rules of ``today`` unless it names another day."""
        beside = self.model_dump(include={"audience", "category", "business", "stage", "minutes_to_opening"})
        return Question(self.question, as_of=self.as_of or today, **beside)


class LegalBasisOut(Payload):
    law: str
    article: str
    gist: str | None = None
    """Ours, not the official text; null where the statute is not in the knowledge base."""


class ArticleOut(Payload):
    """One article of a statute: our gist, and the official text where the administrator imported it."""

    policy_id: str
    law: str
    article: str
    heading: str
    path: list[str]
    gist: str | None
    official: list[str] | None
    status: PolicyStatus
    version: date | None
    effective_from: date | None
    effective_to: date | None
    versions: list[ArticleOut] = []
    """The same article in other versions of the statute, where it reads otherwise."""


class EntryRef(Payload):
    entry_id: str
    number: str
    question: str


class TermOut(Payload):
    term: str
    definition: str


class TaskRef(Payload):
    """A task of an operation manual."""

    manual_id: str
    manual: str
    task: int
    title: str


class AnswerOut(Payload):
    entry_id: str
    number: str
    category: Category
    question: str
    html: str
    text: str
    legal_basis: list[LegalBasisOut]
    related: list[EntryRef]
    terms: list[TermOut]
    manuals: list[TaskRef] = []
    """Tasks of the operation manuals that send people to this entry."""
    updated: date
    effective_from: date | None = None
    effective_to: date | None = None


class OptionOut(EntryRef):
    category: Category
    label: str


class StepOut(Payload):
    """What to do this minute, and what when that fails."""

    now: str
    fallback: str


class HandoverOut(Payload):
    text: str
    phone: str | None = None
    hours: str | None = None
    where: str | None = None
    now: str | None = None
    """Whether somebody answers the phone now; null while this centre has set no hours."""


class KnowledgeOut(Payload):
    version: str
    fingerprint: str


class LinkOut(Payload):
    text: str
    href: str


class NoticeOut(Payload):
    text: str
    level: NoticeLevel
    link: LinkOut | None


class OfferOut(Payload):
    """What is offered before anything is asked."""

    hint: str | None
    hot: list[EntryRef]


class WelcomeOut(OfferOut):
    name: str
    greeting: str
    notices: list[NoticeOut]
    knowledge: KnowledgeOut


class TermFoundOut(Payload):
    term: str
    aliases: list[str]
    definition: str
    law: str | None
    article: str | None


class ReplyOut(Payload):
    kind: Kind
    reply_id: str
    text: str
    answer: AnswerOut | None
    urgent: StepOut | None = None
    """To be read before the answer: time is short."""
    options: list[OptionOut]
    versions: list[AnswerOut] = []
    """Other versions of the answer, by date."""
    articles: list[ArticleOut] = []
    term: TermFoundOut | None = None
    handover: HandoverOut | None
    understood_as: str | None = None
    corrected: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)]
    knowledge: KnowledgeOut
    took_ms: float
    receipt: str | None = None
    """A code that proves when this answer was given, see app/receipt.py; only for the kind ``answer``."""


class ReceiptOut(Payload):
    """What a genuine receipt proves, beside the knowledge of today."""

    number: str
    at: datetime
    fingerprint: str
    current: bool
    """Whether that version serves now."""
    entry: EntryRef | None
    """As that version has it while it is kept, else as it is today; null where neither has the number."""
    unchanged: bool | None
    """Whether its text reads the same today; null when that version is no longer kept."""
    knowledge: KnowledgeOut


class PartOut(Payload):
    source: str
    name: str
    value: float
    points: float


class CandidateOut(Payload):
    kind: str
    id: str
    title: str
    phrase: str
    probability: float
    points: float | None
    """Null for a wording known to the letter, which no score outweighs."""
    parts: list[PartOut]


class ExplanationOut(Payload):
    reply: ReplyOut
    tier: str
    tier_name: str
    read_as: str | None
    none: float
    candidates: list[CandidateOut]
    runner_up: list[PartOut]


class CategoryOut(Payload):
    category: Category
    entries: int


class CategoriesOut(Payload):
    categories: list[CategoryOut]
    knowledge: KnowledgeOut


class EntriesOut(Payload):
    entries: list[OptionOut]
    knowledge: KnowledgeOut


class EntryOut(Payload):
    answer: AnswerOut
    knowledge: KnowledgeOut


class SuggestionOut(EntryRef):
    category: Category


class SuggestOut(Payload):
    suggestions: list[SuggestionOut]
    knowledge: KnowledgeOut


class FoundOut(Payload):
    kind: Literal["faq", "policy", "term", "manual"]
    id: str
    title: str
    text: str
    score: float
    article: ArticleOut | None = None
    task: TaskRef | None = None


class SearchOut(Payload):
    results: list[FoundOut]
    knowledge: KnowledgeOut


class PolicyRef(Payload):
    policy_id: str
    title: str
    issuer: str
    number: str | None
    version: date | None
    status: PolicyStatus
    articles: int
    official: bool


class PoliciesOut(Payload):
    policies: list[PolicyRef]
    knowledge: KnowledgeOut


class PolicyOut(Payload):
    policy: PolicyRef
    about: str
    aliases: list[str]
    effective_from: date | None
    effective_to: date | None
    replaced_by: str | None
    articles: list[ArticleOut]
    knowledge: KnowledgeOut


class PolicyArticleOut(Payload):
    article: ArticleOut
    entries: list[EntryRef]
    knowledge: KnowledgeOut


class TroubleOut(Payload):
    symptom: str
    remedy: str
    entries: list[EntryRef]


class TaskOut(Payload):
    task: int
    title: str
    purpose: str
    before: list[str]
    steps: list[str]
    expect: list[str]
    trouble: list[TroubleOut]


class ManualRef(Payload):
    manual_id: str
    title: str
    audience: list[Audience]
    about: str
    tasks: int


class ManualsOut(Payload):
    manuals: list[ManualRef]
    knowledge: KnowledgeOut


class ManualOut(Payload):
    manual: ManualRef
    tasks: list[TaskOut]
    knowledge: KnowledgeOut


class TermDetailOut(TermFoundOut):
    entries: list[EntryRef]
    knowledge: KnowledgeOut


class FeedbackIn(Payload):
    reply_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    helpful: bool
    reason: Reason | Literal["转人工"] | None = None
    """``转人工`` is no rating: somebody pressed the telephone number of the hand-over card."""
    comment: Annotated[str, Field(max_length=100)] | None = None


class FeedbackOut(Payload):
    recorded: bool


class ProblemOut(Payload):
    severity: Severity
    file: str
    line: int
    column: int
    key: str
    message: str
    found: str
    allowed: str


class ValidationOut(Payload):
    ok: bool
    problems: list[ProblemOut]


class GivenOut(Payload):
    """The gist of a reply."""

    kind: Kind
    entry: str | None
    options: list[str]
    probability: float
    confidence: float


class FailureOut(Payload):
    """A protected question that is not replied to as expected."""

    question: str
    expected: str
    got: GivenOut
    before: GivenOut | None


class FlipOut(Payload):
    """A question that is replied to otherwise than before."""

    question: str
    protected: bool
    before: GivenOut
    after: GivenOut


class MetricOut(Payload):
    name: str
    about: str
    value: float
    before: float | None
    floor: float | None
    count: int
    falls: bool


class GateOut(Payload):
    """What the gate found: asked were ``golden`` protected questions and ``recent`` ones."""

    golden: int
    recent: int
    failures: list[FailureOut]
    flipped: list[FlipOut]
    metrics: list[MetricOut]
    blocked_by: list[str]


OverrideName = Annotated[str, StringConstraints(min_length=1, max_length=500)]
OverrideReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class PublishIn(Payload):
    override: Annotated[dict[OverrideName, OverrideReason], Field(max_length=200)] = {}
    """A protected question, or the name of a figure -> why it may be published all the same."""
    digest: Digest | None = None
    """Of the files that were rehearsed; when they have been edited since, nothing is published."""


class RollbackIn(Payload):
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")] | None = None


class RollbackOut(Payload):
    version: str
    previous: str


class VersionOut(Payload):
    version: str
    fingerprint: str
    at: str | None
    by: str | None
    previous: str | None
    report: dict[str, Any]


class VersionsOut(Payload):
    serving: str | None
    rolled_back: bool
    """Whether what serves was gone back to."""
    versions: list[VersionOut]


class CommitOut(Payload):
    """A commit to git, or the problem that there is none."""

    id: str
    problem: str


class PublishOut(Payload):
    version: str
    previous: str | None
    added: list[str]
    changed: list[str]
    removed: list[str]
    warnings: list[ProblemOut]
    entries: int
    phrases: int
    embedded: int
    gate: GateOut | None
    overridden: dict[str, str]
    resting: list[str]
    commit: CommitOut | None
    """None where publications are not committed to git."""


class AdminKnowledgeOut(Payload):
    knowledge: KnowledgeOut
    published_at: str
    encoder: str
    entries: int
    phrases: int
    kept_versions: list[str]


class ErrorBody(Payload):
    code: str
    message: str
    details: list[Any]


class ErrorOut(Payload):
    error: ErrorBody
