"""How long a person waits in the chat page:  python scripts/bench_page.py [--questions 300]

Prints the Markdown table of the README.  In each browser, questions of tests/quality/dev are typed and sent with Enter; the
time runs from the key to the frame in which the reply is painted.  It stands beside the bare round trip of the same page to
/healthz in the same run.  Then what the page weighs, when it is first painted, and how far anything moved while it loaded.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHAT = ("look.js", "chat.js", "chat.css", "widget.js")
"""What a visitor's browser loads."""
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.ensure_chromium import OLD_DEFAULT  # noqa: E402
from scripts.serving import FLAGS, serving  # noqa: E402

WATCH = """() => {
    window.waits = [];
    let since = 0;
    document.addEventListener("keydown", event => { if (event.key === "Enter") since = performance.now(); }, true);
    const seen = new MutationObserver(changes => {
        const arrived = changes.some(change => [...change.addedNodes].some(
            node => node.matches && node.matches(".card:not(.pending)")));
        // The callback of a frame runs before it is painted; the message after it.
        if (arrived) requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => window.waits.push(performance.now() - since);
            after.port2.postMessage(null);
        });
    });
    seen.observe(document.querySelector("#log"), {childList: true});
}"""
ROUND_TRIP = """async () => {
    const started = performance.now();
    await (await fetch("healthz")).json();
    return performance.now() - started;
}"""
PAINTED = """() => new Promise(done => {
    new PerformanceObserver(list => list.getEntriesByName("first-contentful-paint").forEach(entry => done(entry.startTime)))
        .observe({type: "paint", buffered: true});
    setTimeout(() => done(null), 2000);
})"""
MOVED = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value; }))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 300);
})"""


def quantiles(taken: list[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[18]


def waits(page: Page, questions: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds from Enter to the painted reply, and of the bare round trips between them."""
    page.evaluate(WATCH)
    bare = []
    for count, question in enumerate(questions, 1):
        page.keyboard.insert_text(question)
        page.keyboard.press("Enter")
        page.wait_for_function("count => window.waits.length >= count", arg=count, polling=20)
        bare.append(page.evaluate(ROUND_TRIP))
        if count % 20 == 0:
            page.evaluate("document.querySelector('#clear').click()")  # nobody asks three hundred questions in a row
    taken: list[float] = page.evaluate("window.waits")
    return taken, bare


def measured(browser: Browser, address: str, questions: list[str]) -> dict[str, Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    facts: dict[str, Any] = {"painted": page.evaluate(PAINTED), "moved": page.evaluate(MOVED)}
    page.evaluate("document.querySelector('#question').focus()")
    facts["taken"], facts["bare"] = waits(page, questions)
    page.close()
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--chromium", type=Path, default=Path("/usr/bin/chromium"))
    args = parser.parse_args()

    from app.evaluation.cases import load_cases
    from app.web import assets

    cases = load_cases(ROOT / "tests/quality/dev")
    questions = [case.question for case in (*cases.in_scope, *cases.out_of_scope) if "\n" not in case.question]
    random.Random(7).shuffle(questions)
    browsers = {
        "今天的 Chromium": (args.chromium, FLAGS),
        "Chromium 86": (OLD_DEFAULT, [*FLAGS, "--headless", "--disable-gpu"]),
    }
    print(
        "| 浏览器 | 从回车到答复画出来，中位 | p95 | 是空往返的几倍 | 首次绘制 | 加载时的移动（CLS） |\n|---|---|---|---|---|---|"
    )
    with serving(journal="false") as address, sync_playwright() as playwright:
        for name, (path, flags) in browsers.items():
            if not path.exists():
                print(f"no browser at {path}", file=sys.stderr)
                continue
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            found = measured(browser, address, questions[: args.questions])
            browser.close()
            (median, p95), (bare, _) = quantiles(found["taken"]), quantiles(found["bare"])
            painted = f"{found['painted']:.0f} ms" if found["painted"] else "—"
            print(
                f"| {name} | {median:.0f} ms | {p95:.0f} ms | {median / bare:.1f} | {painted} | {found['moved']:.3f} |"
            )
    sizes = {name: len(gzip.compress(assets.text(name).encode(), 9, mtime=0)) for name in CHAT}
    print("\n| 文件（gzip） | 字节 |\n|---|---|")
    for name, size in sizes.items():
        print(f"| {name} | {size:,} |")
    print(f"| 合计（上限 15,360） | {sum(sizes.values()):,} |")


if __name__ == "__main__":
    main()
