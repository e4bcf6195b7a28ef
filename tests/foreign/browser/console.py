"""What the tests of the console share: a login, and the pages that are there for who is logged in."""

import authenticator
from driver import until


def log_in(browser, user, password):
    """By password, through the form; the browser is on the overview then."""
    browser.go("/login?lang=en")
    browser.send(name=user, password=password)
    if not browser.path().startswith("/console"):
        raise AssertionError(f"not logged in: {browser.path()}: {browser.text('[role=alert]')}")


def pages(things):
    """Every page of the console: name and path. `things` has the ids of what is there, by noun."""
    found = {
        "overview": "/console",
        "devices": "/console/devices",
        "devices-narrowed": "/console/devices?condition=quarantined&stage=retired&update=unknown",
        "devices-found": "/console/devices?q=unit",
        "products": "/console/products",
        "batches": "/console/batches",
        "releases": "/console/releases",
        "campaigns": "/console/campaigns",
        "campaign-new": "/console/campaigns/new",
        "findings": "/console/findings",
        "findings-closed": "/console/findings?state=closed",
        "notices": "/console/notices",
        "organisation": "/console/organisation",
        "accounts": "/console/accounts",
        "tokens": "/console/tokens",
        "audit": "/console/audit",
        "account": "/console/account",
        "passkeys": "/console/account/passkeys",
        "factor": "/console/account/factor",
        "bulks": "/console/bulks",
        "account-factor": "/console/account/factor",
        "account-passkeys": "/console/account/passkeys",
    }
    for noun, ids in things.items():
        for i, one in enumerate(ids):
            found[f"{noun}-{i + 1}"] = f"/console/{noun}/{one}"
    return found


def prepared(browser):
    """An act on many devices that waits to be confirmed; its path, where there are such acts."""
    browser.go("/console/devices?stage=made")
    form = "main form[action='/console/bulks']"
    if not browser.all(form):
        return None
    browser.touch("details:has([name=act]) summary")
    browser.send(form, act="quarantine", reason="to be looked at")
    until("it was looked which devices it takes", lambda: reload(browser).all("[name=count]"))
    return browser.path()


def reload(browser):
    """The same page, asked for again."""
    browser.go(browser.path())
    return browser


def half_in(browser, user, password):
    """Sets a second factor up for who is logged in, and logs in as far as the password leads."""
    browser.go("/console/account/factor")
    browser.send("#factor-add", code=authenticator.code(authenticator.seed(browser), 0))
    browser.press("form.log-out button")
    browser.send("main form:has([name=password])", name=user, password=password)
