#!/usr/bin/env bash
# The production line against the real platform: cut off and resumed; labels are read by zbarimg, chains by openssl.
. "$(dirname "$0")/lib.bash"

count=30
init
start
product EW-C210 4512345678906
api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":$((count + 1)),\"confirmation\":\"required\"}"
answered 'a batch that requires confirmation' 201
batch=$(json body 'it["id"]')
api POST /api/v1/tokens '{"name":"line 1","role":"station"}'
(umask 077; json body 'it["token"]' >station.token)

# line_make: the units of the batch; its answer in made.json.
making=(make --url "$https" --trust "$ca" --token-file station.token --batch "$batch" --out units --prefix EW-C210-
    --count "$count" --root "$root" --json)
line_make() { "$STATION" "${making[@]}" >made.json 2>make.err; }
done_units() { find units -name done.json 2>/dev/null | wc -l; }
some_are_done() { (($(done_units) >= 4)); }

# --- cut off in the middle, and resumed
"$STATION" "${making[@]}" --together 1 >cut.json 2>cut.err &
line_pid=$!
within 60 some_are_done || not_ok 'the first units come' "$(tail -n 3 cut.err)"
kill -KILL "$line_pid"
wait "$line_pid" 2>/dev/null
cut_at=$(done_units)
if ((cut_at >= 4 && cut_at < count)); then ok 'kill -9 in the middle'; else not_ok 'kill -9 in the middle' "at $cut_at"; fi
refuses 'what was cut off does not hold yet' 'do not hold' "$STATION" check units --root "$root"
holds 'the same command goes on' line_make
same 'and makes what was left' "$count $count 0" "$(json made.json '"{made} {confirmed} {0}".format(len(it["refused"]), **it)')"
same 'those of before stay as they were' "$cut_at" "$(json made.json 'it["there"]')"
holds 'once more: nothing is left to do' line_make
same 'all were there' $count "$(json made.json 'it["there"]')"
api GET "/api/v1/batches/$batch"
same 'the permit counts each once' $count "$(json body 'it["issued"]')"
mkdir locked && exec 8>locked/.lock && flock 8
refuses 'two lines never share a folder' 'another line' "$STATION" make --url "$https" --trust "$ca" \
    --token-file station.token --batch "$batch" --out locked --prefix X- --count 1
exec 8>&-

# --- the folders
same 'check: every unit holds' "$count 0" \
    "$("$STATION" check units --root "$root" --json >check.json; json check.json '"{verified} {0}".format(len(it["problems"]), **it)')"
same 'keys, passwords and labels are private' '' \
    "$(find units \( -name key.pem -o -name credential.json -o -name 'label.*' \) -perm /077)"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key 2>/dev/null
mv units/EW-C210-000002 aside && cp -a aside units/EW-C210-000002 && cat other.key >units/EW-C210-000002/key.pem
refuses 'a unit with another key is found' 'another key' "$STATION" check units --root "$root"
rm -r units/EW-C210-000002 && mv aside units/EW-C210-000002
chmod 644 units/EW-C210-000003/key.pem
refuses 'a key that others may read is found' 'key.pem' "$STATION" check units --root "$root"
chmod 600 units/EW-C210-000003/key.pem

# --- openssl on each chain, zbarimg on each label
chains=0 pngs=0 svgs=0 keys_fit=0
: >passwords
for unit in units/EW-C210-*; do
    verify "$unit/certificate.pem" "$unit/chain.pem" -x509_strict >/dev/null 2>&1 && chains=$((chains + 1))
    [[ $(openssl pkey -in "$unit/key.pem" -pubout) == "$(openssl x509 -in "$unit/certificate.pem" -noout -pubkey)" ]] &&
        keys_fit=$((keys_fit + 1))
    link=$(json "$unit/device.json" '"{public_url}/01/{gtin}/21/{serial}?n={number}".format(**it)')
    [[ $(zbarimg --quiet --raw "$unit/label.png" 2>/dev/null) == "$link" ]] && pngs=$((pngs + 1))
    rsvg-convert --zoom 2 --background-color white "$unit/label.svg" --output drawn.png
    [[ $(zbarimg --quiet --raw drawn.png 2>/dev/null) == "$link" ]] && svgs=$((svgs + 1))
    json "$unit/credential.json" 'it["password"]' >>passwords
    grep -qF -- "$(tail -n 1 passwords)" "$unit/label.svg" || not_ok 'the label carries the password' "$unit"
