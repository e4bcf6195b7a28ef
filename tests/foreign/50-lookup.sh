#!/usr/bin/env bash
# The public look-up as a phone, a program and a code reader meet it.
. "$(dirname "$0")/lib.bash"

init
start
product gateway 4512345678906
batch 10
key unit-1; device unit-1
n=$number
en='Accept-Language: en-GB,en;q=0.9'
ja='Accept-Language: ja-JP,ja;q=0.9,en;q=0.8'
as_json='Accept: application/json'
link=/01/04512345678906/21/unit-1

# --- one device, as HTML and JSON, on both ports
# a_page NAME: the last answer is a page as all pages have to be.
a_page() {
    local policy
    same "$1: HTML" 'text/html; charset=utf-8' "$(header content-type)"
    policy=$(header content-security-policy)
    matches "$1: nothing is loaded or run but its style" "(^|; *)default-src 'none'(;|\$)" "$policy"
    lacks "$1: the policy has no hole" "unsafe|\*|https?:|script-src" "$policy"
    same "$1: no referrer" no-referrer "$(header referrer-policy)"
    same "$1: no sniffing" nosniff "$(header x-content-type-options)"
    lacks "$1: sets no cookie" . "$(header set-cookie)"
    lacks "$1: no script" '<script|javascript:| on[a-z]+="' "$(cat body)"
    lacks "$1: nothing from elsewhere" '(src|href|action)="(https?:)?//' "$(cat body)"
    lacks "$1: no style in tags" ' style="' "$(cat body)"
    same "$1: at most 100 kB" 1 "$(($(stat -c %s body) <= 100000))"
    same "$1: one heading of the first order" 1 "$(grep -o '<h1[ >]' body | wc -l)"
    matches "$1: fits a phone" '<meta name="viewport"[^>]*width=device-width' "$(cat body)"
    lacks "$1: never fake, safe or certified" '[^a-z](fake|safe|genuine|authentic)[^a-z]|偽物|偽造|安全です|本物' "$(sed 's/<[^>]*>/ /g' body | tr 'A-Z' 'a-z')"
}
for port in "$https" "$http"; do
    where=${port%%:*}
    request GET "$port/d/$n" --header "$en" --header 'Accept: text/html'
    answered "$where: the page is there" 200; a_page "$where, English"
    matches "$where: in English" '<html[^>]* lang="en"' "$(cat body)"
    for word in "$n" gateway Tegata 2032 Registered; do matches "$where: it tells $word" "$word" "$(cat body)"; done
    request GET "$port/d/$n" --header "$ja" --header 'Accept: text/html'
    answered "$where: the Japanese page is there" 200; a_page "$where, Japanese"
    matches "$where: in Japanese" '<html[^>]* lang="ja"' "$(cat body)"
    matches "$where: with Japanese words" '登録済み' "$(cat body)"
    request GET "$port/d/$n" --header "$as_json"
    answered "$where: JSON is there" 200
    same "$where: JSON has its type" application/json "$(header content-type)"
    same "$where: JSON says what it is" "$n gateway Tegata 2032-03 made well registered" \
        "$(json body '"{number} {model} {maker} {support_end} {stage} {condition} {answer}".format(**it)')"
    same "$where: JSON: no referrer, no sniffing" 'no-referrer nosniff' "$(header referrer-policy) $(header x-content-type-options)"
    lacks "$where: JSON holds no serial number" 'unit-1' "$(cat body)"
done
request GET "$http/d/$n?lang=ja" --header "$en"; matches 'the switch goes before the header' '<html[^>]* lang="ja"' "$(cat body)"
request GET "$http/d/$n" --header 'Accept: */*'; matches 'a program that takes anything gets the page' text/html "$(header content-type)"
request HEAD "$http/d/$n"; answered 'HEAD works' 200
matches 'caches tell languages and forms apart' '[Aa]ccept-[Ll]anguage' "$(header vary)"
request GET "$http/d/$n"; style=$(grep -oE 'href="/assets/[^"]+\.css"' body | head -n 1 | cut -d '"' -f 2)
request GET "$http$style"; same 'the style sheet is there' '200 text/css; charset=utf-8' "$code $(header content-type)"
lacks 'the style sheet loads nothing from elsewhere' '@import|url\((https?:)?//' "$(cat body)"

