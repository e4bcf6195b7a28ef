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
"$python" - "$WORK/init.json" "$product" "$batch" "$release" "$campaign" "$findings" >"$WORK/console.json" <<'PY'
import json, sys
login = json.load(open(sys.argv[1]))["login"]
product, batch, release, campaign = ([one] for one in sys.argv[2:6])
things = {"products": product, "batches": batch, "releases": release, "campaigns": campaign, "findings": json.loads(sys.argv[6])}
print(json.dumps({"user": login["user"], "password": login["password"], "things": things}))
PY

axe=$NPM/node_modules/axe-core/axe.min.js
"$python" "$here/browser/axe.py" "$http" "$well" "$held" "$ended" "$axe" "$WORK/pictures" "$WORK/console.json" || failed=$((failed + 1))
stop "SIGTERM ends the server"
finish
