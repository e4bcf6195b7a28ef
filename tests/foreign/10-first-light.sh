#!/usr/bin/env bash
# A device is made: openssl makes key and request, curl registers and posts, openssl and pkilint judge what comes back.
. "$(dirname "$0")/lib.bash"

# --- init. The addresses are those of a real platform: they stand in the certificates, and pkilint wants full host names.
init --plain-url http://pki.tegata.example --public-url https://id.tegata.example --device-url https://device.tegata.example
same 'init prints one line' 1 "$(wc -l <init.json)"
holds 'init answers its fields' json init.json \
    '[it[k] for k in ("token", "organisation", "https_ca")], it["login"]["user"], it["login"]["password"], it["roots"][0]'
same 'paths are absolute' True "$(json init.json 'str(all(p[0] == "/" for p in [it["https_ca"], *it["roots"]]))')"
holds 'https_ca is a certificate' openssl x509 -in "$ca" -noout -checkend 86400
holds 'the root verifies itself' openssl verify -CAfile "$root" "$root"
same 'the data folder is private' 700 "$(stat -c %a "$data")"
same 'the unlock file is private' 600 "$(stat -c %a "$data/unlock")"
same 'keys are private' '' "$(find "$data/keys" -type f -perm /077; find "$data" -name '*.key' -perm /077)"
lacks 'no key lies in clear' . "$(grep -rlE 'BEGIN .*PRIVATE KEY' "$data")"
lacks 'the token is kept nowhere' . "$(grep -rlF "$token" "$data")"
lacks 'the password is kept nowhere' . "$(grep -rlF "$(json init.json 'it["login"]["password"]')" "$data")"
digest() { find "$data" -type f -exec sha256sum {} + | sort | sha256sum; }
before=$(digest)
refuses 'a second init is refused' 'not empty|exists' "$TEGATA" init --data "$data" --json
same 'a second init changes nothing' "$before" "$(digest)"

# --- product, batch, device
start
same 'serve prints one line' 1 "$(wc -l <listening)"
same 'and it holds the addresses' "listening 127.0.0.1:$https_port 127.0.0.1:$http_port" \
    "$(json listening '"{event} {https} {http}".format(**it)')"
product camera 4512345678906
answered 'a product is registered' 201
batch 1200
answered 'a batch is opened' 201
key unit-1
device unit-1
answered 'a device is made' 200
same 'its answer has the fields' '"unit-1" str str list' "$(json unit-1.json \
    '"\"%s\"" % it["serial"] + "".join(" " + type(it[k]).__name__ for k in ("number", "certificate", "chain"))')"
matches 'a number has four groups' '^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$' "$number"
matches 'and there is an id' '^[0-9a-f-]{36}$' "$(json unit-1.json 'it["device"]')"
first=$number

