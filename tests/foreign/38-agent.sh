#!/usr/bin/env bash
# A device's whole life with the agent that it carries: from the line's folder over updates, a copy, a new owner, to the
# end; and a platform that was restored. Releases are signed by openssl.
. "$(dirname "$0")/lib.bash"

init
export TEGATA_UPDATE_POLL_INTERVAL=1
start
# maker PRODUCT COUNT PREFIX: a batch that the line makes.
maker() {
    api POST /api/v1/batches "{\"product\":\"$1\",\"quantity\":$2,\"confirmation\":\"required\"}"
    "$STATION" make --url "$https" --trust "$ca" --token-file station.token --batch "$(json body 'it["id"]')" \
        --out units --prefix "$3" --count "$2" --root "$root" --json >made.json 2>make.err
}
api POST /api/v1/tokens '{"name":"line 1","role":"station"}'
(umask 077; json body 'it["token"]' >station.token)
product lamp 4512345678913
lamp=$product
api POST /api/v1/products '{"name":"pump","model":"pump","gtin":"4512345678906","support_end":"2032-03","credential":"unique_and_changed"}'
pump=$(json body 'it["id"]')
holds 'the line makes pumps' maker "$pump" 12 P-
holds 'and lamps' maker "$lamp" 1 L-

# --- release keys: two of the pump, none of the lamp
key release p256
key second ed25519
key stranger p256
for name in release second stranger; do openssl pkey -in "$name.key" -pubout -out "$name.pem"; done
for name in release second; do
    api POST "/api/v1/products/$pump/keys" "{\"public_key\":\"$(openssl pkey -in "$name.key" -pubout -outform DER | base64 -w 0)\"}"
    answered "the pump has the $name key" 201
done

# --- devices with their agents
cat >boot <<'END'
#!/bin/sh
# The device NAME starts into what lies in its slot.
head -n 1 "$1-slot/image" >"$1.version"
date +%s%N >"$1.boot"
END
chmod +x boot
# equip NAME UNIT: the folder, the configuration and the slot of a device.
equip() {
    local name=$1 unit=$2
    mkdir -m 700 "$name" && mkdir "$name-slot"
    cp -p "units/$unit/key.pem" "units/$unit/certificate.pem" "units/$unit/chain.pem" "$name"
    json "units/$unit/device.json" 'it["number"]' >"$name.number"
    echo 1.0.0 >"$name.version"
    echo 0 >"$name.boot"
    configure "$name" "$https_port"
}
# configure NAME PORT [CONSENT]
configure() {
    cat >"$1.toml" <<END
device_url = "https://localhost:$2"
trust = ["$ca"]
[release]
keys = ["release.pem", "second.pem"]
version_file = "$WORK/$1.version"
security_version = 1
[heartbeat]
least = 1
retry = 1
[update]
installer = ["cp", "--target-directory", "$WORK/$1-slot"]
boot_id = "$WORK/$1.boot"
consent = "${3-always}"
[erasure]
erase = "on request"
paths = ["$WORK/$1-owner"]
END
}
number_of() { cat "$1.number"; }
# agent NAME COMMAND…: of the device.
agent() {
    local name=$1; shift
    "$AGENT" "$@" --folder "$WORK/$name" --config "$WORK/$name.toml"
}
once() { agent "$1" run --once >"$1.said" 2>&1; local code=$?; cat "$1.said" >>"$1.log"; return "$code"; }
# ends NAME WHAT CODE: `run --once` of the device ends so.
ends() {
    local got
    once "$1"; got=$?
    if [[ $got == "$3" ]]; then ok "$2"; else not_ok "$2" "exit code $got, not $3: $(tail -n 3 "$1.said")"; fi
}
told() { agent "$1" status --json >told.json; json told.json "it['$2']"; }
seen() { api GET "/api/v1/devices/$(number_of "$1")"; json body "it['$2']"; }
kinds() { api GET "/api/v1/devices/$(number_of "$1")/events?limit=1000"; json body '" ".join(e["kind"] for e in it["items"])'; }
# findings NAME STATE: the kinds of findings about it.
findings() {
    api GET "/api/v1/findings?limit=1000&state=$2"
    json body "' '.join(f['kind'] for f in it['items'] if f.get('device') == '$(number_of "$1")')"
}

