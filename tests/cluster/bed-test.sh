#!/usr/bin/env bash
# The bed alone, with psql as its client: whatever falls, every commit that was acknowledged is there afterwards, and
# commits go on. What the platform must hold on this bed means nothing unless the bed holds this.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BED=${BED:-$(mktemp -d /tmp/tegata-bed.XXXXXX)}
export BED
bed() { "$HERE/bed.sh" "$@"; }
trap 'touch "$BED/end"; wait || true; rm -f "$BED"/{end,acknowledged}; bed down' EXIT

# Writes number after number, each its own commit; notes a number when it was acknowledged.
write() {
    local number=0
    while [ ! -e "$BED/end" ]; do
        number=$((number + 1))
        if timeout 20 "$HERE/bed.sh" sql "insert into acknowledged values ($number)" >/dev/null 2>&1; then
            echo "$number" >>"$BED/acknowledged"
        fi
    done
}

count() { wc -l <"$BED/acknowledged"; }

# Waits until so many more numbers are acknowledged: writing goes on.
more() {
    local wanted=$(($(count) + $1)) end=$((SECONDS + 120))
    while [ "$(count)" -lt "$wanted" ]; do
        [ $SECONDS -lt $end ] || { echo "not ok: ${2:-}: no commits for 120 s"; bed status; exit 1; }
        sleep 0.1
    done
}

check() {
    local lost
    lost=$(comm -23 <(sort "$BED/acknowledged") <(bed sql "select n from acknowledged" | sort) | wc -l)
    [ "$lost" = 0 ] || { echo "not ok: $1: $lost acknowledged commits are lost"; exit 1; }
    echo "ok $1: $(count) acknowledged, all there; commits went on after $2 s, node $(bed leader) leads"
}

fault() {
    local what=$1 begin
    shift
    more 20 "$what"
    begin=$SECONDS
    "$@" >/dev/null 2>&1
    more 1 "$what"
    local pause=$((SECONDS - begin))
    more 20 "$what"
    bed heal
    bed settle
    check "$what" "$pause"
}

cut_leader() { bed cut "$(bed leader)"; }
fall_leader() { bed fall "$(bed leader)"; }

bed up
bed sql "create table acknowledged (n bigint primary key)"
: >"$BED/acknowledged"
write &
for round in $(seq "${ROUNDS:-1}"); do
    fault "switchover" bed switchover
    fault "the primary is killed" bed kill-primary
    fault "the leader's node falls" fall_leader
    fault "the leader's node is cut off" cut_leader
done
echo "ok: $round rounds"
