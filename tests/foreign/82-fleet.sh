#!/usr/bin/env bash
# Stories in a real browser: a batch, a campaign that is watched and stopped, devices without an update, a quarantine.
# Script on and off, phone and desktop, light and dark, both languages.
. "$(dirname "$0")/lib.bash"
forms=5

init
export TEGATA_UPDATE_POLL_INTERVAL=1
start
api POST /api/v1/tokens '{"name":"line 1","role":"station"}'
(umask 077; json body 'it["token"]' >station.token)

# units PREFIX COUNT: devices of $product; their numbers in PREFIX.numbers, their tokens for updates in PREFIX.tokens
units() {
    batch "$2"
    keys "$1" "$2"
    lines "$1" "$2" "$1" >"$1.ndjson"
    make "$1.ndjson"
    "$python" -c 'import json, sys; [print(json.loads(line)["number"]) for line in sys.stdin]' <body >"$1.numbers"
    while read -r number; do
        api POST "/api/v1/devices/$number/token"
        json body 'it["token"]'
    done <"$1.numbers" >"$1.tokens"
    same "there are devices: $1" "$2" "$(grep -c . "$1.tokens")"
}
# publish VERSION SECURITY: a release of $product; its id in $release
publish() {
    request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
        --form "version=$1" --form "security_version=$2" --form "file=@image"
    release=$(json body 'it["id"]' 2>/dev/null)
}
# runs PREFIX FROM TO VERSION: these devices tell that they run it
runs() {
    paste "$1.numbers" "$1.tokens" | sed -n "$2,$3p" | while read -r number by; do
        request PUT "$https/DEFAULT/controller/v1/$number/installedBase" --header "Authorization: TargetToken $by" \
            --header 'Content-Type: application/json' --data "{\"name\":\"os\",\"version\":\"$4\"}"
        echo "$code"
    done | sort -u
}

head -c 2000 /dev/urandom >image
product pump 4512345678906
main=$product
units campaign $((3 * forms))
units spare $forms
publish 2.0.0 1; answered 'a release' 201
of_main=$release
product lamp 4512345678913
units lamp 6
publish 1.0.0 1; publish 1.1.0 2; answered 'a security release' 201
same 'four devices run the older one' 201 "$(runs lamp 1 4 1.0.0)"
same 'one the newer' 201 "$(runs lamp 5 5 1.1.0)"

"$python" - "$https" "$http" "$main" "$of_main" "$product" "$release" "$STATION" >stage.json <<'PY'
import json, os, sys
https, http, product, release, other, other_release, station = sys.argv[1:]
told = json.load(open("init.json"))
read = lambda name: open(name).read().split()
units = lambda name: [{"number": n, "token": t} for n, t in zip(read(name + ".numbers"), read(name + ".tokens"))]
campaign = units("campaign")
print(json.dumps(told["login"] | {
    "https": https, "http": http, "ca": told["https_ca"], "token": told["token"], "product": product, "release": release,
    "other": other, "other_release": other_release, "others": len(read("lamp.numbers")), "waiting": read("lamp.numbers")[:4], "spare": units("spare"),
    "campaign": [campaign[i:i + 3] for i in range(0, len(campaign), 3)],
    "station": station, "station_token": os.path.abspath("station.token")}))
PY

"$python" "$here/browser/story.py" stage.json pictures fleet || failed=$((failed + 1))
stop 'SIGTERM ends the server well'
finish