# --- the first time
equip one P-000001
holds 'enrol' agent one enrol
ends one 'the first run' 0
same 'it learns its number' "$(number_of one)" "$(told one number)"
same 'a heartbeat is a sign of life: in use' in_use "$(seen one stage)"
same 'the platform knows what runs' 1.0.0 "$(seen one release >/dev/null; json body 'it["release"]["version"]')"
matches 'status shows the certificate' 'operational until' "$(told one certificate)"
same 'secrets are private' '' "$(find one \( -name '*.pem' -o -name token \) -perm /077)"
for i in 1 2 3; do once one; done
same 'one body is nothing to report' '' "$(findings one open)"

# --- releases
# image VERSION: image-VERSION, whose first line is its version.
image() { { echo "$1"; head -c 1500000 /dev/urandom; } >"image-$1"; }
# sign KEY FILE: its signature, base64.
sign() {
    case $1 in
        second) openssl pkeyutl -sign -rawin -inkey second.key -in "$2" -out signature ;;
        *) openssl dgst -sha256 -sign "$1.key" -out signature "$2" ;;
    esac
    base64 -w 0 signature
}
# publish PRODUCT VERSION SECURITY KEY [curl's…]: a release; its id in $release.
publish() {
    local product=$1 version=$2 security=$3 by=$4; shift 4
    [[ -e image-$version ]] || image "$version"
    "$TEGATA" release manifest --product "$product" --version "$version" --security-version "$security" \
        "image-$version" >manifest
    request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
        --form "version=$version" --form "security_version=$security" --form "signature=$(sign "$by" manifest)" \
        --form "file=@image-$version;filename=image" "$@"
    release=$(json body 'it["id"]' 2>/dev/null)
}
# campaign NAME [MEMBERS]: of $release for that device alone, which then has its action.
campaign() {
    api POST /api/v1/campaigns "{\"release\":\"$release\",\"select\":{\"numbers\":[\"$(number_of "$1")\"]}${2-}}"
    json body 'it["id"]' >"$1.campaign"
    within 20 has_action "$1" || not_ok "the campaign of $1" "no action: $(body)"
}
action() { api GET "/api/v1/campaigns/$(cat "$1.campaign")/actions"; json body "it['items'][0]['$2']" 2>/dev/null; }
has_action() { [[ -n $(action "$1" state) ]]; }
campaign_is() { api GET "/api/v1/campaigns/$(cat "$1.campaign")"; [[ $(json body 'it["state"]') == "$2" ]]; }
# refused_update NAME WHAT PATTERN: the device refuses what its campaign offers, and the maker reads why.
refused_update() {
    local before=
    before=$(cat "$1.version")
    once "$1"
    once "$1"
    same "$2: refused" failed "$(action "$1" state)"
    matches "$2: the maker reads why" "$3" "$(action "$1" said)"
    same "$2: nothing was installed" "$before" "$(cat "$1.version")$(find "$1-slot" -newer "$1.campaign")"
    same "$2: the device goes on" in_use "$(seen "$1" stage)"
}

publish "$pump" 2.0.0 2 stranger
answered 'a release that no key of the product signed is refused' 400
publish "$pump" 2.0.0 2 release
answered 'a signed release is published' 201

# --- installed, over a line that breaks twice
"$python" "$here/swupdate/cut.py" "$https_port" 300000 500000 >cut.log 2>&1 &
within 10 test -s cut.log
configure one "$(head -n 1 cut.log)"
campaign one
ends one 'the download is cut' 1
ends one 'and cut again' 1
same 'so the line broke twice' 2 "$(grep -c '^cut' cut.log)"
ends one 'it goes on and installs' 0
holds 'what lies in the slot is the image' cmp image-2.0.0 one-slot/image
request GET "$http/metrics"
matches 'it went on where it was cut: 206 was served' 'artifacts/\{file\}.*206.* [1-9]' "$(cat body)"
configure one "$https_port"
once one
same 'installed is not done' installed "$(action one state)"
same 'and the campaign goes on' running "$(api GET "/api/v1/campaigns/$(cat one.campaign)"; json body 'it["state"]')"
./boot one
ends one 'the device starts into it' 0
same 'the version is reported: done' 'done' "$(action one state)"
holds 'the campaign is finished' within 20 campaign_is one finished
same 'the platform knows what runs now' "2.0.0 $release" "$(seen one release >/dev/null; json body '"{version} {id}".format(**it["release"])')"
once one
same 'its security version is the floor' 2 "$(told one security_version)"

