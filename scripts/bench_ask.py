"""What one question costs, against named baselines in the same run:  python scripts/bench_ask.py [--rounds 5]

Prints the Markdown table of the README.  One thread; every question of tests/quality/dev is asked in a fixed shuffled
order, none twice in a row.  Times depend on the machine, so each stands beside the same for a bare encoder call and for
a FastAPI echo of the same reply.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def timed(action: Callable[[str], Any], questions: list[str], rounds: int) -> list[float]:
    """Milliseconds of every call."""
    taken = []
    for _ in range(rounds):
        for question in questions:
            started = time.perf_counter()
            action(question)
            taken.append((time.perf_counter() - started) * 1000)
    return taken


def quantiles(taken: list[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def light_install(folder: Path) -> tuple[Path, float]:
    """A fresh virtual environment holding nothing but the service: its Python, and its size in MB."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", str(ROOT)], check=True)
    size = sum(p.lstat().st_size for p in folder.rglob("*") if not p.is_dir()) / 1e6
    return folder / "bin/python", size


def started_server(python: Path, data: Path, questions: list[str]) -> tuple[float, float, float]:
    """Seconds from the command to ready with an index already built; the same of a Python that does nothing; and the
    resident memory in MB of the server after it has answered the questions.
    """
    import http.client
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"YIBOSHI_DATA_DIR": str(data)}
    started = time.perf_counter()
    server = subprocess.Popen(
        [str(python), "-m", "app", "serve", "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/readyz")
                reply = connection.getresponse()
                reply.read()
                if reply.status == 200:
                    break
            except OSError:
                time.sleep(0.02)
        ready = time.perf_counter() - started
        for question in questions:
            body = json.dumps({"question": question})
            connection.request("POST", "/api/v1/ask", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        memory = rss_mb(server.pid)
    finally:
        server.terminate()
        server.wait()
    started = time.perf_counter()
    subprocess.run([str(python), "-c", "pass"], check=True)
    return ready, time.perf_counter() - started, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--no-install", action="store_true", help="measure the server of this environment, not of a fresh one"
    )
    args = parser.parse_args()

    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from app.config import load_settings
    from app.dialogue.answer import Question, answer
    from app.evaluation.cases import load_cases
    from app.index.encoder import open_encoder
    from app.main import create_app, current_or_published
    from app.snapshot import encoded_form
    from app.text.tokenize import load_dictionary

    data = Path(tempfile.mkdtemp())
    settings = load_settings(data_dir=data, journal=False)
    encoder = open_encoder(settings.encoder)
    started = time.perf_counter()
    snapshot = current_or_published(settings, encoder, load_dictionary())
    published = time.perf_counter() - started
    cases = load_cases(ROOT / "tests/quality/dev")
    questions = [case.question for case in (*cases.in_scope, *cases.out_of_scope)]
    random.Random(7).shuffle(questions)
    for question in questions[:50]:
        answer(snapshot, Question(question))
    encode = quantiles(timed(lambda q: encoder.encode([encoded_form(q)]), questions, args.rounds))
    whole = quantiles(timed(lambda q: answer(snapshot, Question(q)), questions, args.rounds))

    echo = FastAPI()
    sample: dict[str, Any] = {}

    @echo.post("/ask")
    def echo_ask(body: dict[str, Any]) -> dict[str, Any]:
        return sample

    with TestClient(create_app(settings)) as client, TestClient(echo) as bare:
        sample.update(client.post("/api/v1/ask", json={"question": "工程项目的投标保证金什么时候退"}).json())
        served = quantiles(timed(lambda q: client.post("/api/v1/ask", json={"question": q}), questions, 1))
        echoed = quantiles(timed(lambda q: bare.post("/ask", json={"question": q}), questions, 1))
    python, size = (Path(sys.executable), None) if args.no_install else light_install(data / "venv")
    ready, idle, memory = started_server(python, data, questions[:300])
    shutil.rmtree(data)

    def row(name: str, value: tuple[float, float], base: tuple[float, float], against: str) -> str:
        return f"| {name} | {value[0]:.2f} ms | {value[1]:.2f} ms | {value[0] / base[0]:.2f} × {against} |"

    print("| 项目 | 中位数 | p99 | 与基准之比 |\n|---|---|---|---|")
    print(row("只算向量（基准一）", encode, encode, "基准一"))
    print(row("一个问题，进程内，单线程", whole, encode, "基准一"))
    print(row("FastAPI 原样返回同样的 JSON（基准二）", echoed, echoed, "基准二"))
    print(row("POST /api/v1/ask，同一客户端", served, echoed, "基准二"))
    print(f"\n| 项目 | 数值 |\n|---|---|\n| 服务进程的常驻内存（答过 300 个问题） | {memory:.0f} MB |")
    print(f"| 首次建索引（{len(snapshot.phrase_texts)} 条问法） | {published:.1f} s |")
    print(f"| 再次启动到就绪 | {ready:.1f} s（空的 Python 进程 {idle:.2f} s） |")
    if size is not None:
        print(f"| 全新虚拟环境的大小 | {size:.0f} MB |")
    print(json.dumps({"questions": len(questions), "python": sys.version.split()[0]}), file=sys.stderr)


if __name__ == "__main__":
    main()
