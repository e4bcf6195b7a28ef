"""Every metric that a rule or a panel names is known to Prometheus, and every expression is one.

Usage: named.py PROMETHEUS ALERTS DASHBOARD. Prints `ok …` / `not ok …`; exits 1 when a check failed. Standard library
only.
"""

import json
import re
import sys
import time
import urllib.parse
import urllib.request

prometheus, alerts, dashboard = sys.argv[1:4]
failed = 0


def check(name, wrong):
    global failed
    print(f"not ok {name}: {wrong}" if wrong else f"ok {name}", flush=True)
    failed += bool(wrong)


def ask(path, **parameters):
    url = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def named(text):
    return set(re.findall(r"\b(?:tegata|process)_[a-z_]+", text))


rules = re.findall(r"^ *expr: '(.*)'$", open(alerts).read(), re.M)
board = json.load(open(dashboard))
panels = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
check("there are rules and panels", "" if len(rules) > 20 and len(panels) > 60 else f"{len(rules)}, {len(panels)}")

known = set(ask("label/__name__/values")["data"])
wanted = set().union(*(named(text.replace("''", "'")) for text in rules), *(named(text) for _, text in panels))
check(f"all {len(wanted)} metrics of rules and panels exist", sorted(wanted - known))
families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known if name.startswith("tegata_")}
shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in wanted}
check(f"all {len(families)} metrics of the platform are on the dashboard or in a rule", sorted(families - shown))

wrong, empty = [], []
for title, expression in panels:
    expression = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
    answer = ask("query", query=expression)
    if answer["status"] != "success":
        wrong.append(f"{title}: {answer.get('error')}")
    elif not answer["data"]["result"]:
        empty.append(title)
check(f"all {len(panels)} expressions of the dashboard are right", wrong)
check("and all of them have something to show", empty)

deadline = time.monotonic() + 20
while True:
    states = [rule for group in ask("rules")["data"]["groups"] for rule in group["rules"]]
    unwell = [f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}" for rule in states if rule["health"] != "ok"]
    if not unwell or time.monotonic() > deadline:
        break
    time.sleep(0.5)
check(f"all {len(states)} rules are evaluated", unwell or (len(states) != len(rules) and "some are missing"))
critical = [rule["name"] for rule in states if rule["state"] == "firing" and rule["labels"]["severity"] == "critical"]
check("a platform that runs well fires no critical alert", critical)

ids = [panel["id"] for panel in board["panels"]]
check("every panel has its own id", len(ids) - len(set(ids)))
taken = set()
for panel in board["panels"]:
    at = panel["gridPos"]
    cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
    if cells & taken or at["x"] + at["w"] > 24:
        check(f"{panel['title']} has its own place", str(at))
    taken |= cells
sys.exit(failed > 0)