# --- other spellings
for typed in "${n,,}" "${n//-/}" "$(tr -d '-' <<<"${n,,}")"; do
    request GET "$http/d/$typed" --header "$as_json"
    same "the number as ${#typed} characters, first ${typed:0:1}: the same device" "$n" "$(json body 'it["number"]' 2>&1)"
done
request GET "$http/d?number=$(tr 'A-Z-' 'a-z ' <<<"$n" | sed 's/ /%20/g')"
matches 'the form leads to the page' "^(30[1-8]) /d/$n" "$code $(header location)"

# --- Digital Link
for port in "$https" "$http"; do
    request GET "$port$link?n=$n" --header "$as_json"
    same "the link with the number is the device" "$n" "$(json body 'it["number"]' 2>&1)"
    request GET "$port$link" --header "$as_json"
    answered 'without it the model' 200
    same 'the model says what it is' 'gateway 04512345678906 2032-03' "$(json body '"{model} {gtin} {support_end}".format(**it)' 2>&1)"
    lacks 'and nothing of the device' "$n|stage|condition|unit-1" "$(cat body)"
    request GET "$port$link" --header "$en" --header 'Accept: text/html'
    answered 'and as a page' 200; a_page "model, ${port%%:*}"
    lacks 'the page of the model tells nothing of the device' "$n|unit-1" "$(cat body)"
done
request GET "$http/01/04512345678906" --header "$as_json"; answered 'the model by its GTIN' 200
request GET "$http/01/04512345678913/21/x" --header "$as_json"; problem 'an unknown GTIN' 404
request GET "$http/01/123/21/x" --header "$as_json"; problem 'no GTIN' 400 gtin
request GET "$http$link?n=hello" --header "$as_json"; problem 'no number in a link' 404

# --- unknown, malformed
unknown=$(tr '0123456789ABCDEFGHJKMNPQRSTVWXYZ' '123456789ABCDEFGHJKMNPQRSTVWXYZ0' <<<"$n")
request GET "$http/d/$unknown" --header "$as_json"; problem 'an unknown number' 404
for language in "$en" "$ja"; do
    request GET "$http/d/$unknown" --header "$language" --header 'Accept: text/html'
    answered 'an unknown number has a page' 404; a_page "unknown, ${language:17:2}"
    matches 'that helps on' '<form' "$(cat body)"
    request GET "$http/d/hello" --header "$language" --header 'Accept: text/html'
    answered 'a malformed number has a page' "$(sed 's/^400$/400/; t; s/.*/404/' <<<"$code")"; a_page "malformed, ${language:17:2}"
    matches 'that shows what one looks like' '<form' "$(cat body)"
done
request GET "$http/d/hello" --header "$as_json"
problem 'a malformed number' "$(sed 's/^400$/400/; t; s/.*/404/' <<<"$code")" '16 letters'
request GET "$http/d/%3Cscript%3Ealert(1)%3C%2Fscript%3E" --header 'Accept: text/html'; a_page 'what was typed is escaped'
request GET "$http/d/$(printf 'A%.0s' {1..5000})" --header 'Accept: text/html'; matches 'a long one is refused' '^4' "$code"
request GET "$http/d/%FF%FE" --header 'Accept: text/html'; matches 'a wrong one is refused' '^4' "$code"
request GET "$http/" --header "$en" --header 'Accept: text/html'; answered 'the front page' 200; a_page front
request GET "$http/nowhere" --header 'Accept: text/html'; answered 'a page that is not there' 404; a_page nowhere

# --- what the page says of a life
act() { api POST "/api/v1/devices/$n/$1" "{\"reason\":\"secret reason\"}"; answered "$1" 200; }
says() {
    request GET "$http/d/$n" --header "$as_json"
    same "it is $1" "$2" "$(json body '"{answer} {stage} {condition}".format(**it)' 2>&1)"
    request GET "$http/d/$n" --header "$en" --header 'Accept: text/html'
    matches "the page says so: $1" "$3" "$(cat body)"; a_page "$1"
    lacks "$1: nobody's words are public" 'secret reason' "$(cat body)"
}
act quarantine; says quarantined 'cannot_confirm made quarantined' 'Cannot confirm'
act release;    says released 'registered made well' 'Registered'
act recall;     says recalled 'recalled made recalled' 'Recalled'
act repair;     says repaired 'registered made well' 'Registered'
act retire;     says retired 'ended retired well' 'Ended'

