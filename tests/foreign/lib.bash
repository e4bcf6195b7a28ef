# What the scripts beside this file share: a platform of their own, requests, checks. Sourced, never run.
#
# Given in the environment: TEGATA, AGENT, STATION (the programs), VENV (a Python venv with pkilint), WORK (an empty
# folder).
# A check prints `ok NAME` or `not ok NAME: why` and counts; `finish` ends with status 1 when one failed.
# shellcheck shell=bash disable=SC2034

set -u -o pipefail
: "${TEGATA:?the program}" "${AGENT:?the agent}" "${STATION:?the line}" "${VENV:?a venv with pkilint}" "${WORK:?an empty folder}"
export LC_ALL=C.UTF-8
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$VENV/bin/python3
data=$WORK/data
cd "$WORK" || exit 1

failed=0
server=
servers=()

# --- checks

ok() { echo "ok $1"; }
not_ok() { local why=${2-}; echo "not ok $1: ${why//$'\n'/ | }"; failed=$((failed + 1)); }

# holds NAME COMMAND…: it succeeds.
holds() {
    local name=$1 out; shift
    if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "status $?: ${out:0:600}"; fi
}

# refuses NAME PATTERN COMMAND…: it fails by itself, and says something that matches.
refuses() {
    local name=$1 pattern=$2 out status; shift 2
    out=$("$@" 2>&1); status=$?
    if ((status == 0)); then not_ok "$name" "it succeeded: ${out:0:300}"; return; fi
    if ((status >= 124)); then not_ok "$name" "it was killed or hung (status $status): ${out:0:300}"; return; fi
    if grep -Eiq -- "$pattern" <<<"$out"; then ok "$name"; else not_ok "$name" "no /$pattern/ in: ${out:0:600}"; fi
}

# same NAME WANTED GOT
same() { if [[ "$2" == "$3" ]]; then ok "$1"; else not_ok "$1" "wanted '${2:0:300}', got '${3:0:600}'"; fi; }

# matches NAME EXTENDED-PATTERN TEXT
matches() { if grep -Eq -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "no /$2/ in: ${3:0:600}"; fi; }
lacks() {
    local found status
    found=$(grep -Eom 1 -- "$2" <<<"$3" 2>&1); status=$?
    if ((status == 1)); then ok "$1"; else not_ok "$1" "/$2/ is in it: ${found:0:300}"; fi
}

# within SECONDS COMMAND…: tries it again and again until it succeeds.
within() {
    local end=$(($(date +%s%N) + $1 * 1000000000)); shift
    until "$@" >/dev/null 2>&1; do
        (($(date +%s%N) < end)) || return 1
        sleep 0.05
    done
}

finish() {
    ((failed == 0)) || { echo "# $failed failed; last lines of the server's log:"; tail -n 5 "$WORK/log" 2>/dev/null | cut -c -400 | sed 's/^/# /'; }
    exit $((failed > 0))
}

# json FILE EXPRESSION: a value of Python over the object `it`, as text.
json() {
    "$python" -c '
import json, sys
it = json.load(open(sys.argv[1]))
value = eval(sys.argv[2])
print(value if isinstance(value, str) else json.dumps(value))' "$@"
}

# --- the platform

# init [FLAG…]: a fresh platform in $data; its answer in init.json.
init() {
    "$TEGATA" init --data "$data" --json "$@" >"$WORK/init.json" 2>"$WORK/init.err" || {
        not_ok "init" "$(cat "$WORK/init.err")"; finish
    }
    token=$(json "$WORK/init.json" 'it["token"]')
    ca=$(json "$WORK/init.json" 'it["https_ca"]')
    root=$(json "$WORK/init.json" 'it["roots"][0]')
}

