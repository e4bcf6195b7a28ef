#!/usr/bin/env bash
# Updates over DDI: SWUpdate (suricatta) polls, resumes, installs, is asked to stop, fails, falls back. With its
# certificate from EST, and with a token.
. "$(dirname "$0")/lib.bash"
tools=$here/swupdate

init
TEGATA_UPDATE_POLL_INTERVAL=1 start
product pump 4512345678906
batch 100

# --- a signed image, as its maker builds it
openssl req -x509 -newkey rsa:2048 -nodes -keyout image.key -out image.crt -days 30 -subj /CN=maker \
    -addext extendedKeyUsage=emailProtection -addext keyUsage=digitalSignature 2>/dev/null
mkdir image
head -c 1500000 /dev/urandom >image/payload.bin
# image VERSION: fw-VERSION.swu, which installs the payload as $WORK/installed-DEVICE.bin through a link
image() {
    local digest
    digest=$(sha256sum image/payload.bin | cut -d ' ' -f 1)
    cat >image/sw-description <<END
software = {
    version = "$1"; hardware-compatibility: [ "1.0" ];
    files: ( { filename = "payload.bin"; path = "$WORK/installed.bin"; sha256 = "$digest"; } );
}
END
    openssl cms -sign -in image/sw-description -out image/sw-description.sig -signer image.crt -inkey image.key \
        -outform DER -nosmimecap -binary &&
        "$python" "$tools/swu.py" "fw-$1.swu" image/sw-description image/sw-description.sig image/payload.bin
}
holds 'the image is built and signed' image 2.0.0
mkdir tmp-check
holds 'SWUpdate itself finds it well' env TMPDIR="$WORK/tmp-check" swupdate -c -k image.crt -H board:1.0 -i fw-2.0.0.swu

# --- the release
request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
    --form version=2.0.0 --form security_version=1 --form "file=@fw-2.0.0.swu"
answered 'the release is published' 201
release=$(json body 'it["id"]' 2>/dev/null)

# unit NAME: a device with its certificate from EST; $number.
unit() {
    key "$1"; device "$1"
    key "$1-op"; est simpleenroll "$1-op" "$1"; enrolled "$1-op"
    echo "$number" >"$1.number"
    cat "$1-op.crt" "$1-op.chain" >"$1-op.pem"
}
number_of() { cat "$1.number"; }
# campaign NAME: for that device alone; its id in NAME.campaign, once the device has its action.
campaign() {
    api POST /api/v1/campaigns "{\"release\":\"$release\",\"select\":{\"numbers\":[\"$(number_of "$1")\"]}}"
    json body 'it["id"]' >"$1.campaign"
    within 20 has_action "$1" || not_ok "the campaign of $1" "no action: $(body)"
}
state() {
    api GET "/api/v1/campaigns/$(cat "$1.campaign")/actions"
    json body 'it["items"][0]["state"]' 2>/dev/null
}
reason() { state "$1" >/dev/null; json body 'it["items"][0]["reason"]'; }
campaign_state() { api GET "/api/v1/campaigns/$(cat "$1.campaign")"; json body 'it["state"]'; }
has_action() { [[ -n $(state "$1") ]]; }
is() { [[ $(state "$1") == "$2" ]]; }
campaign_is() { [[ $(campaign_state "$1") == "$2" ]]; }
# reaches NAME WHAT STATE: within half a minute.
reaches() { if within 30 is "$1" "$3"; then ok "$2"; else not_ok "$2" "state $(state "$1"), not $3"; said "$1"; fi; }
said() { tail -n 12 "$1.log" | cut -c -160 | sed 's/^/# /'; }

# --- SWUpdate. It has sockets in TMPDIR, so each device has its own.
# configure NAME VERSION PORT [LINE…]: NAME.cfg for a device that runs VERSION.
configure() {
    local name=$1 version=$2 port=$3; shift 3
    mkdir -p "tmp-$name"
    {
        echo "globals: { verbose = true; loglevel = 5; public-key-file = \"$WORK/image.crt\"; };"
        echo "suricatta: {"
        echo "    tenant = \"DEFAULT\"; id = \"$(number_of "$name")\"; url = \"https://localhost:$port\";"
        echo "    polldelay = 1; retry = 5; retrywait = 1; cafile = \"$ca\";"
        printf '    %s\n' "$@"
        echo "};"
        echo "identify: ( { name = \"version\"; value = \"$version\"; }, { name = \"hw_revision\"; value = \"1.0\"; } );"
    } >"$name.cfg"
}
by_certificate() { echo "sslkey = \"$WORK/$1-op.key\"; sslcert = \"$WORK/$1-op.pem\";"; }
by_token() {
    api POST "/api/v1/devices/$(number_of "$1")/token"
    echo "targettoken = \"$(json body 'it["token"]')\";"
}
# run NAME [suricatta's…]: in the background; its pid in $pid.
run() {
    local name=$1; shift
    TMPDIR=$WORK/tmp-$name swupdate -v -H board:1.0 -f "$name.cfg" -u "$*" >>"$name.log" 2>&1 &
    pid=$!
}
# halt: the SWUpdate in $pid, and what it started, by their ids.
halt() {
    local children
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
    kill -TERM "$pid" $children 2>/dev/null
    within 5 gone "$pid" || kill -KILL "$pid" $children 2>/dev/null
    wait "$pid" 2>/dev/null
}
logged() { grep -q -- "$2" "$1.log"; }
within_log() { within 40 logged "$1" "$2"; }
# served STATUS: how often the download route answered it.
served() {
    request GET "$http/metrics"
    grep -F 'artifacts/{file}' body | grep -F "\"$1\"" | grep '_total\|_count' | sed 's/.* //' | paste -sd+ | bc
}

