#!/usr/bin/env bash
# The API against its own description: schemathesis makes requests out of the OpenAPI document, right ones and wrong
# ones, with every role. No 5xx, no answer that the document does not name, nothing wrong that is accepted.
. "$(dirname "$0")/lib.bash"
st=$VENV/bin/schemathesis
export SCHEMATHESIS_HOOKS=$here/schemathesis/hooks.py
config=$here/schemathesis/schemathesis.toml
[[ -x $st ]] || { not_ok 'schemathesis is there' "no $st; cargo xtask test installs it"; finish; }

init
start
product camera 4512345678906
batch 1000
key one
device one
document=$https/api/openapi.json
request GET "$document"; cp body openapi.json
holds 'every operation that is left out is there' "$python" -c '
import json, sys, tomllib
document, config = json.load(open("openapi.json")), tomllib.load(open(sys.argv[1], "rb"))
known = {each.get("operationId") for path in document["paths"].values() for each in path.values()}
named = {each["include-operation-id"] for each in config["operations"]}
assert named and named <= known, named - known' "$config"

# tries NAME TOKEN SECONDS LEAST PHASES: requests of one who holds this token, at least so many. One worker: two trip
# over the parser of Python 3.11.
tries() {
    local name=$1 bearer=$2 seconds=$3 least=$4 phases=$5 made status
    "$st" --config-file "$config" run "$document" --tls-verify "$ca" --header "Authorization: Bearer $bearer" \
        --seed 4512345678906 --include-path-regex '^/api/v1/' --phases "$phases" --max-time "$seconds" \
        --max-examples 20 --continue-on-failure --warnings off --request-timeout 20 --no-color >"$name.out" 2>&1
    status=$?
    made=$(sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$name.out")
    same "as $name: what is answered is what the document says" 0 "$status"
    ((status == 0)) || sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,$p' "$name.out" | head -n 80 | sed 's/^/# /'
    holds "as $name: $least requests or more" test "${made:-0}" -ge "$least"
}

tries administrator "$token" 40 200 examples,coverage,fuzzing,stateful
for role in engineer station operator auditor; do
    api POST /api/v1/tokens "{\"name\":\"$role\",\"role\":\"$role\",\"days\":1}"
    tries "$role" "$(json body 'it["token"]')" 10 20 fuzzing
done
holds 'the server holds nothing against it' "$python" -c '
import json, sys
bad = [line for line in open(sys.argv[1]) if "panicked" in line]
assert not bad, bad[:3]' "$WORK/log"
stop 'SIGTERM ends the server well'
finish
