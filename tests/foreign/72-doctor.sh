#!/usr/bin/env bash
# What `tegata doctor` finds: each fault is made with other programs, named with what to do, and its end has a code.
. "$(dirname "$0")/lib.bash"

disk=$WORK/disk
trap 'clean_up; umount -l "$disk" 2>/dev/null' EXIT
unlock=$WORK/unlock
init --unlock "$unlock"
mv "$data/keys/root.key" "$WORK/root.key"
doctor() { "$TEGATA" doctor --data "${folder-$data}" --unlock "$unlock" "$@"; }
# ends NAME STATUS [FLAG…]: how it ends.
ends() { local name=$1 wanted=$2 status; shift 2; doctor "$@" >said 2>&1; status=$?; if ((status == wanted)); then ok "$name"; else not_ok "$name" "status $status: $(cat said)"; fi; }
finds() { local name=$1 pattern=$2; shift 2; doctor "$@" >said 2>&1; matches "$name" "$pattern" "$(cat said)"; }
sql() { "$python" -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.close()' "$@"; }
# A clock that some time server keeps, whatever this machine has.
mkdir "$WORK/bin"; printf '#!/bin/sh\necho yes\n' >"$WORK/bin/timedatectl"; chmod +x "$WORK/bin/timedatectl"
PATH=$WORK/bin:$PATH

ends 'a good folder' 0
matches 'has nothing to tell' '^0 problems, 0 warnings$' "$(cat said)"
ends 'strict changes nothing about that' 0 --strict
start --unlock "$unlock"
product camera 4512345678906; batch 1; key one; device one
holds 'it looks beside a platform that runs' doctor
stop 'SIGTERM ends the server well'

# --- what should be looked at
cp "$WORK/root.key" "$data/keys/root.key"
finds 'the root key online' '^warning .*root key is online.*move keys/root.key offline'
ends 'warnings end well' 0
ends 'but not under --strict' 3 --strict
rm "$data/keys/root.key"
cp "$unlock" "$data/unlock"
finds 'an unlock file beside its data' '^warning .*unlock file lies in the data folder'
rm "$data/unlock"
sed -i 's/yes/no/' "$WORK/bin/timedatectl"
finds 'a clock that nobody keeps' '^warning .*no time server.*systemd-timesyncd or chrony'
rm "$WORK/bin/timedatectl"
holds 'a backup is taken' "$TEGATA" backup --data "$data" --unlock "$unlock" --out "$WORK/backup" --recovery-key "$WORK/recovery.key"
lacks 'a fresh backup is none' backup "$(doctor)"
at=$(date --utc --date '8 days ago' +%FT%TZ)
printf '{"at":"%s","path":"/backup","bytes":1,"kind":"full","devices":0,"events":0}' "$at" >"$data/last-backup.json"
finds 'a stale backup' '^warning .*the last backup is 8 days old; run'
rm "$data/last-backup.json"

# --- certificates
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$1" -subj /CN=localhost -keyout tls.key -out tls.pem 2>/dev/null; }
printf '[tls]\ncertificate = "%s/tls.pem"\nkey = "%s/tls.key"\n' "$WORK" "$WORK" >tls.toml
certificate 5
finds 'a certificate of the server that ends soon' '^warning .*tls.pem ends in 4 days.*renew it' --config tls.toml
certificate 90
lacks 'a fresh one is none' tls.pem "$(doctor --config tls.toml)"
rm tls.pem
ends 'one that is not there' 1 --config tls.toml
cp "$ca" "$WORK/ca.kept"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=old -keyout old.key -out "$ca" 2>/dev/null
finds 'an authority that ends soon' '^warning .*https-ca.pem ends in 29 days.*tls.certificate'
cp "$WORK/ca.kept" "$ca"

# --- what is wrong
chmod 640 "$unlock"; finds 'an unlock file that others may read' '^problem .*unlock can be read by others; run: chmod'; chmod 600 "$unlock"
chmod 755 "$data"; finds 'a data folder that others may read' '^problem .*data can be read by others'; chmod 700 "$data"
chown 1 "$data/root.pem"; finds 'a file of another account' '^problem .*root.pem belongs to account 1.*chown'; chown 0 "$data/root.pem"
# changed NAME PATTERN COMMAND…: over a copy of the folder, in `changed`.
changed() {
    rm -rf changed; cp -a data changed
    "${@:3}"
    folder=$WORK/changed finds "$1" "$2"
    folder=$WORK/changed ends "$1: the end" 1 --json
}
changed 'a store that is not there' '^problem .*absent' rm changed/tegata.db
changed 'a store that cannot be read' '^problem ' cp tls.key changed/tegata.db
changed 'a clock behind the ledger' '^problem .*clock says' sql changed/tegata.db 'update event set at = at + 864000000'
changed 'a root that was changed' '^problem .*does not match its recorded root' sql changed/tegata.db 'update log set root = zeroblob(32)'
changed 'a leaf that was changed' '^problem .*ledger' sql changed/tegata.db 'update event set commitment = zeroblob(32)'
mkdir "$disk"
if mount -t tmpfs -o size=64m,mode=700 tmpfs "$disk" 2>mount.err; then
    cp -a "$data/." "$disk"
    folder=$disk finds 'a disk that is almost full' '^problem .*MB of disk left; free some'
else
    not_ok 'a disk that is almost full' "no tmpfs could be mounted: $(cat mount.err)"
fi
ends 'and the folder itself is still good' 0
finish
