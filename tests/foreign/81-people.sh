#!/usr/bin/env bash
# Stories in a real browser: who comes in for the first time, a program's token that is revoked, the audit. Script on and
# off, phone and desktop, light and dark, both languages.
. "$(dirname "$0")/lib.bash"

init
start
"$python" - "$WORK/init.json" "$https" "$http" >stage.json <<'PY'
import json, sys
told = json.load(open(sys.argv[1]))
stage = {"https": sys.argv[2], "http": sys.argv[3], "ca": told["https_ca"], "token": told["token"]}
print(json.dumps(stage | told["login"]))
PY

"$python" "$here/browser/story.py" stage.json pictures people || failed=$((failed + 1))
stop 'SIGTERM ends the server well'
finish
