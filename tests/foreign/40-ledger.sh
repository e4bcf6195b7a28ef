#!/usr/bin/env bash
# The ledger: a verifier that shares no code with the product (Go's sumdb) checks both logs, proofs and consistency.
. "$(dirname "$0")/lib.bash"

export GO111MODULE=off GOPATH=/usr/share/gocode
holds 'the Go verifier builds' go build -o "$WORK/verifier" "$here/tlog/main.go"
init
start
product siren 4512345678906
batch 1000
key first; device first
proof() { request GET "$https/api/v1/devices/$1/events/$2/proof" --header "Authorization: Bearer $token"; }
proof "$number" 1
[[ $code == 200 ]] || { problem 'a proof before its checkpoint is put off' 202; matches 'and says when' '^[1-9]' "$(header retry-after)"; }
has_proof() { proof "$1" "$2"; [[ $code == 200 ]]; }
holds 'the first event is provable in time' within 5 has_proof "$number" 1
cp body first.tlog-proof

# --- keys and checkpoints, both ports
request GET "$http/ledger/keys"; cp body keys
answered 'the keys are there' 200
same 'one for each log' 2 "$(wc -l <keys)"
same 'in vkey form' 2 "$(grep -cE '^[^+ ]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$' keys)"
request GET "$https/ledger/keys"
same 'the same on the HTTPS port' "$(cat keys)" "$(cat body)"
checkpoint() { request GET "$http/ledger/$1/checkpoint"; cp body "$2"; }
size() { sed -n 2p "$1"; }
for log in facts devices; do
    checkpoint $log $log.old
    answered "$log: a checkpoint" 200
    matches "$log: signed by the key of its origin" "^— $(sed -n 1p $log.old | sed 's/[.[*^$+?(){|]/\\&/g') " "$(cat $log.old)"
    same "$log: its origin is the name of a key" 1 "$(cut -d + -f 1 keys | grep -cxF "$(sed -n 1p $log.old)")"
    lacks "$log: an origin has no scheme" '://' "$(sed -n 1p $log.old)"
    holds "$log: Go verifies it" ./verifier -url "$http/ledger/$log" -keys keys
done
lacks 'the two logs have two origins' "^$(sed -n 1p facts.old)\$" "$(sed -n 1p devices.old)"
same 'the device log has one entry' 1 "$(size devices.old)"

# --- past the edge of a tile, and consistent all the way
keys many/m 300
lines many 300 many/m >all.lines
grows() { checkpoint devices now; (($(size now) >= $1)); }
for part in 1 2 3; do
    sed -n "$((part * 100 - 99)),$((part * 100))p" all.lines >some.lines
    make some.lines
    same "part $part is made" 100 "$(grep -c '"certificate"' body)"
    cat body >>many.json
    holds "part $part is in the log within seconds" within 5 grows $((1 + part * 100))
    cp now "devices.$part"
done
for old in old 1 2 3; do
    holds "Go verifies the log as a continuation of checkpoint $old" ./verifier -url "$http/ledger/devices" -keys keys -old "devices.$old"
done
product siren-2 4512345678913
fact_grows() { checkpoint facts facts.now; (($(size facts.now) > $(size facts.old))); }
holds 'a product is a fact in the log' within 5 fact_grows
holds 'Go verifies the facts as a continuation' ./verifier -url "$http/ledger/facts" -keys keys -old facts.old
refuses 'Go refuses the checkpoint of the other log' 'another log' ./verifier -url "$http/ledger/facts" -keys keys -old devices.1

