#!/usr/bin/env bash
# Trouble in operation: slow clients, SIGTERM in a stream, a folder that is not right, a full disk. Nothing is lost.
. "$(dirname "$0")/lib.bash"

disk=$WORK/disk
trap 'clean_up; umount -l "$disk" 2>/dev/null' EXIT
init
printf '[limits]\nrequest_seconds = 5\n' >limits.toml
start --config limits.toml
main=$server
product camera 4512345678906
batch 10

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

# --- SIGTERM while a stream runs
# pace SECONDS FILE: its lines, slowly. stream FILE OUT [curl's…]: posts them so, answers as they come.
pace() { while IFS= read -r line; do printf '%s\n' "$line"; sleep "$1"; done <"$2"; }
stream() {
    pace 0.01 "$1" | curl --silent --show-error --max-time 60 --no-buffer --cacert "$ca" --request POST --upload-file . \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/x-ndjson' \
        "${@:3}" "$https/api/v1/batches/$batch/devices" >"$2" 2>"$2.err"
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
stream term.lines term.out --http2 & streaming=$!
holds 'a stream runs' within 20 has term.out certificate 30
stop 'SIGTERM in a stream ends the server well'
wait "$streaming"
same 'the stream was let to its end' 300 "$(grep -c '"certificate"' term.out)"
start
kept 'what it acknowledged is there after a new start' term.out
keys hold/h 1; line hold-1 hold/h-1.csr >hold.lines
cat >hold.py <<'PY'
import socket, ssl, sys
port, ca, token, batch = sys.argv[1:]
line = open("hold.lines").read()
peer = ssl.create_default_context(cafile=ca).wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
peer.sendall((f"POST /api/v1/batches/{batch}/devices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
              f"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n{len(line):x}\r\n{line}\r\n").encode())
with peer.makefile("r", newline="\n") as answer:
    for text in answer:
        if text.startswith("{"):
            print(text, end="", flush=True)
PY
"$python" hold.py "$https_port" "$ca" "$token" "$batch" >hold.out 2>hold.err & holding=$!
holds 'a stream that does not end runs' within 20 has hold.out certificate 1
stop 'SIGTERM ends the server well, past a stream that does not end'
wait "$holding"
start
kept 'what it acknowledged is there too' term.out hold.out

# --- the data folder
"$TEGATA" init --data third --json >/dev/null
serves() { timeout 20 "$TEGATA" serve --data "$1" --https 127.0.0.1:0 --http 127.0.0.1:0 "${@:2}"; }
refuses 'a folder in use' 'another tegata process uses' serves "$data"
refuses 'a port in use' "127.0.0.1:$https_port.*in use" timeout 20 "$TEGATA" serve --data "$WORK/third" --https "127.0.0.1:$https_port"
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
no_database() { rm -f changed/tegata.db-*; cp "$ca" changed/tegata.db; }
changed 'a database that is none' 'database' no_database
changed 'a clock that stands before the last event' 'clock' sql changed/tegata.db 'update event set at = at + 864000000'
changed 'a missing database' 'tegata init' rm changed/tegata.db
refuses 'a folder that is not there' 'tegata init' serves "$WORK/nowhere"
mkdir hollow; refuses 'an empty folder' 'tegata init' serves "$WORK/hollow"
holds 'doctor finds nothing wrong with a good folder' "$TEGATA" doctor --data "$data"
chmod 644 "$data/unlock"; refuses 'doctor finds wrong rights' 'unlock' "$TEGATA" doctor --data "$data"; chmod 600 "$data/unlock"
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
    stream disk.lines disk.out --http1.1 & streaming=$!
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
