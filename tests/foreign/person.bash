# A person's browser without script, by curl: cookies of her own, pages of ours, forms with the token that stands on them.
# Sourced after `start` by scripts beside this file, never run.
#
# Given: $site, the address that the pages have for people; the platform of lib.bash serves it.
# shellcheck shell=bash

# page PERSON ADDRESS [curl's…]: a path is one of ours. Status in $code, head and body as of any request.
page() {
    local jar=$1.jar address=$2; shift 2
    to "$jar" GET "$address" "$@"
}
to() {
    local jar=$1 method=$2 address=$3; shift 3
    request "$method" "$site${address#"$site"}" --connect-to "::127.0.0.1:$https_port" --cookie "$jar" --cookie-jar "$jar" "$@"
}

# fill PERSON PATH NAME=VALUE…: the form of the page that was loaded last.
fill() {
    local jar=$1.jar path=$2 field fields=(); shift 2
    for field in "token=$(part 'name="token" value="([^"]+)"')" "$@"; do fields+=(--data-urlencode "$field"); done
    to "$jar" POST "$path" --header "Origin: $site" "${fields[@]}"
}

# part PATTERN: what the page that was loaded last has in the brackets of the pattern, as a browser reads it.
part() {
    "$python" -c '
import html, re, sys
found = re.search(sys.argv[1], open("body").read(), re.S)
print(html.unescape(found[1]) if found else "")' "$1"
}

# led NAME PATTERN: the last request led there, and nowhere else.
led() {
    if [[ $code == 303 ]]; then matches "$1" "$2" "$(header location)"; else not_ok "$1" "wanted 303, got $code: $(body)"; fi
}

# turned_away NAME STATUS PATTERN: a page says why, and nobody is logged in by it.
turned_away() {
    if [[ $code != "$2" ]]; then not_ok "$1" "wanted $2, got $code: $(body)"; return; fi
    if [[ -n $(sed -n 's/^set-cookie: __Host-tegata=\([^;]\+\).*/\1/Ip' head) ]]; then not_ok "$1" 'it opened a login'; return; fi
    matches "$1" "$3" "$(part 'id="fault">(.*?)</p>')"
}

# enter PERSON NAME PASSWORD: logs in by name and password.
enter() {
    page "$1" /login
    fill "$1" /login "name=$2" "password=$3"
}
