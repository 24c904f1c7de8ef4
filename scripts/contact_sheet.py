"""Every state of the pages on one sheet, to be looked at:  python scripts/contact_sheet.py [--out dist/contact-sheet.jpg]

Each state is reached as a person would, in a real chromium against a service of its own.  ``--full FOLDER`` also writes
the pictures one by one in full size.
"""

from __future__ import annotations

import argparse
import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright
from serving import FLAGS, serving

Act = Callable[[Page], None]

WIDE, TABLET, PHONE, NARROW = (1440, 900), (768, 1024), (390, 844), (320, 640)


class State(NamedTuple):
    name: str
    size: tuple[int, int]
    path: str = "/"
    acts: Sequence[Act] = ()
    look: tuple[tuple[str, str], ...] = ()


def ask(text: str) -> Act:
    def act(page: Page) -> None:
        before = page.locator(".card:not(.pending)").count()
        page.fill("#question", text)
        page.keyboard.press("Enter")
        page.wait_for_function("count => document.querySelectorAll('.card:not(.pending)').length > count", arg=before)

    return act


def types(text: str) -> Act:
    def act(page: Page) -> None:
        page.locator("#question").press_sequentially(text)
        page.wait_for_selector("[role=option]")

    return act


def click(selector: str) -> Act:
    return lambda page: page.locator(selector).last.click()


def keys(*names: str) -> Act:
    return lambda page: [page.keyboard.press(name) for name in names] and None


def fails(page: Page) -> None:
    page.route("**/api/v1/ask", lambda route: route.abort())


ANSWERED, UNCLEAR, UNKNOWN = "CA锁的PIN码输错锁住了怎么办", "保证金多久退", "今天晚饭吃什么好"
DEPOSIT, VERDICT, DECRYPT = "工程投标保证金什么时候退", "这家的报价最低，能不能废掉", "开标时投标文件解密失败怎么办"
LARGE, HIGH, DARK = (("size", "large"),), (("contrast", "high"),), (("theme", "dark"),)

STATES = (
    State("欢迎", WIDE),
    State("答案", WIDE, acts=(ask(DEPOSIT), click(".card.answer summary >> text=依据"))),
    State("临近开标", WIDE, "/?minutes=18", (ask(DECRYPT),)),
    State("深色", WIDE, acts=(ask(ANSWERED),), look=DARK),
    State("大字", WIDE, acts=(ask(UNCLEAR),), look=LARGE),
    State("高对比", WIDE, acts=(ask(ANSWERED),), look=HIGH),
    State("法条", TABLET, acts=(ask("招标投标法实施条例第五十一条"),)),
    State("词义", TABLET, acts=(ask("什么是暗标"),)),
    State("如实说没有", TABLET, acts=(ask(UNKNOWN),)),
    State("不作判断", TABLET, acts=(ask(VERDICT),)),
    State("简易版", TABLET, "/lite?q=%E4%BF%9D%E8%AF%81%E9%87%91%E5%A4%9A%E4%B9%85%E9%80%80"),
    State("手册", TABLET, "/manual?id=bid-tool"),
    State("手机·欢迎", PHONE),
    State("手机·选身份", PHONE, acts=(click("[data-role=evaluator]"),)),
    State("手机·提示", PHONE, acts=(types("bzjth"),)),
    State("手机·目录", PHONE, acts=(click("[data-category='3']"),)),
    State("手机·反问", PHONE, acts=(ask(UNCLEAR),)),
    State("手机·答案", PHONE, acts=(ask(ANSWERED),)),
    State("手机·评价", PHONE, acts=(ask(ANSWERED), click("button >> text=没帮助"))),
    State("手机·凭证", PHONE, acts=(ask(ANSWERED), click(".card.answer summary >> text=答复凭证"))),
    State("手机·设置", PHONE, acts=(ask(ANSWERED), click("#menu summary"))),
    State("手机·连不上", PHONE, acts=(fails, ask(ANSWERED))),
    State("手机·深色高对比", PHONE, acts=(ask(UNCLEAR),), look=DARK + HIGH),
    State("320·大字", NARROW, acts=(ask(ANSWERED),), look=LARGE),
)

SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 16px; width: 1880px; display: flex; flex-wrap: wrap; gap: 14px; align-items: flex-start; background: #dfe5ec; font: 15px sans-serif; }}
figure {{ margin: 0; }} img {{ display: block; height: {height}px; border: 1px solid #99a; }}
</style>{figures}"""


def pictured(browser: Browser, address: str, state: State) -> bytes:
    width, height = state.size
    context = browser.new_context(locale="zh-CN", viewport={"width": width, "height": height})
    page = context.new_page()
    stored = ";".join(f"localStorage.setItem('yiboshi-{name}', '{value}')" for name, value in state.look)
    page.add_init_script(stored)
    page.goto(address + state.path)
    for act in state.acts:
        act(page)
    page.wait_for_timeout(300)
    picture = page.screenshot()
    context.close()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("dist/contact-sheet.jpg"))
    parser.add_argument("--full", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--quality", type=int, default=55, help="of the JPEG")
    args = parser.parse_args()
    figures = []
    with serving(journal="false") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=args.chromium, args=FLAGS)
        for state in STATES:
            picture = pictured(browser, address, state)
            if args.full:
                args.full.mkdir(parents=True, exist_ok=True)
                (args.full / f"{state.name}.png").write_bytes(picture)
            code = base64.b64encode(picture).decode()
            figures.append(
                f'<figure><img src="data:image/png;base64,{code}"><figcaption>{state.name}</figcaption></figure>'
            )
        page = browser.new_page(viewport={"width": 1912, "height": 1000})
        page.set_content(SHEET.format(height=300, figures="".join(figures)))
        args.out.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=args.out, full_page=True, type="jpeg", quality=args.quality)
        browser.close()
    print(f"{args.out}: {len(STATES)} states, {args.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
