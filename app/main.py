"""create_app(settings): the only place where things are put together."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime

from anyio import CapacityLimiter
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from app import __version__, heap
from app.audit import Audit
from app.config import Settings, load_settings
from app.database import DatabaseUnusable, migrate, open_engine, reason
from app.dialogue.turn import Sessions
from app.editing.bench import Bench
from app.editing.layers import Layers
from app.errors import AppError, EditedMeanwhile, IndexUnusable, PublishBusy
from app.index import history, store
from app.index.encoder import Encoder, open_encoder
from app.insights.clusters import Remembered
from app.journal.journal import Journal
from app.journal.recent import recent_questions
from app.journal.retention import purge
from app.journal.writer import Writer
from app.publishing import audited, pipeline, proposal, rehearsal, version_control
from app.publishing.announcement import announce, announced
from app.publishing.gating import Gate
from app.publishing.pipeline import PublishReport
from app.publishing.rehearsal import Rehearsal
from app.publishing.rollback import Rollback, rollback
from app.receipt import load_key
from app.snapshot import Snapshot, SnapshotHolder, assemble
from app.text.tokenize import Dictionary, load_dictionary
from app.web import (
    accounts,
    admin,
    assets,
    audit,
    chat,
    description,
    editing,
    error_handlers,
    health,
    hit_test,
    insights,
    lite,
    metrics,
    pages,
    proposals,
    receipts,
    schemas,
    signin,
    system,
    workbook,
)
from app.web.console import routes as console
from app.web.deps import Publish, State
from app.web.doorway import Doorway, door
from app.web.security import BodyLimit, SecurityHeaders
from app.web.uploads import body_limit

log = logging.getLogger("yiboshi")

WATCH_SECONDS = 0.5
"""How often a process looks whether another one (a worker, ``yiboshi publish``) has published."""

DUE_SECONDS = 60.0
"""How often it looks whether a day has come that changes what holds."""

AT_START, WHEN_DUE, ON_SIGNAL = "启动时", "到期日", "SIGHUP"
"""Who published, where nobody did by name."""

PURGE_SECONDS = 24 * 3600.0
"""How often what the journal keeps no longer is deleted."""

CLEAR_SECONDS = 300.0
"""How long a candidate that nobody asks anything any more stays in memory, at least; twice as long at most."""


def local_now() -> datetime:
    return datetime.now().astimezone()


def current_or_published(
    settings: Settings, encoder: Encoder, dictionary: Dictionary, progress: pipeline.Progress | None = None
) -> Snapshot:
    """What to serve at start: the published version if it is of this knowledge and encoder, else a new publication.

    When ``kb/`` was edited into something unusable, the gate blocks it or it lacks a second person, the published version
    serves on and the reason is logged; so does one that was gone back to, until somebody publishes.
    """
    try:
        snapshot = pipeline.open_current(settings.indexes, encoder, dictionary)
    except IndexUnusable as error:
        log.warning("%s", error.message)
        snapshot = None
    edited = snapshot is not None and _is_edited(settings, snapshot)
    if snapshot is not None and not edited and not _is_due(settings):
        return snapshot
    if snapshot is not None and _is_held_back(settings):
        return snapshot
    try:
        gate = Gate(enforce=edited, at_hand=snapshot)
        sign_off = snapshot is not None  # else there is nothing to serve on
        fresh, report = publish_by_settings(
            settings, encoder, dictionary, gate, AT_START, sign_off=sign_off, progress=progress
        )
        committed(settings, report, AT_START)
        return fresh
    except AppError as error:
        if snapshot is None:
            raise
        details = "\n".join(map(str, error.details))
        log.error("%s\n%s", error.message, details)
        return snapshot


def publish_by_settings(
    settings: Settings,
    encoder: Encoder,
    dictionary: Dictionary,
    gate: Gate,
    by: str,
    *,
    person: str | None = None,
    rehearsed: str | None = None,
    sign_off: bool = True,
    progress: pipeline.Progress | None = None,
) -> tuple[Snapshot, PublishReport]:
    """Publish as the settings want it: pages, API, shell, start, signal and calendar all come through here.

    ``person`` is who publishes, None when nobody does by name; ``rehearsed`` the digest of the files that somebody looked
    at, ``sign_off`` whether two-person sign-off holds where it is set.
    """
    two_person = settings.two_person and sign_off

    def permit(digest: str) -> None:
        if rehearsed not in (None, digest):
            raise EditedMeanwhile("试发布以后知识库文件又改过，没有发布；请再试发布一次")
        refusal = proposal.objection(settings.indexes, digest, person) if two_person else None
        if refusal is not None:
            raise refusal

    snapshot, report = pipeline.publish(
        settings.kb_dir,
        settings.indexes,
        encoder,
        dictionary,
        now=local_now(),
        laws=settings.laws,
        overlays=settings.overlays,
        progress=progress,
        gate=gate,
        permit=permit if two_person or rehearsed is not None else None,
        by=by,
        keep=settings.keep_versions,
    )
    tell(settings, snapshot.version)
    return snapshot, report


def go_back(settings: Settings, encoder: Encoder, version: str | None, by: str) -> Rollback:
    """One step back, or to that version: pages, API and shell come through here."""
    done = rollback(settings.indexes, encoder, version, now=local_now(), by=by)
    tell(settings, done.version)
    return done


def tell(settings: Settings, version: str) -> None:
    """Replicas hear of it through the database, where it is one that machines share."""
    engine = open_engine(settings.database)
    try:
        announce(engine, version, local_now())
    finally:
        engine.dispose()


def committed(settings: Settings, report: PublishReport, by: str) -> PublishReport:
    """After a publication, once it serves: git may take its time."""
    if not settings.git_commit:
        return report
    return version_control.committed(report, settings.indexes, (settings.kb_dir, *settings.overlays), by)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    heap.keep_one()
    settings: Settings = app.state.settings
    encoder = open_encoder(settings.encoder, settings.threads)
    dictionary = load_dictionary()
    engine = open_engine(settings.database)
    await run_in_threadpool(_migrated, engine)
    holder = SnapshotHolder(await run_in_threadpool(current_or_published, settings, encoder, dictionary))
    receipt_key = load_key(settings.data_dir)
    journal = _journal(settings, engine, receipt_key)

    audit = Audit(settings.audit_dir, local_now)
    layers = Layers(settings.kb_dir, settings.overlays, settings.laws, settings.indexes)
    bench = Bench(layers, encoder, dictionary, local_now)

    def gate(override: Mapping[str, str], enforce: bool = True) -> Gate:
        recent = recent_questions(engine) if settings.journal else []
        return Gate(recent, override, enforce, holder.peek())

    def publish(
        by: str,
        override: Mapping[str, str] | None = None,
        enforce: bool = True,
        *,
        person: str | None = None,
        rehearsed: str | None = None,
    ) -> PublishReport:
        def made() -> PublishReport:
            rules = gate(override or {}, enforce)
            snapshot, report = publish_by_settings(
                settings, encoder, dictionary, rules, by, person=person, rehearsed=rehearsed
            )
            _serve(holder, snapshot)
            bench.forget()
            return committed(settings, report, by)

        return audited.published(audit, by, made)

    rehearsing = threading.Lock()

    def rehearse() -> Rehearsal:
        with rehearsal.one_rehearsal(rehearsing):
            try:
                return rehearsal.rehearse(
                    settings.kb_dir,
                    settings.indexes,
                    encoder,
                    dictionary,
                    now=local_now(),
                    gate=gate({}),
                    laws=settings.laws,
                    overlays=settings.overlays,
                )
            finally:
                heap.give_back()

    def step_back(by: str, version: str | None = None) -> Rollback:
        """The pointer moves at once; this process follows it like any other."""
        return audited.rolled_back(audit, by, lambda: go_back(settings, encoder, version, by))

    app.state.yiboshi = State(
        settings=settings,
        holder=holder,
        sessions=Sessions(time.monotonic),
        journal=journal,
        publish=publish,
        rehearse=rehearse,
        digest=lambda: pipeline.source_digest(settings.kb_dir, settings.laws, settings.overlays),
        rollback=step_back,
        check=lambda: pipeline.check(
            settings.kb_dir,
            local_now().date(),
            settings.laws,
            settings.overlays,
            pipeline.vectors_at_hand(settings.indexes, encoder),
        ),
        now=local_now,
        started=local_now(),
        receipt_key=receipt_key,
        engine=engine,
        audit=audit,
        layers=layers,
        bench=bench,
        administered=door(settings, engine),
        password_limiter=CapacityLimiter(1),
        vectors=Remembered(),
    )
    tasks = [asyncio.create_task(_follow(settings, engine, holder, encoder, dictionary))]
    hangup = asyncio.Event()
    if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():  # where signals arrive
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangup.set)
    tasks.append(asyncio.create_task(_publish_on(hangup, publish)))
    tasks.append(asyncio.create_task(_publish_when_due(settings, holder, publish)))
    tasks.append(asyncio.create_task(_clear(bench)))
    if settings.journal:
        tasks.append(asyncio.create_task(_purge_daily(engine, settings.journal_days)))
    heap.give_back()
    log.info("serving %s (%s)", holder.current().version, encoder.name)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await run_in_threadpool(journal.close)
        engine.dispose()


def _journal(settings: Settings, engine: Engine, key: bytes | None) -> Journal:
    """Without a key that lasts, conversations are told apart only until the next start."""
    if not settings.journal:
        return Journal.off()
    pattern = settings.project_number_pattern
    numbers = re.compile(pattern, re.ASCII) if pattern else None
    return Journal(Writer(engine), key or secrets.token_bytes(32), numbers)


async def _purge_daily(engine: Engine, keep_days: int) -> None:
    while True:
        try:
            await run_in_threadpool(migrate, engine)
            await run_in_threadpool(purge, engine, local_now(), keep_days)
        except (AppError, SQLAlchemyError) as error:
            log.warning("过期的记录没有删除：%s", reason(error))
        await asyncio.sleep(PURGE_SECONDS)


async def _clear(bench: Bench) -> None:
    """Nobody tries anything any more: what trying took is given back."""
    while True:
        await asyncio.sleep(CLEAR_SECONDS)
        if await run_in_threadpool(bench.forget_unused, CLEAR_SECONDS):
            heap.give_back()


def _migrated(engine: Engine) -> None:
    """Without a database answers go on; nobody can sign in."""
    try:
        migrate(engine)
    except DatabaseUnusable as error:
        log.error("%s", error.message)


def _is_edited(settings: Settings, snapshot: Snapshot) -> bool:
    return pipeline.is_edited(settings.indexes, snapshot.version, settings.kb_dir, settings.laws, settings.overlays)


def _is_held_back(settings: Settings) -> bool:
    """Whether what serves was gone back to on purpose, so that only a person may publish."""
    mark = history.rolled_back(settings.indexes)
    if mark is not None:
        log.warning("正在服务的是退回的版本 %s（%s 由 %s 从 %s 退回）；知识库要运行 yiboshi publish 才会发布",
            mark.version, mark.at, mark.by or "？", mark.left)  # fmt: skip
    return mark is not None


def _is_due(settings: Settings) -> bool:
    """Whether the day has come on which a law expires or an entry begins: time edits the knowledge too."""
    day = history.due(settings.indexes)
    return day is not None and day <= local_now().date()


async def _publish_when_due(settings: Settings, holder: SnapshotHolder, publish: Publish) -> None:
    """Publish anew on a day that is due; edits nobody has published yet are not ours to publish."""
    tried: date | None = None
    while True:
        today = local_now().date()
        if tried != today and _is_due(settings):
            tried = today  # what fails today is tried again tomorrow
            if await run_in_threadpool(_is_edited, settings, holder.current()):
                log.warning("有法规或条目今天起生效或失效，但知识库有还没发布的改动：请检查后发布")
            else:
                await _published(functools.partial(publish, WHEN_DUE, enforce=False))
        await asyncio.sleep(DUE_SECONDS)


async def _published(publish: Callable[[], PublishReport]) -> None:
    try:
        await run_in_threadpool(publish)
    except PublishBusy as error:
        log.info("%s", error.message)  # another process is at it, and this one follows
    except AppError as error:
        log.error("%s\n%s", error.message, "\n".join(map(str, error.details)))


def _serve(holder: SnapshotHolder, snapshot: Snapshot) -> None:
    holder.swap(snapshot)
    del snapshot
    heap.give_back()
    log.info("serving %s", holder.current().version)


async def _follow(
    settings: Settings, engine: Engine, holder: SnapshotHolder, encoder: Encoder, dictionary: Dictionary
) -> None:
    """Serve what ``indexes/current`` points at, or what the database announces, whichever changed last."""
    indexes = settings.indexes

    def signs() -> tuple[str | None, str | None]:
        return store.current(indexes), announced(engine)

    seen = await run_in_threadpool(signs)
    wanted: str | None = seen[0]
    refused: str | None = None
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        now = await run_in_threadpool(signs)
        wanted = next((new for new, old in zip(now, seen, strict=True) if new not in (None, old)), wanted)
        seen = now
        if wanted in (None, holder.current().version, refused) or not store.is_kept(indexes, wanted):
            continue  # one that is announced may reach the shared folder later
        try:
            stored = await run_in_threadpool(store.open_version, indexes, wanted)
            snapshot = await run_in_threadpool(assemble, stored, encoder, dictionary)
        except AppError as error:
            refused = wanted  # say it once, keep serving
            log.error("%s", error.message)
            continue
        if snapshot.version in await run_in_threadpool(signs):  # not overtaken meanwhile
            _serve(holder, snapshot)


async def _publish_on(hangup: asyncio.Event, publish: Publish) -> None:
    while True:
        await hangup.wait()
        hangup.clear()
        await _published(functools.partial(publish, ON_SIGNAL))


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application; without arguments it reads the settings (uvicorn's factory calls it so)."""
    settings = settings or load_settings()
    app = FastAPI(
        title="易博士",
        version=__version__,
        description="公共资源交易知识库问答服务。所有错误都是 {error: {code, message, details[]}}。",
        lifespan=lifespan,
        openapi_url=None,  # web/description.py gives it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat whatever Host the client claimed
        responses={status: {"model": schemas.ErrorOut} for status in (413, 422, 500, 503)},
    )
    app.state.settings = settings
    app.include_router(chat.router, tags=["咨询"])
    app.include_router(receipts.router, tags=["咨询"])
    app.include_router(admin.router, tags=["管理"])
    app.include_router(insights.router, tags=["管理"])
    app.include_router(hit_test.router, tags=["管理"])
    app.include_router(workbook.router, tags=["管理"])
    app.include_router(accounts.router, tags=["管理"])
    app.include_router(audit.router, tags=["管理"])
    app.include_router(system.router, tags=["管理"])
    app.include_router(editing.router, tags=["编辑"])
    app.include_router(proposals.router, tags=["管理"])
    app.include_router(signin.router)
    app.include_router(console.router)
    app.include_router(description.router)
    app.include_router(health.router, tags=["监测"])
    app.include_router(metrics.router)
    app.include_router(pages.router)
    app.include_router(lite.router)
    app.include_router(assets.router)
    pages.mount_static(app)
    error_handlers.install(app)
    app.add_middleware(Doorway)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(BodyLimit, limit=body_limit)
    app.add_middleware(SecurityHeaders, embed_origins=settings.embed_origins)
    return app
