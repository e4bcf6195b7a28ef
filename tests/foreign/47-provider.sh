#!/usr/bin/env bash
# Log-in at a provider of identity that we did not write (Canaille): the code flow of OpenID Connect over TLS, by HTTP as
# a browser without script does it, and everything that must not be taken; then the same through our pages, from the link
# to the console.
. "$(dirname "$0")/lib.bash"
: "${PROVIDER:?a venv with Canaille, whose variables begin with its name}"
relying=$(dirname "$TEGATA")/examples/relying
redirect=https://tegata.localhost/login/provider/back

# --- the provider, with a certificate of an authority of its own
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trusted \
    -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.crt 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout id.key -out id.csr 2>/dev/null
openssl x509 -req -in id.csr -CA ca.crt -CAkey ca.key -days 2 -out id.crt -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout other.key -out other.crt 2>/dev/null
mkfifo hold
"$PROVIDER/bin/python3" "$here/oidc/provider.py" provider id.crt id.key "$redirect" <hold >provider.log 2>&1 &
servers+=("$!")
exec 9>hold
if ! within 60 test -s provider/port; then not_ok 'the provider runs' "$(tail -n 3 provider.log)"; finish; fi
issuer=https://localhost:$(cat provider/port)

# party NAME CLIENT SECRET TRUST: a relying party of ours that keeps running; `ask NAME COMMAND…` sets `answer`.
party() {
    mkfifo "$1.in" "$1.out"
    "$relying" "$issuer" "$2" "$3" "$redirect" "$4" <"$1.in" >"$1.out" 2>"$1.err" &
    servers+=("$!")
    exec {to}>"$1.in" {from}<"$1.out"
    eval "to_$1=$to from_$1=$from"
}
# One log-in a second: the provider keeps access tokens apart by the second that they were made in.
second=0
later() { (($(date +%s) > second)); }
ask() {
    local to="to_$1" from="from_$1"; shift
    [[ "$1" != finish ]] || within 3 later
    echo "$*" >&"${!to}"
    IFS= read -r -t 60 -u "${!from}" answer || answer='no answer'
    [[ "$1" != finish ]] || second=$(date +%s)
}
# visit NAME [anew]: a log-in begun by NAME, with Anna at the provider; sets `begun` and `back`.
visit() {
    local address
    ask "$1" "begin${2:+ $2}"
    read -r begun address <<<"$answer"
    back=$("$PROVIDER/bin/python3" "$here/oidc/visit.py" ca.crt "$redirect" "$address" login=anna 'password=a pass phrase' 2>&1)
}
# change N TEXT: what was begun, with its Nth part (1 state, 2 nonce, 3 verifier) as of TEXT.
change() { awk -F. -v OFS=. -v n="$1" -v with="$2" '{ split(with, other, "."); $n = other[n]; print }' <<<"$begun"; }

party ours tegata 'a: secret+' ca.crt
visit ours
matches 'Anna comes back from the provider with a code' "^$redirect\?.*code=[^&]{20,}.*iss=https" "$back"
ask ours finish "$begun" "$back"
matches 'the provider says who she is' '^is anna [0-9a-f]{64}$' "$answer"
first=$answer
ask ours finish "$begun" "$back"
same 'its code opens once' 'no the provider refused: invalid_grant' "$answer"
visit ours
ask ours finish "$begun" "$back"
matches 'a second log-in has a proof of its own' '^is anna ' "$answer"
if [[ "$answer" != "$first" ]]; then ok 'no two proofs are the same'; else not_ok 'no two proofs are the same' "$answer"; fi
visit ours anew
ask ours finish "$begun" "$back"
matches 'asked to prove herself anew, she does' '^is anna ' "$answer"
visit ours
IFS=. read -r state nonce verifier at _ <<<"$begun"
ask ours finish "$state.$nonce.$verifier.$((at + 300000)).1" "$back"
matches 'a log-in from before is not one anew' 'did not prove herself anew' "$answer"

# --- what must not be taken
visit ours
other=$begun
visit ours
ask ours finish "$(change 1 "$other")" "$back"
matches 'another state is refused' 'does not belong to the log-in' "$answer"
ask ours finish "$begun" "${back/iss=https/iss=http}"
matches 'another issuer in the address is refused' 'does not belong to the log-in' "$answer"
ask ours finish "$begun" "${back/code=/code=x}"
same 'another code is refused' 'no the provider refused: invalid_grant' "$answer"
ask ours finish "$(change 3 "$other")" "$back"
same 'another verifier is refused, by the provider (PKCE)' 'no the provider refused: invalid_grant' "$answer"
visit ours
ask ours finish "$(change 2 "$other")" "$back"
matches 'another nonce is refused' 'it answers another request' "$answer"
visit ours
ask ours finish "$begun" "$back" 7200
matches 'an ID token whose time is over is refused' 'its time is over|not made just now' "$answer"
party crossed crossed 'a: secret+' ca.crt
visit crossed
ask crossed finish "$begun" "$back"
matches 'an ID token for another client is refused' 'made for another client' "$answer"
party wrong tegata 'a: guess' ca.crt
visit wrong
ask wrong finish "$begun" "$back"
same 'a wrong secret of ours is refused by the provider' 'no the provider refused: invalid_client' "$answer"
party odd odd 'a: secret+' ca.crt
visit odd
ask odd finish "$begun" "$back"
matches 'an ID token signed in another way (PS512) is refused' 'its algorithm is none of' "$answer"
party public open - ca.crt
visit public
ask public finish "$begun" "$back"
matches 'a client without a secret has PKCE alone; ES256' '^is anna ' "$answer"
party foreign tegata 'a: secret+' other.crt
ask foreign begin
matches 'a provider with a certificate of somebody else is not spoken with' 'cannot be reached: .*(certificate|Issuer)' "$answer"

