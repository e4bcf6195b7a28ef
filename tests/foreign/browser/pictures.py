"""Takes the pictures of the handbook: plays the demo, looks at its pages, stores them in few colours.

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
LARGEST, MOST = 120_000, 60
# A longer page is cut: the handbook shows what it begins with.
TALLEST = 1200
# As the handbook shows them; a page is taken in some of these.
FORMS = {
    "desktop": ("desktop", "light", "en"),
    "dark": ("desktop", "dark", "en"),
    "ja": ("desktop", "light", "ja"),
    "phone": ("phone", "light", "en"),
    "phone-ja": ("phone", "light", "ja"),
}


# Areas of the console whose lists lead to a page of each thing.
AREAS = ("products", "batches", "releases", "campaigns", "findings", "notices")
# Other pages of it.
OTHERS = {"overview": "/console", "devices": "/console/devices", "audit": "/console/audit", "accounts": "/console/accounts",
          "tokens": "/console/tokens", "organisation": "/console/organisation", "account": "/console/account"}


# Devices of the demo whose look-up is shown.
SHOWN = ("infusion pump", "quarantined", "retired", "recalled")


def public(look):
    """Pages that everybody sees: name, path, forms."""
    found = [("front", "/", ("desktop", "phone-ja")), ("ledger", "/ledger", ("desktop", "phone-ja"))]
    for what, number in sorted(look["devices"].items()):
        if what not in SHOWN:
            continue
        name = "".join(c if c.isalnum() else "-" for c in what.lower())
        found.append((f"look-up-{name}", f"/d/{number}", ("phone", "phone-ja")))
    return found


def inside(browser):
    """Pages of who is logged in. What a list leads to is found by its first link."""
    found = [(name, path, ("desktop", "ja")) for name, path in OTHERS.items() if reached(browser, path)]
    for area in AREAS:
        if reached(browser, f"/console/{area}"):
            found.append((area, f"/console/{area}", ("desktop", "ja")))
            first = browser.run("const a = document.querySelector('main tbody th a, main .finding h3 a'); return a && a.pathname")
            if first:
                found.append((area[:-2] if area == "batches" else area[:-1], first, ("desktop", "dark", "phone-ja")))
    return found


def reached(browser, path):
    """Whether there is a page."""
    browser.go(path)
    return browser.run("return performance.getEntriesByType('navigation')[0].responseStatus") == 200


def take(look, folder):
    with Browser(look["pages"], folder) as browser:
        taken(browser, public(look))
        console.log_in(browser, look["user"], look["password"])
        taken(browser, inside(browser))


def taken(browser, shots):
    for name, path, forms in shots:
        for form in forms:
            width, scheme, language = FORMS[form]
            browser.form(*WIDTHS[width], scheme)
            browser.go(in_language(path, language))
            title = browser.heading()
            picture = browser.picture(f"{name}-{form}", most=TALLEST)
            print(f"{os.path.basename(picture):<40} {title}", flush=True)


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
