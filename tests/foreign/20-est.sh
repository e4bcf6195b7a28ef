#!/usr/bin/env bash
# Enrolment over EST (RFC 7030, RFC 8951): curl and strongSwan enrol and renew; who may not is refused with a reason.
. "$(dirname "$0")/lib.bash"

init
start
product meter 4512345678906
batch 100
for name in swan-1 curl-1 held-1 lost-1 old-1 late-1; do key "$name"; device "$name"; done
number_of() { json "$1.json" 'it["number"]'; }
est_url=$https/.well-known/est

# --- what needs no credential
request GET "$est_url/cacerts"
answered 'cacerts answers' 200
matches 'cacerts is certs-only CMS' '^application/pkcs7-mime; *smime-type=certs-only' "$(header content-type)"
same 'cacerts is base64' base64 "$(header content-transfer-encoding)"
same 'cacerts has its length' "$(stat -c %s body)" "$(header content-length)"
same 'cacerts is one line without end' '0 0' "$(wc -l <body) $(tr -d 'A-Za-z0-9+/=' <body | wc -c)"
base64 -d body >cacerts.p7
holds 'openssl reads cacerts' openssl pkcs7 -inform DER -in cacerts.p7 -print_certs -out cacerts.pem
same 'cacerts holds the root' "$(openssl x509 -in "$root" -noout -fingerprint)" "$(openssl x509 -in cacerts.pem -noout -fingerprint)"
request GET "$https/.well-known/est/some-label/cacerts"
answered 'a label changes nothing' 200
request GET "$est_url/csrattrs"
answered 'csrattrs answers' 200
same 'csrattrs has its type' application/csrattrs "$(header content-type)"
matches 'openssl reads csrattrs' 'prime256v1' "$(base64 -d body | openssl asn1parse -inform DER 2>&1)"

# --- curl, TLS 1.3 and 1.2
# an_ldevid NAME CREDENTIAL: the last answer is an operational certificate for NAME.key.
an_ldevid() {
    answered "$1 is enrolled" 200
    matches "$1: content type" '^application/pkcs7-mime; *smime-type=certs-only' "$(header content-type)"
    same "$1: length and one line" "$(stat -c %s body) 0" "$(header content-length) $(wc -l <body)"
    holds "$1: openssl reads the answer" enrolled "$1"
    holds "$1: openssl verifies it as a TLS client" verify "$1.crt" "$1.chain" -purpose sslclient
    same "$1: it holds the key" "$(openssl pkey -in "$1.key" -pubout)" "$(openssl x509 -in "$1.crt" -noout -pubkey)"
    lacks "$1: it names neither device nor maker" "$2|meter|O *=" "$(openssl x509 -in "$1.crt" -noout -subject)"
    lacks "$1: it ends" 9999 "$(openssl x509 -in "$1.crt" -noout -enddate)"
}
key op-13; est simpleenroll op-13 curl-1 --tlsv1.3;      an_ldevid op-13 curl-1
key op-12; est simpleenroll op-12 curl-1 --tls-max 1.2;  an_ldevid op-12 curl-1
key op-11; est simpleenroll op-11 curl-1 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0
same 'TLS 1.1 is refused' 000 "$code"
est simpleenroll op-12 curl-1 --tls-max 1.2 --ciphers AES128-GCM-SHA256:AES256-GCM-SHA384
same 'TLS 1.2 without forward secrecy is refused' 000 "$code"
key renewed; est simplereenroll renewed op-13; an_ldevid renewed curl-1
key renewed-2; est simplereenroll renewed-2 renewed --tls-max 1.2; an_ldevid renewed-2 curl-1
key by-idevid; est simplereenroll by-idevid curl-1; an_ldevid by-idevid curl-1
est simpleenroll op-13 op-13; problem 'an LDevID may not enrol' 403 simplereenroll
csr curl-1 same-key; cp curl-1.key same-key.key
est simpleenroll same-key curl-1; an_ldevid same-key curl-1
est simpleenroll held-1 curl-1; problem 'the key of another device is refused' 403 'another device'
api GET "/api/v1/devices/$(number_of curl-1)"
same 'the device is installed' installed "$(json body 'it["stage"]')"
same 'what nobody reported is presumed' 'shipped sold' "$(json body '" ".join(s["stage"] for s in it["stamps"] if s["presumed"])')"