# --- what the IDevID says
holds 'openssl verifies the chain' verify unit-1.crt unit-1.chain
holds 'openssl verifies it strictly' verify unit-1.crt unit-1.chain -x509_strict
refuses 'the chain needs its root' 'unable to get|verification failed' openssl verify -untrusted unit-1.chain unit-1.crt
lacks 'the chain is sent without the root' "$(openssl x509 -in "$root" -noout -subject)" "$(openssl x509 -in unit-1.chain -noout -subject)"
same 'it holds the key of the request' "$(openssl pkey -in unit-1.key -pubout)" "$(openssl x509 -in unit-1.crt -noout -pubkey)"
matches 'it does not end' '9999' "$(openssl x509 -in unit-1.crt -noout -enddate)"
matches 'its issuer does not end' '9999' "$(openssl x509 -in unit-1.chain -noout -enddate)"
subject=$(openssl x509 -in unit-1.crt -noout -subject -nameopt RFC2253)
matches 'the subject holds the serial number' 'serialNumber=unit-1([,+]|$)' "$subject"
same 'the subject holds nothing of a person' 'CN O serialNumber' "$(grep -oE '[A-Za-z]+=' <<<"${subject#subject=}" | tr -d = | sort | xargs)"
text=$(openssl x509 -in unit-1.crt -noout -text)
matches 'it names a CRL' 'URI:http://pki\.tegata\.example/crl/[0-9a-f-]{36}/[0-9]+\.crl' "$text"
matches 'it names its issuer' 'CA Issuers - URI:http://pki\.tegata\.example/ca/[0-9a-f-]{36}\.crt' "$text"
matches 'it holds a HardwareModuleName' 'othername: 1\.3\.6\.1\.5\.5\.7\.8\.4' "$text"
lacks 'it holds no mail address or host' 'email:|DNS:|IP Address:' "$text"
lacks 'it is no authority' 'CA:TRUE' "$text"
request GET "$http$(openssl x509 -in unit-1.crt -noout -ext authorityInfoAccess | sed -n 's|.*URI:http://[^/]*||p')"
same 'its issuer lies where it says' "$(openssl x509 -in unit-1.chain -noout -fingerprint)" \
    "$(openssl x509 -inform DER -in body -noout -fingerprint 2>&1)"

for kind in p384 ed25519; do
    key "unit-$kind" "$kind"
    device "unit-$kind"
    holds "a $kind key gets a certificate" verify "unit-$kind.crt" "unit-$kind.chain"
done

# What a request asks for beside its key counts for nothing.
key greedy
openssl req -new -key greedy.key -subj '/O=Evil/CN=evil.example/serialNumber=unit-1' -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'subjectAltName=DNS:evil.example' -addext 'keyUsage=keyCertSign' -outform DER -out greedy.csr
device greedy
holds 'a greedy request gets a certificate' verify greedy.crt greedy.chain
lacks 'but not what it asked for' '[Ee]vil|CA:TRUE|Certificate Sign|unit-1' "$(openssl x509 -in greedy.crt -noout -text)"

# --- what is refused
findings() {
    api GET '/api/v1/findings?limit=1000'
    json body "sum(f['kind'] == '$1' for f in it['items'])"
}
# refused NAME LINE-FILE FINDING-OR-PATTERN [FINDING]: the one line gets a problem that says so, and a finding.
refused() {
    local was='' now=''
    [[ -z ${4-} ]] || was=$(findings "$4")
    make "$2"
    matches "$1" "$3" "$(json body '"{type} {title} {status} {detail}".format(**it["problem"])' 2>&1; body)"
    lacks "$1: nothing is issued" '"certificate"' "$(cat body)"
    [[ -n ${4-} ]] || return 0
    now=$(findings "$4")
    same "$1: a finding" $((was + 1)) "$now"
}
csr unit-1 again
line unit-1 again.csr >again.line
make again.line
same 'the same serial and key get the same answer' "$(cat unit-1.json)" "$(cat body)"
key other
line unit-1 other.csr >l; refused 'a serial with another key' l serial_with_another_key serial_with_another_key
line unit-9 again.csr >l; refused 'a key under another serial' l key_under_another_serial key_under_another_serial
key rsa RSA:rsa_keygen_bits:2048
line unit-rsa rsa.csr >l; refused 'an RSA key' l weak_key weak_key
key small EC:ec_paramgen_curve:secp224r1
line unit-small small.csr >l; refused 'a P-224 key' l weak_key weak_key
key foreign EC:ec_paramgen_curve:secp256k1
line unit-foreign foreign.csr >l; refused 'a secp256k1 key' l weak_key weak_key
"$python" -c 'import sys; d = bytearray(open("other.csr", "rb").read()); d[-1] ^= 1; sys.stdout.buffer.write(d)' >wrong.csr
line unit-wrong wrong.csr >l; refused 'a wrong signature' l no_possession no_possession
head -c 100 other.csr >short.csr
line unit-short short.csr >l; refused 'half a request' l ' 400 '
echo hello >hello.csr
line unit-hello hello.csr >l; refused 'no request at all' l ' 400 '
openssl x509 -in unit-1.crt -outform DER -out certificate.csr
line unit-cert certificate.csr >l; refused 'a certificate in place of a request' l ' 400 '
line 'unit <1>' other.csr >l; refused 'a serial of other characters' l 'serial.* 400 '
line '' other.csr >l; refused 'no serial' l 'serial.* 400 '
echo '{"serial":"unit-x"}' >l; refused 'a line without request' l ' 400 '
make again.line
same 'after all this the answer is the same' "$(cat unit-1.json)" "$(cat body)"

# --- a thousand lines with a bad one
keys many/m 1000
lines many 1000 many/m >good.lines
sed '500s/.*/{"serial":"many-500","csr":"AAAA"}/' good.lines >thousand.lines
make thousand.lines
answered 'a thousand lines are taken' 200
cp body thousand.json
same 'one bad line gets its problem, the others go through in order' '1000 999 [500] 999 true' "$("$python" - <<'PY'
import json
lines = [json.loads(line) for line in open("thousand.json")]
made = [x for x in lines if "certificate" in x]
bad = [int(x["serial"].split("-")[1]) for x in lines if "problem" in x]
ordered = [x["serial"] for x in lines] == [f"many-{i}" for i in range(1, 1001)]
print(len(lines), len(made), bad, len({x["number"] for x in made}), str(ordered).lower())
PY
)"
batch_of_many=$batch
batch 2
keys few/f 3
for i in 1 2; do line "few-$i" "few/f-$i.csr"; done >l; make l
same 'a batch of two makes two' 2 "$(grep -c '"certificate"' body)"
line few-3 few/f-3.csr >l; refused 'past the quantity' l over_quantity over_quantity
line few-2 few/f-2.csr >l; make l
same 'a made one is still answered' 1 "$(grep -c '"certificate"' body)"
api GET "/api/v1/batches/$batch_of_many"
same 'the batch counted what it made' 1003 "$(json body 'it["issued"]')"