done
same 'openssl verifies each chain' $count $chains
same 'each key is that of its certificate' $count $keys_fit
same 'zbarimg reads the Digital Link off each label (PNG)' $count $pngs
same 'and off each label as SVG' $count $svgs
same 'the link has GTIN and serial number' 'https://[^/]*/01/04512345678906/21/EW-C210-0000' \
    "$(sed -E 's|^https://[^/]*|https://[^/]*|; s|[0-9]{2}\?.*||' <<<"$link")"

# --- initial passwords
same 'initial passwords are all different' $count "$(sort -u passwords | wc -l)"
same 'each has 60 bits to type' $count "$(grep -cE '^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$' passwords)"
{ cat passwords; tr -d - <passwords; } >patterns
lacks 'the platform has none of them: data folder' . "$(grep -rlaiF -f patterns "$data")"
lacks 'nor its log' . "$(grep -laiF -f patterns log listening)"
lacks 'nor what the line printed' . "$(grep -laiF -f patterns made.json make.err cut.err)"
same 'the search finds them where they are' $count "$(grep -rlaiF -f patterns units --include=label.svg | wc -l)"

# --- a label again
before=$(sha256sum <units/EW-C210-000004/label.svg)
rm units/EW-C210-000004/label.*
holds 'a label is printed again' "$STATION" label --out units/EW-C210-000004
same 'the same one' "$before" "$(sha256sum <units/EW-C210-000004/label.svg)"

# --- one that no line confirms. The shortest time to confirm is an hour, so its stamp is put back by two in the store.
key silent
device silent
silent=$number
api GET "/api/v1/devices/$silent"
same 'a unit that nobody read back is not confirmed' false "$(json body 'it["confirmed"]')"
stop 'SIGTERM ends the server well'
holds 'two hours pass' "$python" - "$data" silent <<'PY'
import glob, sqlite3, sys
[path] = [p for p in glob.glob(sys.argv[1] + "/*.db") + glob.glob(sys.argv[1] + "/*.sqlite")]
store = sqlite3.connect(path)
[(row, stamps)] = store.execute("select id, stamps from device where serial = ?", (sys.argv[2],)).fetchall()
at = int.from_bytes(stamps[1:9], "big") - 2 * 3600 * 1000
store.execute("update device set stamps = ? where id = ?", (stamps[:1] + at.to_bytes(8, "big") + stamps[9:], row))
store.commit()
PY
TEGATA_PRODUCTION_CONFIRM_WITHIN=1h start
stage_of() { api GET "/api/v1/devices/$1"; json body 'it["stage"]'; }
is_retired() { [[ $(stage_of "$1") == retired ]]; }
holds 'it is voided' within 20 is_retired "$silent"
api GET '/api/v1/findings?state=open'
same 'with a finding' silent "$(json body '[f["data"]["serial"] for f in it["items"] if f["kind"] == "never_confirmed"][0]')"
api POST "/api/v1/devices/$silent/confirm"
answered 'and can be confirmed no more' 409
request GET "$http$(crl_path silent.crt)"
openssl crl -inform DER -in body -out crl.pem 2>/dev/null
cat "$root" silent.chain crl.pem >with-crl.pem
refuses 'its certificate is revoked' 'revoked' openssl verify -crl_check -CAfile with-crl.pem silent.crt
api GET '/api/v1/devices?limit=100'
same 'those that were confirmed stay' $count "$(json body 'sum(d["stage"] == "made" and d["confirmed"] for d in it["items"])')"
stop 'SIGTERM ends the server well again'
finish
