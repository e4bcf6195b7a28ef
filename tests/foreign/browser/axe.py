"""Holds every page against the rules that a program can check (axe-core), weighs it, and walks it by keyboard.

Usage: axe.py BASE WELL HELD ENDED AXE FOLDER CONSOLE. AXE is axe-core's `axe.min.js`; CONSOLE a file of JSON: `user`,
`password`, `invitation` and `letter` (paths with a code), and under `things` the ids of what the console has pages of, by
noun. Prints `ok …` / `not ok …`; exits 1 when a check failed. What axe calls serious or critical is a failure; what it
calls less is printed, and looked at by people. Which pages there are, `routes.py` knows: one that is not looked at is a
failure.
"""

import json
import os
import sys

import console
import routes
from driver import LANGUAGES, SPACE, TAB, WIDTHS, Browser, Checks, Trouble
from pages import NOT_THERE, in_language, outside, public

base, well, held, ended, script, folder, console_file = sys.argv[1:8]
check = Checks()
with open(script, encoding="utf-8") as file:
    AXE = file.read()

# What fails; the rest is printed.
GRAVE = ("serious", "critical")
# Bytes of page, style and script together.
HEAVIEST = 100_000
# What an A4 sheet holds between its margins, in CSS pixels.
PAPER = (673, 1000)
# Every page at the desk in both languages, and once on a telephone; at the desk in both schemes.
FORMS = [("desktop", language) for language in LANGUAGES] + [("phone", "ja")]
# What a scheme decides.
OF_A_SCHEME = ["color-contrast", "link-in-text-block"]


def judge(browser, name, rules=None):
    found = browser.axe(AXE, rules)
    grave = [f"{one['id']} ({one['impact']}) {one['nodes'][:3]}" for one in found if one["impact"] in GRAVE]
    check(f"{name}: axe", not grave, grave)
    for one in found:
        if one["impact"] not in GRAVE:
            print(f"# {name}: {one['impact']}: {one['help']}: {one['nodes'][:2]}", flush=True)


def weigh(browser, name):
    weight = browser.weight()
    check(f"{name}: weight", 0 < weight <= HEAVIEST, f"{weight} bytes")
    return weight


def axe_itself(browser):
    """That it finds what is wrong: a page of ours, spoiled."""
    browser.go("/?lang=en")
    browser.run("document.querySelector('label').remove(); document.documentElement.removeAttribute('lang')")
    found = {one["id"] for one in browser.axe(AXE)}
    check("axe finds what is spoiled", {"label", "html-has-lang"} <= found, found)


def walk(browser, name):
    """Tab reaches whatever can be pressed or filled in, in the order of the page, and what has the focus can be seen."""
    wanted = browser.run("""
        const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')];
        // of a group of radio buttons Tab reaches the chosen one, and arrows the others
        const passed = e => e.type === 'radio' && !e.checked && document.querySelector(`[type=radio][name="${e.name}"]:checked`);
        const seen = all.filter(e => e.tabIndex >= 0 && e.checkVisibility({contentVisibilityAuto: true}) && !e.disabled && !passed(e));
        seen.forEach((e, i) => e.dataset.stop = i);
        return seen.length""")
    browser.run("document.activeElement.blur(); scrollTo(0, 0)")
    stops, unseen = [], []
    # a field for a date has several stops within
    for _ in range(wanted + 8 * len(browser.all("[type=date]")) + 1):
        browser.keys(TAB)
        stop, shown = browser.run("""
            const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
            const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
            return [e.dataset.stop, (ring || s.boxShadow !== 'none') && box.width > 1 && box.height > 1]""")
        if stop is None:
            break
        stops.append(int(stop))
        if not shown:
            unseen.append(int(stop))
    in_order = [stop for i, stop in enumerate(stops) if stop not in stops[:i]]
    check.same(f"{name}: Tab reaches everything in order", list(range(wanted)), in_order)
    check(f"{name}: the focus is seen", not unseen, unseen)


def folds(browser, name):
    """What is folded opens by keyboard."""
    closed = "details:not([open]) > summary"
    for _ in browser.all("summary"):
        if not browser.run("const e = document.querySelector(arguments[0]); if (e) e.focus(); return !!e", closed):
            break
        browser.keys(SPACE)
    left = browser.texts(closed)
    check(f"{name}: what is folded opens by keyboard", not left, left)


