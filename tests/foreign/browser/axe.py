"""Holds every page against the rules that a program can check (axe-core), weighs it, and walks it by keyboard.

Usage: axe.py BASE WELL HELD ENDED AXE FOLDER CONSOLE. AXE is axe-core's `axe.min.js`; CONSOLE a file of JSON: `user`,
`password`, and under `things` the ids of what the console has pages of, by noun. Prints `ok …` / `not ok …`; exits 1 when
a check failed. What axe calls serious or critical is a failure; what it calls less is printed, and looked at by people.
"""

import json
import os
import sys

import console
from driver import LANGUAGES, SCHEMES, SPACE, TAB, WIDTHS, Browser, Checks, Trouble
from pages import in_language, public

base, well, held, ended, script, folder, console_file = sys.argv[1:8]
check = Checks()
with open(script, encoding="utf-8") as file:
    AXE = file.read()

# What fails; the rest is printed.
GRAVE = ("serious", "critical")
# Bytes of page, style and script together.
HEAVIEST = 100_000
# Every page at the desk in both schemes and languages, and once on a telephone.
FORMS = [("desktop", scheme, language) for scheme in SCHEMES for language in LANGUAGES] + [("phone", "light", "ja")]


def judge(browser, name):
    found = browser.axe(AXE)
    grave = [f"{one['id']} ({one['impact']}) {one['nodes'][:3]}" for one in found if one["impact"] in GRAVE]
    check(f"{name}: axe", not grave, grave)
    for one in found:
        if one["impact"] not in GRAVE:
            print(f"# {name}: {one['impact']}: {one['help']}: {one['nodes'][:2]}", flush=True)
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
    count = len(browser.all("summary"))
    for i in range(count):
        browser.run("document.querySelectorAll('summary')[arguments[0]].focus()", i)
        browser.keys(SPACE)
    open_ones = len(browser.all("details[open]"))
    check.same(f"{name}: what is folded opens by keyboard", count, open_ones)


def each(browser, pages):
    """Every page in every form; the heaviest of them."""
    heaviest = (0, "")
    for width, scheme, language in FORMS:
        browser.form(*WIDTHS[width], scheme)
        for page, path in pages.items():
            name = f"{page}-{width}-{scheme}-{language}"
            browser.go(in_language(path, language))
            try:
                heaviest = max(heaviest, (judge(browser, name), name))
                if (width, scheme, language) in (FORMS[0], FORMS[-1]):
                    walk(browser, name)
                    folds(browser, name)
            except Trouble as trouble:
                check(name, False, trouble)
                browser.picture(name)
    return heaviest


os.makedirs(folder, exist_ok=True)
with open(console_file, encoding="utf-8") as file:
    inside = json.load(file)
with Browser(base, folder) as browser:
    axe_itself(browser)
    heaviest = [each(browser, {name: path for name, (path, _) in public(well, held, ended).items()})]
    console.log_in(browser, inside["user"], inside["password"])
    heaviest.append(each(browser, console.pages(inside["things"])))
    complaints = [c for c in browser.complaints() if "favicon" not in c and "404 (Not Found)" not in c]
    check("the browser has no complaint", complaints == [], complaints[:3])
print(f"# the heaviest page: {max(heaviest)[1]}, {max(heaviest)[0]} bytes with style and script", flush=True)
sys.exit(check.status())