# --- a device's events are entries
# entry PROOF-FILE: what the proof opens: leaf in leaf.bin, event in event.json, index on stdout.
entry() {
    "$python" - "$1" <<'PY'
import base64, hashlib, sys
lines = open(sys.argv[1]).read().split("\n")
assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ") and lines[2].startswith("index "), lines[:3]
extra = base64.b64decode(lines[1][6:])
salt, event = extra[:32], extra[32:]
open("event.json", "wb").write(event)
open("leaf.bin", "wb").write(b"\x01" + hashlib.sha256(b"tegata.dev/event/v1\n" + salt + event).digest())
print(lines[2][6:])
PY
}
# included NAME NUMBER SEQUENCE KIND: Go finds what the proof opens in the log, and it is that event.
included() {
    local index
    holds "$1: provable in time" within 5 has_proof "$2" "$3"
    cp body "$1.tlog-proof"
    index=$(entry "$1.tlog-proof")
    holds "$1: Go finds it in the log" ./verifier -url "$http/ledger/devices" -keys keys -index "$index" -entry leaf.bin
    same "$1: it is the event" "$4 $3" "$(json event.json '"{kind} {sequence}".format(**it)')"
    api GET "/api/v1/devices/$2/events"
    same "$1: the API tells the same" "$index $(tail -c +2 leaf.bin | od -An -tx1 | tr -d ' \n')" \
        "$(json body '"{index} {commitment}".format(**it["items"]['"$3"' - 1])')"
    holds "$1: tegata verifies it" "$TEGATA" verify "$1.tlog-proof" --keys keys
}
number=$(json first.json 'it["number"]')
included made "$number" 1 made
before=$(json event.json 'it["previous"]')
same 'the first event has none before it' "$(printf '0%.0s' {1..64})" "$before"
api POST "/api/v1/devices/$number/ship" '{"reason":"to the harbour"}'; answered 'it is shipped' 200
commitment=$(tail -c +2 leaf.bin | od -An -tx1 | tr -d ' \n')
included shipped "$number" 2 shipped
same 'the second names the first' "$commitment" "$(json event.json 'it["previous"]')"
last=$(tail -n 1 many.json | "$python" -c 'import json, sys; print(json.load(sys.stdin)["number"])')
included 'the last of 300' "$last" 1 made
entry made.tlog-proof >/dev/null; head -c 32 leaf.bin >part.bin; printf x >>part.bin
refuses 'Go refuses another entry' 'not in the tree' ./verifier -url "$http/ledger/devices" -keys keys -index 0 -entry part.bin

# --- proofs for anybody
request GET "$http/d/$last/proof/1"
answered 'the public proof of a stamp' 200
matches 'it is a file' 'attachment; filename=.*tlog-proof' "$(header content-disposition)"
cp body public.tlog-proof
holds 'tegata verifies it' "$TEGATA" verify public.tlog-proof --keys keys
request GET "$http/d/$number/proof/2" --header 'Accept: application/json'
problem 'an event with words of a person is not for all' 403
request GET "$http/d/$last/proof/2" --header 'Accept: application/json'; problem 'an event that is not there' 404
request GET "$https/api/v1/devices/$last/events/1/proof"; problem 'the API wants a token' 401
api GET "/api/v1/devices/$last/events/99/proof"; problem 'no such event' 404

