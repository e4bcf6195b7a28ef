"""Stories of a device that comes to a household: handed over by a claim code, looked up, and ended.

The stage has, beside the platform: `agent` (the program that devices carry), and for each form in `homes` a device with
its `number`, and the `folder` and `config` of its agent, which is in use.
"""

import subprocess

from driver import until

PASSWORD = "three horses drink"
WRONG = "0000-0000-0000-0000"


def agent(play, *words):
    """The device itself; its exit code and what it says."""
    home = play.stage["homes"][play.number]
    done = subprocess.run([play.stage["agent"], *words, "--folder", home["folder"], "--config", home["config"]],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def claim_code(play, number):
    """The owner hands the device over; the code that opens it. By the form of its page where that has one."""
    browser = play.browser
    form = f"main form[action='/console/devices/{number}/transfer']"
    if not browser.all(form):
        return play.api.post(f"/api/v1/devices/{number}/transfer", {"reason": "sold"})["code"]
    browser.touch("section:has(#h-transfer) summary")
    play.lose(form)
    browser.go(f"/console/devices/{number}")
    browser.touch("section:has(#h-transfer) summary")
    browser.send(form, reason="sold")
    play.page("code")
    return browser.text("pre.secret")


def transfer(play):
    """6: the maker hands a device over, and a household makes it its own by the code."""
    browser, words = play.browser, play.words
    number = play.stage["homes"][play.number]["number"]
    play.enter()
    play.find(number)
    code = claim_code(play, number)
    browser.go("/console")
    play.leave()

    name = f"sato{play.number}"
    browser.go("/claim")
    form = "main form[action='/claim']"
    filled = {"name": name, "password": PASSWORD}
    browser.send(form, code=WRONG, **filled)
    play.refused("a code that opens nothing", 404)
    play.same("the page says so", words("visit.claim.wrong_code"), browser.text("[role=alert]"))
    play.page("wrong code")
    browser.send(form, code=code, name=play.stage["user"], password=PASSWORD)
    play.refused("a name that is taken", 409)
    browser.fill(code=code, **filled)
    play.lose(form)
    browser.go("/claim")
    browser.send(form, code=code.lower().replace("-", ""), **filled)
    play.same("the code makes it hers, and she is logged in", "/console", browser.path())
    play.memory["household"] = (name, PASSWORD)
    play.page("home")
    browser.press(".section-head a", words("fleet.overview.all_devices"))
    play.same("it is her only device", [number], browser.texts("tbody th .number"))
    browser.press("tbody th a")
    play.check("and hers", words("fleet.device.yours") in browser.text(".pass .fields"), browser.text(".pass .fields"))
    play.page("her device")

    browser.go("/claim")
    browser.send("main form[action='/claim/join']", code=code)
    play.refused("a code opens once", 404, "h1")
    device = play.api.get(f"/api/v1/devices/{number}")
    play.same("the maker owns it no more", False, "seen_at" in device and device["seen_at"] is not None)


def look_up(play):
    """7: whoever has the device before him reads what is known of it, and it signs while he waits."""
    browser, words = play.browser, play.words
    number = play.stage["homes"][play.number]["number"]
    # the device hears of its new owner, and enrols anew
    until("the device is in use with its new owner", lambda: agent(play, "run", "--once")[0] == 0)
    browser.forget()
    browser.go("/")
    browser.send("main form", number=number[:-1])
    play.same("a number that is cut off", words("public.malformed.heading"), browser.heading())
    other = number[:-1] + ("2" if number[-1] == "3" else "3")
    browser.send("main form", number=other)
    play.check("another number is not known", browser.status() == 404, browser.heading())
    play.page("unknown")
    browser.send("main form", number=number.lower().replace("-", " "))
    play.same("the answer", words("public.answer.heading", answer=words("public.answer.registered")), browser.heading())
    play.same("its history is its household's own", 1, browser.texts(".tier-text p").count(words("visit.seen.hidden")))
    play.page("registered")

    browser.press("form[action$='/ask'] button")
    play.check("the device is asked to sign", browser.path().startswith(f"/d/{number}?wait=1"), browser.path())
    play.page("asked")
    status, said = agent(play, "answer")
    play.same("it signs", 0, status if status == 0 else said)
    browser.press("#signed .cluster a")
    signed = browser.text("#signed .tier-text")
    before, _, after = words("visit.signed.near").partition("{time}")
    play.check("the page says when, and that it is near", signed.startswith(before) and signed.endswith(after), signed)
    play.page("signed now")
    status, said = agent(play, "answer")
    play.check("nobody asks any more", "nobody" in said, said)


def retire(play):
    """8: the household ends the device; it is asked once more, and nothing brings the device back."""
    browser, words = play.browser, play.words
    number = play.stage["homes"][play.number]["number"]
    path = f"/console/devices/{number}"
    play.enter()
    browser.go(path)
    play.same("its maker cannot", [], browser.all("[name=act][value=retire]"))
    play.leave()

    play.enter(*play.memory["household"])
    play.find(number)
    browser.fill(reason="its screen is broken")
    browser.press("[name=act][value=retire]")
    play.same("it is asked once more", words("fleet.device.sure_retire"), browser.text("main .lead"))
    play.page("sure")
    browser.press("main a.button")
    play.check("no leads back, and nothing has happened", browser.path() == path and browser.all("[value=retire]"), browser.path())
    browser.fill(reason="its screen is broken")
    browser.press("[name=act][value=retire]")
    play.lose("main form[method=post]")
    browser.go(path)
    browser.fill(reason="its screen is broken")
    browser.press("[name=act][value=retire]")
    browser.press("main form[method=post] button")
    play.check("its life has ended", words("fleet.device.update_ended") in browser.heading(), browser.heading())
    play.same("nothing can be done with it any more", words("fleet.device.acts_none"), browser.text("#h-acts ~ p"))
    play.page("ended")
    status, said = agent(play, "run", "--once")
    play.check("the device is admitted no more", status != 0, said)
    browser.go(f"/d/{number}")
    play.same("whoever looks it up is told", words("public.answer.heading", answer=words("public.answer.ended")), browser.heading())
    play.page("ended in public")


PLAYED = (transfer, look_up, retire)