# --- as it runs in the field: for ever, killed while it installs
publish "$pump" 2.0.1 2 release
equip nine P-000009
cat >slow <<'END'
#!/bin/sh
# Installs the image $2 into the slot of the device $1, and takes its time.
echo begun >>"$1.installs"
sleep 2
cp "$2" "$1-slot/image"
END
chmod +x slow
sed -i "s|^installer = .*|installer = [\"$WORK/slow\", \"$WORK/nine\"]\nrestart = [\"$WORK/boot\", \"$WORK/nine\"]|" nine.toml
begun() { (($(cat nine.installs 2>/dev/null | wc -l) >= $1)); }
go_on() { "$AGENT" run --folder "$WORK/nine" --config "$WORK/nine.toml" >>nine.log 2>&1 & agent_pid=$!; servers+=("$agent_pid"); }
go_on
holds 'an agent that runs is heard' within 20 test -s nine/number
refuses 'one agent a folder' 'another agent' agent nine run --once
campaign nine
holds 'it sees its update by itself' within 30 begun 1
kill -KILL "$agent_pid"
wait "$agent_pid" 2>/dev/null
go_on
holds 'after kill -9 the installer begins anew' within 30 begun 2
is_done() { [[ $(action nine state) == 'done' ]]; }
holds 'and the version is reported' within 30 is_done
same 'it is the image' 2.0.1 "$(cat nine.version)"
kill -TERM "$agent_pid"
wait "$agent_pid" 2>/dev/null

# --- an Ed25519 key; consent at the device
publish "$pump" 2.1.0 2 second
answered 'a release signed with Ed25519 is published' 201
configure one "$https_port" ask
campaign one ',"confirm":true'
ends one 'a release that waits for consent' 0
same 'is shown' 2.1.0 "$(told one waits_for_consent)"
same 'and not installed' confirming "$(action one state)"
holds 'a person agrees' agent one consent yes
once one
once one
./boot one
once one
same 'then it is installed and runs' '2.1.0 done' "$(cat one.version) $(action one state)"
publish "$pump" 2.2.0 2 second
campaign one ',"confirm":true'
once one
holds 'a person refuses' agent one consent no
once one
same 'then it is not installed' '2.1.0 confirming' "$(cat one.version) $(action one state)"
matches 'and the maker reads why' 'said no' "$(action one said)"
configure one "$https_port"

# --- what the device refuses, although the platform offers it
publish "$pump" 1.5.0 1 release
answered 'the platform itself refuses an older security version' 409
publish "$pump" 1.5.0 1 release --form allow_older=true
answered 'unless an administrator allows it' 201
campaign one
refused_update one 'an older security version' 'security version 1 is older than 2'

equip dark L-000001
once dark
publish "$lamp" 2.0.0 1 stranger
answered 'a product without a key takes any signature' 201
same 'and says that nobody checked it' false "$(json body 'it["signature_checked"]')"
of_lamp=$release
campaign dark
refused_update dark 'a release of a stranger' 'no release key of this device signed'

# A stolen server can put any genuine release into an action. This one is signed by the maker, for the lamp.
publish "$lamp" 3.1.0 3 release
of_lamp=$release
publish "$pump" 2.4.0 2 release
campaign one
stop 'SIGTERM ends the server well'
holds 'the server is stolen' "$python" - "$data" "$of_lamp" <<'PY'
import glob, sqlite3, sys, uuid
store = sqlite3.connect(glob.glob(sys.argv[1] + "/*.db")[0])
[(row,)] = store.execute("select id from release where uid = ?", (uuid.UUID(sys.argv[2]).bytes,)).fetchall()
changed = store.execute("update action set release = ? where closed_at is null", (row,)).rowcount
store.commit()
sys.exit(changed != 1)
PY
restart() {
    start
    local toml
    for toml in *.toml; do sed -i "s|^device_url = .*|device_url = \"https://localhost:$https_port\"|" "$toml"; done
}
restart
refused_update one 'a release of another product' 'is for product'

