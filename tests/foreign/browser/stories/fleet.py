"""Stories of who makes devices and looks after them: a batch, a campaign, what has no update, a quarantine.

The stage has, beside the platform: `product` and `release` (its newest), `other` (a product of which `waiting` are the
numbers that lack a security release, of `others` in all), for each form `campaign` (three devices with tokens for
updates) and `spare` (one), `station` (the line's program) with `station_token`, a file.
"""

import os
import subprocess

from api import Hand
from driver import until

# What one batch makes.
QUANTITY = 3


def make_batch(play):
    """2: a batch is opened, a line makes its devices, and the page counts along."""
    browser, words = play.browser, play.words
    play.enter()
    browser.press(".areas a", words("console.area.batches"))
    before = len(play.api.get("/api/v1/batches?limit=100")["items"])
    browser.send("#new form", product=play.stage["product"], quantity="a few")
    play.refused("a quantity that is no number is refused", 400)
    play.same("what was filled in stands there still", "a few", browser.run("return document.querySelector('[name=quantity]').value"))
    browser.fill(quantity=QUANTITY)
    play.lose("#new form")
    play.same("nothing was opened yet", before, len(play.api.get("/api/v1/batches?limit=100")["items"]))

    browser.go("/console/batches")
    browser.send("#new form", product=play.stage["product"], quantity=QUANTITY)
    play.says("the batch is open", "batch.heading_none", count=QUANTITY)
    batch = browser.path().rpartition("/")[2]
    line = produced(play, batch)
    play.moves("the page counts what the line makes",
               lambda: browser.heading() == words("batch.heading_full", count=QUANTITY))
    play.same("the line ends well", 0, line.wait(30))
    play.same("and which station made them", [str(QUANTITY), "0"], browser.texts("#live-stations tbody .figure"))
    play.page("batch")
    browser.press(".what a")
    play.check("the list says that it is full", words("batch.full") in browser.text("tbody tr:has(a[href*='%s'])" % batch), browser.text("tbody"))


def produced(play, batch):
    """A real line that makes the devices of the batch."""
    stage, out = play.stage, os.path.join(os.getcwd(), f"line-{play.number}")
    with open(out + ".log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [stage["station"], "make", "--url", stage["https"], "--trust", stage["ca"], "--token-file", stage["station_token"],
             "--batch", batch, "--out", out, "--prefix", f"S{play.number}-", "--count", str(QUANTITY)],
            stdout=log, stderr=log)


def stop_campaign(play):
    """3: a campaign begins, its first device is updated before the eyes of who watches, and one press stops it."""
    browser, words = play.browser, play.words
    devices = play.stage["campaign"][play.number]
    hands = [Hand(play.api, one["number"], one["token"]) for one in devices]
    play.enter()
    browser.press(".areas a", words("console.area.campaigns"))
    browser.press(".page-head .button.first")
    filled = {"release": play.stage["release"], "numbers": " ".join(one["number"] for one in devices), "extents": "100",
              "at_once": "1"}
    browser.send(**filled, limit="a few")
    play.refused("a limit that is no number is refused", 400)
    play.same("what was filled in stands there still", filled["numbers"], browser.run("return document.querySelector('[name=numbers]').value"))
    browser.send(limit="2")
    campaign = browser.path()
    all_three = {"devices": words("figure.devices", count=3)}
    first = {"group": 1, "groups": 1} | all_three
    play.moves("the campaign runs", lambda: browser.heading() == words("campaign.running", **first, done=0))

    path = until("the first device is offered the release", lambda: offered(hands))
    hands[path[0]].install(path[1])
    play.moves("the page counts the first device", lambda: browser.heading() == words("campaign.running", **first, done=1))
    play.lose(".page-head form")
    browser.go(campaign)
    play.says("it runs still", "campaign.running", **first, done=1)
    browser.press(".page-head form button")
    play.says("one press stops it", "campaign.paused", done=1, **all_three)
    play.page("campaign")
    offers = [hand.offered() for hand in hands]
    play.check("at most one that had begun goes on", sum(bool(offer) for offer in offers) <= 1, offers)

    browser.send("#end form", reason="the wrong file")
    play.says("it is ended for good", "campaign.cancelled", done=1, **all_three)
    play.check("with its reason", "the wrong file" in browser.text("main"), browser.text("main"))
    play.same("nothing is left to press", [], browser.all("main form"))
    play.page("campaign ended")


def offered(hands):
    """Which of them is offered something, and its path."""
    found = ((i, hand.offered()) for i, hand in enumerate(hands))
    return next(((i, path) for i, path in found if path), None)


