"""Takes the pictures of the handbook: plays the demo, walks through it as the stories do, stores what is seen in few
colours. Each story has its decisive page here, in one form or two.

Usage: pictures.py TEGATA DEVICES FOLDER. Needs `pngquant`. Exits 1 when the demo did not hold, a page did not come, or a
picture is too large.
"""

import json
import os
import subprocess
import sys

import console
from driver import WIDTHS, Browser
from pages import in_language

# What one picture may weigh, and how many there may be.
LARGEST, MOST = 120_000, 24
# A longer page is cut: the handbook shows what it begins with.
TALLEST = 1500
# As the handbook shows them; a page is taken in some of these.
FORMS = {
    "desktop": ("desktop", "light", "en"),
    "dark": ("desktop", "dark", "en"),
    "ja": ("desktop", "light", "ja"),
    "ja-dark": ("desktop", "dark", "ja"),
    "phone": ("phone", "light", "en"),
    "phone-ja": ("phone", "light", "ja"),
    "phone-ja-dark": ("phone", "dark", "ja"),
}


class Camera:
    """A browser that goes through the demo and stops where a picture is worth it."""

    def __init__(self, browser, look):
        self.browser, self.look = browser, look
        self.browser.language("en")

    def shot(self, name, path, *forms):
        """A page, in each of these forms."""
        for form in forms:
            self._stand(form)
            self.browser.go(in_language(path, FORMS[form][2]))
            self._take(f"{name}-{form}")

    def here(self, name, form="desktop"):
        """The page that is before the reader: what a form was answered with is not to be had again."""
        self._stand(form)
        self._take(f"{name}-{form}")

    def _stand(self, form):
        width, scheme, _ = FORMS[form]
        self.browser.form(*WIDTHS[width], scheme)

    def _take(self, name):
        path = self.browser.picture(name, most=TALLEST)
        print(f"{os.path.basename(path):<36} {self.browser.heading()}", flush=True)

    def first(self, path, selector="main tbody th a"):
        """The first thing on a list: the path of its page."""
        self.browser.go(path)
        return self.browser.run("const a = document.querySelector(arguments[0]); return a && a.pathname", selector)


def take(look, folder):
    with Browser(look["pages"], folder) as browser:
        camera = Camera(browser, look)
        public(camera)
        camera.shot("log-in", "/login", "desktop")
        console.log_in(browser, look["user"], look["password"])
        for part in (people, fleet, line, hands):
            part(camera)


def public(camera):
    """What everybody sees."""
    devices = camera.look["devices"]
    camera.shot("look-up", f"/d/{devices['Infusion pump']}", "phone", "phone-ja-dark")
    camera.shot("look-up-ended", f"/d/{devices['retired']}", "phone")
    camera.shot("claim", "/claim", "phone")
    camera.shot("ledger", "/ledger", "desktop")


def people(camera):
    """A passkey, a token, the audit."""
    browser = camera.browser
    browser.go("/console/account/passkeys")
    browser.authenticator()
    browser.send("#passkey-add", name="Telephone")
    camera.here("passkeys")
    browser.go("/console/tokens")
    browser.send("main form[action='/console/tokens']", name="Line 3", role="station")
    browser.go("/console/tokens")
    browser.press("tbody tr:last-of-type button")
    camera.shot("tokens", "/console/tokens", "desktop")
    camera.shot("audit", "/console/audit", "desktop")
    browser.go("/console/accounts")
    browser.send("main form[action='/console/invitations']", note="Mori, night shift", role="operator")
    camera.shot("accounts", "/console/accounts", "desktop")


def fleet(camera):
    """The overview; devices that lack an update; one that is quarantined, and the question before one is retired."""
    browser = camera.browser
    camera.shot("overview", "/console", "desktop", "ja")
    # every camera has its update by now; of the others nothing is known
    narrowed = "/console/devices?stage=in_use&update=waiting&update=unknown"
    camera.shot("devices", narrowed, "desktop", "ja")
    device = camera.first(narrowed + "&condition=well")
    browser.go(device)
    browser.fill(reason="Found in a skip behind the shop")
    browser.press("[name=act][value=quarantine]")
    camera.shot("device", device, "desktop", "ja")
    # the others have new owners: only the owner retires
    browser.go(camera.first("/console/devices?whose=owned&stage=made"))
    browser.press("[name=act][value=retire]")
    camera.here("sure")
    camera.shot("findings", "/console/findings", "desktop", "ja")


def line(camera):
    """What is made and what is rolled out."""
    camera.shot("product", camera.first("/console/products"), "desktop")
    camera.shot("batch", camera.first("/console/batches"), "desktop")
    camera.shot("campaign", f"/console/campaigns/{camera.look['campaign']}", "desktop", "ja")


def hands(camera):
    """The code by which a device changes hands: of the one that was not sold yet."""
    browser = camera.browser
    browser.go(camera.first("/console/devices?whose=owned&stage=made"))
    browser.touch("section:has(#h-transfer) summary")
    browser.send("form[action$='/transfer']")
    camera.here("claim-code")


def in_few_colours(folder):
    """Every picture with a palette; what is too large still, by name."""
    too_large = []
    pictures = sorted(name for name in os.listdir(folder) if name.endswith(".png"))
    for name in pictures:
        path = os.path.join(folder, name)
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--speed", "1", "--output", path, "--", path],
                       check=False)
        if os.path.getsize(path) > LARGEST:
            too_large.append(f"{name}: {os.path.getsize(path)} bytes")
    return pictures, too_large


def main():
    tegata, devices, folder = sys.argv[1:4]
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if name.endswith(".png"):
            os.remove(os.path.join(folder, name))
    demo = subprocess.Popen([tegata, "demo", "--devices", devices, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(demo.stdout.readline())
        if not told["held"]:
            sys.exit("the demo did not hold")
        take(told["look"], folder)
    finally:
        demo.terminate()
        demo.wait(60)
    pictures, too_large = in_few_colours(folder)
    if too_large or len(pictures) > MOST:
        sys.exit(f"{len(pictures)} pictures, at most {MOST}; larger than {LARGEST} bytes: {too_large}")


main()
