"""Plays stories: what a person does from the first page to the last, in each form that a page has.

Usage: story.py STAGE FOLDER STORIES…. STAGE is a file of JSON that says what is there: `http`, `https`, `ca`, `token`,
`user`, `password`, and what the stories need; FOLDER takes the pictures; STORIES are modules of `stories`, whose `PLAYED`
names the stories in their order. Prints `ok …` / `not ok …`; exits 1 when a check failed.

A form is script on or off, phone or desk, light or dark, English or Japanese. Sixteen would be all; these five hold every
pair of two of them, and a fault that takes three at once has not been seen yet.
Invariant: a story waits for what it tells, never for a length of time.
"""

import importlib
import itertools
import json
import os
import sys
from typing import NamedTuple

from api import Api
from driver import WIDTHS, Browser, Checks, Trouble, until
from words import Words


class Form(NamedTuple):
    """How a story is played."""

    script: bool
    width: str
    scheme: str
    language: str

    def name(self):
        return "-".join(["script" if self.script else "plain", *self[1:]])


FORMS = [
    Form(True, "phone", "light", "en"),
    Form(True, "desktop", "dark", "ja"),
    Form(False, "phone", "dark", "ja"),
    Form(False, "desktop", "light", "ja"),
    Form(False, "desktop", "dark", "en"),
]


def pairs(forms):
    """Every pair of two choices that a form makes."""
    return {pair for form in forms for pair in itertools.combinations(enumerate(form), 2)}


class Play:
    """A story in one form: the browser, the words, and what other stories of this form left behind (`memory`)."""

    def __init__(self, browser, form, number, stage, check):
        self.browser, self.form, self.number, self.stage, self._check = browser, form, number, stage, check
        self.words, self.memory, self.story = Words(form.language), {}, ""
        self.api = Api(stage["https"], stage["ca"], stage["token"])

    # --- what is told

    def check(self, what, holds, why=""):
        """A check of this story in this form."""
        return self._check(f"{self.story}, {self.form.name()}: {what}", holds, why)

    def same(self, what, wanted, got):
        """They are equal."""
        return self.check(what, wanted == got, f"wanted {wanted!r}, got {got!r}")

    def says(self, what, key, **values):
        """The heading is this text of the catalogue."""
        return self.same(what, self.words(key, **values), self.browser.heading())

    def page(self, what):
        """The page before the reader holds what every page holds, and a picture is taken of it."""
        seen = self.browser.run("""
            const style = getComputedStyle(document.body), root = document.documentElement;
            const light = colour => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
            return {language: root.lang, over: root.scrollWidth - root.clientWidth, heads: document.querySelectorAll('h1').length,
                    scheme: light(style.backgroundColor) < light(style.color) ? 'dark' : 'light'}""")
        wanted = {"language": self.form.language, "heads": 1, "scheme": self.form.scheme}
        self.check(f"{what}: the page", seen["over"] <= 0 and wanted.items() <= seen.items(), seen)
        self.browser.picture(f"{self.story}-{what}-{self.form.name()}".replace(" ", "-"))

    # --- what a person does

    def enter(self, user=None, password=None):
        """Logs in by password, as the administrator where nobody is named, in a browser that knows nobody."""
        self.browser.forget()
        self.browser.go("/login")
        self.browser.send(name=user or self.stage["user"], password=password or self.stage["password"])
        return self.check("logged in", self.browser.path() == "/console", self.browser.path())

    def leave(self):
        """Logs out by the button."""
        self.browser.press("form.log-out button")
        return self.check("logged out", self.browser.path().startswith("/login"), self.browser.path())

    def at(self, path):
        """The browser, on another page."""
        self.browser.go(path)
        return self.browser

    def find(self, text):
        """Searches for a device by the field in the head of each page."""
        self.browser.fill(q=text)
        self.browser.press("form.search button")

    def refused(self, what, status, selector="[role=alert]"):
        """The page says why something was not done, and with this status."""
        got = (self.browser.status(), bool(self.browser.text(selector)))
        return self.same(what, (status, True), got)

    def lose(self, selector):
        """Sends the form of `selector` without what proves that it came from a page of this log-in."""
        self.browser.run("document.querySelector(arguments[0]).elements.token.value = 'another'", selector)
        self.browser.press(f'{selector} button:not([type="button"])')
        self.same("a form with another token is refused", 403, self.browser.status())

    def moves(self, what, holds):
        """Waits for a state of the page: with script it comes by itself, without it the reader loads the page again."""
        if self.form.script:
            mark = self.browser.run("return window.before = window.before || String(performance.timeOrigin)")
            until(what, holds)
            return self.same(f"{what}, by itself", mark, self.browser.run("return window.before || ''"))

        def again():
            self.browser.go(self.browser.path())
            return holds()

        until(what, again)
        return self.check(what, True)


def play(story, tell):
    """One story; what stops it is a check that failed."""
    story.story = tell.__name__.replace("_", "-")
    try:
        tell(story)
    except (Trouble, AssertionError, OSError, KeyError, TypeError) as trouble:
        story.check("goes on to its end", False, f"{type(trouble).__name__}: {trouble}; at {story.browser.path()}: {story.browser.heading()}")
        story.browser.picture(f"{story.story}-stopped-{story.form.name()}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        stage = json.load(file)
    folder, modules = sys.argv[2], sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    told = [tell for name in modules for tell in importlib.import_module(f"stories.{name}").PLAYED]
    check = Checks()
    choices = [{form[i] for form in FORMS} for i in range(4)]
    check.same("the forms hold every pair", pairs(itertools.product(*choices)), pairs(FORMS))
    for number, form in enumerate(FORMS):
        with Browser(stage["http"], folder, script=form.script, language=form.language) as browser:
            browser.form(*WIDTHS[form.width], form.scheme)
            story = Play(browser, form, number, stage, check)
            for tell in told:
                play(story, tell)
            # what a page was refused with, the browser's console repeats
            spoken = [c for c in browser.complaints() if "Failed to load resource" not in c]
            check(f"{form.name()}: the browser has no complaint", spoken == [], spoken[:3])
    sys.exit(check.status())


if __name__ == "__main__":
    main()
