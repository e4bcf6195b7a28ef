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

axe=$NPM/node_modules/axe-core/axe.min.js
"$python" "$here/browser/axe.py" "$http" "$well" "$held" "$ended" "$axe" "$WORK/pictures" || failed=$((failed + 1))
stop "SIGTERM ends the server"
finish