# start [FLAG…]: serves $data; https, http, ports. Its log goes to log.
start() {
    : >"$WORK/listening"
    "$TEGATA" serve --data "$data" --https 127.0.0.1:0 --http 127.0.0.1:0 "$@" >"$WORK/listening" 2>>"$WORK/log" &
    server=$!
    servers+=("$server")
    if ! within 20 grep -q listening "$WORK/listening" || ! kill -0 "$server"; then
        not_ok "serve" "no listening line: $(tail -n 3 "$WORK/log" | cut -c -600)"
        finish
    fi
    https_port=$(json "$WORK/listening" 'it["https"].rpartition(":")[2]')
    http_port=$(json "$WORK/listening" 'it["http"].rpartition(":")[2]')
    https=https://localhost:$https_port
    http=http://localhost:$http_port
}

# stop NAME: SIGTERM ends the server with status 0 within 20 seconds.
stop() {
    local pid=$server status
    kill -TERM "$pid"
    if ! within 20 gone "$pid"; then
        kill -KILL "$pid"; wait "$pid"
        not_ok "$1" "still running 20 s after SIGTERM"
        return
    fi
    wait "$pid"; status=$?
    same "$1" 0 "$status"
}

# Ended, though perhaps not waited for yet.
gone() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; }

# Ends what is still running of ours: servers, and programs in the background.
clean_up() {
    local pid
    for pid in "${servers[@]}" $(jobs -p); do gone "$pid" || kill -KILL "$pid"; done
    wait
} 2>/dev/null
trap clean_up EXIT

# --- requests: status in $code, headers in head, body in body

# request METHOD URL [curl's…]
request() {
    local method=$1 url=$2; shift 2
    : >"$WORK/head"; : >"$WORK/body"
    [[ $method != HEAD ]] || set -- --head "$@"
    code=$(curl --silent --show-error --max-time 30 --cacert "$ca" --request "$method" --dump-header "$WORK/head" \
        --output "$WORK/body" --write-out '%{http_code}' "$@" "$url" 2>"$WORK/curl.err")
}

# api METHOD PATH [JSON [curl's…]]: with the token.
api() {
    local method=$1 path=$2 body=${3-}
    shift $(($# < 3 ? $# : 3))
    [[ -z $body ]] || set -- --header 'Content-Type: application/json' --data-binary "$body" "$@"
    request "$method" "$https$path" --header "Authorization: Bearer $token" "$@"
}

body() { head -c 600 "$WORK/body"; cat "$WORK/curl.err"; }
header() { sed -n "s/^$1: *\(.*\)\r\$/\1/Ip" "$WORK/head" | tail -n 1; }

# answered NAME STATUS: of the last request.
answered() { if [[ $2 == "$code" ]]; then ok "$1"; else not_ok "$1" "wanted $2, got $code: $(body)"; fi; }

# problem NAME STATUS [PATTERN]: the last request was refused with a problem (RFC 9457) that says PATTERN.
problem() {
    local text
    if [[ $2 != "$code" ]]; then not_ok "$1" "wanted $2, got $code: $(body)"; return; fi
    [[ $(header content-type) == application/problem+json* ]] || { not_ok "$1" "content type '$(header content-type)'"; return; }
    text=$(json "$WORK/body" "'{type} {title} {detail}'.format(**it) if it['status'] == $code else 1 / 0" 2>&1) ||
        { not_ok "$1" "no type, title, status, detail in: $(body)"; return; }
    if grep -Eiq -- "${3-.}" <<<"$text"; then ok "$1"; else not_ok "$1" "no /$3/ in: $text"; fi
}

# --- devices

# key NAME [ALGORITHM]: NAME.key, and its request NAME.csr (DER).
key() {
    local how
    case ${2-p256} in
        p256) how=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256) ;;
        p384) how=(-algorithm EC -pkeyopt ec_paramgen_curve:P-384) ;;
        ed25519) how=(-algorithm ED25519) ;;
        *) how=(-algorithm "${2%%:*}" -pkeyopt "${2#*:}") ;;
    esac
    openssl genpkey "${how[@]}" -out "$1.key" 2>/dev/null && csr "$1" "$1"
}

# csr KEY NAME: NAME.csr (DER) from KEY.key.
csr() { openssl req -new -key "$1.key" -subj "/CN=$2" -outform DER -out "$2.csr"; }

