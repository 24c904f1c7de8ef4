"""``yiboshi journal``: taken out as a table, its old part deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.journal.journal import Journal
from app.journal.writer import Writer
from tests.journal.samples import asked
from tests.journal.test_service import opened
from tests.web.server import World, of, run


def test_the_command_exports_and_purges(world: World):
    now = datetime.now().astimezone()
    with opened(world) as engine:
        journal = Journal(Writer(engine))
        for days in (0, 1, 200):
            journal.asked(now - timedelta(days=days), asked(question=f"{days}天前"))
        journal.close()
    folder, yesterday = world.data.parent, f"{now - timedelta(days=1):%Y-%m-%d}"
    done = run("journal", "export", "all.csv", cwd=folder, **of(world))
    assert (done.returncode, done.stdout) == (0, "3 次提问写进 all.csv\n"), done.stderr
    done = run(
        "journal", "export", "one.xlsx", "--from", yesterday, "--to", yesterday, "--json", cwd=folder, **of(world)
    )
    assert done.stdout == '{"file": "one.xlsx", "questions": 1}\n', done.stderr
    assert (folder / "one.xlsx").read_bytes().startswith(b"PK")
    done = run("journal", "purge", "--json", cwd=folder, **of(world))
    assert done.stdout == '{"questions": 1, "feedback": 0}\n', done.stderr
    done = run("journal", "purge", cwd=folder, database_url="postgresql://nobody@127.0.0.1:1/none", **of(world))
    assert (done.returncode, done.stdout) == (3, "")
    assert "数据库" in done.stderr
    assert "Traceback" not in done.stderr