# --- the label, drawn and read back
key label-1; device label-1
request GET "$https/api/v1/devices/$number/label.svg"; problem 'a label needs a token' 401
api GET "/api/v1/devices/$unknown/label.svg"; problem 'no label of an unknown number' 404
api GET "/api/v1/devices/$number/label.svg"
answered 'the label is there' 200
same 'it is SVG' image/svg+xml "$(header content-type)"
cp body label.svg
matches 'it shows the number, in two lines' "${number%-*-*} ${number#*-*-}" "$(sed 's/<[^>]*>//g' label.svg | xargs)"
lacks 'it runs nothing and loads nothing' '<script|xlink:href="http|href="http|<image|<foreignObject' "$(cat label.svg)"
read_back() { rsvg-convert --width "$1" --background-color white label.svg -o label.png && zbarimg --quiet --raw -Sdisable -Sqrcode.enable label.png; }
wanted="https://localhost:8443/01/04512345678906/21/label-1?n=$number"
for width in 300 800 2000; do same "zbar reads the code at $width pixels" "$wanted" "$(read_back $width 2>/dev/null)"; done
request GET "$https${wanted#https://localhost:8443}" --header "$as_json"
same 'the code leads to the device' "$number" "$(json body 'it["number"]')"

# --- looked up by people: counted by day and country, and by nobody's address
stop 'SIGTERM ends the server well, before it counts'
cat >count.toml <<TOML
[lookup]
countries = "/usr/share/tor/geoip"
countries_ipv6 = "/usr/share/tor/geoip6"
alarm_countries = 1
alarm_days = 1
alarm_lookups = 2
TOML
start --config count.toml
key seen-1; device seen-1; s=$number
seen() { request GET "$http/d/$s" --header "$as_json"; json body 'it["proven"]["code"]' 2>&1; }
page() { request GET "$http/d/$s" --header "$en" --header 'Accept: text/html' "$@"; }
same 'nobody looked it up yet' first "$(seen)"
page --header 'Sec-Purpose: prefetch;prerender'; request HEAD "$http/d/$s"; page
matches 'the first reader is told so' 'look-up of this code was counted before yours' "$(cat body)"; a_page 'seen first'
page; matches 'who comes back sees the first time, and counts once' 'not since' "$(cat body)"
counted() { api GET "/api/v1/devices/$s/scans"; [[ $(json body '"{total} {places}".format(total=it["total"], places=[i["place"] for i in it["items"]])') == "$1" ]]; }
holds 'it is written down: one look-up, from a place that is no country' within 20 counted "1 ['--']"
same 'programs hear that it was seen' again "$(seen)"
lacks 'no address lies in the data folder' '127\.0\.0\.1' "$(grep -rao '127\.0\.0\.1' "$data" --include='tegata.db*' | head -n 1)"
api POST "/api/v1/devices/$s/exempt" '{"until":"2001-01-01T00:00:00Z"}'; problem 'a code is not on show in the past' 400 until
api POST "/api/v1/devices/$s/exempt" "{\"until\":\"$(date -u -d '+30 days' +%FT%TZ)\"}"; answered 'a code on show' 200
request GET "$https/api/v1/devices/$s/scans"; problem 'counts are not for everybody' 401

# --- a problem is reported
report() { request POST "$http/d/$s/report" --header "$en" --data-urlencode "kind=$1" --data-urlencode "text=$2" "${@:3}"; }
report other ''; same 'a report without words is refused' 400 "$code"; a_page 'report refused'
matches 'and the page says what is missing' 'Choose what you saw' "$(cat body)"
report nonsense 'x'; same 'of an unknown kind too' 400 "$code"
report already_used 'The seal is broken <b>twice</b>.'
matches 'a report leads back to the page' "^303 /d/$s\?said=reported#report" "$code $(header location)"
request GET "$http$(header location)" --header "$en" --header 'Accept: text/html'
matches 'which thanks' 'Thank you' "$(cat body)"; a_page 'report sent'
lacks 'nobody reads it there' 'twice' "$(cat body)"
api GET "/api/v1/devices/$s/reports"
same 'its maker reads it' 'already_used The seal is broken <b>twice</b>.' "$(json body '"{kind} {text}".format(**it["items"][0])')"
api GET '/api/v1/findings?state=open'; matches 'and finds it' '"kind":"problem_reported","level":3' "$(cat body)"
report other two; report other three; report other four
same 'three a day' '429' "$code"; matches 'and when again' 'Try again tomorrow' "$(cat body)"; matches 'Retry-After' '[0-9]' "$(header retry-after)"

