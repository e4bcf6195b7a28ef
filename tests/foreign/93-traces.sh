#!/usr/bin/env bash
# Traces: OTLP over HTTP to a collector, decoded with the project's own definitions (PyPI opentelemetry-proto).
. "$(dirname "$0")/lib.bash"

init
"$python" "$here/traces/collector.py" spans.ndjson collector.port 2>collector.log &
servers+=("$!")
holds "a collector listens" within 20 test -s collector.port
collector=http://127.0.0.1:$(cat collector.port)/v1/traces

# --- settings that would send traces about in clear, or nowhere
export TEGATA_TRACE_SHARE=1 TEGATA_TRACE_SERVICE='tegata under test'
refuses "http:// beyond loopback is refused" 'loopback only' \
    env TEGATA_TRACE_ENDPOINT=http://192.0.2.1:4318/v1/traces "$TEGATA" serve --data "$data"
refuses "https:// without authorities is refused" 'trace.trust' \
    env TEGATA_TRACE_ENDPOINT=https://collector.example/v1/traces "$TEGATA" serve --data "$data"

# --- off by default
start
request GET "$http/healthz"
stop "SIGTERM ends the server without traces"
same "nothing is traced by default" "" "$(cat spans.ndjson 2>/dev/null)"

# --- on
export TEGATA_TRACE_ENDPOINT=$collector
start
product camera 4512345678906
batch 10
key unit-1; device unit-1
trace=0af7651916cd43dd8448eb211c80319c parent=b7ad6b7169203331
key unit-2
line unit-2 unit-2.csr >unit-2.line
make unit-2.line --header "traceparent: 00-$trace-$parent-01"
answered "a device is made under a trace of the asker's" 200
made=$(header x-request-id)
number=$(json body 'it["number"]')
request GET "$https/d/$number" --header 'traceparent: nonsense'
answered "a look-up with a malformed traceparent is answered" 200
request TELLTALE "$https/d/$number"
request GET "$https/d/$number?tell=tale" --header 'User-Agent: telltale'
covered() { api GET "/api/v1/devices/$number/events/1/proof" && [[ $code == 200 ]]; }
holds "its event is under a checkpoint" within 10 covered
stop "SIGTERM sends what is left"

"$python" "$here/traces/spans.py" spans.ndjson "$trace" "$parent" "$made" || failed=$((failed + 1))
text=$(cat spans.ndjson)
lacks "no number, token, address or word of the asker is in a trace" \
    "$number|${token:7:20}|127\.0\.0\.1|telltale|TELLTALE|unit-2|tell=tale" "$text"

# --- a share of none, and a collector that is gone
: >spans.ndjson
TEGATA_TRACE_SHARE=0 start
request GET "$https/d/$number" --header "traceparent: 00-$trace-$parent-01"
answered "with a share of 0 requests are answered" 200
stop "and the server ends"
same "and nothing is traced, whatever the asker says" "" "$(cat spans.ndjson)"
TEGATA_TRACE_ENDPOINT=http://127.0.0.1:1/v1/traces start
request GET "$https/d/$number"
answered "without a collector requests are answered" 200
stop "and the server ends by itself"
matches "the log says that traces are lost" 'traces could not be sent' "$(cat log)"
finish
