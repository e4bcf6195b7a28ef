"""Stories of people and programs that come in: a first log-in, a token that is ended, and the record of both.

The stage has nothing beside the platform.
"""

import urllib.parse

from api import Api
from authenticator import code, seed
from driver import until

PASSWORD = "three horses drink"


def first_login(play):
    """1: somebody is invited, sets a passkey up, and comes in by it; without script, by password and code."""
    browser, words = play.browser, play.words
    name, note = f"mori{play.number}", f"Mori {play.number}"
    link = invited(play, note)
    if play.form.script:
        holder = browser.authenticator()
        (at_once if play.number == 0 else afterwards)(play, link, name)
        play.same("the telephone holds one passkey", 1, len(browser.passkeys(holder)))
        may_not(play)
        by_passkey(play, name, holder)
    else:
        with_password(play, link, name)
        may_not(play)
        by_code(play, name)
    browser.forget()
    browser.go(link)
    play.check("the link works once", browser.status() in (404, 409, 410), browser.status())


def invited(play, note):
    """An administrator invites an engineer; the path of the link."""
    browser, words = play.browser, play.words
    play.enter()
    browser.go("/console/accounts")
    browser.send("main form[action='/console/invitations']", note=note, role="engineer")
    play.says("the link is shown", "account.once.title")
    link = urllib.parse.urlsplit(browser.text("pre.secret")).path
    play.page("invited")
    browser.press("main a.button")
    play.same("and not again", [], browser.all("pre.secret"))
    listed = browser.text("main section:has(#h-invited)")
    play.check("the invitation is on the list", note in listed, listed)
    play.leave()
    return link


def at_once(play, link, name):
    """Takes the invitation up with a passkey, and no password at all."""
    browser = play.browser
    browser.go(link)
    browser.fill(name=name)
    browser.press("#passkey-make button")
    play.same("a passkey alone is an account", "/console", browser.path())


def with_password(play, link, name):
    """Takes the invitation up with a password."""
    browser = play.browser
    form = "main form:has([name=password])"
    browser.go(link)
    play.page("invitation")
    browser.send(form, name=play.stage["user"], password=PASSWORD)
    play.refused("a name that is taken", 409)
    browser.fill(name=name, password=PASSWORD)
    play.lose(form)
    browser.go(link)
    browser.send(form, name=name, password=PASSWORD)
    play.same("the first log-in", "/console", browser.path())


def afterwards(play, link, name):
    """Takes the invitation up with a password, and adds a passkey."""
    browser = play.browser
    with_password(play, link, name)
    browser.go("/console/account/passkeys")
    browser.fill(name="telephone")
    browser.press("#passkey-add button")
    play.check("it is on the list", browser.all("form.passkey-end"), browser.text("main"))
    play.page("passkeys")


def may_not(play):
    """What the role does not permit, no page shows."""
    play.browser.go("/console/audit")
    play.refused("an engineer may not read the audit", 403, "h1")
    play.browser.go("/console")


def wrong_password(play, name):
    """A log-in that must not be one."""
    browser = play.browser
    browser.go("/login")
    browser.send("main form:has([name=password])", name=name, password="three horses drank")
    play.refused("a wrong password", 401)
    play.same("the page does not say what of it is wrong", play.words("login.fault.credentials"), browser.text("[role=alert]"))


def by_passkey(play, name, holder):
    """Comes in by the passkey alone, and not without it."""
    browser, words = play.browser, play.words
    # the page offers the passkey beside the name; nobody takes that up yet
    browser.attends(holder, False)
    play.leave()
    wrong_password(play, name)
    play.page("log in")
    browser.attends(holder, True)
    browser.press("#passkey-enter button")
    play.same("the passkey opens the console", "/console", browser.path())
    browser.go("/console/account")
    here = browser.text("main li:has(.badge.well)")
    play.check("by a passkey", words("account.own.strength.2") in here, here)
    play.page("account")
    browser.remove_authenticator(holder)
    play.leave()
    other = browser.authenticator()
    browser.go("/login")
    browser.touch("#passkey-enter button")
    until("another telephone is told no", lambda: browser.text("#passkey-enter [role=alert]"))
    play.check("another telephone opens nothing", browser.path().startswith("/login"), browser.path())
    browser.remove_authenticator(other)