# --- strongSwan
swan() { pki "$@" --cacert "$ca" 2>swan.err || { cat swan.err; return 1; }; }
holds 'strongSwan fetches the authorities' swan --estca --url "$https" --caout swan-ca.pem --outform pem --force
same 'and has the root' 1 "$(openssl crl2pkcs7 -nocrl -certfile swan-ca.pem 2>/dev/null | openssl pkcs7 -print_certs -text -noout | grep -c 'Tegata Device Root$' | sed 's/^[1-9].*/1/')"
# swan_enrols NAME CREDENTIAL: enrols NAME.key with CREDENTIAL by `pki --est`.
swan_enrols() {
    openssl req -new -key "$1.key" -subj "/CN=$1" -outform DER -out "$1.csr"
    swan --est --url "$https" --in "$1.csr" --cert "$2.crt" --key "$2.key" --cacert "$root" --cacert "$2.chain" \
        --outform pem >"$1.crt" || { cat "$1.crt"; return 1; }
}
key swan-op; holds 'strongSwan enrols with the IDevID' swan_enrols swan-op swan-1
cp renewed.chain swan-op.chain
holds 'openssl verifies what strongSwan got' verify swan-op.crt swan-op.chain
same 'it holds the key' "$(openssl pkey -in swan-op.key -pubout)" "$(openssl x509 -in swan-op.crt -noout -pubkey 2>&1)"
key swan-new; holds 'strongSwan renews with the LDevID' swan_enrols swan-new swan-op
holds 'openssl verifies the renewal' verify swan-new.crt swan-op.chain
lacks 'a renewal is another certificate' "$(serial swan-op.crt)" "$(serial swan-new.crt)"

# --- bodies
# posts NAME FILE [curl's…]: a body of our own to simpleenroll with the IDevID of curl-1.
posts() { local file=$1; shift; request POST "$est_url/simpleenroll" --cert curl-1.crt --key curl-1.key --data-binary "@$file" "$@"; }
type='Content-Type: application/pkcs10'
key wrapped
base64 -w 64 wrapped.csr >wrapped.b64;                 posts wrapped.b64 --header "$type"; answered 'wrapped base64 is taken' 200
base64 -w 76 wrapped.csr | sed 's/$/\r/' >crlf.b64;    posts crlf.b64 --header "$type"; answered 'base64 wrapped with CR LF is taken' 200
posts wrapped.b64 --header "$type" --header 'Transfer-Encoding: chunked'; answered 'a chunked body is taken' 200
posts wrapped.b64 --header "$type" --header 'Content-Transfer-Encoding: base64'; answered 'Content-Transfer-Encoding is taken' 200
posts wrapped.b64 --header 'Content-Type: application/json'; problem 'another content type is refused' 415 pkcs10
echo 'this is no base64!' >garbage;                    posts garbage --header "$type"; problem 'garbage is refused' 400 base64
base64 -w 0 "$TEGATA" 2>/dev/null | head -c 400 >junk; posts junk --header "$type"; problem 'base64 of something else is refused' 400
head -c 60 wrapped.csr | base64 >half;                 posts half --header "$type"; problem 'half a request is refused' 400
: >empty;                                              posts empty --header "$type"; problem 'an empty body is refused' 400
head -c 200000 /dev/zero | tr '\0' A >long;            posts long --header "$type"; problem 'a body that is too long is refused' 413
posts long --header "$type" --header 'Transfer-Encoding: chunked'; problem 'so is a chunked one' 413
for version in 1.1 2; do
    codes=$(for i in $(seq 10); do posts long --header "$type" "--http$version"; echo "$code"; done | sort -u | xargs)
    same "over HTTP/$version curl always sees that refusal" 413 "$codes"
