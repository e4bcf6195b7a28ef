#!/usr/bin/env bash
# Bad input, wrong credentials, full disk, wrong folder: each gets a clear error, and nothing is lost.
. "$(dirname "$0")/lib.sh"

disk=$WORK/disk
trap 'clean_up; umount -l "$disk" 2>/dev/null' EXIT

init
printf '[limits]\nrequest_seconds = 5\n' >limits.toml
start --config limits.toml
main=$server
product camera 4512345678906
batch 1000
json_type='Content-Type: application/json'
bearer="Authorization: Bearer $token"

# --- who sends slowly gets an end. This takes a minute and runs beside all that follows.
keys slow/s 1; line slow-1 slow/s-1.csr >slow.line
"$python" - "$https_port" "$http_port" "$ca" "$token" "$batch" >slow.out 2>slow.err <<'PY' &
import select, socket, ssl, sys, threading, time
https, http, ca, token, batch = sys.argv[1:]
def plain(port):
    return socket.create_connection(("127.0.0.1", int(port)))
def tls():
    return ssl.create_default_context(cafile=ca).wrap_socket(plain(https), server_hostname="localhost")
def until_end(name, connection, sends, limit):
    """Sends what it is given, then nothing; tells what came back, and whether the end came in time."""
    start, answer = time.monotonic(), b""
    connection.sendall(sends)
    connection.settimeout(limit)
    try:
        while more := connection.recv(65536):
            answer += more
            if answer.endswith(b"0\r\n\r\n") or b" 408 " in answer.split(b"\r\n")[0]:
                break
        end = "ended"
    except (TimeoutError, socket.timeout):
        end = f"still open after {limit} s"
    except OSError:
        end = "ended"
    print(f"{name}: {end}: {answer[:12].decode(errors='replace').strip()}: {answer.decode(errors='replace')!r}", flush=True)
post = f"POST /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: %s\r\n%s\r\n"
body = open("slow.line").read()
jobs = [
    ("head", plain(http), b"GET / HTTP/1.1\r\nHost: local", 20),
    ("secure head", tls(), b"GET / HTTP/1.1\r\nHost: local", 20),
    ("handshake", plain(https), b"", 20),
    ("half a handshake", plain(https), b"\x16\x03\x01\x02\x00\x01", 20),
    ("body", tls(), (post % ("products", "application/json", "Content-Length: 100\r\n") + '{"name"').encode(), 20),
    ("lines", tls(), (post % (f"batches/{batch}/devices", "application/x-ndjson", "Transfer-Encoding: chunked\r\n")
                      + f"{len(body):x}\r\n{body}\r\n").encode(), 80),
]
threads = [threading.Thread(target=until_end, args=job) for job in jobs]
[t.start() for t in threads]
[t.join() for t in threads]
print("done")
PY

# --- credentials
for path in products batches devices findings audit tokens organisations "devices/$product/events"; do
    request GET "$https/api/v1/$path"
    problem "GET $path without a token" 401
    same "GET $path says how" Bearer "$(header www-authenticate)"
done
request POST "$https/api/v1/batches/$batch/devices" --header "$bearer" --header 'X: y' --data-binary @/dev/null --header 'Authorization:'
problem 'making devices without a token' 401
request GET "$https/api/v1/devices" --user admin:x;                                      problem 'a password in place of a token' 401
request GET "$https/api/v1/devices" --header 'Authorization: Bearer hello';              problem 'a wrong token' 401
request GET "$https/api/v1/devices" --header "Authorization: Bearer ${token%?}x";        problem 'a token with a character changed' 401
request GET "$https/api/v1/devices" --header "Authorization: Bearer $(printf 'A%.0s' {1..4000})"; problem 'a long token' 401
request GET "$https/api/v1/devices?token=$token";                                        problem 'a token in the address' 401
request POST "$http/api/v1/products" --header "$bearer" --header "$json_type" --data '{}'; problem 'the API is not on the open port' 404
new_token() { api POST /api/v1/tokens "{\"name\":\"$1\",\"role\":\"$1\",\"days\":1}"; json body 'it["token"]'; }
auditor=$(new_token auditor); station=$(new_token station)
ended=$(new_token operator); api DELETE "/api/v1/tokens/$(json body 'it["id"]')"
answered 'a token is ended' 204
token=$ended api GET /api/v1/devices;       problem 'an ended token' 401 ended
token=$auditor api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":1}";  problem 'an auditor opens no batch' 403 auditor
token=$auditor make slow.line;              problem 'nor makes devices' 403
token=$station api GET /api/v1/findings;    problem 'a station reads no findings' 403
token=$station api POST /api/v1/tokens '{"name":"x","role":"administrator"}';         problem 'nor makes tokens' 403
token=$auditor api GET /api/v1/devices;     answered 'an auditor reads' 200
api POST /api/v1/tokens '{"name":"x","role":"king"}';                                 problem 'an unknown role' 400
api POST /api/v1/tokens '{"name":"x","role":"auditor","days":0}';                     problem 'a token without life' 400
api POST /api/v1/tokens '{"name":"x","role":"auditor","days":99999}';                 problem 'a token for ever' 400

