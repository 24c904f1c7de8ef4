"""How long publishing one changed wording takes, and the step back:  python scripts/bench_publishing.py

Beside reading and checking the same files, in the same run.  Prints the Markdown table of the README.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def main() -> None:
    from app.config import load_settings
    from app.index import store
    from app.index.encoder import open_encoder
    from app.publishing import pipeline
    from app.publishing.gating import Gate
    from app.publishing.rehearsal import rehearse
    from app.publishing.rollback import rollback
    from app.text.tokenize import load_dictionary

    settings = load_settings()
    encoder, dictionary = open_encoder(settings.encoder, settings.threads), load_dictionary()
    now = datetime.now().astimezone()
    with tempfile.TemporaryDirectory() as folder:
        kb, indexes = Path(folder) / "kb", Path(folder) / "indexes"
        shutil.copytree(ROOT / "kb", kb)

        def publish() -> Any:
            return pipeline.publish(kb, indexes, encoder, dictionary, now=now, gate=Gate(at_hand=serving))

        serving = None
        first, (serving, _) = seconds(publish)
        file = kb / "faq/guide.yaml"
        file.write_text(
            file.read_text("utf-8").replace("    aliases:\n", "    aliases:\n      - 头一回来要办些啥\n", 1), "utf-8"
        )
        checked, _ = seconds(lambda: pipeline.check(kb, now.date()))
        tried, _ = seconds(lambda: rehearse(kb, indexes, encoder, dictionary, now=now, gate=Gate(at_hand=serving)))
        changed, (_, report) = seconds(publish)
        back, _ = seconds(lambda: rollback(indexes, encoder, now=now, by="bench"))
        followed, _ = seconds(lambda: pipeline.open_current(indexes, encoder, dictionary))
        assert store.current(indexes) == report.previous
    print("| 做什么 | 用时 | 与基准之比 |\n|---|---|---|")
    for name, spent in (
        ("读和检查全部文件（基准）", checked),
        ("试发布：一条新问法，过关口", tried),
        ("发布它", changed),
        ("退回：指向以前的版本", back),
        ("一个进程跟上：打开那个版本", followed),
        ("从零发布，全部问法都算向量", first),
    ):
        print(f"| {name} | {spent:.2f} s | {spent / checked:.2f} |")


if __name__ == "__main__":
    main()