done
key est-rsa RSA:rsa_keygen_bits:2048
est simpleenroll est-rsa curl-1; problem 'an RSA key is refused' 400
"$python" -c 'import sys; d = bytearray(open("wrapped.csr", "rb").read()); d[-1] ^= 1; sys.stdout.buffer.write(d)' >est-wrong.csr
est simpleenroll est-wrong curl-1; problem 'a wrong signature is refused' 400
request GET "$est_url/simpleenroll"; problem 'simpleenroll is POST only' 405

# --- credentials
base64 -w 0 wrapped.csr >w.b64
for operation in simpleenroll simplereenroll; do
    request POST "$est_url/$operation" --header "$type" --data-binary @w.b64
    problem "$operation without a certificate" 401
    request POST "$est_url/$operation" --header "$type" --data-binary @w.b64 --header "Authorization: Bearer $token"
    problem "$operation with a token alone" 401
done
key self; openssl req -x509 -new -key self.key -subj '/CN=self' -days 30 -out self.crt 2>/dev/null
est simpleenroll wrapped self; problem 'a self-made certificate' 401
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca2.key -out ca2.crt -days 30 \
    -subj "/O=Tegata/CN=$(openssl x509 -in curl-1.chain -noout -subject -nameopt RFC2253 | sed 's/.*CN=\([^,]*\).*/\1/')" 2>/dev/null
printf 'keyUsage = critical, digitalSignature\nauthorityKeyIdentifier = keyid\n' >leaf.ext
# forged NAME [openssl's…]: a certificate of that other authority, which bears the name of the true one.
forged() { key "$1"; openssl x509 -req -inform DER -in "$1.csr" -CA ca2.crt -CAkey ca2.key -days 30 -out "$1.crt" "${@:2}" 2>/dev/null; }
forged stranger -extfile leaf.ext
est simpleenroll wrapped stranger; problem 'a certificate of another authority' 401
forged twin -extfile leaf.ext -set_serial "0x$(serial curl-1.crt)"
est simpleenroll wrapped twin; problem 'a forged certificate with the serial of a true one' 401
forged ancient
est simpleenroll wrapped ancient; problem 'a forged certificate of X.509 version 1' 401
est simpleenroll wrapped ancient --tls-max 1.2; problem 'the same over TLS 1.2' 401
printf '1.2.3.4.5 = critical, ASN1:NULL\n' >strange.ext
forged strange -extfile strange.ext
est simpleenroll wrapped strange; problem 'a forged certificate with a critical extension that nobody knows' 401
cp swan-1.crt mixed.crt; cp curl-1.key mixed.key
est simpleenroll wrapped mixed
same 'a certificate without its key' 000 "$code"
est simpleenroll wrapped curl-1 --header "Authorization: Bearer $token"
problem 'token and certificate together' 400 'two identities'
request GET "$https/api/v1/devices" --cert curl-1.crt --key curl-1.key
problem 'the API takes no client certificate' 401
request GET "$https/api/v1/devices" --cert curl-1.crt --key curl-1.key --header "Authorization: Bearer $token"
problem 'nor one beside a token' 400 'two identities'

# --- life: judged at every request
act() { api POST "/api/v1/devices/$(number_of "$1")/$2" '{"reason":"a test"}'; answered "$1: $2" 200; }
key held-op; est simpleenroll held-op held-1; answered 'held-1 enrols' 200; enrolled held-op
act held-1 quarantine
est simpleenroll held-op held-1;   problem 'a quarantined device' 403 quarantined
est simplereenroll held-op held-op; problem 'nor by its LDevID' 403 quarantined
act held-1 release
est simpleenroll held-op held-1;   answered 'a released device enrols again' 200
est simplereenroll held-op held-op; answered 'and renews' 200
act held-1 recall
est simpleenroll held-op held-1;   problem 'a recalled device' 403 recall
# One connection, kept alive: the second request comes after the quarantine.
cat >kept.py <<'PY'
import http.client, os, ssl, sys, time
port, ca, name, body = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(name + ".crt", name + ".key")
connection = http.client.HTTPSConnection("localhost", int(port), context=context, timeout=20)
for wanted in "first", "second":
    while not os.path.exists(wanted):
        time.sleep(0.02)
    connection.request("POST", "/.well-known/est/simpleenroll", open(body).read(), {"Content-Type": "application/pkcs10"})
    answer = connection.getresponse()
    answer.read()
    print(answer.status, connection.sock.getsockname()[1], flush=True)