# --- another organisation: what is not its own does not exist
key unit-1; device unit-1; mine=$number
api POST /api/v1/organisations '{"name":"Other maker","kinds":["maker"]}'; answered 'a second organisation' 201
other=$(json body 'it["token"]')
for path in "products/$product" "batches/$batch" "devices/$mine" "devices/$mine/events" "devices/$mine/events/1/proof" "devices/$mine/label.svg"; do
    token=$other api GET "/api/v1/$path"; problem "its GET ${path%%/*} …${path##*/}" 404
    same 'is told no more than that it is not there' '' "$(grep -oE 'camera|unit-1|Tegata' body)"
done
for act in confirm ship receive install quarantine release repair recall retire; do
    token=$other api POST "/api/v1/devices/$mine/$act"; problem "its $act" 404
done
token=$other api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":1}";    problem 'its batch of our product' 404
token=$other make slow.line;                                                          problem 'its devices in our batch' 404
token=$other api DELETE "/api/v1/tokens/$(api GET /api/v1/tokens; json body 'it["items"][0]["id"]')"; problem 'its end of our token' 404
token=$other api POST /api/v1/organisations '{"name":"Third","kinds":["maker"]}';     problem 'its organisation' 403
for list in devices products batches findings; do
    token=$other api GET "/api/v1/$list"; same "its list of $list is empty" '[] null' "$(json body 'str(it["items"]) + " " + json.dumps(it["next"])')"
done
api GET "/api/v1/devices/$mine"; same 'after all this ours is as it was' 'made well 1' "$(json body '"{stage} {condition} {sequence}".format(**it)')"

# --- bodies
good='{"name":"x","model":"x","gtin":"4512345678913","support_end":"2032-03"}'
bad() { api POST /api/v1/products "$2"; problem "$1" "${3-400}"; }
bad 'half JSON' '{"name":'; bad 'no object' '[]'; bad 'not even JSON' hello; bad 'a missing field' '{"name":"x"}'
bad 'a field too many' "${good%\}},\"price\":1}"; bad 'a field of another type' "${good/\"x\"/1}"
bad 'a wrong check digit' "${good/13\"/14\"}"; bad 'support that has ended' "${good/2032/2020}"; bad 'short support without a reason' "${good/2032/2028}"
bad 'no month' "${good/2032-03/soon}"; bad 'an empty name' "${good/\"x\"/\"\"}"; bad 'a control character' "${good/\"x\"/\"a\\u0000b\"}"
bad 'deep brackets' "$(printf '[%.0s' {1..30000})"
printf '{"name":"\xff\xfe"}' >bytes; api POST /api/v1/products @bytes;                problem 'no UTF-8' 400
head -c 70000 /dev/zero | tr '\0' ' ' >spaces; api POST /api/v1/products @spaces;    problem 'a body that is too large' 413
api POST /api/v1/products @spaces --header 'Transfer-Encoding: chunked';             problem 'a chunked one as well' 413
request POST "$https/api/v1/products" --header "$bearer" --header 'Content-Type: text/plain' --data "$good"; problem 'a wrong content type' 415
api POST /api/v1/products;                                                           problem 'no body' 400
for n in 0 -1 1.5 99999999999 '"7"'; do api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":$n}"; problem "a batch of $n" 400; done
api POST /api/v1/batches "{\"product\":\"$batch\",\"quantity\":1}";                  problem 'a batch of no product' 404
for q in limit=0 limit=1001 limit=x cursor=x cursor=; do api GET "/api/v1/devices?$q"; problem "a list with $q" 400; done
api POST "/api/v1/devices/$mine/release";                                            problem 'an act that the life forbids' 409 'not quarantined'
api POST "/api/v1/devices/$mine/dance";                                              problem 'an act that is none' 404
api POST "/api/v1/devices/$mine/ship" "{\"reason\":\"$(printf 'x%.0s' {1..501})\"}"; problem 'a reason that is too long' 400
api POST "/api/v1/devices/$mine/ship" '{"at":"yesterday"}';                          problem 'a time that is none' 400
same_key() { api POST /api/v1/products "$1" --header 'Idempotency-Key: k-1'; }
same_key "$good"; answered 'a request with a key' 201; id=$(json body 'it["id"]')
same_key "$good"; same 'again gets the same product' "201 $id" "$code $(json body 'it["id"]')"
same_key "${good//x/y}"; problem 'another request with that key' 409

