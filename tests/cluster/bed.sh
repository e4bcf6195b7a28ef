#!/usr/bin/env bash
# A test bed on one machine: three nodes, each with etcd, PostgreSQL 15 under Patroni and room for one `tegata serve`,
# each in a network namespace of its own, joined by a bridge in a fourth one, the hub, where the clients are.
#
#   hub    198.18.7.254   clients, and the object store; 127.0.0.1:2844N and :2808N lead to the ports 8443 and 8080 of
#                         node N
#   node N 198.18.7.N     etcd 2379, 2380; PostgreSQL 5432; Patroni 8008; tegata 8443, 8080
#
# Why so: what a cluster must survive is other machines that fall, hang, or cannot be reached, and a namespace can do
# each of them. 198.18.0.0/15 is kept for benchmarks of networks (RFC 2544); no namespace has a way out of the machine.
#
# What an acknowledged commit survives: `synchronous_mode` keeps one standby in step, a commit is answered after that
# standby has it on disk (`synchronous_commit = on`), and Patroni promotes no other. `synchronous_mode_strict`: without
# such a standby nothing is acknowledged at all.
#
# Patroni speaks etcd's older protocol (`etcd`, not `etcd3`): over the newer one Patroni 3.0.2, which Debian 12 has,
# writes the leader's key without comparing (3.0.3 compares). A leader that was cut off takes the key back as soon as it
# reaches etcd again and promotes itself, and what another one acknowledged meanwhile is lost. This bed showed it.
set -euo pipefail

NODES=(1 2 3)
NET=198.18.7
POSTGRES=/usr/lib/postgresql/15/bin
PASSWORD=${BED_PASSWORD:-bed}

usage() {
    cat <<'TEXT'
usage: bed.sh COMMAND, with BED=FOLDER in the environment (what `up` makes, `down` removes)
  up                    namespaces, etcd, PostgreSQL; waits for a leader with a standby in step
  url                   the connection string for `tegata --store`
  run CMD…              a command in the hub;  on N CMD…: in node N
  sql SQL               runs SQL on the leader
  leader                its number; waits for one
  settle                waits until all three run and the leader has a standby in step
  serve N BINARY ARG…   `tegata serve` on node N (ports are added); waits until it listens
  kill N | stop N | pause N | continue N      SIGKILL, SIGTERM, SIGSTOP, SIGCONT for tegata on node N
  kill-primary          SIGKILL for PostgreSQL on the leader; tells its number
  switchover            orderly, to the standby in step
  fall N | rise N       SIGKILL for all of node N as if its power went; brings it back (without tegata)
  cut N                 cuts node N off from the other nodes; clients still reach it
  deaf N                tegata on node N hears no NOTIFY and does not notice: its listener's connection loses all
  ear N                 the port of that connection, as `deaf` tells it too: another one once it was made anew
  heal                  mends all cuts and ears, and brings back all nodes that fell
  s3                    an S3 server in the hub (VENV=FOLDER: a Python venv with moto[server]); tells the configuration
                        of tegata that leads there.  s3 ORDER: what tests/foreign/s3/serve.py does: away, back, …
  status                members as Patroni sees them
  end                   ends all and removes the namespaces; the folder with the logs stays
  down                  the same, and removes the folder
TEXT
}

die() {
    echo "bed: $*" >&2
    exit 1
}

name() { echo "tegata-n$1"; }
inside() { ip netns exec "$(name "$1")" "${@:2}"; }

