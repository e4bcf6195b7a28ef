#!/usr/bin/env bash
# Every page against the rules that a program can check (axe-core), its weight, and its way by keyboard.
: "${NPM:?the folder of npm}"
. "$(dirname "$0")/lib.bash"

init
start
product gateway 4512345678906
batch 10
key unit-1; device unit-1; well=$number
key unit-2; device unit-2; held=$number
key unit-3; device unit-3; ended=$number
key unit-4; device unit-4; called=$number
api POST "/api/v1/devices/$held/quarantine" '{}'; answered "one is quarantined" 200
api POST "/api/v1/devices/$ended/retire" '{}'; answered "one is retired" 200
proved() { api GET "/api/v1/devices/$ended/events/2/proof" && [[ $code == 200 ]]; }
holds "all is under a checkpoint" within 10 proved

# one of everything that the console has a page of
keys more 10
lines more 10 more >more.ndjson
make more.ndjson
matches "more devices than the batch permits are refused" over_quantity "$(tail -n 1 "$WORK/body")"
head -c 2000 /dev/urandom >image
request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
    --form version=2.0.0 --form security_version=1 --form file=@image
answered "a release is published" 201
release=$(json "$WORK/body" 'it["id"]')
api POST /api/v1/campaigns "{\"release\":\"$release\"}"; answered "a campaign begins" 201
campaign=$(json "$WORK/body" 'it["id"]')
api GET /api/v1/findings; findings=$(json "$WORK/body" '[one["id"] for one in it["items"]][:2]')
api POST /api/v1/invitations '{"note":"Mori","role":"auditor"}'; answered "somebody is invited" 201
invitation=/invitation/$(json "$WORK/body" 'it["link"].rpartition("/")[2]')
api POST /api/v1/contact '{"mail":"owner@example.com"}'
api POST "/api/v1/devices/$called/recall" '{"reason":"battery"}'; answered "one is recalled" 200
# the path in the link of a letter that lies in the outbox
letter() {
    "$python" - "$data"/outbox/*.eml <<'PY'
import re, sys
from email import message_from_binary_file, policy
text = message_from_binary_file(open(sys.argv[1], "rb"), policy=policy.default).get_content()
print(re.search("/n/[A-Za-z0-9_-]+", text)[0])
PY
}
holds "a letter lies in the outbox" within 20 letter
"$python" - "$WORK/init.json" "$product" "$batch" "$release" "$campaign" "$findings" "$invitation" "$(letter)" "$well" "$held" \
    "$ended" "$called" >"$WORK/console.json" <<'PY'
import json, sys
login = json.load(open(sys.argv[1]))["login"]
product, batch, release, campaign = ([one] for one in sys.argv[2:6])
things = {"products": product, "batches": batch, "releases": release, "campaigns": campaign, "findings": json.loads(sys.argv[6]),
          "devices": sys.argv[9:]}
print(json.dumps(login | {"things": things, "invitation": sys.argv[7], "letter": sys.argv[8]}))
PY

axe=$NPM/node_modules/axe-core/axe.min.js
"$python" "$here/browser/axe.py" "$http" "$well" "$held" "$ended" "$axe" "$WORK/pictures" "$WORK/console.json" || failed=$((failed + 1))
stop "SIGTERM ends the server"
finish
