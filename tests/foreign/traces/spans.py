"""What the spans of a request must say: one tree from the door to the checkpoint.

Usage: spans.py SPANS TRACE PARENT REQUEST-ID. Prints `ok …` / `not ok …`; exits 1 when a check failed. Standard library
only.
"""

import json
import sys

path, trace, parent, request_id = sys.argv[1:5]
spans = [json.loads(line) for line in open(path)]
failed = 0


def check(name, holds, why=""):
    global failed
    print(f"ok {name}" if holds else f"not ok {name}: {why}", flush=True)
    failed += not holds


ours = [span for span in spans if span["trace"] == trace]
by_id = {span["span"]: span for span in spans}
names = sorted({span["name"] for span in ours})
root = next((span for span in ours if span["name"] == "POST /api/v1/batches/{id}/devices"), None)
check("the request's span is there", root, names)
root = root or {"attributes": {}, "span": "", "parent": "", "start": 0, "end": 0, "kind": 0}
check("under the asker's", root["parent"] == parent, root["parent"])
check("it is a server's", root["kind"] == 2, root["kind"])
said = root["attributes"]
check("it carries the request id that the answer had", said.get("tegata.request_id") == request_id, said)
check("and route, method, status", (said.get("http.route"), said.get("http.request.method"),
                                    said.get("http.response.status_code"))
      == ("/api/v1/batches/{id}/devices", "POST", 200), said)


def within(span):
    """Whether the request is above it."""
    while span:
        if span["span"] == root["span"]:
            return True
        span = by_id.get(span["parent"])
    return False


for name in ["device::make", "wait for commit", "commit", "wait for checkpoint"]:
    found = [span for span in ours if span["name"] == name]
    check(f"'{name}' is a part of it", found and all(map(within, found)), names)
one = {name: next((s for s in ours if s["name"] == name), None) for name in ["wait for commit", "commit", "wait for checkpoint"]}
if all(one.values()):
    order = [one["wait for commit"]["start"], one["wait for commit"]["end"], one["commit"]["end"], one["wait for checkpoint"]["end"]]
    check("waiting, commit and checkpoint follow one another", order == sorted(order), order)
    check("every span has its time", all(s["end"] >= s["start"] > 0 for s in spans), "")
    takers = [s for s in spans if s["name"] == "sequence" and one["wait for checkpoint"]["span"] in s["links"]]
    check("the sequencer's run is linked to it", takers, [s["links"] for s in spans if s["name"] == "sequence"])
    check("the sequencer works below it", [s for s in spans if takers and s["parent"] == takers[0]["span"]], "")
lookup = [s for s in spans if s["name"] == "GET /d/{number}"]
check("a malformed traceparent is none", lookup and all(s["parent"] == "" for s in lookup), lookup)
check("a method of the asker's own is no text in it", any(s["name"].startswith("_OTHER") for s in spans),
      sorted({s["name"] for s in spans}))
check("all are of this service", {s["resource"].get("service.name") for s in spans} == {"tegata under test"}, "")
allowed = {"http.route", "http.request.method", "http.response.status_code", "tegata.request_id",
           "busy_ns", "idle_ns"}
more = {key for s in spans for key in s["attributes"]} - allowed
check("attributes are those that are listed", not more, sorted(more))
check("no event of the log goes out", not any(s["events"] for s in spans), "")
sys.exit(failed > 0)
