#!/usr/bin/env bash
# Stories in a real browser: a device goes to a household by its claim code, is looked up and signs while one waits, and
# is retired. Each carries a real agent. Script on and off, phone and desktop, light and dark, both languages.
. "$(dirname "$0")/lib.bash"
forms=5

init
start
product pump 4512345678906
batch $forms
# home N: a device in use, its agent in home-N; $number
home() {
    key "home-$1"; device "home-$1"
    mkdir -m 700 "home-$1"
    cp "home-$1.key" "home-$1/key.pem"; cp "home-$1.crt" "home-$1/certificate.pem"; cp "home-$1.chain" "home-$1/chain.pem"
    printf 'device_url = "%s"\ntrust = ["%s"]\n[release]\nversion = "1.0"\n[heartbeat]\nleast = 1\nretry = 1\n' \
        "$https" "$ca" >"home-$1.toml"
    "$AGENT" run --once --folder "home-$1" --config "home-$1.toml"
}
for i in $(seq $forms); do holds "device $i is in use" home "$i"; done

"$python" - "$https" "$http" "$AGENT" >stage.json <<'PY'
import glob, json, os, sys
https, http, agent = sys.argv[1:]
told = json.load(open("init.json"))
home = lambda name: {"number": json.load(open(name + ".json"))["number"], "folder": os.path.abspath(name),
                     "config": os.path.abspath(name + ".toml")}
print(json.dumps(told["login"] | {
    "https": https, "http": http, "ca": told["https_ca"], "token": told["token"], "agent": agent,
    "homes": [home(name[:-5]) for name in sorted(glob.glob("home-*.toml"))]}))
PY

"$python" "$here/browser/story.py" stage.json pictures household || failed=$((failed + 1))
stop 'SIGTERM ends the server well'
finish