# --- with a certificate, over a line that breaks twice
"$python" "$tools/cut.py" "$https_port" 300000 500000 >cut.log 2>&1 &
within 10 test -s cut.log
proxy=$(head -n 1 cut.log)
unit one
configure one 1.0.0 "$proxy" "$(by_certificate one)"
campaign one
run one
holds 'SWUpdate installs with its certificate' within_log one 'All Chunks Installed\|SWUPDATE successful'
same 'the line was cut twice' 2 "$(grep -c '^cut' cut.log)"
holds 'what it installed is the payload' cmp image/payload.bin installed.bin
matches 'it went on where it was cut: 206 was served' '^[1-9]' "$(served 206)"
reaches one 'it says that it installs' installing
same 'the campaign goes on: nothing runs the release yet' running "$(campaign_state one)"
halt

# after its restart it says that it succeeded (-c 2), and which version runs
configure one 2.0.0 "$https_port" "$(by_certificate one)"
run one -c 2
reaches one 'after its restart it reports the version: done' 'done'
holds 'and the campaign is finished' within 20 campaign_is one finished
holds 'there is nothing more to do' within_log one 'No pending action'
halt
api GET "/api/v1/devices/$(number_of one)"
same 'the device runs the release' "2.0.0 $release" "$(json body '"{version} {id}".format(**it["release"])')"
api GET "/api/v1/devices/$(number_of one)/events"
same 'its life tells so' '1.0.0 2.0.0' "$(json body '" ".join(e["data"]["version"] for e in it["items"] if e["kind"] == "updated")')"

# --- with a token; and what it says is not what it runs
unit two
configure two 1.0.0 "$https_port" "$(by_token two)"
campaign two
run two
holds 'SWUpdate installs with its token' within_log two 'All Chunks Installed\|SWUPDATE successful'
halt
run two -c 2
reaches two 'a device that goes on with the old version has failed' failed
halt
matches 'it fell back' 'fell back' "$(reason two)"
holds 'and its campaign stops' within 20 campaign_is two stopped

# --- it says itself that it failed
unit three
configure three 1.0.0 "$https_port" "$(by_certificate three)"
campaign three
run three
holds 'another one installs' within_log three 'All Chunks Installed\|SWUPDATE successful'
halt
run three -c 3
reaches three 'what it reports as failed has failed' failed
halt
matches 'by its own word' 'reported by the device' "$(reason three)"

# --- asked to stop, before the download and after it
# as_device NAME METHOD PATH [curl's…]: the device itself, by its certificate.
as_device() {
    local name=$1 method=$2 path=$3; shift 3
    request "$method" "$https/DEFAULT/controller/v1/$(number_of "$name")$path" --cert "$name-op.crt" --key "$name-op.key" "$@"
}
# fetched NAME: the device reads what to install; the address of its action in $action.
fetched() {
    as_device "$1" GET ''
    action=$(json body 'it["_links"]["deploymentBase"]["href"].split("/v1/")[1].split("?")[0].partition("/")[2]')
    as_device "$1" GET "/$action"
}
withdraw() { api POST "/api/v1/campaigns/$(cat "$1.campaign")/cancel" '{}'; }
for name in four five; do
    unit "$name"
    configure "$name" 1.0.0 "$https_port" "$(by_certificate "$name")"
    campaign "$name"
    fetched "$name"
done
as_device five POST "/$action/feedback" --header 'Content-Type: application/json' \
    --data '{"status":{"execution":"downloaded","result":{"finished":"none"},"details":["all of it"]}}'
answered 'a device says that it has downloaded' 200
same 'and that is so' downloaded "$(state five)"
for name in four five; do
    withdraw "$name"
    within 20 is "$name" cancelling || not_ok "$name is asked to stop" "state $(state "$name")"
    run "$name"
    reaches "$name" "SWUpdate acknowledges the cancellation ($name)" cancelled
    halt
    lacks "and installs nothing ($name)" 'SWUPDATE successful' "$(cat "$name.log")"
done

# --- what is refused
unit six
unknown=tegata_device_$(printf 'A%.0s' {1..43})
configure six 1.0.0 "$https_port" "targettoken = \"$unknown\";"
run six
holds 'a wrong token gets nothing' within_log six '401\|[Uu]nauthori'
halt
as_device six GET '' --header 'Authorization: TargetToken x'
answered 'a token beside a certificate is refused' 400
request GET "$https/DEFAULT/controller/v1/$(number_of one)" --cert six-op.crt --key six-op.key
answered 'the address of another device is not there' 404
request GET "$http/DEFAULT/controller/v1/$(number_of six)"
same 'plain HTTP has no updates' 404 "$code"
api POST "/api/v1/devices/$(number_of six)/quarantine"
as_device six GET ''
answered 'a quarantined device is refused' 403
matches 'with the reason' quarantined "$(json body 'it["message"]')"
stop 'SIGTERM ends the server well'
finish
