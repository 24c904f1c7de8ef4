"""What the journal costs those who ask:  python scripts/bench_journal.py [--questions 800]

Two services of the same data, one with the journal and one without, asked the same questions of tests/quality/dev in turn,
each first every other time.  Prints the Markdown table of the README.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from scripts.serving import serving  # noqa: E402

WARM = 100
"""Questions asked of each before the clock counts."""


def asked(connection: http.client.HTTPConnection, question: str) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    connection.request("POST", "/api/v1/ask", json.dumps({"question": question}), {"Content-Type": "application/json"})
    connection.getresponse().read()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=800)
    args = parser.parse_args()
    from app.evaluation.cases import load_cases

    cases = load_cases(ROOT / "tests/quality/dev")
    questions = [case.question for case in (*cases.in_scope, *cases.out_of_scope)]
    random.Random(7).shuffle(questions)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(data_dir=folder, journal="true") as on,
        serving(data_dir=folder, journal="false") as off,
    ):
        services = {
            "开": http.client.HTTPConnection(urlsplit(on).netloc),
            "关（基准）": http.client.HTTPConnection(urlsplit(off).netloc),
        }
        taken: dict[str, list[float]] = {name: [] for name in services}
        for i, question in enumerate(questions[: WARM + args.questions]):
            for name in list(services)[:: 1 if i % 2 else -1]:
                spent = asked(services[name], question)
                if i >= WARM:
                    taken[name].append(spent)
    base = statistics.median(taken["关（基准）"])
    print("| 记录 | 中位数 | p99 | 与基准之比 |\n|---|---|---|---|")
    for name, times in taken.items():
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"| {name} | {median:.2f} ms | {p99:.2f} ms | {median / base:.2f} |")


if __name__ == "__main__":
    main()