# --- the first password
equip two P-000002
once two
holds 'the label says initial' agent two credential initial
ends two 'it is told' 0
same 'and found' initial_password "$(findings two open)"
holds 'the owner sets one' agent two credential changed
ends two 'that is told' 0
same 'and closes the finding' ' initial_password' "$(findings two open) $(findings two closed)"
matches 'its life tells so' credential_changed "$(kinds two)"

# --- a folder that was restored, and one that was copied
equip three P-000003
once three
once three
cp -a three three-copy
once three
once three
rm -r three && mv three-copy three
ends three 'a restored folder goes on' 0
same 'and is found' rolled_back "$(findings three open)"
for i in 1 2 3 4 5; do once three || not_ok 'a restored folder goes on alone' "$(cat three.said)"; done
same 'but not held' 'well rolled_back' "$(seen three condition) $(findings three open)"

equip four P-000004
once four
once four
cp -a four twin
sed "s|$WORK/four|$WORK/twin|" four.toml >twin.toml
cp four.version twin.version; cp four.boot twin.boot; cp four.number twin.number; mkdir twin-slot
for round in 1 2 3 4 5 6; do
    once four; code_four=$?
    once twin; code_twin=$?
    ((code_four == 3 && code_twin == 3)) && break
done
same 'a copy is found: both are held back' '3 3' "$code_four $code_twin"
if ((round <= 3)); then ok 'within three rounds'; else not_ok 'within three rounds' "$round"; fi
for name in four twin; do matches "$name is told why" quarantined "$(told $name held_back)"; done
same 'the platform holds the device' quarantined "$(seen four condition)"
matches 'with a finding' two_bodies "$(findings four open)"
api GET /api/v1/notices
same 'its owner has a notice' two_bodies "$(json body "[n['kind'] for n in it['items'] if n['number'] == '$(number_of four)'][0]")"
api POST "/api/v1/devices/$(number_of four)/release" '{"reason":"the copy was destroyed"}'
answered 'it is released' 200
ends four 'one goes on' 0
for i in 1 2 3; do once four || not_ok 'one goes on for good' "$(cat four.said)"; done
same 'well' well "$(seen four condition)"
same 'and says so itself' null "$(told four held_back)"

# --- a new owner
api POST /api/v1/organisations '{"name":"Clinic","kinds":["operator"]}'
answered 'a clinic' 201
maker_token=$token
clinic_token=$(json body 'it["token"]')
equip five P-000005
mkdir five-owner && echo 'the clinic' >five-owner/data
once five
once five
before=$(openssl x509 -in five/ldevid.pem -noout -serial)
api POST "/api/v1/devices/$(number_of five)/transfer" '{"reason":"sold"}'
answered 'it is offered' 200
code_of_five=$(json body 'it["code"]')
token=$clinic_token
api POST /api/v1/claims "{\"code\":\"$code_of_five\"}"
answered 'and claimed' 200
openssl pkey -in five/ldevid.pem -out old.key
request POST "$https/agent/v1/heartbeat" --cert five/ldevid.pem --key old.key --data '{}'
problem 'the operational certificate of before is refused' 403
ends five 'the agent hears of it' 1
ends five 'and is enrolled anew' 0
if [[ $(openssl x509 -in five/ldevid.pem -noout -serial) != "$before" ]]; then ok 'with another certificate'; else not_ok 'with another certificate'; fi
same 'the new owner sees its own part of the life, and of before what is public' 'made installed installed transferred enrolled' "$(kinds five)"
token=$maker_token
same 'the maker sees nothing of what comes after' 'made confirmed installed enrolled installed updated' "$(kinds five)"

