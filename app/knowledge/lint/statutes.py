"""The statutes of a knowledge base, found by any name people cite them with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches

from app.knowledge.model import Gist, LegalBasis, OfficialText, Policy
from app.text.normalize import match_key

STATE = "中华人民共和国"


class Statutes:
    """Policies with their gists and, where the administrator imported them, their official texts."""

    def __init__(self, policies: Iterable[Policy], official: Sequence[OfficialText] = (), *, today: date) -> None:
        self.today = today
        self._policies = {policy.id: policy for policy in policies}
        self._by_name: dict[str, list[Policy]] = {}
        for policy in self._policies.values():
            for name in (policy.title, policy.title.removeprefix(STATE), *policy.aliases):
                self._by_name.setdefault(match_key(name), []).append(policy)
        self._gists = {
            (policy.id, gist.article): gist for policy in self._policies.values() for gist in policy.articles
        }
        self._official = {
            (text.policy, article.article): "\n".join(article.paragraphs)
            for text in official
            for article in text.articles
        }
        self._imported = {text.policy for text in official}

    def __bool__(self) -> bool:
        return bool(self._policies)

    def named(self, name: str, day: date | None = None) -> Policy | None:
        """The statute of this name; of several versions the one in force on a day (today), else the first."""
        versions = self._by_name.get(match_key(name), [])
        over = [_out_of_force(policy, policy.title, day or self.today) for policy in versions]
        return versions[over.index(None) if None in over else 0] if versions else None

    def nearest(self, name: str) -> str | None:
        """The title or alias that ``name`` may have been meant to be."""
        known = {name for policy in self._policies.values() for name in (policy.title, *policy.aliases)}
        near = get_close_matches(name, known, 1, 0.6)
        return near[0] if near else None

    def gist(self, policy: Policy, article: str) -> Gist | None:
        return self._gists.get((policy.id, article))

    def has(self, policy: Policy, article: str) -> bool:
        return (policy.id, article) in self._gists or (policy.id, article) in self._official

    def known_whole(self, policy: Policy) -> bool:
        """Whether an article we do not have cannot exist: the official text is there."""
        return policy.id in self._imported

    def official(self, policy: Policy, article: str) -> str | None:
        return self._official.get((policy.id, article))

    def texts(self, policy: Policy, article: str) -> list[str]:
        """What is known of an article: its gist, its official text."""
        gist = self.gist(policy, article)
        official = self._official.get((policy.id, article))
        return [text for text in (gist and gist.gist, official) if text]

    def out_of_force(self, basis: LegalBasis, day: date) -> str | None:
        """Why a citation no longer (or not yet) holds on a day, or None."""
        policy = self.named(basis.law, day)
        if policy is None:
            return None
        gist = self.gist(policy, basis.article)
        over = _out_of_force(policy, policy.title, day)
        return over or (_out_of_force(gist, policy.title + basis.article, day) if gist else None)


def _out_of_force(record: Policy | Gist, name: str, day: date) -> str | None:
    """Why a statute or an article does not hold on a day, or None."""
    if isinstance(record, Policy) and record.status == "repealed" and (record.effective_to or date.min) < day:
        return f"{name}已废止" + (f"，由{record.replaced_by}代替" if record.replaced_by else "")
    if record.effective_to and record.effective_to < day:
        return f"{name}已于 {record.effective_to} 失效"
    if record.effective_from and record.effective_from > day:
        return f"{name}要到 {record.effective_from} 才施行"
    return None