# the provider says that it takes the secret in HTTP Basic, and takes it there: the way that this client has is none of ours
party posted posted 'a: secret+' ca.crt
visit posted
ask posted finish "$begun" "$back"
same 'a client that is known in another way is told so' 'no the provider refused: invalid_client' "$answer"

# --- keys change
echo rotate >&9
if ! within 20 test -e provider/rotated; then not_ok 'the provider changes its key' "$(tail -n 3 provider.log)"; finish; fi
visit ours
ask ours finish "$begun" "$back" 15
matches 'a key that is new there is asked for' '^is anna ' "$answer"

# --- somebody else's password
visit_wrong=$("$PROVIDER/bin/python3" "$here/oidc/visit.py" ca.crt "$redirect" "$(ask ours begin; echo "${answer#* }")" login=anna password=guess 2>&1)
matches 'a wrong password brings nobody back' 'still at' "$visit_wrong"

# --- our own pages
init --public-url https://tegata.localhost
(umask 077; printf 'a: secret+' >secret)
cat >tegata.toml <<END
[oidc]
issuer = "$issuer"
client_id = "tegata"
client_secret_file = "$PWD/secret"
name = "Example ID"
trust = "$PWD/ca.crt"
END
start --config tegata.toml
site=https://tegata.localhost
. "$here/person.bash"

# away ADDRESS: Anna at the provider; sets `back`. home PERSON: she comes back with it.
away() {
    back=$("$PROVIDER/bin/python3" "$here/oidc/visit.py" ca.crt "$redirect" "$1" login=anna 'password=a pass phrase' 2>&1)
}
home() {
    within 3 later
    page "$1" "${2-$back}"
    second=$(date +%s)
}
# out PERSON: from the page of a log-in to the provider; sets `address`.
out() {
    page "$1" "/login?next=/console/devices"
    page "$1" "$(part 'id="provider-enter" href="([^"]+)"')"
    address=$(header location)
}

enter admin "$(json init.json 'it["login"]["user"]')" "$(json init.json 'it["login"]["password"]')"
led 'the administrator logs in by password' '^/console$'
out anna
matches 'a link of the log-in page leads to the provider' "^$issuer/.*redirect_uri=https%3A%2F%2Ftegata.localhost%2Flogin%2Fprovider%2Fback" "$address"
away "$address"
home anna
turned_away 'who is connected with no account does not come in' 401 'No account is connected'

page admin /console/account/provider
away "$(part 'id="provider-leave" href="([^"]+)"')"
home admin
led 'an account is connected by its holder' '^/console/account/provider$'
page admin /console/account/provider
matches 'its page says so' 'id="provider-end"' "$(cat body)"

out anna
away "$address"
cp anna.jar before.jar
home anna
led 'Anna comes in by the provider, to where she wanted' '^/console/devices$'
page anna /console/account
matches 'she is who she was connected with' '<h1>[^<]*<bdi>admin</bdi>' "$(cat body)"
cp before.jar anew.jar
home anew
turned_away 'the same way back opens once' 401 'did not let you in'

out wrong
away "$address"
home wrong "${back/state=/state=x}"
turned_away 'another state opens nothing' 401 'took too long'
out one
away "$address"
first=$back
out other
cp other.jar still.jar
home other "$first"
turned_away "one browser's way back opens nothing in another" 401 'took too long'
state=$(grep -o 'state=[^&]*' <<<"$address")
home still "$(sed "s/state=[^&]*/$state/" <<<"$first")"
turned_away 'nor with the state of that one (PKCE)' 401 'did not let you in'
rm -f nobody.jar
home nobody "$first"
turned_away 'nor in one that never left' 401 'took too long'
out nonce
away "$(sed 's/nonce=[^&]*/nonce=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/' <<<"$address")"
home nonce
turned_away 'an ID token that answers another nonce opens nothing' 401 'does not hold'
out denied
home denied "$redirect?error=access_denied&$(grep -o 'state=[^&]*' <<<"$address")&iss=$issuer"
turned_away 'who is refused there is told so' 401 'did not let you in'

page admin /console/account/provider
fill admin /console/account/provider/end
led 'the connection is ended' '^/console/account$'
out anna2
away "$address"
home anna2
turned_away 'then it opens nothing any more' 401 'No account is connected'
stop 'the platform ends'
finish
