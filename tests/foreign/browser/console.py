"""What the tests of the console share: a login, and the pages that are there for who is logged in."""


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
    }
    for noun, ids in things.items():
        for i, one in enumerate(ids):
            found[f"{noun}-{i + 1}"] = f"/console/{noun}/{one}"
    return found
