"""A browser for the page tests: headless Chromium through chromedriver (W3C WebDriver), standard library only.

Why our own: WebDriver is JSON over HTTP, and what the tests need of it fits on three pages.
Invariant: nothing here waits for a length of time; it waits for a state, and says which one when that does not come.

What a page runs is the page's own matter (`script=False` forbids it); what this file measures goes through the driver,
which no Content-Security-Policy holds back, so pages are judged under exactly the policy that people get.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# Keys as WebDriver names them (section 17.4.2).
TAB, ENTER, ESCAPE, SPACE, BACK = "\ue004", "\ue007", "\ue00c", " ", "\ue003"
SHIFT = "\ue008"

# The narrowest page that must hold, a phone, a desk.
WIDTHS = {"small": (320, 640), "phone": (390, 844), "desktop": (1280, 900)}
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "ja")

# How long a state may take to come, in seconds.
PATIENCE = 15
# A reference to an element (section 12.1 of the standard fixes this name).
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]


class Checks:
    """Counts what held; prints in the manner of TAP."""

    def __init__(self):
        self.failed = 0

    def __call__(self, name, holds, why=""):
        why = str(why).replace("\n", " | ")
        print(f"ok {name}" if holds else f"not ok {name}: {why}", flush=True)
        self.failed += not holds
        return bool(holds)

    def same(self, name, wanted, got):
        """They are equal."""
        return self(name, wanted == got, f"wanted {wanted!r}, got {got!r}")

    def status(self):
        """For `sys.exit`."""
        return int(self.failed > 0)


class Trouble(Exception):
    """The browser refused, or a state did not come."""


class Browser:
    """One session: a browser with a profile of its own, which is thrown away at its end.

    `base` is put before every path; pictures go to `folder`. `language` is what the browser asks for in
    `Accept-Language`. `insecure` takes a certificate that no authority of the system signed.
    """

    def __init__(self, base, folder=None, *, script=True, language=None, insecure=False):
        self.base, self.folder = base, folder
        self.profile = tempfile.mkdtemp(prefix="tegata-browser-")
        options = {"args": FLAGS + [f"--user-data-dir={self.profile}"]}
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "acceptInsecureCerts": insecure}
        self._start(wanted)
        if language:
            self.language(language)

    def _start(self, wanted):
        # Chromium now and then does not come up on a busy machine; that says nothing of the pages.
        for last in (False, True):
            port = _free_port()
            self.root = f"http://127.0.0.1:{port}"
            self.session = ""
            self.process = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
            try:
                until("chromedriver listens", self._listens)
                answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                self.session = f"/session/{answer['sessionId']}"
                return
            except Trouble:
                self._stop()
                if last:
                    raise

    def _listens(self):
        try:
            return self.call("GET", "/status")["ready"]
        except urllib.error.URLError:
            return False

    def _stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends browser and driver."""
        try:
            self.call("DELETE", "")
        except (Trouble, OSError):
            pass
        self._stop()
        shutil.rmtree(self.profile, ignore_errors=True)

    # --- the wire

    def call(self, method, path, body=None):
        """One command of the driver; its value."""
        data = None if body is None else json.dumps(body).encode()
        address = self.root + self.session + path
        request = urllib.request.Request(address, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            value = json.load(refused).get("value") or {}
            raise Trouble(f"{path}: {value.get('error')}: {str(value.get('message')).splitlines()[0]}") from None

    def cdp(self, command, **params):
        """One command of the browser's own protocol, for what WebDriver has no word for."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    # --- who looks

    def form(self, width, height, scheme):
        """Size of the window, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)
        self.scheme(scheme)

    def scheme(self, scheme, media=""):
        """Light or dark; `media="print"` shows the page as on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.cdp("Emulation.setEmulatedMedia", media=media, features=features)

    def language(self, language):
        """What the browser says in `Accept-Language`."""
        agent = self.cdp("Browser.getVersion")["userAgent"]
        self.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    # --- pages

    def go(self, path):
        """Loads a path below the base, or a whole address."""
        self.call("POST", "/url", {"url": path if "://" in path else self.base + path})

    def run(self, script, *args):
        """Runs `script` in the page, through the driver; what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def promise(self, script, *args):
        """The same where `script` returns a promise; what that came to."""
        body = f"const done = arguments[arguments.length - 1]; (async (...args) => {{ {script} }})(...arguments)" \
               ".then(value => done({value}), why => done({why: String(why)}))"
        answer = self.call("POST", "/execute/async", {"script": body, "args": list(args)})
        if "why" in answer:
            raise Trouble(answer["why"])
        return answer.get("value")

    def status(self):
        """The status that the page came with."""
        return self.run("return performance.getEntriesByType('navigation')[0].responseStatus")

    def forget(self):
        """Throws away every cookie, also of pages that are not before the reader."""
        self.cdp("Network.clearBrowserCookies")

    def path(self):
        """Path and query of the page."""
        return self.run("return location.pathname + location.search")

    def heading(self):
        """The page's answer."""
        return self.text("h1")

    def text(self, selector):
        """The visible words of the first element; `None` where there is none."""
        # in one step: a page that moves by itself changes its elements between two
        return self.run("""
            const one = document.querySelector(arguments[0]);
            return one && (one.checkVisibility() ? one.innerText.trim() : '')""", selector)

    def texts(self, selector):
        """The words of all."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())", selector)

    def all(self, selector):
        """Ids of all elements that match."""
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [element[ELEMENT] for element in found]

    def one(self, selector):
        """Id of the one element that matches first."""
        found = self.all(selector)
        if not found:
            raise Trouble(f"nothing on {self.path()} matches {selector}; it says: {self.heading()}")
        return found[0]

    def by_words(self, selector, words):
        """Id of the first element that matches and says `words`."""
        for element in self.all(selector):
            if words in self.call("GET", f"/element/{element}/text"):
                return element
        raise Trouble(f"no {selector} on {self.path()} says {words!r}")

    # --- acts

    def fill(self, within="", **fields):
        """Types into fields by their names, of the form `within` where it is named; a box is ticked by `True`, a choice
        taken by its value."""
        for name, value in fields.items():
            field = f'{within} [name="{name}"]'.strip()
            element = self.one(field)
            kind = self.call("GET", f"/element/{element}/property/type")
            if kind in ("checkbox", "radio"):
                self._tick(field, kind, value)
            elif kind.startswith("select"):
                self._press(self.one(f'{field} option[value="{value}"]'))
            else:
                self.call("POST", f"/element/{element}/clear", {})
                self.call("POST", f"/element/{element}/value", {"text": str(value)})

    def _tick(self, field, kind, value):
        wanted = self.one(f'{field}[value="{value}"]' if kind == "radio" else field)
        if self.call("GET", f"/element/{wanted}/selected") != bool(value):
            self._press(wanted)

    def _press(self, element):
        self.call("POST", f"/element/{element}/click", {})

    def press(self, selector, words=None):
        """Presses a link or a button, by its words where they are given; waits for the page that follows."""
        element = self.by_words(selector, words) if words else self.one(selector)
        self.leaves(lambda: self._press(element))

    def touch(self, selector, words=None):
        """Presses what leads to no other page."""
        self._press(self.by_words(selector, words) if words else self.one(selector))

    def send(self, selector="main form", **fields):
        """Fills a form and sends it by its first button; waits for the page that follows."""
        self.fill(selector, **fields)
        self.press(f'{selector} button:not([type="button"])')

    def leaves(self, act):
        """Does what leads to another page, and waits until that is there: each page has its own beginning of time."""
        begun = "return performance.timeOrigin"
        old = self.run(begun)
        act()

        def left():
            try:
                return self.run(begun) != old and self.run("return document.readyState") == "complete"
            except Trouble:
                # between two pages there is none to ask
                return False

        until("another page", left)

    # --- the keyboard

    def keys(self, text):
        """Presses and releases each key in turn, as a hand does."""
        self._type([(kind, key) for key in text for kind in ("keyDown", "keyUp")])

    def tab_back(self):
        """Shift and Tab."""
        self._type([("keyDown", SHIFT), ("keyDown", TAB), ("keyUp", TAB), ("keyUp", SHIFT)])

    def _type(self, strokes):
        actions = [{"type": kind, "value": key} for kind, key in strokes]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def tab_to(self, selector, most=120):
        """Presses Tab until the element that matches has the focus; whether it came to that."""
        for _ in range(most):
            self.keys(TAB)
            if self.focused(selector):
                return True
        return False

    def focused(self, selector):
        """Whether what has the focus matches."""
        return self.run("return !!document.activeElement && document.activeElement.matches(arguments[0])", selector)

    # --- what is seen

    def picture(self, name, most=20_000):
        """Takes the page into `NAME.png`, down to its foot, at most so many pixels; its path."""
        size = self.run("return [innerWidth, Math.min(document.documentElement.scrollHeight, arguments[0])]", most)
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self.cdp("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path = os.path.join(self.folder, name + ".png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
        return path

    def complaints(self):
        """What the browser's console says since it was asked last."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def weight(self):
        """Bytes of the page, its style and its script, unpacked: what a phone must read before it is whole."""
        return self.run("""
            const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
            return parts.filter(p => !/event-stream/.test(p.contentType || ''))
                        .reduce((sum, part) => sum + part.decodedBodySize, 0)""")

    # --- passkeys (W3C Web Authentication, section 11)

    def authenticator(self):
        """Puts a virtual passkey holder into the browser, one that knows its person; its id."""
        wanted = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                  "isUserConsenting": True, "isUserVerified": True}
        return self.call("POST", "/webauthn/authenticator", wanted)

    def attends(self, authenticator, attends):
        """Whether its person touches it when it is asked: off, a page may ask and nothing comes of it."""
        self.cdp("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=authenticator, enabled=attends)

    def passkeys(self, authenticator):
        """What it holds."""
        return self.call("GET", f"/webauthn/authenticator/{authenticator}/credentials")

    def remove_authenticator(self, authenticator):
        """Takes it out again, as a lost telephone."""
        self.call("DELETE", f"/webauthn/authenticator/{authenticator}")

    # --- rules that a program can check (WCAG 2.2, by axe-core)

    def axe(self, source, rules=None):
        """What axe finds in the page; `source` is the text of its script, `rules` are all that it is asked about. Each
        with `id`, `impact`, `help`, `nodes`."""
        if not self.run("return !!window.axe"):
            self.run(source)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = self.promise("""
            const found = await window.axe.run(document, {runOnly: args[0] || args[1], resultTypes: ['violations']});
            return found.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
                nodes: v.nodes.map(n => n.target.join(' ') + ': ' + (n.any[0] || n.all[0] || n.none[0] || {}).message)}));
        """, rules, tags)
        return found


def until(what, holds, patience=PATIENCE):
    """Waits until `holds()` is true, and answers it; `what` stands in the complaint when it does not come."""
    end = time.monotonic() + patience
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise Trouble(f"{what} did not come within {patience} s")
        time.sleep(0.03)


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
