"""A person's browser, without script: opens an address, fills in the forms that it finds, and stops before REDIRECT.

    visit.py CA REDIRECT ADDRESS [NAME=VALUE…]

Prints the address that it was sent back to. A form is sent with what it holds and the values given; cookies are kept
for this one visit.
"""

import http.cookiejar
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

ca, redirect, address = sys.argv[1:4]
filled = dict(pair.split("=", 1) for pair in sys.argv[4:])


class Forms(HTMLParser):
    """The forms of a page: where they go, and what they hold."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append((given.get("action") or "", {}))
        elif tag in ("input", "button") and self.forms and given.get("name"):
            # of several buttons the first is pressed
            if tag == "button" or given.get("type") == "submit":
                if any(name.startswith("press ") for name in self.forms[-1][1]):
                    return
                self.forms[-1][1]["press " + given["name"]] = given.get("value") or ""
            else:
                self.forms[-1][1][given["name"]] = given.get("value") or ""


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    Stay,
)


def load(address, form=None, before=None):
    """The page, or where it leads."""
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(address, body, {"Referer": before} if before else {})
    try:
        with opener.open(request, timeout=20) as page:
            return page.read().decode(), None
    except urllib.error.HTTPError as answer:
        if answer.code in (301, 302, 303, 307, 308):
            return "", urllib.parse.urljoin(address, answer.headers["Location"])
        text = answer.read().decode(errors="replace")
        sys.exit(f"{answer.code} at {address}: {text[:2000]}")


form = before = None
for _ in range(20):
    text, leads = load(address, form, before)
    form = None
    if leads is not None:
        address = leads
        if address.startswith(redirect):
            print(address)
            sys.exit(0)
        continue
    page = Forms()
    page.feed(text)
    fits = [(to, holds) for to, holds in page.forms if not filled or set(filled) & set(holds)] or page.forms
    if not fits:
        sys.exit(f"no form at {address}: {text[:2000]}")
    to, holds = fits[0]
    form = {name.removeprefix("press "): filled.get(name, value) for name, value in holds.items()}
    before, address = address, urllib.parse.urljoin(address, to)
sys.exit(f"still at {address} after twenty pages")
