"""Which addresses there are, and which of them are pages.

The list is the snapshot that the program's own listing test keeps of its routes, so no address can be missing here; every
address that answers a GET is either looked at as a page or named below with what it is instead.
"""

import os

LIST = os.path.join(os.path.dirname(__file__), "..", "..", "..", "crates", "tegata", "tests", "listing", "snapshots",
                    "listing__routes__every-route.snap")

# What answers a GET and is no page.
NO_PAGES = {
    "/assets/{file}": "style and script",
    "/d": "leads on to the device's page",
    "/d/{number}/proof/{sequence}": "a file",
    "/console/devices/{number}/proof/{sequence}": "a file",
    "/console/devices/{number}/certificates/{serial}": "a file",
    "/console/devices/{number}/label": "a file",
    "/console/export/{table}": "a file",
    "/console/live/batches/{id}": "a mark",
    "/console/live/bulks/{id}": "a mark",
    "/console/live/campaigns/{id}": "a mark",
    "/console/live/findings": "a mark",
    "/console/live/overview": "a mark",
    "/login/provider": "leads on to the provider of identity",
    "/login/provider/back": "leads on into the console",
    "/console/account/provider": "a page, but only beside a provider of identity, which the script of this list has not",
}
# Below these nothing is for people.
FOR_PROGRAMS = ("/api/", "/.well-known/", "/crl/", "/ca/", "/ledger/keys", "/ledger/{log}/", "/{tenant}/", "/healthz", "/readyz", "/metrics")


def every():
    """Every route that answers a GET: its path, and who may ask (`Public`, `Login`, …)."""
    with open(LIST, encoding="utf-8") as file:
        head, _, lines = file.read().removeprefix("---\n").partition("---\n")
    assert head, "the snapshot begins with its head"
    routes = [line.split() for line in lines.splitlines()]
    return {path: access for access, _, method, path in routes if method == "GET"}


def route_of(path, routes):
    """The route of a path; one without a parameter goes before one with."""
    parts = path.partition("?")[0].split("/")
    fits = [route for route in routes if _fits(route.split("/"), parts)]
    return min(fits, key=lambda route: route.count("{"), default=None)


def _fits(route, parts):
    return len(route) == len(parts) and all(one == part or one.startswith("{") and part for one, part in zip(route, parts))


def unseen(paths):
    """Routes of pages that no path of `paths` is of."""
    routes = every()
    seen = {route_of(path, routes) for path in paths}
    asked = {route for route, access in routes.items() if access in ("Public", "Login") and not route.startswith(FOR_PROGRAMS)}
    return sorted(asked - seen - NO_PAGES.keys())


def there(pages):
    """Those of `pages` (name and path) that have a route."""
    routes = every()
    return {name: path for name, path in pages.items() if route_of(path, routes)}
