#!/usr/bin/env bash
# Objects in an S3 server that we did not write (moto), over TLS: tiles and firmware move there, are served from there,
# outlive its absence, and are checked when they come back. Backup and restore.
. "$(dirname "$0")/lib.bash"

# --- an S3 server with a certificate of an authority of its own
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
authority trusted
authority other
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout s3.key -out s3.csr 2>/dev/null
openssl x509 -req -in s3.csr -CA trusted.crt -CAkey trusted.key -days 2 -out s3.crt \
    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
mkdir s3
mkfifo hold
"$python" "$here/s3/serve.py" s3 s3.crt s3.key trusted.crt <hold 2>s3.log &
servers+=("$!")
exec 9>hold
if ! within 120 test -s s3/control; then not_ok 'the S3 server runs' "$(tail -n 3 s3.log)"; finish; fi
# s3 ORDER [KEY]: what serve.py does.
s3() { curl --silent --fail-with-body --max-time 30 "http://127.0.0.1:$(cat s3/control)/$1?key=${2-}"; }

# settings NAME PREFIX [LINE…]: NAME.toml.
settings() {
    local name=$1 prefix=$2; shift 2
    {
        printf '[objects]\nurl = "s3://tegata/%s"\nendpoint = "https://localhost:%s"\n' "$prefix" "$(cat s3/port)"
        printf 'timeout_seconds = 5\nretries = 1\n'
        printf '%s\n' "$@"
    } >"$name.toml"
}
file="credentials_file = \"$WORK/s3/credentials\""
trust="trust = \"$WORK/trusted.crt\""
settings right one "$file" "$trust"
secret=$(sed -n 's/^aws_secret_access_key = //p' s3/credentials)

# --- a platform that began in its data folder
init
start
product pump 4512345678906
batch 400
keys many/csr 300
lines many 300 many/csr >many.line
make many.line
answered 'three hundred devices are made' 200
first=$(head -n 1 body | "$python" -c 'import json, sys; print(json.loads(sys.stdin.readline())["number"])')
# publish FILE VERSION [curl's…]: its id in $release.
publish() {
    request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
        --form "version=$2" --form security_version=1 --form "file=@$1" "${@:3}"
    release=$(json body 'it["id"]' 2>/dev/null)
}
head -c 300000 /dev/urandom >small.swu
publish small.swu 1.0.0
answered 'a release is published' 201
proof() { request GET "$https/api/v1/devices/$first/events/1/proof" --header "Authorization: Bearer $token"; [[ $code == 200 ]]; }
holds 'the first event is provable' within 20 proof
stop 'SIGTERM ends the server well'

# --- what cannot be right is refused in words
refuses 'another authority than its own' 'certificate' "$TEGATA" doctor --data "$data" --config <(settings other one "$file" "trust = \"$WORK/other.crt\""; cat other.toml)
printf 'aws_access_key_id = AKIANOBODYKNOWSWHO\naws_secret_access_key = notthisone\n' >wrong.credentials
chmod 600 wrong.credentials
settings wrong one "credentials_file = \"$WORK/wrong.credentials\"" "$trust"
refuses 'an access key that nobody knows' 'credentials' "$TEGATA" doctor --data "$data" --config wrong.toml
sed "s|^aws_secret_access_key.*|aws_secret_access_key = notthisone|" s3/credentials >wrong.credentials
refuses 'a wrong secret' 'credentials' "$TEGATA" doctor --data "$data" --config wrong.toml
lacks 'the secret stands in no message' "$secret|notthisone" "$("$TEGATA" doctor --data "$data" --config wrong.toml 2>&1)"
settings nowhere one "$file" "$trust"; sed -i 's|s3://tegata/|s3://nobodys/|' nowhere.toml
refuses 'a bucket that is not there' 'bucket' "$TEGATA" doctor --data "$data" --config nowhere.toml
chmod 644 wrong.credentials
refuses 'credentials that others may read' 'chmod 600' "$TEGATA" config show --config wrong.toml
settings plain one "$file"; sed -i 's|^endpoint.*|endpoint = "http://s3.example.com"|' plain.toml
refuses 'an address that is not encrypted' 'loopback' "$TEGATA" config show --config plain.toml
same 'nothing was moved' 1 "$(find "$data/firmware" -type f | wc -l)"
same 'nothing was written' '' "$(s3 objects)"

# --- all of it moves
start --config right.toml
small=$(sha256sum small.swu | cut -d ' ' -f 1)
matches 'the file of the release is there, under its digest' "^one/firmware/$small$" "$(s3 objects)"
matches 'tiles are there' '^one/ledger/devices/tile/0/000$' "$(s3 objects)"
matches 'and bundles' '^one/ledger/devices/tile/entries/000$' "$(s3 objects)"
same 'the data folder holds no file of a release any more' 0 "$(find "$data/firmware" -type f | wc -l)"
holds 'a proof over a tile from S3' proof
cp body first.tlog-proof
request GET "$http/ledger/keys"; cp body keys
holds 'tegata verifies it' "$TEGATA" verify first.tlog-proof --keys keys
request GET "$http/ledger/devices/tile/0/000"
answered 'the tile itself' 200
same 'it is 256 hashes' 8192 "$(stat -c %s body)"
cp body tile.before