# keys PREFIX COUNT: that many requests PREFIX-1.csr … whose keys are thrown away.
keys() {
    mkdir -p "$(dirname "$1")"
    seq "$2" | xargs -P 3 -I{} openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN={}" \
        -keyout /dev/null -outform DER -out "$1-{}.csr" 2>/dev/null
}

line() { printf '{"serial":"%s","csr":"%s"}\n' "$1" "$(base64 -w 0 "$2")"; }
# lines PREFIX COUNT CSR-PREFIX: a line for each of the requests that `keys` made.
lines() {
    "$python" - "$@" <<'PY'
import base64, json, sys
prefix, count, csr = sys.argv[1:]
for i in range(1, int(count) + 1):
    der = open(f"{csr}-{i}.csr", "rb").read()
    print(json.dumps({"serial": f"{prefix}-{i}", "csr": base64.b64encode(der).decode()}))
PY
}

# product NAME GTIN, batch QUANTITY: their ids in $product and $batch; exactly the contract's fields.
product() {
    api POST /api/v1/products "{\"name\":\"$1\",\"model\":\"$1\",\"gtin\":\"$2\",\"support_end\":\"2032-03\"}"
    product=$(json "$WORK/body" 'it["id"]' 2>/dev/null)
}
batch() {
    api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":$1}"
    batch=$(json "$WORK/body" 'it["id"]' 2>/dev/null)
}

# make FILE [curl's…]: posts NDJSON to the batch; answers in body.
make() {
    request POST "$https/api/v1/batches/$batch/devices" --header "Authorization: Bearer $token" \
        --header 'Content-Type: application/x-ndjson' --data-binary "@$1" "${@:2}"
}

# device NAME: makes it from NAME.csr under the serial NAME: NAME.json, NAME.crt, NAME.chain, $number.
device() {
    line "$1" "${2-$1}.csr" >"$1.line"
    make "$1.line"
    cp "$WORK/body" "$1.json"
    number=$(json "$1.json" 'it["number"]' 2>/dev/null) || { number=; return 1; }
    json "$1.json" 'it["certificate"]' | base64 -d | openssl x509 -inform DER -out "$1.crt"
    json "$1.json" '" ".join(it["chain"])' | tr ' ' '\n' | while read -r der; do
        base64 -d <<<"$der" | openssl x509 -inform DER
    done >"$1.chain"
}

# verify CERTIFICATE INTERMEDIATES [openssl's…]
verify() { local leaf=$1 chain=$2; shift 2; openssl verify -CAfile "$root" -untrusted "$chain" "$@" "$leaf"; }

serial() { openssl x509 -in "$1" -noout -serial | cut -d = -f 2; }
# The path below the plain URL that a certificate names for its CRL.
crl_path() { openssl x509 -in "$1" -noout -ext crlDistributionPoints | sed -n 's|.*URI:http://[^/]*||p'; }

# est OPERATION CSR-NAME CREDENTIAL-NAME [curl's…]: with CREDENTIAL.crt and .key as TLS client certificate.
est() {
    local operation=$1 csr=$2 credential=$3; shift 3
    base64 -w 0 "$csr.csr" >"$csr.b64"
    request POST "$https/.well-known/est/$operation" --cert "$credential.crt" --key "$credential.key" \
        --header 'Content-Type: application/pkcs10' --data-binary "@$csr.b64" "$@"
}

# enrolled NAME: takes the answer of EST: NAME.crt, its issuer NAME.chain.
enrolled() {
    base64 -d "$WORK/body" | openssl pkcs7 -inform DER -print_certs -out "$1.all" &&
        "$python" - "$1" <<'PY'
import re, sys
name = sys.argv[1]
found = re.findall(r"-----BEGIN CERT.*?-----END CERTIFICATE-----\n", open(name + ".all").read(), re.S)
open(name + ".crt", "w").write(found[0])
open(name + ".chain", "w").write("".join(found[1:]))
PY
}
