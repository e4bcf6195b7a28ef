#!/usr/bin/env bash
# The API against its own description: schemathesis makes requests out of the OpenAPI document, right ones and wrong
# ones, with every role. No 5xx, no answer that the document does not name, nothing wrong that is accepted.
. "$(dirname "$0")/lib.bash"
st=$VENV/bin/schemathesis
export SCHEMATHESIS_HOOKS=$here/schemathesis/hooks.py
listed() { sed -n "s/^$1 \([^ ]*\).*/\1/p" "$here/schemathesis/exclusions.txt"; }
[[ -x $st ]] || { not_ok 'schemathesis is there' "no $st; cargo xtask test installs it"; finish; }

init
start
product camera 4512345678906
batch 1000
key one
device one
document=$https/api/openapi.json
checks=$(listed check | paste -sd ,)
operations=()
while read -r name; do operations+=(--exclude-operation-id "$name"); done < <(listed operation)
holds 'every exclusion has a reason' "$python" -c '
import sys
lines = [line for line in open(sys.argv[1]) if line.strip() and not line.startswith("#")]
assert lines and all(len(line.partition("#")[2].split()) > 5 for line in lines)' "$here/schemathesis/exclusions.txt"
holds 'every operation that is left out is there' "$python" -c '
import json, sys, urllib.request
document = json.load(open(sys.argv[1]))
known = {each.get("operationId") for path in document["paths"].values() for each in path.values() if isinstance(each, dict)}
assert set(sys.argv[2:]) <= known, set(sys.argv[2:]) - known' \
    <(request GET "$document"; cat body) $(listed operation)

# tries NAME TOKEN SECONDS PHASES: every request of one who holds this token.
tries() {
    local name=$1 bearer=$2 seconds=$3 phases=$4 report=$PWD/$1.json
    "$st" run "$document" --tls-verify "$ca" --header "Authorization: Bearer $bearer" --seed 4512345678906 \
        --include-path-regex '^/api/v1/' "${operations[@]}" --checks all --exclude-checks "$checks" \
        --phases "$phases" --max-time "$seconds" --max-examples 20 --workers 2 --continue-on-failure --warnings off \
        --request-timeout 20 --no-color --report json --report-json-path "$report" >"$name.out" 2>&1
    local status=$? failures
    failures=$(sed -n '/^=* FAILURES =*$/,/^=* SUMMARY =*$/p;/^=* ERRORS =*$/,/^=* FAILURES =*$/p' "$name.out" | grep -v '^ *$' | cut -c -160 | head -n 60)
    if ((status == 0)); then ok "as $name: $(sed -n 's/^ *\([0-9]* generated.*\)/\1/p' "$name.out")"
    else not_ok "as $name" "status $status: ${failures:-$(tail -n 20 "$name.out")}"; fi
    holds "as $name: some hundred requests were made" test "$(sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$name.out")" -gt 200
}

tries administrator "$token" 40 examples,coverage,fuzzing,stateful
for role in engineer station operator auditor; do
    api POST /api/v1/tokens "{\"name\":\"$role\",\"role\":\"$role\",\"days\":1}"
    tries "$role" "$(json body 'it["token"]')" 8 coverage,fuzzing
done
holds 'the server holds nothing against it' "$python" -c '
import json, sys
bad = [line for line in open(sys.argv[1]) if "panicked" in line]
assert not bad, bad[:3]' "$WORK/log"
stop 'SIGTERM ends the server well'
finish