# --- a large release: in parts, never whole in memory
head -c 50000000 /dev/urandom >large.swu
memory() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status"; }
before=$(memory)
publish large.swu 2.0.0
answered 'fifty megabytes are published' 201
grown=$(($(memory) - before))
if ((grown < 48000)); then ok 'they were never whole in memory'; else not_ok 'they were never whole in memory' "$grown kB more"; fi
large=$(sha256sum large.swu | cut -d ' ' -f 1)
matches 'the file is there' "^one/firmware/$large$" "$(s3 objects)"
lacks 'no intent is left' '^one/uploads/' "$(s3 objects)"
same 'no upload is left' 0 "$(s3 uploads)"
key bad; printf 'not a signature' >bad.sig
openssl pkey -in bad.key -pubout -out bad.pub
api POST "/api/v1/products/$product/keys" "{\"public_key\":$("$python" -c 'import json; print(json.dumps(open("bad.pub").read()))')}"
answered 'from now on releases are signed' 201
names=$(s3 objects)
publish large.swu 3.0.0 --form 'signature=AAAA'
answered 'what nobody signed is refused' 400
same 'and never left this machine' "$names" "$(s3 objects)"
api GET "/api/v1/releases?product=$product"
release=$(json body '[it for it in it["items"] if it["version"] == "2.0.0"][0]["id"]')