PY
key kept-op; base64 -w 0 kept-op.csr >kept-op.b64
touch first; "$python" kept.py "$https_port" "$ca" lost-1 kept-op.b64 >kept.out 2>&1 & keeper=$!
within 60 grep -q . kept.out; act lost-1 quarantine; touch second; wait "$keeper"
same 'a kept connection is judged anew' '200 403' "$(cut -d ' ' -f 1 kept.out | xargs)"
same 'it was one connection' 1 "$(cut -d ' ' -f 2 kept.out | sort -u | wc -l)"
# A session that was begun before and is taken up again.
key resumed-op; base64 -w 0 resumed-op.csr >resumed-op.b64
cat >resumed.py <<'PY'
import os, socket, ssl, sys, time
port, ca, name, file, version = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(name + ".crt", name + ".key")
context.maximum_version = getattr(ssl.TLSVersion, version)
body, session = open(file).read(), None
for wanted in "begun", "taken-up":
    while not os.path.exists(version + wanted):
        time.sleep(0.02)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost", session=session) as tls:
        tls.sendall(f"POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n"
                    f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = b""
        while more := tls.recv(65536):
            answer += more
        print(answer.split()[1].decode(), "resumed" if tls.session_reused else "new", flush=True)
        session = tls.session
PY
for version in TLSv1_3 TLSv1_2; do
    act lost-1 release
    touch "${version}begun"; "$python" resumed.py "$https_port" "$ca" lost-1 resumed-op.b64 $version >resumed.out 2>&1 & taker=$!
    within 60 grep -q . resumed.out; act lost-1 quarantine; touch "${version}taken-up"; wait "$taker"
    matches "a session of $version taken up again is judged anew" '^200 new 403 (resumed|new)$' "$(xargs <resumed.out)"
done

api POST /api/v1/batches "{\"product\":\"$product\",\"quantity\":5,\"confirmation\":\"required\"}"
batch=$(json body 'it["id"]')
key waiting-1; device waiting-1
est simpleenroll wrapped waiting-1; problem 'a device that its line has not confirmed' 403 confirmed
act waiting-1 confirm
key waiting-op; est simpleenroll waiting-op waiting-1; answered 'a confirmed one enrols' 200

revoke() { api POST "/api/v1/certificates/$(serial "$1")/revoke" '{"reason":"key_compromise"}'; answered "$1 is revoked" 200; }
key old-op; est simpleenroll old-op old-1; answered 'old-1 enrols' 200; enrolled old-op
revoke old-op.crt
est simplereenroll old-op old-op; problem 'a revoked LDevID' 403 revoked
est simpleenroll old-op old-1;    answered 'its IDevID enrols again' 200; enrolled old-op
revoke old-1.crt
est simpleenroll old-op old-1;    problem 'a revoked IDevID' 403 revoked
act late-1 retire
est simpleenroll old-op late-1;   problem 'a retired device' 403 'retired|revoked'

# Expired: the clock cannot be set from here, so the stopped store is told that its certificates ended yesterday.
stop 'SIGTERM ends the server well'
"$python" - "$data/tegata.db" <<'PY'
import sqlite3, sys, time
with sqlite3.connect(sys.argv[1]) as store:
    store.execute("update certificate set not_after = ? where kind = 1", (int(time.time() - 86400) * 1000,))
PY
start
est simplereenroll op-13 op-13; problem 'an expired LDevID' 403 expired
est simpleenroll op-13 curl-1;  answered 'its IDevID enrols again' 200
stop 'SIGTERM ends the server well, again'
finish