# --- addresses
api GET /api/v1/nothing;       problem 'an unknown route' 404
api PUT /api/v1/products;      problem 'a wrong method' 405
matches 'tells the right ones' 'POST' "$(header allow)"
api GET "/api/v1/devices/%00"; problem 'a zero byte in a path' 404
request GET "$https/$(printf 'a%.0s' {1..70000})"; matches 'an endless path' '^4' "$code"
request GET "$https/healthz" --header "X: $(printf 'a%.0s' {1..100000})"; matches 'an endless header' '^(4|000)' "$code"
exec 8<>"/dev/tcp/127.0.0.1/$http_port"; printf 'HELLO\r\n\r\n' >&8
matches 'no HTTP at all' '^HTTP/1.1 400' "$(timeout 5 head -n 1 <&8)"; exec 8>&-
exec 8<>"/dev/tcp/127.0.0.1/$https_port"; printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' >&8
holds 'plain HTTP on the TLS port is ended' timeout 15 cat <&8; exec 8>&-

# --- lines
{ line line-1 unit-1.csr; printf '{"serial":"long","csr":"%s"}\n' "$(head -c 33000 /dev/zero | tr '\0' A)"; echo; echo 'no JSON'; echo '[]'
  printf '\xff\xfe\n'; head -c 200000 /dev/zero | tr '\0' x; echo; cat slow.line | sed 's/slow-1/line-2/'; } >odd.lines
make odd.lines
same 'odd lines get their problems, the rest goes on' '200 409 413 400 400 400 413 409' "$code $("$python" -c '
import json; print(*[json.loads(line).get("problem", {}).get("status", 200) for line in open("body")])')"
printf '%s' "$(cat unit-1.line)" >l; make l; same 'a last line without an end' 1 "$(grep -c '"certificate"' body)"
: >l; make l; same 'no line at all' '200 0' "$code $(stat -c %s body)"
request POST "$https/api/v1/batches/$batch/devices" --header "$bearer" --header 'Content-Type: text/csv' --data-binary @unit-1.line
problem 'lines of a wrong type' 415
old=$batch; batch=$product; make unit-1.line; problem 'lines for no batch' 404; batch=$old

# --- a log line for what was refused
holds 'refusals stand in the log' grep -q '"status":403' log
lacks 'no token stands in the log' "$token|$other|$auditor" "$(cat log)"
request GET "$https/healthz"; answered 'the server lives' 200

# --- SIGTERM while a stream runs
# pace SECONDS FILE: its lines, slowly. stream FILE OUT: posts them so, answers as they come.
pace() { while IFS= read -r line; do printf '%s\n' "$line"; sleep "$1"; done <"$2"; }
stream() {
    pace 0.01 "$1" | curl --silent --show-error --max-time 60 --no-buffer --cacert "$ca" --request POST --upload-file . \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/x-ndjson' \
        "$https/api/v1/batches/$batch/devices" >"$2" 2>"$2.err"
}
has() { (($(grep -c -- "$2" "$1") >= $3)); }
# kept NAME FILE…: every device that was acknowledged is there, once, with the same number.
kept() {
    local name=$1; shift
    cursor=; : >all.json
    while [[ $cursor != null ]]; do
        api GET "/api/v1/devices?limit=1000${cursor:+&cursor=$cursor}"
        cat body >>all.json; echo >>all.json
        cursor=$(json body 'it["next"] or "null"') || break
    done
    holds "$name" "$python" - "$@" <<'PY'
import json, sys
there = [d for page in open("all.json") for d in json.loads(page)["items"]]
told = [json.loads(line) for name in sys.argv[1:] for line in open(name) if line.endswith("\n")]
told = {x["serial"]: x["number"] for x in told if "certificate" in x}
known = {d["serial"]: d["number"] for d in there}
lost = [s for s in told if known.get(s) != told[s]]
assert told and not lost and len(known) == len(there), f"{len(told)} told, lost {lost}, {len(there)} rows, {len(known)} serials"
PY
}
data=$WORK/second; init; start
product meter 4512345678906; batch 1000
keys term/t 300; lines term 300 term/t >term.lines
stream term.lines term.out & streaming=$!
holds 'a stream runs' within 20 has term.out certificate 30
stop 'SIGTERM in a stream ends the server well'
wait "$streaming"
same 'the stream was let to its end' 300 "$(grep -c '"certificate"' term.out)"
start
kept 'what it acknowledged is there after a new start' term.out

