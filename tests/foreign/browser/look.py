"""Looks at the public pages with script off: every width, light and dark, both languages, keyboard only.

Usage: look.py BASE WELL HELD ENDED FOLDER. Prints `ok …` / `not ok …`; exits 1 when a check failed.
"""

import os
import sys

from driver import ENTER, LANGUAGES, SCHEMES, WIDTHS, Browser, Checks, until
from pages import in_language, public

base, well, held, ended, folder = sys.argv[1:6]
check = Checks()


def lightness(colour):
    """0 to 255 of `rgb(r, g, b)`."""
    parts = colour[colour.index("(") + 1:-1].split(",")
    return sum(float(p) for p in parts[:3]) / 3


def look(browser):
    for form, (width, height) in WIDTHS.items():
        for scheme in SCHEMES:
            browser.form(width, height, scheme)
            for page, (path, words) in public(well, held, ended).items():
                for language in LANGUAGES:
                    browser.go(in_language(path, language))
                    one(browser, f"{page}-{form}-{scheme}-{language}", language, words[language], scheme)


def one(browser, name, language, word, scheme):
    seen = browser.run("""
        const root = document.documentElement, style = getComputedStyle(document.body);
        const pressed = e => e.matches('[type=radio], [type=checkbox]') ? e.closest('label') : e;
        const low = () => [...document.querySelectorAll('button, summary, input:not([type=hidden]), .button')]
            .filter(e => pressed(e).getBoundingClientRect().height < 43).length;
        const folds = [...document.querySelectorAll('details:not([open])')];
        folds.forEach(f => f.open = true);
        const small = low(), wide = root.scrollWidth - root.clientWidth;
        folds.forEach(f => f.open = false);
        return {lang: root.lang, wide, small, ground: style.backgroundColor,
                ink: style.color, h1: [...document.querySelectorAll('h1')].map(h => h.textContent.trim()),
                main: document.querySelectorAll('main').length, title: document.title}""")
    check(f"{name}: language", seen["lang"] == language, seen["lang"])
    check(f"{name}: nothing hangs over", seen["wide"] <= 0, f"{seen['wide']} px")
    check(f"{name}: one answer", len(seen["h1"]) == 1 and word in seen["h1"][0] + seen["title"], seen["h1"])
    check(f"{name}: landmark and title", seen["main"] == 1 and seen["title"] != "", seen)
    check(f"{name}: can be pressed", seen["small"] == 0, f"{seen['small']} are lower than 43 px")
    dark = lightness(seen["ground"]) < lightness(seen["ink"])
    check(f"{name}: {scheme}", dark == (scheme == "dark"), f"{seen['ground']} under {seen['ink']}")
    check(f"{name}: a picture", os.path.getsize(browser.picture(name)) > 5000)


def keyboard(browser):
    browser.form(*WIDTHS["phone"], "light")
    browser.go("/?lang=en")
    check("the number's field is reached by Tab", browser.tab_to("[name=number]", 12))
    browser.keys(well.lower())
    browser.keys(ENTER)
    until("the device's page", lambda: browser.path().startswith(f"/d/{well}"))
    check("Enter leads to the device", True)
    browser.press(".languages a")
    check.same("the switch leads to Japanese", "ja", browser.run("return document.documentElement.lang"))


def asked_for(browser):
    """Who never pressed the switch gets the language of the browser."""
    for language in LANGUAGES:
        browser.language(language)
        browser.go("/")
        check.same(f"a browser set to {language}", language, browser.run("return document.documentElement.lang"))


os.makedirs(folder, exist_ok=True)
with Browser(base, folder, script=False) as browser:
    look(browser)
    keyboard(browser)
    asked_for(browser)
    complaints = [c for c in browser.complaints() if "favicon" not in c and "404 (Not Found)" not in c]
    check("the browser has no complaint", complaints == [], complaints[:3])
sys.exit(check.status())
