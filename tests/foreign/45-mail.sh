#!/usr/bin/env bash
# Notices: a letter reaches a mail server that we did not write, in both languages, and a person tells to have read it.
. "$(dirname "$0")/lib.bash"

# --- a mail server with a certificate of an authority of its own
# authority NAME: its key and certificate. server_of AUTHORITY: mail.key and mail.crt of the mail server.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
authority trusted
authority other
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout mail.key -out mail.csr 2>/dev/null
openssl x509 -req -in mail.csr -CA trusted.crt -CAkey trusted.key -days 2 -out mail.crt \
    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
mkdir post
mkfifo hold
"$python" "$here/mail/serve.py" post mail.crt mail.key <hold 2>mail.log &
servers+=("$!")
exec 9>hold
if ! within 20 test -s post/port; then not_ok 'the mail server runs' "$(tail -n 3 mail.log)"; finish; fi
(umask 077; echo 'a pass phrase' >password)

# mail_to TRUST: the configuration that sends there.
mail_to() {
    printf '[mail]\nserver = "smtps://localhost:%s"\nfrom = "Tegata <tegata@example.com>"\nuser = "tegata"\npassword_file = "%s"\ntrust = "%s"\n' \
        "$(cat post/port)" "$WORK/password" "$WORK/$1" >"$1.toml"
}
mail_to trusted.crt
mail_to other.crt

# --- a recalled device
init
start --config "$WORK/trusted.crt.toml"
product pump 4512345678906
batch 10
for i in 1 2 3; do key "pump-$i"; device "pump-$i"; done
number() { json "pump-$1.json" 'it["number"]'; }
api POST /api/v1/contact '{"mail":"owner@example.jp"}'
answered 'an organisation says where its notices go' 200
api POST "/api/v1/devices/$(number 1)/recall" '{"reason":"battery"}'
answered 'a device is recalled' 200
if within 10 test -s post/1.eml; then ok 'a letter comes'; else not_ok 'a letter comes' "$(tail -n 3 log | cut -c -500)"; fi

# letter FILE EXPRESSION: of the mail as Python's own reader sees it.
letter() {
    "$python" - "$@" <<'PY'
import sys
from email import policy
from email.parser import BytesParser
it = BytesParser(policy=policy.default).parsebytes(open(sys.argv[1], "rb").read())
text = it.get_content()
print(eval(sys.argv[2]))
PY
}
same 'it goes to the owner' owner@example.jp "$(letter post/1.eml 'it["to"]')"
matches 'its subject is in both languages' '回収.* / .*recalled' "$(letter post/1.eml 'it["subject"]')"
text=$(letter post/1.eml text)
matches 'it names the device' "$(number 1)" "$text"
matches 'it says what to do, in Japanese' '使用を止めて' "$text"
matches 'it says what to do, in English' 'Stop using the device' "$text"
lacks 'it promises nothing' 'fake|偽物' "$text"
api GET /api/v1/notices
same 'the list says that it was sent' sent "$(json body 'it["items"][0]["state"]')"

# --- the receipt
link=$(grep -Eom 1 '/n/[A-Za-z0-9_-]+' <<<"$text")
request GET "$https$link" -H 'accept-language: ja'
answered 'the link opens' 200
matches 'it shows the letter' '読みました' "$(cat body)"
api GET /api/v1/notices
same 'opening it is no receipt' sent "$(json body 'it["items"][0]["state"]')"
request POST "$https$link"
answered 'the button is pressed' 303
api GET /api/v1/notices
same 'now it was read' read "$(json body 'it["items"][0]["state"]')"
request POST "$https$link";                    answered 'pressing it again changes nothing' 303
request GET "$https${link%?????}AAAAA";         answered 'a link that somebody made up' 404
request POST "$https/n/AAAA";                   answered 'half a link' 404
api POST /api/v1/organisations '{"name":"Others","kinds":["operator"]}'
others=$(json body 'it["token"]')
token=$others api GET /api/v1/notices
same 'others do not see the notice' 0 "$(json body 'len(it["items"])')"
api GET /api/v1/notices; id=$(json body 'it["items"][0]["id"]')
token=$others api POST "/api/v1/notices/$id/receipt";  problem 'nor can they say that it was read' 404

# --- a mail server that cannot be trusted gets nothing, and the letter is not lost
stop 'SIGTERM ends the server well'
start --config "$WORK/other.crt.toml"
api POST /api/v1/contact '{"mail":"owner@example.jp","language":"en"}'
answered 'a language is chosen' 200
api POST "/api/v1/devices/$(number 2)/recall"
answered 'another device is recalled' 200
within 10 grep -q 'notice not sent' log && ok 'a foreign certificate is refused' || not_ok 'a foreign certificate is refused' "$(tail -n 2 log)"
lacks 'no address in the log' 'owner@example' "$(cat log)"
same 'nothing was sent' 1 "$(find post -name '*.eml' | wc -l)"
stop 'SIGTERM ends the server well, again'

# --- without a mail server: the outbox
start
api POST "/api/v1/devices/$(number 3)/recall"
answered 'a third device is recalled' 200
in_outbox() { [[ $(find "$data/outbox" -name '*.eml' | wc -l) -ge 1 ]]; }
if within 10 in_outbox; then ok 'a letter lies in the outbox'; else not_ok 'a letter lies in the outbox' "$(tail -n 2 log)"; fi
file=$(find "$data/outbox" -name '*.eml' | head -n 1)
matches 'in English only' 'recalled' "$(letter "$file" 'it["subject"]')"
lacks 'in English only, indeed' '回収' "$(letter "$file" text)"
same 'nobody else may read it' 600 "$(stat -c %a "$file")"

# --- an address that comes later
api POST /api/v1/organisations '{"name":"Late","kinds":["operator"]}'
late=$(json body 'it["token"]')
key pump-4; device pump-4
api POST "/api/v1/devices/$(number 4)/transfer"; code=$(json body 'it["code"]')
token=$late api POST /api/v1/claims "{\"code\":\"$code\"}"
api POST "/api/v1/devices/$(number 4)/recall"
tried() { token=$late api GET /api/v1/notices; [[ $(json body 'it["items"][0]["state"]') == "$1" ]]; }
holds 'without an address a notice waits' within 10 tried waiting
token=$late api POST /api/v1/contact '{"mail":"late@example.com","language":"en"}'
answered 'the address comes' 200
holds 'and the letter goes' within 10 tried sent

# --- what is refused
for bad in '"no address"' '"a@b"' '"a@example.com\r\nBcc: x@example.com"' 7; do
    api POST /api/v1/contact "{\"mail\":$bad}"; problem "no address: $bad" 400
done
request GET "$https/api/v1/contact";                      problem 'nobody asks where notices go' 401
refuses 'a password file that others may read' 'chmod 600' bash -c "chmod 644 password; '$TEGATA' config show --config trusted.crt.toml"
stop 'SIGTERM ends the server well, at last'
exec 9>&-
finish
