#!/usr/bin/env bash
# The Debian package under a real systemd, in a root of its own: installed, started, upgraded, removed, purged. Its bill of
# materials before a validator of CycloneDX, its service before systemd-analyze, and the files of the container alone.
. "$(dirname "$0")/lib.bash"

sources=$(cd "$here/../.." && pwd)
box=$WORK/box; mkdir "$box" "$WORK/shared" "$WORK/cgroups"
machine=
group=
end_machine() {
    [[ -z $machine ]] || { kill -KILL "$machine"; wait "$booting"; } 2>/dev/null
    # its groups of processes go once they are empty
    [[ -z $group ]] || within 10 remove_groups
    umount -l "$WORK/cgroups" 2>/dev/null
}
remove_groups() { find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; [[ ! -d $group ]]; }
trap 'end_machine; clean_up' EXIT

# --- the packages
package() { (cd "$sources" && cargo xtask package --from "$(dirname "$TEGATA")" --out "$WORK/shared"); }
holds 'the packages are made' package
shopt -s nullglob
debs=("$WORK"/shared/*.deb)
same 'there are three' 3 "${#debs[@]}"
new=$(echo "$WORK"/shared/tegata_*.deb)
version=$(dpkg-deb --field "$new" Version)
mkdir "$WORK/again"
again() { (cd "$sources" && cargo xtask package --from "$(dirname "$TEGATA")" --out "$WORK/again"); }
holds 'they are made once more' again
for deb in "${debs[@]}"; do holds "the same bytes: ${deb##*/}" cmp "$deb" "$WORK/again/${deb##*/}"; done
holds 'lintian has nothing to say' lintian --allow-root --fail-on error,warning --tag-display-limit 0 "${debs[@]}"
older() {
    dpkg-deb --raw-extract "$new" "$WORK/older" && sed -i 's/^Version: .*/Version: 0.0.1/' "$WORK/older/DEBIAN/control" &&
        dpkg-deb --root-owner-group -z1 --build "$WORK/older" "$WORK/shared/older.deb"
}
holds 'an older one to upgrade from' older

# --- bills of materials
cat >bill.py <<'PY'
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for name in sys.argv[1:]:
    text = open(name).read()
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error: sys.exit(f"{name}: {error}")
    bill = json.loads(text)
    known = {c["bom-ref"] for c in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    used = {d["ref"] for d in bill["dependencies"]} | {on for d in bill["dependencies"] for on in d["dependsOn"]}
    if known != used: sys.exit(f"{name}: {known ^ used}")
PY
bills=("$WORK"/shared/*.cdx.json)
holds 'the bills of materials are CycloneDX 1.6' "$python" bill.py "${bills[@]}"
sed 's/"bomFormat"/"format"/' "${bills[0]}" >wrong.json
refuses 'the validator refuses a wrong one' 'bomFormat' "$python" bill.py wrong.json

# --- a machine of its own
boot() {
    mount -t cgroup2 cgroup2 "$WORK/cgroups" && group=$WORK/cgroups/tegata-package-$$ && mkdir "$group" || return
    unshare --mount --pid --fork --kill-child --uts --ipc --net --propagation private \
        "$here/package/boot.sh" "$box" "$group" "$WORK/shared" >"$WORK/boot.log" 2>&1 &
    booting=$!
    within 10 grep -q . "/proc/$booting/task/$booting/children"
    machine=$(cut -d ' ' -f 1 "/proc/$booting/task/$booting/children")
    within 30 inside systemctl is-system-running
}
inside() { nsenter --target "$machine" --mount --pid --net --uts --ipc --cgroup -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
boot; holds 'systemd runs in a root of its own' inside systemctl is-system-running
property() { inside systemctl show --property "$1" --value tegata.service; }
there() { local path; for path; do inside test -e "$path" || return; done; }
absent() { ! inside test -e "$1"; }
health() { inside curl --silent --show-error --fail --max-time 10 --cacert /var/lib/tegata/https-ca.pem https://localhost:8443/healthz; }
products() { inside curl --silent --show-error --max-time 10 --cacert /var/lib/tegata/https-ca.pem --header "Authorization: Bearer $token" "$@" https://localhost:8443/api/v1/products; }

# --- installed: it waits until there is a platform
holds 'the older package is installed' inside dpkg --install /srv/shared/older.deb
same 'the service is enabled' enabled "$(inside systemctl is-enabled tegata)"
same 'and waits for init' 'inactive no' "$(property ActiveState) $(property ConditionResult)"
holds 'its unit is well formed' inside systemd-analyze verify --man=no /usr/lib/systemd/system/tegata.service
exposure=$(inside systemd-analyze security --offline=true --threshold=15 /usr/lib/systemd/system/tegata.service); status=$?
same 'systemd finds it little exposed (at most 1.5 of 10)' 0 "$status"
echo "# $(tail -n 1 <<<"$exposure")"
matches 'the man page is there' 'tegata.serve' "$(inside env MANPAGER=cat man tegata-serve 2>&1)"

# --- set up and started
inside tegata init --data /var/lib/tegata --unlock /etc/tegata/unlock --json >"$WORK/init.json"
token=$(json "$WORK/init.json" 'it["token"]')
same 'init by root gives everything to the account' '' "$(inside find /var/lib/tegata /etc/tegata/unlock ! -user tegata)"
holds 'the service starts' inside systemctl start tegata
inside systemctl is-active --quiet tegata || { inside journalctl --unit tegata --no-pager --output cat | tail -n 20; finish; }
same 'once it is started, it answers' ok "$(health)"
main() { property MainPID; }
same 'as the account tegata' tegata "$(inside ps -o user= -p "$(main)" | tr -d ' ')"
limits=$(inside cat "/proc/$(main)/status")
matches 'without any capability' '^CapBnd:\s0+$' "$limits"
matches 'with system calls filtered' '^Seccomp:\s2$' "$limits"
same 'it cannot write but to its folder' '/var/lib/tegata' "$(inside nsenter --target "$(main)" --mount -- sh -c '
    for folder in / /etc /etc/tegata /usr /var /var/lib /var/lib/tegata /home /root /opt; do
        touch "$folder/.try" 2>/dev/null && { echo "$folder"; rm "$folder/.try"; }; done' )"
products --json '{"name":"camera","model":"C1","gtin":"4512345678906","support_end":"2032-03"}' >product.json
same 'it takes a product' camera "$(json product.json 'it["name"]')"
as_account() { inside runuser -u tegata -- "$@"; }
holds 'doctor finds nothing wrong while it runs' as_account tegata doctor --data /var/lib/tegata --unlock /etc/tegata/unlock --config /etc/tegata/tegata.toml
refuses 'doctor as root says who should look' 'sudo -u' inside tegata doctor --data /var/lib/tegata --unlock /etc/tegata/unlock
inside chown root /var/lib/tegata/root.pem
refuses 'doctor finds a file of another account' 'root.pem belongs to account 0.*chown' as_account tegata doctor --data /var/lib/tegata --unlock /etc/tegata/unlock
inside chown tegata /var/lib/tegata/root.pem

# --- it comes back
before=$(main)
[[ $before =~ ^[1-9] ]] || { not_ok 'the service runs' "its process is '$before'"; finish; } # a kill of 0 would be one of us
inside kill -KILL "$before"
back() { [[ $(main) != "$before" && $(main) != 0 ]] && [[ $(health) == ok ]]; }
holds 'killed, it comes back' within 30 back
inside mkdir -p /run/systemd/system/tegata.service.d
inside sh -c 'printf "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n" >/run/systemd/system/tegata.service.d/watchdog.conf; systemctl daemon-reload; systemctl restart tegata'
before=$(main)
restarts=$(property NRestarts)
inside sleep 3
same 'alive, it is left alone by the watchdog' "$before" "$(main)"
inside kill -STOP "$before"
holds 'hanging, it is started anew by the watchdog' within 30 back
inside sh -c 'rm -r /run/systemd/system/tegata.service.d; systemctl daemon-reload; systemctl restart tegata'

# --- ports below 1024, as the how-to says
inside sh -c 'mkdir -p /etc/systemd/system/tegata.service.d
    printf "[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nPrivateUsers=no\nEnvironment=TEGATA_SERVER_HTTPS=127.0.0.1:443\n" >/etc/systemd/system/tegata.service.d/ports.conf
    systemctl daemon-reload; systemctl restart tegata'
same 'it may take port 443' ok "$(inside curl --silent --cacert /var/lib/tegata/https-ca.pem https://localhost/healthz)"
inside sh -c 'rm -r /etc/systemd/system/tegata.service.d; systemctl daemon-reload; systemctl restart tegata'

# --- upgraded
inside sh -c 'printf "\n[limits]\nin_flight = 77\n" >>/etc/tegata/tegata.toml'
before=$(main)
holds 'the newer package is installed' inside dpkg --force-confold --install "/srv/shared/${new##*/}"
same 'it is the newer' "$version" "$(inside dpkg-query --show --showformat '${Version}' tegata)"
holds 'the service was restarted' back
matches 'what the administrator configured stays' 'in_flight = 77' "$(inside cat /etc/tegata/tegata.toml)"
matches 'what the platform knew stays' camera "$(products)"
inside systemctl disable --now tegata 2>/dev/null
holds 'installed once more' inside dpkg --force-confold --install "/srv/shared/${new##*/}"
same 'what was disabled stays disabled, and stopped' 'disabled inactive' "$(inside systemctl is-enabled tegata) $(property ActiveState)"
inside systemctl enable --now tegata 2>/dev/null

# --- removed, and purged
holds 'it is removed' inside dpkg --remove tegata
same 'nothing of it runs' '' "$(inside pgrep --exact tegata)"
holds 'configuration and data stay' there /etc/tegata/tegata.toml
holds 'it is installed again' inside dpkg --install "/srv/shared/${new##*/}"
matches 'and serves what it knew' camera "$(products)"
said=$(inside dpkg --purge tegata 2>&1); status=$?
same 'it is purged' 0 "$status"
matches 'a purge says what it keeps' '/var/lib/tegata and /etc/tegata/unlock are kept' "$said"
holds 'the registry is kept, with what opens it' there /var/lib/tegata/tegata.db /etc/tegata/unlock
holds 'the configuration is gone' absent /etc/tegata/tegata.toml
holds 'the unit is gone' absent /etc/systemd/system/multi-user.target.wants/tegata.service
same 'systemd is well' running "$(inside systemctl is-system-running)"
inside rm -r /var/lib/tegata /etc/tegata
for package in tegata tegata-agent tegata-station; do
    deb=$(echo "$WORK/shared/${package}_"*.deb)
    holds "$package is installed" inside dpkg --install "/srv/shared/${deb##*/}"
    matches "$package runs" '[0-9]+\.[0-9]+' "$(inside "$package" --version)"
done
holds 'all are purged' inside dpkg --purge tegata tegata-agent tegata-station
# what man keeps of the page that was read above is its own
same 'and nothing is left of them' '' "$(inside find /etc /usr /lib /var /opt -xdev -name '*tegata*' -not -path '/var/cache/man/*' -cnewer /etc/machine-id)"
end_machine; machine= group=

# --- the container's files alone: no root, no shell, nothing that can be written but /data
jail=$WORK/jail; mkdir -p "$jail/usr/bin" "$jail/data" "$jail/run/secrets" "$jail/proc"
dpkg-deb --fsys-tarfile "$new" | tar --extract --directory "$jail" ./usr/bin/tegata
ldd "$TEGATA" | grep -o '/[^ ]*' | while read -r library; do cp --dereference --parents "$library" "$jail"; done
chown 65532:65532 "$jail/data"; chmod 700 "$jail/data"
# jailed ARGUMENT…: the program with the rights of the container.
jailed() {
    unshare --mount --propagation private bash -eu -c '
        jail=$1; shift
        mount --bind "$jail" "$jail"; mount --bind "$jail/data" "$jail/data"; mount -o remount,ro,bind "$jail"
        exec setpriv --no-new-privs chroot --userspec=65532:65532 "$jail" /usr/bin/tegata "$@"' - "$jail" "$@"
}
jailed init --data /data/platform --unlock /data/unlock --json >"$WORK/jail.json" 2>"$WORK/jail.err"
matches 'init with the files of the container' '"token"' "$(cat "$WORK/jail.json" "$WORK/jail.err")"
jailed serve --data /data/platform --unlock /data/unlock --https 127.0.0.1:0 --http 127.0.0.1:0 >"$WORK/jail.out" 2>>"$WORK/log" &
servers+=($!)
holds 'it serves' within 20 grep -q listening "$WORK/jail.out"
ca=$jail/data/platform/https-ca.pem
request GET "https://localhost:$(json "$WORK/jail.out" 'it["https"].rpartition(":")[2]')/healthz"
answered 'and answers' 200
finish
