#!/usr/bin/env bash
# A second factor whose codes a program makes that we did not write (oathtool), by the pages alone: set up, asked for,
# used once, lost; and the way in that an administrator makes at the machine.
. "$(dirname "$0")/lib.bash"
. "$here/person.bash"
site=https://localhost:8443

init
user=$(json init.json 'it["login"]["user"]')
password=$(json init.json 'it["login"]["password"]')
start

# at STEPS: the code so many steps of 30 s from now.
at() { oathtool --totp --base32 --now "@$(($(date +%s) + 30 * $1))" "$seed"; }

enter anna "$user" "$password"
led 'a password logs in while there is no second factor' '^/console$'
page anna /console/account/factor
answered 'the page that sets one up' 200
seed=$(part 'id="factor-seed"[^>]*>([^<]+)<' | tr -d ' ')
matches 'it shows the secret in letters' '^[A-Z2-7]{32}$' "$seed"
# the code of the page, drawn alone: black on white, as a phone has it before its camera
"$python" - <<'PY'
import re
page = open("body").read()
found = re.search(r'<svg[^>]*id="factor-qr".*?</svg>', page, re.S)[0]
open("qr.svg", "w").write(found.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))
PY
rsvg-convert --width 480 --height 480 qr.svg --output qr.png
read_back=$(zbarimg --quiet --raw qr.png 2>zbar.log)
matches 'a foreign reader reads the code of the page' "^otpauth://totp/Tegata%20localhost%3A8443:admin\\?secret=$seed&" "$read_back"

page anna /console/account/factor
ticket=$(part 'name="ticket" value="([^"]+)"')
seed=$(part 'id="factor-seed"[^>]*>([^<]+)<' | tr -d ' ')
fill anna /console/account/factor "ticket=$ticket" code=000000
same 'a wrong code sets nothing up' 401 "$code"
fill anna /console/account/factor "ticket=$ticket" "code=$(at 0)"
answered 'a code of the phone does' 200
part '<pre class="secret"[^>]*>([^<]+)<' >codes
same 'eight recovery codes are told' 8 "$(grep -c . codes)"

enter berta "$user" "$password"
led 'from then on a code is asked for' '^/login/factor'
page berta /console
led 'and nothing is open before' '^/login\?next='
page berta /login/factor
fill berta /login/factor code=000000
turned_away 'a wrong code opens nothing' 401 'not right'
now=$(at 1)
fill berta /login/factor "code=$now"
led 'the next code opens' '^/console$'
enter carla "$user" "$password"
page carla /login/factor
fill carla /login/factor "code=$now"
turned_away 'but not twice' 401 'used before'
fill carla /login/factor "code=$(head -n 1 codes)"
led 'a recovery code opens in its place' '^/console$'
enter dora "$user" "$password"
page dora /login/factor
fill dora /login/factor "code=$(head -n 1 codes)"
turned_away 'but not twice, either' 401 'used before'

page berta /console/account/factor
matches 'the page counts what is left' '7 recovery codes' "$(cat body)"
fill berta /console/account/factor/codes
part '<pre class="secret"[^>]*>([^<]+)<' >fresh
page dora /login/factor
fill dora /login/factor "code=$(sed -n 2p codes)"
turned_away 'new recovery codes end the old ones, and the half log-in' 401 'Begin the log-in anew'

# --- the phone is lost
refuses 'a new way in is not made beside a running platform' 'another tegata process' "$TEGATA" account reset --data "$data" --name "$user"
stop 'the platform ends'
refuses 'nobody else is given one' 'no such account' "$TEGATA" account reset --data "$data" --name nobody
holds 'an administrator at the machine makes one' "$TEGATA" account reset --data "$data" --name "$user" --json
"$TEGATA" account reset --data "$data" --name "$user" --json >reset.json
link=$(json reset.json 'it["link"]')
matches 'it is a link of the public address' "^$site/invitation/" "$link"
start
page anna /console
answered 'nothing changes before it is used' 200
page emma "$link"
fill emma "${link#"$site"}" "name=$user" 'password=three horses drink'
led 'it sets a new password, and no code is asked for' '^/console$'
page anna /console
led 'all logins ended' '^/login\?next='
page frida "$link"
answered 'it works once' 410
page emma /console/audit
matches 'it stands in the audit' 'gave a person a new way in' "$(cat body)"
stop 'the platform ends'
finish
