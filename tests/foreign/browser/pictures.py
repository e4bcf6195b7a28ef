"""Takes the pictures of the handbook: plays the demo, looks at its pages, stores them in few colours.

Usage: pictures.py TEGATA DEVICES FOLDER. Needs `pngquant`. Exits 1 when the demo did not hold, a page did not come, or a
picture is too large.
"""

import json
import os
import subprocess
import sys

from driver import WIDTHS, Browser
from pages import in_language

# What one picture may weigh, and how many there may be.
LARGEST, MOST = 120_000, 60
# As the handbook shows them; a page is taken in some of these.
FORMS = {
    "desktop": ("desktop", "light", "en"),
    "dark": ("desktop", "dark", "en"),
    "ja": ("desktop", "light", "ja"),
    "phone": ("phone", "light", "en"),
    "phone-ja": ("phone", "light", "ja"),
}


def shots(look):
    """What is taken: name, path, forms."""
    found = [("front", "/", ("desktop", "phone-ja"))]
    for i, number in enumerate(look["devices"].values()):
        if i < 4:
            found.append((f"look-up-{i + 1}", f"/d/{number}", ("desktop", "phone-ja")))
    return found


def take(look, folder):
    with Browser(look["pages"], folder) as browser:
        for name, path, forms in shots(look):
            for form in forms:
                width, scheme, language = FORMS[form]
                browser.form(*WIDTHS[width], scheme)
                browser.go(in_language(path, language))
                title = browser.heading()
                picture = browser.picture(f"{name}-{form}")
                print(f"{os.path.basename(picture):<32} {title}", flush=True)


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
