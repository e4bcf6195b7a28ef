#!/usr/bin/env bash
# Revocation: the list that a certificate names tells of it within a second, and openssl acts on it.
. "$(dirname "$0")/lib.bash"

init
start
product pump 4512345678906
batch 100
for i in 1 2 3 4 5 6 7 8; do key "pump-$i"; device "pump-$i"; done
cp pump-1.chain issuing.crt

# --- lists before anything was revoked
crl() { request GET "$http$(crl_path "$1")"; cp body "$2"; openssl crl -inform DER -in "$2" -out "$2.pem"; }
crl pump-1.crt before.crl
answered 'the list that a certificate names is there' 200
same 'it has its type' application/pkix-crl "$(header content-type)"
holds 'openssl verifies its signature' openssl crl -inform DER -in before.crl -CAfile issuing.crt -verify -noout
lists() { openssl crl -inform DER -in "$1" -noout -text | grep -A 1 'Serial Number:' | grep -Eo '[0-9A-F]{16,}' | sort | xargs; }
same 'it is empty' '' "$(lists before.crl)"
holds 'it holds for longer than an hour' "$python" - before.crl <<'PY'
import datetime, subprocess, sys
says = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", sys.argv[1], "-noout", "-nextupdate"], capture_output=True, text=True).stdout
end = datetime.datetime.strptime(says.strip().split("=")[1], "%b %d %H:%M:%S %Y %Z")
assert end - datetime.datetime.utcnow() > datetime.timedelta(hours=1), says
PY
text=$(openssl crl -inform DER -in before.crl -noout -text)
matches 'it has a number' 'X509v3 CRL Number' "$text"
matches 'it names its key' 'X509v3 Authority Key Identifier' "$text"
matches 'it says which shard it is' 'Issuing Distrib' "$text"
request GET "$http$(crl_path pump-1.crt)" --http1.0
answered 'HTTP 1.0 fetches it' 200
request GET "$https$(crl_path pump-1.crt)"
answered 'it is on the HTTPS port too' 200

# --- what openssl thinks of a certificate, with the list that it names
checked() { verify "$1" "$2" -crl_check -CRLfile "$3.pem"; }
holds 'openssl accepts the certificate' checked pump-1.crt pump-1.chain before.crl

# --- revoke
revoke() { api POST "/api/v1/certificates/$(serial "$1")/revoke" "${2-}"; }
# listed NAME CERTIFICATE FILE: its list names it within a second.
is_listed() { crl "$1" "$2" && [[ " $(lists "$2") " == *" $(serial "$1") "* ]]; }
listed() { if within 1 is_listed "$2" "$3"; then ok "$1"; else not_ok "$1" "not within a second: $(lists "$3")"; fi; }

revoke pump-1.crt '{"reason":"key_compromise"}'
answered 'a certificate is revoked' 200
listed 'its list names it within a second' pump-1.crt one.crl
holds 'openssl verifies the new list' openssl crl -inform DER -in one.crl -CAfile issuing.crt -verify -noout
matches 'the reason is told' 'Key Compromise' "$(openssl crl -inform DER -in one.crl -noout -text)"
number_of() { openssl crl -inform DER -in "$1" -noout -crlnumber | cut -d = -f 2; }
same 'its number rose' 1 "$((0x$(number_of one.crl | sed 's/^0x//i') > 0x$(number_of before.crl | sed 's/^0x//i')))"
refuses 'openssl refuses the revoked certificate' 'revoked' checked pump-1.crt pump-1.chain one.crl
crl pump-2.crt two.crl
holds 'openssl accepts another one' checked pump-2.crt pump-2.chain two.crl
revoke pump-1.crt '{"reason":"superseded"}'
answered 'revoking again changes nothing' 200
crl pump-1.crt again.crl
matches 'the first reason stays' 'Key Compromise' "$(openssl crl -inform DER -in again.crl -noout -text)"

revoke pump-3.crt
answered 'a reason need not be given' 200
listed 'it is listed as well' pump-3.crt three.crl
lower=$(serial pump-4.crt | tr 'A-F' 'a-f')
api POST "/api/v1/certificates/$lower/revoke"
answered 'a serial in lower case is taken' 200
listed 'and listed' pump-4.crt four.crl

# --- an LDevID, in the list of its own authority
key op; est simpleenroll op pump-5; enrolled op
key op-2; est simpleenroll op-2 pump-6; enrolled op-2
revoke op.crt '{"reason":"superseded"}'
answered 'an LDevID is revoked' 200
listed 'the list of its authority names it' op.crt op.crl
holds 'that list is signed by its authority' openssl crl -inform DER -in op.crl -CAfile op.chain -verify -noout
refuses 'openssl refuses it' 'revoked' checked op.crt op.chain op.crl
crl op-2.crt op-2.crl
holds 'openssl accepts another LDevID' checked op-2.crt op-2.chain op-2.crl
lacks 'the two authorities have lists of their own' "$(dirname "$(crl_path op.crt)")" "$(crl_path pump-1.crt)"

# --- retiring ends all certificates of a device
api POST "/api/v1/devices/$(json pump-6.json 'it["number"]')/retire"
answered 'a device is retired' 200
listed 'its IDevID is listed' pump-6.crt six.crl
listed 'its LDevID is listed' op-2.crt six-op.crl
matches 'as out of use' 'Cessation Of Operation' "$(openssl crl -inform DER -in six-op.crl -noout -text)"

# --- many at once are one list, in time
for i in 7 8; do revoke "pump-$i.crt"; done
listed 'two revoked at once: the first' pump-7.crt seven.crl
listed 'two revoked at once: the second' pump-8.crt eight.crl

# --- what is refused
api POST "/api/v1/certificates/00$(serial pump-1.crt | cut -c 3-)/revoke";     problem 'an unknown serial' 404
api POST "/api/v1/certificates/hello/revoke";                                 problem 'no serial at all' 404
api POST "/api/v1/certificates/$(serial pump-2.crt)/revoke" '{"reason":"x"}';  problem 'an unknown reason' 400
request POST "$https/api/v1/certificates/$(serial pump-2.crt)/revoke";         problem 'nobody' 401
api POST /api/v1/organisations '{"name":"Other maker","kinds":["maker"]}'
other=$(json body 'it["token"]')
token=$other api POST "/api/v1/certificates/$(serial pump-2.crt)/revoke";      problem 'another organisation' 404
crl pump-2.crt last.crl
holds 'after all this it is still good' checked pump-2.crt pump-2.chain last.crl
authority=$(cut -d / -f 3 <<<"$(crl_path pump-1.crt)")
for path in "/crl/$authority/65535.crl" "/crl/$authority/x.crl" "/crl/$authority/0" /crl/x/0.crl "/ca/x.crt"; do
    request GET "$http$path"; problem "no list at ${path/$authority/…}" 404
done

# --- after a new start
stop 'SIGTERM ends the server well'
start
crl pump-1.crt new.crl
matches 'the list is there after a new start' "$(serial pump-1.crt)" "$(lists new.crl)"
refuses 'openssl refuses the revoked certificate still' 'revoked' checked pump-1.crt pump-1.chain new.crl
stop 'SIGTERM ends the server well, again'
finish