# --- the data folder
serves() { timeout 20 "$TEGATA" serve --data "$1" --https 127.0.0.1:0 --http 127.0.0.1:0 "${@:2}"; }
refuses 'a folder in use' 'another tegata process uses' serves "$data"
refuses 'a port in use' "$https_port|in use" serves "$WORK/data" --https "127.0.0.1:$https_port"
request GET "$https/healthz"; answered 'the first goes on' 200
expired=$token
stop 'SIGTERM ends the server well'
# changed NAME PATTERN COMMAND…: a copy of the folder that COMMAND changed is refused.
changed() {
    local name=$1 pattern=$2; shift 2
    rm -rf changed; cp -a "$data" changed; "$@"
    refuses "$name" "$pattern" serves "$WORK/changed"
}
sql() { "$python" -c 'import sqlite3, sys; s = sqlite3.connect(sys.argv[1]); s.execute(sys.argv[2]); s.commit(); s.close()' "$@"; }
changed 'a folder of a newer version' 'version 99.*newer' sql changed/tegata.db 'pragma user_version = 99'
changed 'a database of another program' 'not made by tegata' sql changed/tegata.db 'pragma application_id = 1'
changed 'an unlock file that others may read' 'chmod 600' chmod 644 changed/unlock
changed 'a missing unlock file' 'unlock' rm changed/unlock
changed 'an unlock file of another platform' 'unlock' cp data/unlock changed/unlock
changed 'an unlock file with something else' '64 hex' sed -i s/^./x/ changed/unlock
changed 'a database that is none' . cp "$ca" changed/tegata.db
changed 'a missing database' 'tegata init' rm changed/tegata.db
refuses 'a folder that is not there' 'tegata init' serves "$WORK/nowhere"
mkdir hollow; refuses 'an empty folder' 'tegata init' serves "$WORK/hollow"
printf 'nonsense = 1\n' >c.toml; refuses 'a configuration with an unknown key' 'nonsense' serves "$data" --config c.toml
sql "$data/tegata.db" 'update token set expires_at = created_at + 1'
start
token=$expired api GET /api/v1/devices; problem 'an expired token' 401 expired
stop 'SIGTERM ends the server well'

# --- a full disk
mkdir "$disk"
if mount -t tmpfs -o size=48m none "$disk" 2>mount.err; then
    data=$disk/data; init; start
    product pump 4512345678906; batch 1000
    keys disk/d 600; lines disk 600 disk/d >disk.lines
    stream disk.lines disk.out & streaming=$!
    holds 'devices are made on the small disk' within 20 has disk.out certificate 30
    dd if=/dev/zero of="$disk/filler" bs=64k 2>/dev/null; dd if=/dev/zero of="$disk/filler2" bs=1k 2>/dev/null
    holds 'the disk is full, and lines are told' within 20 has disk.out disk_full 20
    request GET "$http/healthz"; answered 'the server lives' 200
    request GET "$http/readyz"; answered 'but is not ready' 503
    rm "$disk"/filler*
    made=$(grep -c '"certificate"' disk.out)
    holds 'after space was freed it goes on by itself' within 20 has disk.out certificate $((made + 20))
    wait "$streaming"
    same 'every line was answered, with its device or disk_full' '600 600' "$(wc -l <disk.out) $("$python" -c '
import json; print(sum("certificate" in x or (x["problem"]["status"], x["problem"]["type"][-9:]) == (503, "disk_full") for x in map(json.loads, open("disk.out"))))')"
    kept 'every acknowledged device is there' disk.out
    make disk.lines; cp body disk.again
    same 'the same lines again: all are made' 600 "$(grep -c '"certificate"' disk.again)"
    kept 'none twice, none with another number' disk.out disk.again
    last=$(tail -n 1 disk.again | sed 's/.*"number":"\([^"]*\)".*/\1/')
    proven() { api GET "/api/v1/devices/$last/events/1/proof"; [[ $code == 200 ]]; }
    holds 'the ledger goes on too' within 10 proven
    stop 'SIGTERM ends the server well'
    start
    kept 'all of it after a new start' disk.out disk.again
    stop 'SIGTERM ends the server well'
else
    not_ok 'a full disk' "no tmpfs could be mounted: $(cat mount.err)"
fi

# --- and now the slow ones
holds 'all slow clients came to an end' within 90 grep -q done slow.out
for name in 'head' 'secure head' 'handshake' 'half a handshake' 'body' 'lines'; do
    matches "slow $name: ended" "^$name: ended" "$(grep "^$name:" slow.out)"
done
matches 'slow body: 408' '^body: ended: HTTP/1.1 408' "$(grep '^body:' slow.out)"
matches 'slow lines: the first was made, then 408' '^lines: .*"certificate".*too_slow' "$(grep '^lines:' slow.out)"
server=$main
stop 'SIGTERM ends the first server well'
finish