def narrow(browser, name):
    """The narrowest telephone holds it."""
    browser.form(*WIDTHS["small"], "light")
    wide = browser.run("""
        const root = document.documentElement;
        const over = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1
            && !e.closest('.table, .plot-frame, pre, .visually-hidden'));
        return [root.scrollWidth - root.clientWidth, over.slice(0, 3).map(e => e.outerHTML.slice(0, 80))]""")
    check(f"{name}: nothing hangs over at {WIDTHS['small'][0]} px", wide[0] <= 0, wide)


def paper(browser, name):
    """It prints: dark on white, within the margins, and without what can be pressed."""
    browser.form(*PAPER, "light")
    browser.scheme("light", media="print")
    seen = browser.run("""
        const root = document.documentElement;
        const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().height > 0;
        const pressed = [...document.querySelectorAll('button, input, select, textarea, .top nav a')].filter(seen);
        const over = [...document.querySelectorAll('main *')]
            .filter(e => seen(e) && !e.closest('.visually-hidden') && e.getBoundingClientRect().right > root.clientWidth + 1);
        return {ground: getComputedStyle(document.body).backgroundColor, wide: root.scrollWidth - root.clientWidth,
                over: over.slice(0, 2).map(e => e.outerHTML.slice(0, 90)), pressed: pressed.slice(0, 3).map(e => e.outerHTML.slice(0, 90)),
                head: seen(document.querySelector('h1'))}""")
    good = seen["wide"] <= 0 and not seen["over"] and not seen["pressed"] and seen["head"] and seen["ground"] == "rgb(255, 255, 255)"
    check(f"{name}: on paper", good, seen)


def each(browser, pages):
    """Every page in every form; the heaviest of them."""
    heaviest = (0, "")
    for width, language in FORMS:
        browser.form(*WIDTHS[width], "light")
        for page, path in pages.items():
            name = f"{page}-{width}-light-{language}"
            browser.go(in_language(path, language))
            try:
                heaviest = max(heaviest, (weigh(browser, name), name))
                judge(browser, name)
                if width == "desktop":
                    dark = f"{page}-{width}-dark-{language}"
                    browser.scheme("dark")
                    judge(browser, dark, OF_A_SCHEME)
                    browser.scheme("light")
                if (width, language) != FORMS[1]:
                    # at a desk people work by keyboard; on a telephone only the public pages have to be walked
                    if width == "desktop" or not path.startswith("/console"):
                        walk(browser, name)
                    beside(browser, page, name)
                    browser.form(*WIDTHS[width], "light")
            except Trouble as trouble:
                check(name, False, trouble)
                browser.picture(name)
    return heaviest


def beside(browser, page, name):
    """What else must hold of a page, and needs not be looked at in every form."""
    check.same(f"{name}: its status", 404 if page in NOT_THERE else 200, browser.status())
    folds(browser, name)
    narrow(browser, name)
    paper(browser, name)


os.makedirs(folder, exist_ok=True)
with open(console_file, encoding="utf-8") as file:
    inside = json.load(file)
open_pages = {name: path for name, (path, _) in public(well, held, ended).items()}
open_pages |= routes.there(outside(inside["invitation"], inside["letter"]))
closed_pages = routes.there(console.pages(inside["things"]))
half_way = routes.there({"second-step": "/login/factor"})
with Browser(base, folder) as browser:
    axe_itself(browser)
    heaviest = [each(browser, open_pages)]
    console.log_in(browser, inside["user"], inside["password"])
    bulk = console.prepared(browser)
    if bulk:
        closed_pages["bulk"] = bulk
    heaviest.append(each(browser, closed_pages))
    if half_way:
        console.half_in(browser, inside["user"], inside["password"])
        heaviest.append(each(browser, half_way))
    complaints = [c for c in browser.complaints() if "favicon" not in c and "404 (Not Found)" not in c]
    check("the browser has no complaint", complaints == [], complaints[:3])
missed = routes.unseen([*open_pages.values(), *closed_pages.values(), *half_way.values()])
check("every page that has a route is looked at", not missed, missed)
print(f"# the heaviest page: {max(heaviest)[1]}, {max(heaviest)[0]} bytes with style and script", flush=True)
sys.exit(check.status())
