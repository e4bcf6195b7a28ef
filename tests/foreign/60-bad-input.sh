#!/usr/bin/env bash
# Bad input and wrong credentials: each gets a clear error with the right status, and nothing is lost.
. "$(dirname "$0")/lib.bash"

init
start
product camera 4512345678906
batch 1000
json_type='Content-Type: application/json'
bearer="Authorization: Bearer $token"

keys spare/s 1; line line-2 spare/s-1.csr >spare.line

# --- credentials
for path in products batches devices findings audit tokens organisations "devices/$product/events"; do
    request GET "$https/api/v1/$path"
    problem "GET $path without a token" 401
    same "GET $path says how" Bearer "$(header www-authenticate)"
done
request POST "$https/api/v1/batches/$batch/devices" --header "$json_type" --data-binary @spare.line
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
token=$auditor make spare.line;              problem 'nor makes devices' 403
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
token=$other make spare.line;                                                          problem 'its devices in our batch' 404
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
request GET "$https/$(printf 'a%.0s' {1..20000})"; matches 'a long path' '^4' "$code"
request GET "$https/healthz" --header "X: $(printf 'a%.0s' {1..100000})"; matches 'an endless header' '^(4|000)' "$code"
# raw PORT TEXT: sends it as it is; the status line that comes back, or nothing at the end of the connection.
raw() {
    "$python" -c 'import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 15) as peer:
    peer.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
    print(peer.recv(4096).split(b"\r\n")[0].decode("latin-1").replace("\0", "?"))' "$@" 2>&1
}
matches 'no HTTP at all' '^HTTP/1.1 400' "$(raw "$http_port" 'HELLO\r\n\r\n')"
matches 'HTTP with two lengths' '^HTTP/1.1 400' "$(raw "$http_port" 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')"
matches 'a length that is none' '^HTTP/1.1 400' "$(raw "$http_port" 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n')"
lacks 'plain HTTP on the TLS port' 'HTTP|timed out' "$(raw "$https_port" 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')"

# --- lines
{ line line-1 unit-1.csr; printf '{"serial":"long","csr":"%s"}\n' "$(head -c 33000 /dev/zero | tr '\0' A)"; echo; echo 'no JSON'; echo '[]'
  printf '\xff\xfe\n'; head -c 200000 /dev/zero | tr '\0' x; echo; cat spare.line; } >odd.lines
make odd.lines
same 'odd lines get their problems, the rest goes on' '200 409 413 400 400 400 413 200' "$code $("$python" -c '
import json; print(*[json.loads(line).get("problem", {}).get("status", 200) for line in open("body")])')"
printf '%s' "$(cat unit-1.line)" >l; make l; same 'a last line without an end' 1 "$(grep -c '"certificate"' body)"
: >l; make l; same 'no line at all' '200 0' "$code $(stat -c %s body)"
request POST "$https/api/v1/batches/$batch/devices" --header "$bearer" --header 'Content-Type: text/csv' --data-binary @unit-1.line
problem 'lines of a wrong type' 415
old=$batch; batch=$product; make unit-1.line; problem 'lines for no batch' 404
for version in 1.1 2; do
    codes=$(for i in {1..10}; do make odd.lines "--http$version"; echo "$code"; done | sort -u | xargs)
    same "over HTTP/$version curl always sees that refusal" 404 "$codes"
done
batch=$old

# --- a log line for what was refused
holds 'refusals stand in the log' grep -q '"status":403' log
lacks 'no token stands in the log' "$token|$other|$auditor" "$(cat log)"
request GET "$https/healthz"; answered 'the server lives' 200

api POST /api/v1/contact '[null,null]';                    problem 'a list where an object belongs' 400 'object'
api POST /api/v1/contact;                                  problem 'no body where one ends all letters' 400
api POST /api/v1/contact '{}';                             problem 'nor an empty one' 400 'mail'

stop 'SIGTERM ends the server well'
finish