# --- tampered proofs. Every part of the file, one bit each.
flip() { "$python" -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[int(sys.argv[3])] ^= 1; open(sys.argv[2], "wb").write(d)' "$@"; }
total=$(stat -c %s made.tlog-proof)
for part in 5 40 $((total / 4)) $((total / 2)) $((total - 150)) $((total - 40)); do
    flip made.tlog-proof bad.tlog-proof "$part"
    refuses "tegata refuses a proof with byte $part changed" . "$TEGATA" verify bad.tlog-proof --keys keys
done
"$python" - <<'PY'
import base64
lines = open("made.tlog-proof").read().split("\n")
extra = base64.b64decode(lines[1][6:])
lines[1] = "extra " + base64.b64encode(extra.replace(b"siren", b"SIREN").replace(b'"first"', b'"other"')).decode()
open("forged.tlog-proof", "w").write("\n".join(lines))
PY
refuses 'tegata refuses a proof with another event' . "$TEGATA" verify forged.tlog-proof --keys keys
head -n 5 made.tlog-proof >short.tlog-proof; refuses 'tegata refuses half a proof' . "$TEGATA" verify short.tlog-proof --keys keys
: >no-keys;                                  refuses 'tegata refuses without a key' . "$TEGATA" verify made.tlog-proof --keys no-keys
sed 's/+[0-9a-f]\{8\}+/+00000000+/' keys >bad-keys; refuses 'tegata refuses a broken key' . "$TEGATA" verify made.tlog-proof --keys bad-keys
refuses 'tegata refuses a file that is not there' 'No such file' "$TEGATA" verify nothing.tlog-proof --keys keys

# --- tampered copies of the log
"$python" - "$http/ledger/devices" copy <<'PY'
import os, sys, urllib.request
prefix, folder = sys.argv[1:]
def fetch(path):
    data = urllib.request.urlopen(f"{prefix}/{path}", timeout=20).read()
    os.makedirs(os.path.dirname(f"{folder}/{path}") or folder, exist_ok=True)
    open(f"{folder}/{path}", "wb").write(data)
    return data
count, level = int(fetch("checkpoint").split(b"\n")[1]), 0
for kind in ["entries", 0, 1, 2]:
    nodes = count >> (8 * kind if kind != "entries" else 0)
    for n in range((nodes + 255) // 256):
        width = min(256, nodes - n * 256)
        fetch(f"tile/{kind}/{n:03}" + ("" if width == 256 else f".p/{width}"))
PY
holds 'Go verifies a copy' ./verifier -dir copy -keys keys -old devices.1
holds 'tegata verifies a copy' "$TEGATA" verify copy --keys keys
holds 'tegata verifies a checkpoint' "$TEGATA" verify copy/checkpoint --keys keys
refuses 'tegata refuses a copy by the key of another log' . "$TEGATA" verify copy --keys <(grep -vF "$(sed -n 1p copy/checkpoint)+" keys)
both() {
    refuses "Go refuses a copy $1" FAILED ./verifier -dir copy -keys keys
    refuses "tegata refuses a copy $1" . "$TEGATA" verify copy --keys keys
}
spoil() { local name=$1 file=$2 at=$3; cp "copy/$file" kept; flip kept "copy/$file" "$at"; both "with $name changed"; cp kept "copy/$file"; }
spoil 'an entry' tile/entries/000 100
spoil 'a late entry' "$(cd copy && find tile/entries -path '*.p/*')" 50
spoil 'a hash' tile/0/000 1000
spoil 'the root' checkpoint 60
cp copy/checkpoint kept; sed -i '2s/.*/300/' copy/checkpoint
both 'with another size'; cp kept copy/checkpoint
holds 'the copy is whole again' ./verifier -dir copy -keys keys

# --- what the log does not have
for path in tile/0/999 tile/0/000.p/300 tile/0/001.p/255 tile/9/000 tile/entries/x tile/entries/999 ../keys/x tile/; do
    request GET "$http/ledger/devices/$path" --path-as-is; problem "there is no $path" 404
done
request GET "$http/ledger/other/checkpoint"; problem 'there is no third log' 404
request GET "$http/ledger/devices/tile/0/000"; matches 'a full tile never changes' 'immutable' "$(header cache-control)"; cp body first.tile

# --- after a new start the log goes on
checkpoint devices last
stop 'SIGTERM ends the server well'
start
holds 'the log goes on after a new start' ./verifier -url "$http/ledger/devices" -keys keys -old last
stop 'SIGTERM ends the server well, again'
# unserved NAME: a changed copy of the data folder is not served.
unserved() { refuses "$1" 'does not match' timeout 20 "$TEGATA" serve --data changed --https 127.0.0.1:0 --http 127.0.0.1:0; }
# remade NAME: tiles come from the store: a copy of the data folder with other tiles serves the right ones.
remade() {
    local name=$1 before=$data
    data=changed
    start
    data=$before
    request GET "$http/ledger/devices/tile/0/000"
    same "$name" "$(sha256sum <first.tile)" "$(sha256sum <body)"
    holds "$name: a foreign program accepts the log" ./verifier -url "$http/ledger/devices" -keys keys -old last
    stop "$name: SIGTERM ends the server well"
}
cp -a "$data" changed; mkdir -p changed/ledger/devices/tile/0
flip first.tile changed/ledger/devices/tile/0/000 700
remade 'a changed tile is made again from the store'
rm -r changed; cp -a "$data" changed
"$python" - changed/tegata.db <<'PY'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as store:
    changed = store.execute("update event set commitment = zeroblob(32) where idx = (select max(idx) from event)")
    assert changed.rowcount == 1
PY
unserved 'a changed event is refused at the start'
rm -r changed; cp -a "$data" changed
rm -r changed/ledger/devices/tile
remade 'a missing tile is made again from the store'
finish
