#!/usr/bin/env bash
# Requests that are held open: what a credential may is judged when the body is here, not when the request began. And
# connections that are kept: at every request, whatever the handshake proved, also over HTTP/2 and in a resumed session.
. "$(dirname "$0")/lib.bash"

init
start
product camera 4512345678906
batch 10
for i in 1 2; do key "held-$i"; device "held-$i"; done
number=$(json held-1.json 'it["number"]')
api POST "/api/v1/devices/$number/token"
target=$(json body 'it["token"]')
keys lines/s 2
line line-1 lines/s-1.csr >first.line
line line-2 lines/s-2.csr >second.line

# A request whose body comes in two parts; between them it waits for a file.
cat >held.py <<'PY'
import os, socket, ssl, sys, time
port, ca, name, head, first, second = sys.argv[1:]
tls = ssl.create_default_context(cafile=ca).wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
tls.settimeout(30)
first, second = open(first, "rb").read(), open(second, "rb").read()
stream = "x-ndjson" in head
size = "Transfer-Encoding: chunked" if stream else f"Content-Length: {len(first) + len(second)}"
part = (lambda b: b"%x\r\n%s\r\n" % (len(b), b)) if stream else (lambda b: b)
tls.sendall((head + f"\r\nHost: localhost\r\n{size}\r\nConnection: close\r\n\r\n").encode() + part(first))
answer = b""
while stream and b"\n" not in answer.partition(b"\r\n\r\n")[2].replace(b"\r\n", b""):
    answer += tls.recv(65536)
open(name + ".begun", "w").close()
while not os.path.exists(name + ".go"):
    time.sleep(0.02)
tls.sendall(part(second) + (b"0\r\n\r\n" if stream else b""))
while more := tls.recv(65536):
    answer += more
sys.stdout.buffer.write(answer)
PY
# held NAME HEAD FIRST SECOND COMMAND…: runs the command while the request hangs; its answer in NAME.out.
held() {
    local name=$1 head=$2 first=$3 second=$4; shift 4
    "$python" held.py "$https_port" "$ca" "$name" "$head" "$first" "$second" >"$name.out" 2>"$name.err" & local asker=$!
    servers+=("$asker")
    within 30 test -e "$name.begun" || not_ok "$name: it began" "$(cat "$name.err")"
    "$@"
    touch "$name.go"
    wait "$asker"
}
# another ROLE: a token of its own; its secret in it, its id in it_id.
another() { api POST /api/v1/tokens "{\"name\":\"held\",\"role\":\"$1\",\"days\":1}"; it=$(json body 'it["token"]'); it_id=$(json body 'it["id"]'); }
ended() { api DELETE "/api/v1/tokens/$it_id"; }
bearer() { printf 'POST %s HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Type: %s' "$1" "$it" "$2"; }

another station
held stream "$(bearer "/api/v1/batches/$batch/devices" application/x-ndjson)" first.line second.line ended
matches 'a stream makes a device while its token is there' '"certificate"' "$(grep -a line-1 stream.out)"
lacks 'and none once the token has ended' '"certificate"' "$(grep -a line-2 stream.out)"
matches 'the line is told why' 'no_credential|token' "$(grep -a line-2 stream.out)"

another administrator
printf '{"name":"mine","role":"admini' >half.1; printf 'strator","days":1}' >half.2
held token "$(bearer /api/v1/tokens application/json)" half.1 half.2 ended
matches 'a held request makes no token once its own has ended' '^HTTP/1.1 401' "$(head -n 1 token.out)"

printf '{"mode":"merge","data":{"held"' >half.1; printf ':"yes"}}' >half.2
quarantine() { api POST "/api/v1/devices/$number/quarantine"; }
head=$(printf 'PUT /DEFAULT/controller/v1/%s/configData HTTP/1.1\r\nAuthorization: TargetToken %s\r\nContent-Type: application/json' "$number" "$target")
held config "$head" half.1 half.2 quarantine
matches 'a held device tells nothing any more' '^HTTP/1.1 403' "$(head -n 1 config.out)"
api POST "/api/v1/devices/$number/release"
answered 'it is let back' 200
held again "$head" half.1 half.2 true
matches 'and is heard again' '^HTTP/1.1 200' "$(head -n 1 again.out)"

# kept NAME METHOD PATH IDENTITY BODY HEADER COMMAND…: asks on connections of every kind, runs the command, asks again.
kept() {
    local name=$1 asker; "$python" "$here/kept.py" "$https_port" "$ca" "$name" "$2" "$3" "$4" "$5" "$6" >"$name.out" 2>"$name.err" & asker=$!
    shift 6
    servers+=("$asker")
    within 30 test -e "$name.begun" || not_ok "$name: it began" "$(cat "$name.err")"
    "$@"
    touch "$name.go"
    wait "$asker" || not_ok "$name: every connection was kept" "$(tail -n 3 "$name.err")"
}
# were NAME WHAT FIRST SECOND: so was answered on all eight kinds of connection, before and after.
were() { same "$2" "8 $3 $4" "$(awk '{ print $4, $5 }' "$1.out" | sort | uniq -c | awk '{ print $1, $2, $3 }')"; }

another operator
kept ended GET /api/v1/devices '' '' "Authorization: Bearer $it" ended
were ended 'a token that ended opens nothing on a connection that was kept' 200 401

key kept; device kept
base64 -w 0 kept.csr >kept.b64
enrols=(POST /.well-known/est/simpleenroll kept kept.b64 'Content-Type: application/pkcs10')
kept quarantined "${enrols[@]}" quarantine
were quarantined 'nor does a device that is held' 200 403
api POST "/api/v1/devices/$number/release"
revoke() { api POST "/api/v1/certificates/$(serial kept.crt)/revoke" '{}'; }
kept revoked "${enrols[@]}" revoke
were revoked 'nor a certificate that is revoked' 200 403

key handed; device handed; key mine
est simpleenroll mine handed; enrolled mine
base64 -w 0 mine.csr >mine.b64
api POST /api/v1/organisations '{"name":"next","kinds":["operator"]}'; next=$(json body 'it["token"]')
hand_on() {
    api POST "/api/v1/devices/$number/transfer"
    token=$next api POST /api/v1/claims "{\"code\":\"$(json body 'it["code"]')\"}"
}
kept transferred GET "/DEFAULT/controller/v1/$number" mine '' 'Accept: application/json' hand_on
were transferred 'nor the certificate of an earlier owner' 200 403
stop 'SIGTERM ends the server well'
finish