def without_update(play):
    """4: the devices that lack a security release are found, and the way to them is kept."""
    browser, words = play.browser, play.words
    wanted = sorted(play.stage["waiting"])
    play.enter()
    browser.press(".areas a", words("console.area.devices"))
    browser.touch("details summary")
    browser.fill(product=play.stage["other"])
    browser.touch("[name=update][value=waiting]")
    browser.press("main form:has([name=update]) button")
    play.says("they are counted", "fleet.devices.title_filtered", count=len(wanted))
    play.same("they are listed", wanted, sorted(browser.texts("tbody th .number")))
    play.page("devices without the update")

    name = f"Waiting {play.number}"
    browser.touch("details summary")
    browser.fill(name=name)
    browser.press("main form[action='/console/filters'] button")
    play.same("the list is kept under a name", [name], browser.texts("main [aria-current=true]"))
    browser.go("/console/devices")
    browser.press("main a", name)
    play.same("it finds the same again", wanted, sorted(browser.texts("tbody th .number")))
    browser.go("/console/devices?update=tomorrow")
    play.refused("a list that does not exist is refused", 400, "h1")
    browser.go("/console/devices")
    browser.press("main .row-split:has(a) button")
    play.same("and is removed", [], browser.all(f"main form[action$='/end']"))

    browser.go(f"/console/releases/{play.stage['other_release']}")
    browser.press("main a", words("release.waits_link"))
    play.same("the release itself leads to them", wanted, sorted(browser.texts("tbody th .number")))


def quarantine(play):
    """5: a device is taken out of service, whoever looks it up is told, and it is released again."""
    browser, words = play.browser, play.words
    device = play.stage["spare"][play.number]
    number, hand = device["number"], Hand(play.api, device["number"], device["token"])
    play.enter()
    play.find(number.lower().replace("-", " "))
    play.same("its number leads to it", f"/console/devices/{number}", browser.path())
    acts = f"main form[action='/console/devices/{number}/act']"
    play.lose(acts)
    play.same("the device is served still", 200, hand.status())

    browser.go(f"/console/devices/{number}")
    browser.fill(reason="found in a skip")
    browser.press(f"{acts} [value=quarantine]")
    play.same("the page says so", [words("fleet.condition.quarantined")], browser.texts(".pass .badge.stop"))
    play.check("with the reason", "found in a skip" in browser.text(".life li"), browser.text(".life li"))
    play.page("quarantined")
    play.same("services drop it", 403, hand.status())
    browser.go("/console/devices?condition=quarantined")
    play.same("it is on the list of those", [number], browser.texts("tbody th .number"))
    browser.go(f"/d/{number}")
    play.same("whoever looks it up is told", words("public.answer.heading", answer=words("public.answer.cannot_confirm")), browser.heading())
    play.page("quarantined in public")

    browser.go(f"/console/devices/{number}")
    browser.fill(reason="it was ours all along")
    browser.press(f"{acts} [value=release]")
    play.same("it is released", [], browser.all(".pass .badge.stop"))
    play.same("services take it again", 200, hand.status())
    play.page("released")
    if browser.all("form[action='/console/bulks']") or play.at("/console/devices").all("form[action='/console/bulks']"):
        quarantine_many(play)


def quarantine_many(play):
    """5, of many at once: what it would touch is shown first, and the count is typed."""
    browser, words = play.browser, play.words
    narrowed = f"/console/devices?product={play.stage['other']}"
    form, count = "main form[action='/console/bulks']", play.stage["others"]
    devices = words("figure.devices", count=count)
    for act, condition, before in (("quarantine", "quarantined", "well"), ("release", "well", "quarantined")):
        browser.go(f"{narrowed}&condition={before}")
        browser.touch("details:has([name=act]) summary")
        browser.send(form, act=act, reason="a batch of bad solder")
        play.moves(f"{act}: it is looked which devices that takes", lambda: browser.heading() == words(f"bulk.question.{act}", count=count))
        bulk = browser.path()
        browser.send("main form[action$='/start']", count=count + 1)
        play.same(f"{act}: another count is refused", words("bulk.one.count_wrong", count=count, devices=devices), browser.text("[role=alert]"))
        play.page(f"{act} many")
        browser.send("main form[action$='/start']", count=count)
        play.moves(f"{act}: it is done", lambda: browser.heading() == words("bulk.one.finished", done=count, devices=devices))
        play.page(f"{act} many done")
        browser.go(f"{narrowed}&condition={condition}")
        play.says(f"{act}: all of them", "fleet.devices.title_filtered", count=count)
        play.check(f"{act}: the list of such acts names it", browser.path() and play.at("/console/bulks").all(f"a[href^='{bulk}']"))


PLAYED = (make_batch, stop_campaign, without_update, quarantine)