need() {
    [ "$(id -u)" = 0 ] || die "namespaces need root: run it as root, or in a virtual machine"
    local program missing=()
    for program in ip nft etcd patroni setpriv curl openssl; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    [ -x "$POSTGRES/postgres" ] || missing+=("postgres")
    [ ${#missing[@]} = 0 ] ||
        die "missing: ${missing[*]}; apt-get install iproute2 nftables etcd-server etcd-client patroni postgresql-15" \
            "curl openssl"
    [ -n "${BED:-}" ] || die "give the folder: BED=FOLDER bed.sh …"
}

# Tries a command until it succeeds, at most so many seconds.
await() {
    local what=$1 bound=$2 end
    shift 2
    end=$((SECONDS + bound))
    until "$@"; do
        [ $SECONDS -lt $end ] || die "$what: not after $bound s"
        sleep 0.1
    done
}

# Starts a program on node N in the background, its pid beside its log.
start() {
    local node=$1 what=$2 folder=$BED/$1
    shift 2
    setsid ip netns exec "$(name "$node")" "$@" </dev/null >>"$folder/$what.log" 2>&1 &
    echo $! >"$folder/$what.pid"
    disown
}

links() {
    local node
    ip netns add tegata-hub 2>/dev/null || die "a bed stands already (namespace tegata-hub): bed.sh down"
    ip -n tegata-hub link set lo up
    ip -n tegata-hub link add bridge type bridge
    ip -n tegata-hub addr add $NET.254/24 dev bridge
    ip -n tegata-hub link set bridge up
    for node in "${NODES[@]}"; do
        ip netns add "$(name "$node")"
        ip -n tegata-hub link add "n$node" type veth peer name net netns "$(name "$node")"
        ip -n tegata-hub link set "n$node" master bridge up
        ip -n "$(name "$node")" link set lo up
        ip -n "$(name "$node")" addr add "$NET.$node/24" dev net
        ip -n "$(name "$node")" link set net up
        # a standby that copies from a leader that is cut off hears nothing, and would wait for two hours
        inside "$node" sysctl -qw net.ipv4.tcp_keepalive_time=3 net.ipv4.tcp_keepalive_intvl=1 \
            net.ipv4.tcp_keepalive_probes=3
    done
    # clients and their TLS know the server as localhost
    ip netns exec tegata-hub sysctl -qw net.ipv4.conf.all.route_localnet=1
    {
        echo "add table ip bed"
        echo "add chain ip bed out { type nat hook output priority -100; }"
        echo "add chain ip bed after { type nat hook postrouting priority 100; }"
        echo "add rule ip bed after ip saddr 127.0.0.0/8 oifname \"bridge\" masquerade"
        for node in "${NODES[@]}"; do
            echo "add rule ip bed out ip daddr 127.0.0.1 tcp dport 2844$node dnat to $NET.$node:8443"
            echo "add rule ip bed out ip daddr 127.0.0.1 tcp dport 2808$node dnat to $NET.$node:8080"
        done
    } | ip netns exec tegata-hub nft -f -
}

# The configuration of Patroni on node N: small times, so that a round takes seconds (ttl may not be less than 20).
patroni_yaml() {
    cat <<YAML
scope: tegata
name: n$1
restapi: {listen: "$NET.$1:8008", connect_address: "$NET.$1:8008"}
etcd: {hosts: "$NET.1:2379,$NET.2:2379,$NET.3:2379"}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    master_start_timeout: 0
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters: {synchronous_commit: "on", max_connections: 120, wal_keep_size: 256MB, tcp_user_timeout: 5000,
        wal_receiver_timeout: 5s, wal_sender_timeout: 5s}
  initdb: [{encoding: UTF8}, {locale: C}, data-checksums]
  pg_hba:
  - host all all $NET.0/24 scram-sha-256
  - host replication replicator $NET.0/24 scram-sha-256
  - local all all trust
postgresql:
  listen: "$NET.$1:5432"
  connect_address: "$NET.$1:5432"
  data_dir: "$BED/$1/data"
  bin_dir: "$POSTGRES"
  pgpass: "$BED/$1/pgpass"
  authentication:
    superuser: {username: postgres, password: "$PASSWORD"}
    replication: {username: replicator, password: "$PASSWORD"}
    rewind: {username: rewinder, password: "$PASSWORD"}
  parameters: {unix_socket_directories: "$BED/$1"}
YAML
}

rise() {
    local node=$1 folder=$BED/$1 state=new
    [ ! -d "$folder/etcd" ] || state=existing
    start "$node" etcd setpriv --reuid=postgres --regid=postgres --init-groups \
        etcd --name "n$node" --data-dir "$folder/etcd" \
        --listen-peer-urls "http://$NET.$node:2380" --initial-advertise-peer-urls "http://$NET.$node:2380" \
        --listen-client-urls "http://$NET.$node:2379" --advertise-client-urls "http://$NET.$node:2379" \
        --initial-cluster "n1=http://$NET.1:2380,n2=http://$NET.2:2380,n3=http://$NET.3:2380" \
        --initial-cluster-state "$state" --enable-v2 --logger zap
    start "$node" patroni setpriv --reuid=postgres --regid=postgres --init-groups patroni "$folder/patroni.yml"
}


# What the first node that answers says about itself or the cluster.
ask_any() {
    local node
    for node in "${NODES[@]}"; do
        ip netns exec tegata-hub curl -s -m 2 "http://$NET.$node:8008/$1" && return 0
    done
    return 1
}

# Whether node N says that it leads, and answers.
leads() { [ "$(status_of "$1" primary)" = 200 ]; }

# What Patroni on node N answers to a question about itself, as an HTTP status.
status_of() {
    ip netns exec tegata-hub curl -s -m 2 -o /dev/null -w '%{http_code}' "http://$NET.$1:8008/$2" || true
}

leader() {
    local node
    for node in "${NODES[@]}"; do
        if leads "$node"; then
            echo "$node"
            return 0
        fi
    done
    return 1
}

in_step() {
    local node
    for node in "${NODES[@]}"; do
        [ "$(status_of "$node" synchronous)" != 200 ] || return 0
    done
    return 1
}

healthy() {
    local node
    for node in "${NODES[@]}"; do
        [ "$(status_of "$node" health)" = 200 ] || return 1
    done
}

# The next fault comes upon a whole bed: a standby that still rejoins when the leader falls would be the second at once.
settled() { healthy && leader >/dev/null && in_step; }

url() {
    local hosts=$NET.1:5432,$NET.2:5432,$NET.3:5432
    echo "postgres://postgres:$PASSWORD@$hosts/tegata?target_session_attrs=read-write&sslmode=disable"
}

sql() {
    local host=$NET.1,$NET.2,$NET.3
    ip netns exec tegata-hub env PGPASSWORD="$PASSWORD" PGCONNECT_TIMEOUT=3 PGTARGETSESSIONATTRS=read-write \
        "$POSTGRES/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$host" -U postgres "${BED_DATABASE:-tegata}" -c "$1"
}

up() {
    local node
    mkdir -p "$BED"
    [ -z "$(ls -A "$BED")" ] || die "$BED is not empty"
    chmod 0755 "$BED"
    links
    for node in "${NODES[@]}"; do
        mkdir "$BED/$node"
        patroni_yaml "$node" >"$BED/$node/patroni.yml"
        chown -R postgres: "$BED/$node"
        rise "$node"
    done
    await "three that run, and a leader with a standby in step" 120 settled
    BED_DATABASE=postgres sql "create database tegata template template0"
    echo "bed: node $(leader) leads" >&2
}

pid() {
    local file=$BED/$1/tegata.pid
    [ -s "$file" ] || die "no tegata was started on node $1"
    cat "$file"
}

serve() {
    local node=$1 log=$BED/$1/tegata.log
    [ ! -e "$log" ] || cat "$log" >>"$log.before"
    : >"$log"
    : >"$BED/$node/tegata.out"
    setsid ip netns exec "$(name "$node")" "${@:2}" --https "$NET.$node:8443" --http "$NET.$node:8080" \
        </dev/null >"$BED/$node/tegata.out" 2>"$log" &
    echo $! >"$BED/$node/tegata.pid"
    disown
    await "tegata on node $node listens" "${BED_START:-60}" listens "$node"
}

listens() {
    grep -q listening "$BED/$1/tegata.out" && return 0
    kill -0 "$(pid "$1")" 2>/dev/null || die "tegata on node $1 ended: $(tail -n 5 "$BED/$1/tegata.log")"
    return 1
}

gone() { ! kill -0 "$1" 2>/dev/null; }

end() {
    local pid
    pid=$(pid "$2")
    kill "-$1" "$pid" 2>/dev/null || true
    await "tegata on node $2 ends" 60 gone "$pid"
}

kill_primary() {
    local node
    await "a leader" 60 leader >/dev/null
    node=$(leader)
    kill -KILL "$(head -n 1 "$BED/$node/data/postmaster.pid")"
    echo "$node"
}

switchover() {
    local node
    await "three that run, and a leader with a standby in step" 60 settled
    node=$(leader)
    ip netns exec tegata-hub curl -s -m 60 "http://$NET.$node:8008/switchover" -d "{\"leader\": \"n$node\"}" >&2
    echo >&2
}

fall() {
    local pids
    pids=$(ip netns pids "$(name "$1")")
    # all at once, as a power cut would
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
    await "node $1 is quiet" 20 quiet "$1"
    rm -f "$BED/$1/data/postmaster.pid"
}

quiet() { [ -z "$(ip netns pids "$(name "$1")")" ]; }

cut_off() {
    local node rules
    rules="add table ip bed; add chain ip bed in { type filter hook input priority 0; };"
    rules+="add chain ip bed out { type filter hook output priority 0; };"
    for node in "${NODES[@]}"; do
        [ "$node" != "$1" ] || continue
        rules+="add rule ip bed in ip saddr $NET.$node drop; add rule ip bed out ip daddr $NET.$node drop;"
    done
    inside "$1" nft "$rules"
}

# The port of the connection on which tegata of node N listens.
ear() {
    sql "select client_port from pg_stat_activity where application_name = 'tegata listener'
        and client_addr = '$NET.$1' order by backend_start desc limit 1"
}

# That connection loses all that it carries, without being told.
deaf() {
    local port
    port=$(ear "$1")
    [ -n "$port" ] || die "tegata on node $1 does not listen"
    echo "$port"
    inside "$1" nft "add table ip deaf; add chain ip deaf in { type filter hook input priority 0; };
        add chain ip deaf out { type filter hook output priority 0; };
        add rule ip deaf in tcp sport 5432 tcp dport $port drop;
        add rule ip deaf out tcp sport $port tcp dport 5432 drop"
}

# Without ORDER: a server for all nodes, its certificate made for the hub's address.
s3() {
    local folder=$BED/s3 ask=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes) here
    if [ $# -gt 0 ]; then
        ip netns exec tegata-hub curl -s --fail-with-body -m 30 "http://127.0.0.1:$(cat "$folder/control")/$1"
        return
    fi
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    [ -x "${VENV:-}/bin/python3" ] || die "give VENV=FOLDER, a Python venv with moto[server] (cargo xtask makes one)"
    mkdir "$folder"
    openssl req -x509 "${ask[@]}" -days 2 -subj /CN=bed -addext basicConstraints=critical,CA:TRUE \
        -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
    openssl req -new "${ask[@]}" -subj /CN=s3 -keyout "$folder/s3.key" -out "$folder/s3.csr" 2>/dev/null
    openssl x509 -req -in "$folder/s3.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -days 2 \
        -out "$folder/s3.crt" -extfile <(echo "subjectAltName=IP:$NET.254") 2>/dev/null
    # it runs until its input ends
    setsid ip netns exec tegata-hub bash -c 'sleep infinity | "$@"' s3 \
        "$VENV/bin/python3" "$here/../foreign/s3/serve.py" "$folder" "$folder/s3.crt" "$folder/s3.key" "$folder/ca.crt" $NET.254 </dev/null >"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
    disown
    await "the S3 server runs" 60 test -s "$folder/control"
    cat >"$folder/tegata.toml" <<TOML
[objects]
url = "s3://tegata/bed"
endpoint = "https://$NET.254:$(cat "$folder/port")"
credentials_file = "$folder/credentials"
trust = "$folder/ca.crt"
timeout_seconds = 5
retries = 1
TOML
    echo "$folder/tegata.toml"
}

heal() {
    local node
    for node in "${NODES[@]}"; do
        inside "$node" nft delete table ip bed 2>/dev/null || true
        inside "$node" nft delete table ip deaf 2>/dev/null || true
        ! quiet "$node" || rise "$node"
    done
}

end_all() {
    local node
    for node in "${NODES[@]}"; do
        if ip netns pids "$(name "$node")" >/dev/null 2>&1; then
            fall "$node"
            ip netns del "$(name "$node")"
        fi
    done
    # a group of its own: the server and what holds its input
    [ ! -s "$BED/s3/pid" ] || kill -KILL -- "-$(cat "$BED/s3/pid")" 2>/dev/null || true
    ip netns del tegata-hub 2>/dev/null || true
}

down() {
    end_all
    # only what `up` made a bed of
    [ ! -f "$BED/1/patroni.yml" ] || rm -rf "${BED:?}"
}

main() {
    local command=${1:-help}
    shift || true
    [ "$command" != help ] || { usage; exit 0; }
    need
    case "$command" in
        up | url | down | heal | switchover) "$command" ;;
        end) end_all ;;
        run) ip netns exec tegata-hub "$@" ;;
        on) inside "$@" ;;
        sql) sql "$1" ;;
        leader) await "a leader" 90 leader ;;
        settle) await "three that run, and a leader with a standby in step" 120 settled ;;
        serve) serve "$@" ;;
        kill) end KILL "$1" ;;
        stop) end TERM "$1" ;;
        pause) kill -STOP "$(pid "$1")" ;;
        continue) kill -CONT "$(pid "$1")" ;;
        kill-primary) kill_primary ;;
        fall) fall "$1" ;;
        rise) rise "$1" ;;
        cut) cut_off "$1" ;;
        deaf) deaf "$1" ;;
        ear) ear "$1" ;;
        s3) s3 "$@" ;;
        status) ask_any cluster ;;
        *) usage >&2; die "unknown command $command" ;;
    esac
}

main "$@"