# --- a real agent signs for whoever asks
ask() { request POST "$http/d/$s/ask" --header "$en" "$@"; }
ask; same 'a device that was not put into use is not asked' 409 "$code"; a_page 'not asked'
mkdir -m 700 unit; cp seen-1.key unit/key.pem; cp seen-1.crt unit/certificate.pem; cp seen-1.chain unit/chain.pem
printf 'device_url = "%s"\ntrust = ["%s"]\n[release]\nversion = "1.0"\n' "$https" "$ca" >agent.toml
agent() { "$AGENT" "$@" --folder unit --config agent.toml; }
holds 'the agent enrols and beats' agent run --once
ask; matches 'now it is asked' "^303 /d/$s\?wait=1#signed" "$code $(header location)"
request GET "$http/d/$s?wait=1" --header "$en" --header 'Accept: text/html'
matches 'the page waits, and looks again' '15 .*has not answered yet' "$(header refresh) $(tr -d '\n' <body)"; a_page asked
page; lacks 'but only for who asked' . "$(header refresh)"
same 'a button signs at once' 'signed: the device’s page shows it' "$(agent answer | sed "s/'/’/")"
page; matches 'the page says so' 'signed at <time[^>]*>[0-9:]* UTC</time>, on the same network as you' "$(cat body)"; a_page signed
request GET "$http/d/$s" --header "$ja" --header 'Accept: text/html'; matches 'in Japanese too' 'あなたと同じネットワークからです' "$(cat body)"
request GET "$http/d/$s" --header "$as_json"
matches 'programs hear when' '^signed 20' "$(json body '"{signed_now} {signed_at}".format(**it["proven"])' 2>&1)"
same 'nobody asks any more' 'nobody asks this device to sign' "$(agent answer)"

# --- a person without an account takes a device over
key mine-1; device mine-1; m=$number
api POST "/api/v1/devices/$m/transfer" '{"reason":"a present"}'; claim=$(json body 'it["code"]')
jar() { request "$1" "$https$2" --cookie jar --cookie-jar jar --header "$en" "${@:3}"; }
take() {
    jar GET /claim
    jar POST /claim --data-urlencode "token=$(sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' body | head -n 1)" \
        --data-urlencode "code=$1" --data-urlencode "name=$2" --data-urlencode "password=$3"
}
jar GET /claim; answered 'the page of claims' 200; matches 'it asks for code, name and password' 'name="code".*name="name".*name="password"' "$(tr -d '\n' <body)"
take 0000-0000-0000-0000 sato 'three horses drink'; same 'a code that opens nothing' 404 "$code"
matches 'the page says so' 'This code opens nothing' "$(cat body)"
take "$claim" sato short; same 'a short password' 400 "$code"; matches 'and what one is' '12 to 256 characters' "$(cat body)"
request POST "$https/claim" --data-urlencode "code=$claim" --data-urlencode name=sato --data-urlencode 'password=three horses drink'
same 'a form without its token' 403 "$code"
take "$claim" sato 'three horses drink'
same 'the code makes it hers, and she is logged in' '303 /console' "$code $(header location)"
jar GET /console; answered 'her console' 200; matches 'in her own household' 'Household [0-9A-Z]{4}' "$(cat body)"
request GET "$http/d/$m" --header "$en"; matches 'what was before is hidden' 'Only its owner sees when it was looked up' "$(cat body)"
lacks 'the page tells nothing of her' 'sato|Household|a present' "$(cat body)"
api GET "/api/v1/devices/$m/scans"; same 'nor does the maker see the counts' 403 "$code"

# --- numbers are masked in the log
lacks 'no whole number in the log' "$n|$number|$s|${n//-/}" "$(cat log)"

# --- one address is slowed down past its limit
stop 'SIGTERM ends the server well'
printf '[limits]\nlookups_per_second = 50\n' >slow.toml
start --config slow.toml
curl --silent --output /dev/null --write-out '%{http_code}%header{retry-after}\n' "$http/d/$n?[1-200]" >codes
same 'past the limit comes 429 with Retry-After, before it 200' '200 4291' "$(sort -u codes | xargs)"
stop 'SIGTERM ends the server well, again'
finish
