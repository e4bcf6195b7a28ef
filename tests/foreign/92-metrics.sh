#!/usr/bin/env bash
# The metrics as Prometheus sees them: promtool on the scrape, on the rules and their tests; a real server that scrapes a
# real platform under a small load, and knows every metric that a rule or a panel names.
. "$(dirname "$0")/lib.bash"

root_of_project=$(cd "$here/../.." && pwd)
alerts=$root_of_project/deploy/prometheus/alerts.yml
tests=$root_of_project/deploy/prometheus/alerts.test.yml
dashboard=$root_of_project/deploy/grafana/tegata.json
runbook=$root_of_project/docs/how-to/alerts.md

# --- what needs no platform
holds "promtool: the rules are right" promtool check rules "$alerts"
holds "promtool: every alert fires when it should" promtool test rules "$tests"
names() { sed -n 's/^ *- alert: //p' "$alerts" | sort; }
same "every alert has a unit test" "$(names)" "$(sed -n 's/^  - name: //p' "$tests" | sort)"
same "every alert has its section" "$(names)" "$(sed -n 's/^### //p' "$runbook" | sort)"
same "and its link leads there" "$(names | tr 'A-Z' 'a-z' | sort)" "$(sed -n 's/^ *runbook_url: .*#//p' "$alerts" | sort)"

# --- a platform that has something of everything
init
start
product camera 4512345678906
batch 100
for i in 1 2 3; do key "unit-$i"; device "unit-$i"; done
api POST "/api/v1/certificates/$(serial unit-3.crt | tr 'A-F' 'a-f')/revoke" '{"reason":"key_compromise"}'
answered "a certificate is revoked" 200
published() { curl --silent --fail --max-time 5 "$http$(crl_path unit-3.crt)" --output crl.der; }
holds "its list is published" within 10 published
holds "a backup is made" "$TEGATA" backup --data "$data" --out "$WORK/backup.tegata" --recovery-key "$WORK/recovery"
stop "SIGTERM ends the server"
# what is looked at once a minute is looked at right at the start
start

# --- the scrape itself
metrics() { curl --silent --show-error --fail --max-time 5 "$http/metrics"; }
metrics >scrape || not_ok "scrape" "none"
holds "promtool: the scrape is right" promtool check metrics <scrape
matches "its content type is that of the text form" '^text/plain; version=0.0.4' \
    "$(curl --silent --output /dev/null --write-out '%{content_type}' "$http/metrics")"

# --- Prometheus
prometheus=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >prometheus.yml <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$alerts"]
scrape_configs:
  - job_name: tegata
    static_configs: [{targets: ["127.0.0.1:$http_port"]}]
END
holds "promtool: the configuration is right" promtool check config prometheus.yml
prometheus --config.file=prometheus.yml --storage.tsdb.path="$WORK/tsdb" --web.listen-address="127.0.0.1:$prometheus" \
    --log.level=warn 2>prometheus.log &
servers+=("$!")
query() { curl --silent --max-time 5 --get "http://127.0.0.1:$prometheus/api/v1/query" --data-urlencode "query=$1"; }
up() { query 'up{job="tegata"} == 1' | grep -q '"value"'; }
holds "Prometheus scrapes it" within 30 up

# --- a small load, seen from there
device unit-1 >/dev/null
key unit-4; device unit-4
for _ in 1 2 3 4 5; do
    request GET "$https/d/$number" --header 'Accept: application/json'
    request GET "$https/d/0000-0000-0000-0000"
    request GET "$https/api/v1/devices"
done
api POST "/api/v1/devices/$number/token"
target=$(json body 'it["token"]')
for _ in 1 2 3; do request GET "$https/DEFAULT/controller/v1/$number" --header "Authorization: TargetToken $target"; done
answered "a poll is answered" 200
printf 'GET / HTTP/1.1\r\n\r\n' | timeout 5 "$python" -c '
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.sendall(sys.stdin.buffer.read()); s.recv(100)' "$https_port"

# is NAME PATTERN PROMQL: Prometheus comes to see it.
is() {
    local pattern=$2 promql=$3
    seen() { query "$promql" | grep -Eq -- "$pattern"; }
    if within 20 seen; then ok "$1"; else not_ok "$1" "$(query "$promql" | head -c 400)"; fi
}
is "refusals have their reason" '"value":\[[0-9.]+,"[5-9]"' 'tegata_http_refusals_total{reason="authentication"}'
is "routes are patterns" '"value":\[[0-9.]+,"5"' 'tegata_http_requests_total{route="/d/{number}",status="200"}'
is "polls from memory are counted" '"value":\[[0-9.]+,"[12]"' 'tegata_poll_memory_hits_total'
is "handshakes that were none are counted" '"value":\[[0-9.]+,"1"' 'tegata_tls_handshake_failures_total{reason="no_tls"}'
is "transactions are measured" '"value":\[[0-9.]+,"[1-9]' 'tegata_store_sync_seconds_count'
is "a checkpoint is seen" '"value"' 'time() - tegata_ledger_checkpoint_timestamp_seconds{log="devices"} < 60'
is "the backup has its age" '"value"' 'time() - tegata_backup_timestamp_seconds < 600'
is "the list has its end" '"value"' 'tegata_crl_next_update_timestamp_seconds - time() > 86400'
is "the HTTPS certificate has its end" '"value"' 'tegata_https_certificate_expiry_timestamp_seconds > time()'
is "the sequencer runs" '"value"' 'time() - tegata_job_last_success_timestamp_seconds{task="ledger_sequence"} < 30'
is "memory is that of the process" '"value"' 'process_resident_memory_bytes > 1e6'
# the slowest job ends its first turn after ten seconds
is "all jobs have run" '"value":\[[0-9.]+,"[1-9]' \
    'count(tegata_job_last_success_timestamp_seconds) == count(tegata_job_failures_total)'

"$python" "$here/metrics/named.py" "http://127.0.0.1:$prometheus" "$alerts" "$dashboard" || failed=$((failed + 1))

# --- nothing of a request becomes a label
request GET "$https/d/tell-tale-$number"
request GET "$https/tell-tale-path?x=tell-tale"
request GET "$https/d/$number" --header 'User-Agent: tell-tale' --header 'X-Request-Id: tell-tale'
metrics >scrape
lacks "no label comes from a request" "tell-tale|$number" "$(cat scrape)"

# --- our own page of it
request GET "$http/operation?lang=en"
answered "the page of operation is shown" 200
matches "it is a page" '<h1>' "$(cat body)"
lacks "it needs no script" '<script|onload=' "$(cat body)"
moments() { request GET "$http/operation?lang=en"; grep -q 'class="line present"' body; }
holds "it draws what was measured" within 30 moments
stop "SIGTERM ends the server again"
finish
