# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the scripts in integration/adopted: restarts a server that binds for
# itself, unmodified, twenty times while clients connect anew and others keep
# connections. Each script sources it, writes what its server needs to $work, and calls
#
#     restart_under_load NAME ADDRESS [OPTION of baton run]... -- COMMAND...
#
# once for each way of running it. With --steer in the options nothing may fail on a new
# connection whatever the server does at its end; without, only of servers that end gracefully.

. "$(dirname "${BASH_SOURCE[0]}")/assert.sh"

restarts=${RESTARTS:-20}
sockets=(--adopt) # a script for servers that inherit theirs has --listen here
new_clients=8
kept_clients=8
between=(:) # what is done after each restart

# What a number of a report is: number FILE KEY...
number()
{
	python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$@"
}

# A port of the loopback that nobody has just now, below those that the system gives away.
free_port()
{
	python3 -c '
import random, socket
while True:
    port = random.randrange(10000, 30000)
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        try:
            stream.bind(("127.0.0.1", port))
            datagram.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}

# Options: generation; true once only it lives.
only_generation_lives()
{
	[ "$(cut -d: -f1 "$work/status" | sort -un | tr '\n' ' ')" = "$1 " ]
}

# A script of another protocol has a client of its own: before the address, makes
# $work/started, and on TERM prints {"new": {"requests": N, "failed": N}, "kept": ...}.
client=("$BATON_LOAD" --json --new "$new_clients" --keep "$kept_clients" --rate 400
	--allow-kept-failures --started-file "$work/started")


# report_restarts NAME WAY OPTIONS: what came of it, as a line of the table that scripts/test prints
# at its end, and as one of JSON for scripts/compat.
report_restarts()
{
	local line

	line=$(python3 - "$@" "$restarts" "$work/load.log" "${BATON_COMPAT_TABLE:-}" <<-'EOF'
		import json, sys
		name, way, options, restarts, log, table = sys.argv[1:]
		report = json.load(open(log))
		new, opened, kept = (report.get(part, {}) for part in ("new", "opened", "kept"))
		requests = new["requests"] + opened.get("requests", 0)
		failed = new["failed"] + opened.get("failed", 0)
		print("%-22s %-5s %3s restarts  new: %6d requests, %d failed  kept: %5d requests, %d failed" % (
		    name, way, restarts, requests, failed, kept.get("requests", 0), kept.get("failed", 0)))
		if table:
		    print(json.dumps({"name": name, "options": options, "restarts": int(restarts),
		                      "requests": requests, "failed": failed}), file=open(table, "a"))
	EOF
	)
	diag "$line"
	[ -z "${BATON_TEST_TABLE:-}" ] || echo "$line" >>"$BATON_TEST_TABLE"
}

restart_under_load()
{
	local name=$1 address=$2 options=() way=adopt generation tree pid

	shift 2
	while [ "$1" != -- ]; do
		[ "$1" != --steer ] || way=steer
		options+=("$1")
		shift
	done
	shift
	rm -f "$work/status" "$work/started" "$work/baton.log" # what the one before said
	start baton "$BATON" run "${sockets[@]}" --status-file "$work/status" --log-level info \
		"${options[@]}" -- "$@"
	wait_for 60 "$name serves" grep -q ": serving" "$work/baton.log"
	start load "${client[@]}" "$address"
	wait_for 60 "every client of $name has an answer" test -e "$work/started"
	for ((generation = 2; generation <= restarts + 1; generation++)); do
		kill -HUP "${pids[baton]}"
		wait_for 90 "only generation $generation of $name lives" \
			only_generation_lives "$generation"
		"${between[@]}"
	done
	ok "$name is restarted $restarts times ($way)"

	finish_process load TERM
	report_restarts "$name" "$way" "${sockets[*]} ${options[*]//"$work"//run}"
	assert_equal "no new connection to $name fails ($way)" 0 "$(number "$work/load.log" new failed)"
	assert_at_least "clients of $name kept connecting ($way)" 100 \
		"$(number "$work/load.log" new requests)"

	mapfile -t tree < <(tree_of "${pids[baton]}")
	finish_process baton TERM
	assert_equal "baton with $name ends cleanly ($way)" 0 "$status"
	for pid in "${tree[@]}"; do
		wait_for 5 "process $pid of $name is gone" is_gone "$pid"
	done
}