# --- the end: asked for by its owner
token=$clinic_token
api POST "/api/v1/devices/$(number_of five)/dispose" '{}'
answered 'the owner asks for the end' 200
ends five 'the device erases itself' 0
same 'the owner'\''s data is gone' '' "$(find five-owner five/ldevid.pem five/token -type f 2>/dev/null)"
matches 'status says so' erased "$(told five life)"
same 'the device is retired' retired "$(seen five stage)"
json body 'it["disposal"]["statement"]' | head -c -1 >statement
json body 'it["disposal"]["signature"]' | base64 -d >statement.sig
openssl x509 -in units/P-000005/certificate.pem -noout -pubkey >idevid.pem
matches 'the receipt names the device' "number $(number_of five)" "$(cat statement)"
holds 'openssl verifies the receipt against the IDevID' openssl dgst -sha256 -verify idevid.pem -signature statement.sig statement
request GET "$https/d/$(number_of five)" --header 'Accept: text/html' --header 'Accept-Language: en'
matches 'the page says that it ended' 'Ended' "$(cat body)"
ends five 'there is nothing left to do' 0
refuses 'and no way back' 'erasure' agent five enrol
token=$maker_token

# --- the end of one that is held
equip six P-000006
once six
api POST "/api/v1/devices/$(number_of six)/quarantine" '{"reason":"found in a skip"}'
ends six 'a quarantined device is held back' 3
refuses 'another number is not erased' 'another device' agent six erase --confirm "$(number_of one)"
holds 'a person erases it all the same' agent six erase --confirm "$(number_of six)"
same 'it is retired' retired "$(seen six stage)"
same 'with its receipt' signed "$(json body 'it["disposal"]["erasure"]')"

# --- the platform is restored from yesterday's backup
equip seven P-000007
equip eight P-000008
for name in seven eight; do once $name; once $name; done
holds 'a backup while it runs' "$TEGATA" backup --data "$data" --out "$WORK/backup" --recovery-key "$WORK/recovery.key"
agent seven credential changed >/dev/null
for i in 1 2 3; do once seven; done
stop 'SIGTERM ends it well'
lost=$data
data=$WORK/restored
cp "$ca" https-ca.pem
holds 'and restored' "$TEGATA" restore --from "$WORK/backup" --recovery-key "$WORK/recovery.key" --data "$data"
mv "$lost" "$WORK/lost"
ca=$(find "$data" -name "$(basename "$ca")" | head -n 1)
sed -i "s|^trust = .*|trust = [\"$ca\"]|" ./*.toml
restart
# back NAME: the device sees another life, and a person says what is true.
for name in seven eight; do
    ends $name "$name sees another ledger than before" 4
    matches "$name says what to do" 'forget-log' "$(told $name fork)"
    ends $name "$name stays with it" 4
    holds "a person says that the ledger of $name is new" agent $name enrol --forget-log
    ends $name "$name goes on" 0
    ends $name "$name goes on again" 0
    same "$name has nothing to report any more" null "$(told $name fork)"
    same "sessions of before are innocent: $name" 'well ' "$(seen $name condition) $(findings $name open)"
done

# --- a file that was changed on the platform's disk does not leave it
publish "$pump" 2.9.0 9 release
answered 'a release is published' 201
object=$(find "$data" -type f -name "$(sha256sum <image-2.9.0 | cut -d ' ' -f 1)*")
campaign eight
runs=$(cat eight.version)
printf 'X' | dd of="$object" bs=1 seek=700000 conv=notrunc 2>/dev/null
once eight
matches 'a changed image is refused by the platform' 'damaged' "$(cat eight.said)"
same 'and nothing of it was installed' "$runs" "$(cat eight.version)$(find eight-slot -newer eight.campaign)"
api POST "/api/v1/campaigns/$(cat eight.campaign)/cancel" '{"reason":"the file is damaged"}'
answered 'its campaign is cancelled' 200
ends eight 'the device hears of it between two tries' 0
same 'and stops' cancelled "$(action eight state)"
campaign eight
for try in {1..20}; do once eight; done
same 'a file that stays damaged is an end' failed "$(action eight state)"
matches 'and the maker reads why' 'in 20 tries.*damaged' "$(action eight said)"
same 'nothing was installed' "$runs" "$(cat eight.version)$(find eight-slot -newer eight.campaign)"
stop 'SIGTERM ends the restored platform well'
finish