def by_code(play, name):
    """Sets an authenticator app up, and comes in by password and code."""
    browser, words = play.browser, play.words
    browser.go("/console/account/factor")
    browser.send("#factor-add", code="000000")
    play.check("a wrong code sets nothing up", 400 <= browser.status() < 500, browser.status())
    browser.go("/console/account/factor")
    secret = seed(browser)
    play.page("second factor")
    browser.send("#factor-add", code=code(secret, 0))
    play.check("recovery codes are shown", browser.text("pre.secret"), browser.text("main"))
    play.page("recovery codes")
    play.leave()
    wrong_password(play, name)
    browser.send("main form:has([name=password])", name=name, password=PASSWORD)
    play.same("the password leads to the second step", "/login/factor", browser.path().partition("?")[0])
    browser.send("#factor-enter", code="000000")
    play.check("a wrong code", 400 <= browser.status() < 500 and browser.text("[role=alert]"), browser.status())
    play.page("second step")
    browser.send("#factor-enter", code=code(secret, 1))
    play.same("the code opens the console", "/console", browser.path())
    browser.go("/console/account")
    here = browser.text("main li:has(.badge.well)")
    play.check("by both", words("account.own.strength.1") in here, here)
    play.page("account")


def revoke_token(play):
    """9: a program gets a token, and loses it."""
    browser, words = play.browser, play.words
    name = f"Line {play.number}"
    play.enter()
    browser.press(".areas a", words("console.area.organisation"))
    browser.press("main nav a", words("account.tokens.what"))
    new = "main form[action='/console/tokens']"
    browser.fill(name=name)
    play.lose(new)
    browser.go("/console/tokens")
    play.check("nothing was made", name not in browser.texts("tbody th"), browser.texts("tbody th"))
    browser.send(new, name=name, role="station", days=30)
    play.same("the token is shown", words("account.once.title"), browser.heading())
    program = Api(play.stage["https"], play.stage["ca"], browser.text("pre.secret"))
    play.page("token")
    play.same("it opens what its role may", 200, program.call("GET", "/api/v1/products")[0])
    play.same("and not what it may not", 403, program.call("GET", "/api/v1/audit")[0])
    browser.press("main a.button")
    play.check("its secret is shown once", program.token not in browser.run("return document.documentElement.outerHTML"))

    rows = browser.texts("tbody th")
    browser.press(f"tbody tr:nth-of-type({rows.index(name) + 1}) button")
    row = browser.texts("tbody tr")[browser.texts("tbody th").index(name)]
    play.check("the list says that it was ended", words("account.tokens.ended") in row, row)
    play.page("tokens")
    play.same("it opens nothing any more", 401, program.call("GET", "/api/v1/products")[0])


def read_audit(play):
    """10: what was done is on record, newest first, for who may read that."""
    browser, words = play.browser, play.words
    play.enter()
    browser.press(".areas a", words("console.area.organisation"))
    browser.press("main nav a", words("account.audit.what"))
    acts = browser.texts("tbody td:nth-child(3)")
    done = [words(f"account.audit.operation.{one}") for one in ("open_login", "end_token", "create_token")]
    play.check("log-in, the token's end and its making are the newest", [act for act in acts if act in done][:3] == done, acts[:8])
    play.check("with who did it", browser.texts("tbody td:nth-child(2)")[0] == play.stage["user"], browser.texts("tbody td:nth-child(2)")[:3])
    play.page("audit")
    browser.fill(act="end_token")
    browser.press("main form button")
    ended = set(browser.texts("tbody td:nth-child(3)"))
    play.same("one act alone", {words("account.audit.operation.end_token")}, ended)
    play.page("audit of one act")
    browser.go("/console/audit?after=nonsense")
    play.check("a page that does not exist is refused", 400 <= browser.status() < 500, browser.status())


PLAYED = (first_login, revoke_token, read_audit)