# --- many at once
# together FILE…: posts each on a connection of its own, at the same moment; answers in FILE.out.
together() {
    local file posting=()
    for file in "$@"; do
        curl --silent --cacert "$ca" --header "Authorization: Bearer $token" --header 'Content-Type: application/x-ndjson' \
            --data-binary "@$file" --output "$file.out" "$https/api/v1/batches/$batch/devices" & posting+=($!)
    done
    wait "${posting[@]}"
}
batch 6
key race
for i in {1..8}; do line race race.csr >"race.$i"; done
together race.[1-8]
same 'eight times the same at once: one device' '8 1' "$(cat race.[1-8].out | wc -l) $(cat race.[1-8].out | grep '"certificate"' | sort -u | wc -l)"
keys quota/q 20
for i in {1..20}; do line "quota-$i" "quota/q-$i.csr" >"quota/$i"; done
together quota/{1..20}
same 'twenty at once for five places: five' '5 15' "$(cat quota/*.out | grep -c '"certificate"') $(cat quota/*.out | grep -c over_quantity)"
for i in {1..4}; do key "twin-$i"; line twin "twin-$i.csr" >"twin.$i"; done
batch 10
together twin.[1-4]
same 'four keys at once for one serial: one' '1 3' "$(cat twin.*.out | grep -c '"certificate"') $(cat twin.*.out | grep -c serial_with_another_key)"
api GET "/api/v1/batches/$batch"
same 'and the batch counted one' 1 "$(json body 'it["issued"]')"

# --- what the API tells of them
cursor=; : >numbers; pages=0
while [[ $cursor != null ]] && ((pages++ < 100)); do
    api GET "/api/v1/devices?limit=100${cursor:+&cursor=$cursor}"
    json body '"\n".join(d["number"] for d in it["items"])' >>numbers
    cursor=$(json body 'it["next"] or "null"') || break
done
same 'page by page every device comes once' "$((4 + 999 + 2 + 1 + 5 + 1)) 0" "$(sort -u numbers | wc -l) $(sort numbers | uniq -d | wc -l)"

# --- pkilint
# lint DOCUMENT PROGRAM… : its findings, without those that pkilint-exceptions.txt excuses for the document.
lint() {
    local document=$1 out; shift
    out=$("$VENV/bin/$1" lint "${@:2}" --severity NOTICE --format JSON 2>&1)
    same "pkilint accepts the $document" '' "$("$python" - "$document" "$here/pkilint-exceptions.txt" "$out" <<'PY' 2>&1
import json, sys
document, path, text = sys.argv[1:]
rules = [line.split(None, 2) for line in open(path) if line.strip() and not line.startswith("#")]
excused = {code for name, code, reason in rules if name == document}
found = {f["code"]: f"{f['severity']} {f['code']} at {r['node_path']}: {f['message']}"
         for r in json.loads(text)["results"] for f in r["finding_descriptions"]}
for code in found.keys() - excused:
    print(found[code])
for code in excused - found.keys():
    print(f"{code} is excused, but was not found")
PY
)"
}
key operational
est simpleenroll operational unit-1
answered 'EST gives an LDevID' 200
enrolled operational
request GET "$http$(crl_path unit-1.crt)"
cp body idevid.crl
openssl x509 -in unit-1.chain -out issuing.crt
lint root lint_pkix_cert "$root"
lint issuing lint_pkix_cert issuing.crt
lint idevid lint_pkix_cert unit-1.crt
lint ldevid lint_pkix_cert operational.crt
lint https lint_pkix_cert "$ca"
lint crl lint_crl --type CRL --profile PKIX idevid.crl
api GET "/api/v1/devices/$first"
for field in stage condition certificates release owner; do holds "the device tells its $field" json body "it['$field']"; done
same 'the device holds both certificates' 'idevid ldevid' "$(json body '" ".join(sorted(c["kind"] for c in it["certificates"]))')"
api POST "/api/v1/devices/$(json unit-p384.json 'it["number"]')/ship" '{"reason":"sold","at":"2026-01-18T00:00:00Z","to":"a harbour"}'
answered 'an act takes reason, at and to' 200
stop 'SIGTERM ends the server well'
same 'serve printed nothing more' 1 "$(wc -l <listening)"
finish
