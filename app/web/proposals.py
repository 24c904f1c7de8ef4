"""Proposals for two-person sign-off, as the pages and the API make them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from app.errors import EditedMeanwhile
from app.publishing import audited, proposal
from app.publishing.proposal import Proposal
from app.web import publication_schemas, schemas
from app.web.deps import Actor, CurrentState, State, require

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 409, 422, 507)}
router = APIRouter(prefix="/api/v1/admin/knowledge/proposal", responses=_ERRORS)


def propose(state: State, actor: Actor, note: str, seen: str | None) -> Proposal:
    """``seen``: the digest of the files that the proposer looked at, None when they did not."""

    def made() -> Proposal:
        digest = state.digest()
        if seen not in (None, digest):
            raise EditedMeanwhile("您看过以后知识库文件又改过，没有提交；请再看一遍")
        return proposal.propose(state.settings.indexes, digest, actor.name, actor.person, _at(state), note)

    return audited.proposed(state.audit, actor.name, made)


def withdraw(state: State, actor: Actor) -> Proposal:
    return audited.withdrawn(state.audit, actor.name, lambda: proposal.withdraw(state.settings.indexes, actor.person))


def send_back(state: State, actor: Actor, reason: str) -> Proposal:
    return audited.sent_back(
        state.audit, actor.name, lambda: proposal.send_back(state.settings.indexes, actor.name, _at(state), reason)
    )


def _at(state: State) -> str:
    return state.now().isoformat(timespec="seconds")


@router.get("", summary="等待发布的提交")
def standing(state: CurrentState, actor: Annotated[Actor, require("view")]) -> publication_schemas.ProposalStateOut:
    indexes, digest = state.settings.indexes, state.digest()
    found = proposal.proposed(indexes)
    refusal = proposal.objection(indexes, digest, actor.person) if state.settings.two_person else None
    return publication_schemas.ProposalStateOut(
        digest=digest,
        edited=not proposal.serves(indexes, digest),
        two_person=state.settings.two_person,
        proposal=_shaped(found) if found else None,
        stands=found is not None and found.stands_for(digest),
        objection=refusal.message if refusal else None,
    )


@router.post("", summary="提交知识库现在的样子，请另一个人发布")
def make(
    state: CurrentState,
    actor: Annotated[Actor, require("propose")],
    body: publication_schemas.ProposeIn | None = None,
) -> publication_schemas.ProposalOut:
    """代替以前的提交。之后文件再改，这次提交就不算数。"""
    body = body or publication_schemas.ProposeIn()
    return _shaped(propose(state, actor, body.note, body.digest))


@router.delete("", summary="撤回自己的提交")
def take_back(state: CurrentState, actor: Annotated[Actor, require("propose")]) -> publication_schemas.ProposalOut:
    return _shaped(withdraw(state, actor))


@router.post("/send-back", summary="退回提交")
def decline(
    state: CurrentState, actor: Annotated[Actor, require("publish")], body: publication_schemas.SendBackIn
) -> publication_schemas.ProposalOut:
    """原因留着，给提交的人看。"""
    return _shaped(send_back(state, actor, body.reason))


def _shaped(found: Proposal) -> publication_schemas.ProposalOut:
    return publication_schemas.ProposalOut(**found.as_dict())
