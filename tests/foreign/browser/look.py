"""Looks at the public pages with headless Chromium through chromedriver (W3C WebDriver), standard library only.

Usage: look.py BASE WELL HELD ENDED FOLDER. Prints `ok …` / `not ok …`; exits 1 when a check failed.
The browser runs no script of a page (there is none); what this file measures runs through the driver.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

base, well, held, ended, folder = sys.argv[1:6]
failed = 0


def check(name, holds, why=""):
    global failed
    print(f"ok {name}" if holds else f"not ok {name}: {why}", flush=True)
    failed += not holds


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """One session of chromedriver."""

    FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]

    def __init__(self):
        port = free_port()
        self.process = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        self.profile = tempfile.mkdtemp()
        options = {"args": self.FLAGS + [f"--user-data-dir={self.profile}"],
                   "prefs": {"profile.managed_default_content_settings.javascript": 2}}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        for _ in range(100):
            try:
                answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        self.url += f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def form(self, width, height, scheme):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go(self, path):
        self.call("POST", "/url", {"url": base + path})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def keys(self, text):
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def picture(self, name):
        height = self.run("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": self.run("return innerWidth"), "height": height, "scale": 1}
        shot = self.cdp("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path = os.path.join(folder, name + ".png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
        return os.path.getsize(path)

    def complaints(self):
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def end(self):
        self.call("DELETE", "")
        self.process.terminate()
        self.process.wait(20)


def lightness(colour):
    """0 to 255 of `rgb(r, g, b)`."""
    parts = colour[colour.index("(") + 1:-1].split(",")
    return sum(float(p) for p in parts[:3]) / 3


PAGES = {
    "front": ("/", {"en": "Look up", "ja": "照会"}),
    "well": (f"/d/{well}", {"en": "Registered.", "ja": "登録済みです。"}),
    "held": (f"/d/{held}", {"en": "Cannot confirm.", "ja": "確認できません。"}),
    "ended": (f"/d/{ended}", {"en": "Ended.", "ja": "終了"}),
    "unknown": ("/d/0000-0000-0000-0000", {"en": "", "ja": ""}),
    "malformed": ("/d/hello", {"en": "", "ja": ""}),
    "model": ("/01/04512345678906/21/unit-1", {"en": "gateway", "ja": "gateway"}),
}
FORMS = {"small": (320, 640), "phone": (390, 844), "desktop": (1280, 900)}


def look(browser):
    for form, (width, height) in FORMS.items():
        for scheme in ("light", "dark"):
            browser.form(width, height, scheme)
            for page, (path, words) in PAGES.items():
                for language, word in words.items():
                    browser.go(f"{path}{'&' if '?' in path else '?'}lang={language}")
                    one(browser, f"{page}-{form}-{scheme}-{language}", language, word, scheme)


def one(browser, name, language, word, scheme):
    seen = browser.run("""
        const root = document.documentElement, style = getComputedStyle(document.body);
        return {lang: root.lang, wide: root.scrollWidth - innerWidth, ground: style.backgroundColor,
                ink: style.color, h1: [...document.querySelectorAll('h1')].map(h => h.textContent.trim()),
                main: document.querySelectorAll('main').length, title: document.title,
                small: [...document.querySelectorAll('button, input:not([type=hidden]), .button')].filter(
                    e => e.getBoundingClientRect().height < 43).length}""")
    check(f"{name}: language", seen["lang"] == language, seen["lang"])
    check(f"{name}: nothing hangs over", seen["wide"] <= 0, f"{seen['wide']} px")
    check(f"{name}: one answer", len(seen["h1"]) == 1 and word in seen["h1"][0] + seen["title"], str(seen["h1"]))
    check(f"{name}: landmark and title", seen["main"] == 1 and seen["title"] != "", str(seen))
    check(f"{name}: can be pressed", seen["small"] == 0, f"{seen['small']} are lower than 43 px")
    dark = lightness(seen["ground"]) < lightness(seen["ink"])
    check(f"{name}: {scheme}", dark == (scheme == "dark"), f"{seen['ground']} under {seen['ink']}")
    check(f"{name}: a picture", browser.picture(name) > 5000)


def keyboard(browser):
    browser.form(390, 844, "light")
    browser.go("/?lang=en")
    for _ in range(12):
        browser.keys("\ue004")
        if browser.run("return document.activeElement.name") == "number":
            break
    check("the number's field is reached by Tab", browser.run("return document.activeElement.name") == "number")
    browser.keys(well.lower())
    browser.keys("\ue007")
    for _ in range(50):
        if browser.run("return location.pathname") == f"/d/{well}":
            break
        time.sleep(0.1)
    check("Enter leads to the device", browser.run("return location.pathname") == f"/d/{well}",
          browser.run("return location.href"))
    browser.run("document.querySelector('.languages a').click()")
    time.sleep(0.3)
    check("the switch leads to Japanese", browser.run("return document.documentElement.lang") == "ja",
          browser.run("return location.href"))


os.makedirs(folder, exist_ok=True)
browser = Browser()
try:
    look(browser)
    keyboard(browser)
    complaints = [c for c in browser.complaints() if "favicon" not in c and "404 (Not Found)" not in c]
    check("the browser has no complaint", complaints == [], str(complaints[:3]))
finally:
    browser.end()
sys.exit(failed > 0)