# --- a device fetches it, in the parts that it likes
key one; device one
key one-op; est simpleenroll one-op one; enrolled one-op
api POST "/api/v1/devices/$number/token"; target=$(json body 'it["token"]')
api POST /api/v1/campaigns "{\"release\":\"$release\",\"select\":{\"numbers\":[\"$number\"]}}"
answered 'a campaign begins' 201
poll() { request GET "$https/DEFAULT/controller/v1/$number" --header "Authorization: TargetToken $target"; }
offered() { poll; json body 'it["_links"]["deploymentBase"]["href"]' >link; }
holds 'it is offered' within 20 offered
request GET "$(cat link)" --header "Authorization: TargetToken $target"
link=$(json body 'it["deployment"]["chunks"][0]["artifacts"][0]["_links"]["download"]["href"]')
link=/${link#https://*/}
# fetch [curl's…]: the file, or a part of it.
fetch() { request GET "$https$link" --header "Authorization: TargetToken $target" "$@"; }
fetch
answered 'the file' 200
holds 'it is the one that was published' cmp body large.swu
fetch --range 30000000-
answered 'the rest of it' 206
holds 'as a client resumes' cmp body <(tail -c +30000001 large.swu)
fetch --range 262100-262200
holds 'a part across two pieces' cmp body <(tail -c +262101 large.swu | head -c 101)
fetch --header 'Range: bytes=0-9,40000000-40000099'
answered 'two parts at once' 206
matches 'they are both there' multipart/byteranges "$(header content-type)"

# --- the store is away: commits and checkpoints go on, readers are put off, and it comes back by itself
size() { request GET "$http/ledger/devices/checkpoint"; sed -n 2p body; }
s3 away >later
old=$(size)
key two; device two
answered 'a device is made while the store is away' 200
grows() { (($(size) > old)); }
holds 'a checkpoint follows' within 20 grows
proof
answered 'a proof over a tile that lies there is put off' 503
matches 'and says when' '^[1-9]' "$(header retry-after)"
fetch
answered 'so is the file' 503
matches 'and says when to ask again' '^[1-9]' "$(header retry-after)"
request GET "$http/readyz"
matches 'the operator is told' 'object store' "$(cat body)"
publish large.swu 4.0.0 --form 'signature=AAAA'
answered 'what is wrong in itself is refused as ever' 400
s3 back >later
whole() { fetch && [[ $code == 200 ]] && cmp -s body large.swu; }
holds 'it is back, and so is the file' within 30 whole
holds 'and the proof' within 30 proof
# a start while it is away: the tree is made again from the store
s3 away >later
kill -KILL "$server"; wait "$server" 2>/dev/null
start --config right.toml
key three; device three
answered 'it starts without it, and makes devices' 200
s3 back >later
holds 'and takes it up when it is back' within 30 whole
s3 bucket-away >later
sleep 1.2 # the pause after a failure is over
fetch
answered 'a bucket that is away is no missing file' 503
proof
answered 'nor a missing tile' 503
s3 bucket-back >later
holds 'the bucket is back' within 30 whole

# --- what is damaged there
s3 damage "one/ledger/devices/tile/0/000" >later
s3 lose "one/ledger/devices/tile/entries/000" >later
holds 'a proof over a damaged tile is right all the same' within 10 proof
holds 'for tegata too' "$TEGATA" verify first.tlog-proof --keys keys
request GET "$http/ledger/devices/tile/0/000"
holds 'the tile is what it was' cmp body tile.before
request GET "$http/ledger/devices/tile/entries/000"
answered 'the bundle that was lost is made again' 200
request GET "$http/metrics"
matches 'the operator can count that' 'tegata_ledger_tiles_mended_total{log="devices"} 2' "$(cat body)"
s3 damage "one/firmware/$large" >later
request GET "$https$link" --header "Authorization: TargetToken $target"
if [[ -s curl.err || $code == 503 ]]; then ok 'a damaged file is not served to its end'; else not_ok 'a damaged file is not served to its end' "$code"; fi
fetch --range 0-99
answered 'nor any part of it, from then on' 503
matches 'it says why' 'damaged' "$(cat body)"
request GET "$http/metrics"
matches 'it is counted' 'object_damaged_total [1-9]' "$(cat body)"
matches 'and logged, with what to do' 'bring it back' "$(cat log)"
s3 mend "one/firmware/$large" >later
holds 'put back, it is served again' within 60 whole

# --- a crash in the middle of an upload leaves nothing for good
head -c 40000000 /dev/zero >huge.swu
api GET "/api/v1/products/$product/keys"; signing=$(json body 'it["items"][0]["id"]')
api DELETE "/api/v1/products/$product/keys/$signing"
(request POST "$https/api/v1/releases" --header "Authorization: Bearer $token" --form "product=$product" \
    --form version=6.0.0 --form security_version=1 --form 'file=@huge.swu') &
uploader=$!
begun() { s3 objects | grep -q '^one/uploads/'; }
holds 'an upload is written down before its first part' within 60 begun
kill -KILL "$server"; wait "$server" "$uploader" 2>/dev/null
same 'the crash left it behind' 1 "$(s3 uploads)"
s3 age >later
start --config right.toml
ended() { [[ $(s3 uploads) == 0 ]] && ! begun; }
holds 'a later start ends it' within 30 ended
lacks 'the file itself was never seen' "firmware/$(sha256sum huge.swu | cut -d ' ' -f 1)" "$(s3 objects)"
holds 'what is published stays' whole
same 'no draft is left on this machine' 0 "$(find "$data/firmware" -type f | wc -l)"
rm huge.swu

# --- export, doctor, backup
holds 'an export with proofs' "$TEGATA" export --data "$data" --organisation "$(json init.json 'it["organisation"]')" --proofs --out export --config right.toml
same 'it holds the first proof' 1 "$(grep -c 'c2sp.org/tlog-proof' <<<"$(head -n 1 export/events.ndjson)")"
refuses 'a backup that does not know where the files are' 'object store' "$TEGATA" backup --data "$data" --out backup --recovery-key recovery
holds 'a backup while it runs' "$TEGATA" backup --data "$data" --out backup --recovery-key recovery --config right.toml
stop 'SIGTERM ends the server well, with an object store'
lacks 'the secret is in no log' "$secret" "$(cat log)"
holds 'doctor finds a store that works' bash -c "'$TEGATA' doctor --data '$data' --config right.toml"
lacks 'its probe is gone' 'probe' "$(s3 objects)"
refuses 'a start without the settings' 'object store' "$TEGATA" serve --data "$data" --https 127.0.0.1:0 --http 127.0.0.1:0
s3 away >later
refuses 'doctor names a store that is away' 'object store' "$TEGATA" doctor --data "$data" --config right.toml
s3 back >later

# --- restore: to a place that is nobody's
refuses 'a restore over the objects of another platform' 'another platform' \
    "$TEGATA" restore --from backup --recovery-key recovery --data "$WORK/again" --config right.toml
settings second two "$file" "$trust"
holds 'a restore to another place' "$TEGATA" restore --from backup --recovery-key recovery --data "$WORK/again" --config second.toml
matches 'the files are there' "^two/firmware/$large$" "$(s3 objects)"
matches 'and the tiles' '^two/ledger/devices/tile/0/000$' "$(s3 objects)"
refuses 'the old platform in the new place' 'not the object store of this platform' \
    "$TEGATA" doctor --data "$data" --config second.toml
data=$WORK/again
start --config second.toml
holds 'a device fetches its file there' within 30 whole
holds 'and the first event is provable there' within 20 proof
stop 'SIGTERM ends the restored server well'
holds 'a restore into a data folder' "$TEGATA" restore --from backup --recovery-key recovery --data "$WORK/third"
holds 'it has the files itself' cmp "$WORK/third/firmware/$large" large.swu
exec 9>&-
finish
