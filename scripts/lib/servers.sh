# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the scripts in integration/servers: upgrades a server that knows nothing
# of baton ten times while clients connect anew and others keep connections.
# It needs $work/start, a shell script that becomes one generation of the
# server: it is given the socket's descriptor and port.

. "$(dirname "${BASH_SOURCE[0]}")/assert.sh"

upgrades=${UPGRADES:-10}
new_clients=8
kept_clients=8
load_options=()

# What a number of the load client's report is: number FILE KEY...
number()
{
	python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$@"
}

# The generation that answers one new connection.
answering_generation()
{
	"$BATON_LOAD" --json --new 1 --requests 1 --timeout 5 "${load_options[@]}" \
		"127.0.0.1:$port" >"$work/probe.json" || return 1
	number "$work/probe.json" last_generation
}

generation_answers()
{
	[ "$(answering_generation)" = "$1" ]
}

# True once only this generation lives: status files have a line GENERATION:PID for each.
only_generation_lives()
{
	[ "$(cut -d: -f1 "$work/status" | sort -un | tr '\n' ' ')" = "$1 " ]
}

# A line of the table that scripts/test prints at its end.
report_server()
{
	local name=$1 report=$2 line

	line=$(python3 -c '
import json, sys
name, report = sys.argv[1], json.load(open(sys.argv[2]))
kept = report["kept"]
lost = ", ".join("%s %d" % (k, kept[k]) for k in ("reset_before_response",
    "closed_before_response", "truncated", "bad_status", "bad_response", "timeout") if kept[k])
new = report["new"]["requests"] + report["opened"]["requests"]
failed = report["new"]["failed"] + report["opened"]["failed"]
print("%-9s %3d upgrades  new: %6d requests, %d failed  kept: %5d requests, %d failed%s" % (name,
    report["highest_generation"] - report["first_generation"], new, failed,
    kept["requests"], kept["failed"], " (" + lost + ")" if lost else ""))' "$name" "$report")
	diag "$line"
	[ -z "${BATON_TEST_TABLE:-}" ] || echo "$line" >>"$BATON_TEST_TABLE"
}

start_generations()
{
	start baton "$BATON" run -l http=tcp://127.0.0.1:0 --status-file "$work/status" \
		--drain-timeout 20 "$@" -- sh "$work/start" '{fd:http}' '{port:http}'
	wait_for 20 "the first generation starts" test -s "$work/port"
	port=$(cat "$work/port")
	wait_for 20 "the first generation answers" generation_answers 1
}

# Whether accept(2) on the socket that all generations share returns when there is nothing to accept.
# A server that waits with epoll gets stuck otherwise, when another of its processes was quicker.
is_nonblocking()
{
	local inode fd flags

	inode=$(awk -v port="$(printf ':%04X$' "$port")" '$2 ~ port && $4 == "0A" { print $10 }' /proc/net/tcp)
	for fd in "/proc/${pids[baton]}/fd/"*; do
		[ "$(readlink "$fd")" = "socket:[$inode]" ] || continue
		flags=$(awk '$1 == "flags:" { print $2 }' "/proc/${pids[baton]}/fdinfo/${fd##*/}")
		((0$flags & 04000))
		return
	done
	return 1
}

# upgrade_under_load NAME [OPTION of baton run]...
upgrade_under_load()
{
	local name=$1 generation

	shift
	start_generations "$@"
	start load "$BATON_LOAD" --json --new "$new_clients" --keep "$kept_clients" --rate 400 \
		--allow-kept-failures --started-file "$work/started" "${load_options[@]}" \
		"127.0.0.1:$port"
	wait_for 20 "every client has an answer" test -e "$work/started"
	[ "$name" = php-fpm ] || assert "$name does not block in accept" is_nonblocking
	for ((generation = 2; generation <= upgrades + 1; generation++)); do
		kill -HUP "${pids[baton]}"
		wait_for 30 "generation $generation answers" generation_answers "$generation"
		wait_for 30 "only generation $generation lives" only_generation_lives "$generation"
	done
	ok "$name is upgraded $upgrades times"

	finish_process load TERM
	report_server "$name" "$work/load.log"
	assert_equal "no new connection to $name fails" "0 0" \
		"$(number "$work/load.log" new failed) $(number "$work/load.log" opened failed)"
	assert_equal "the load client agrees" 0 "$status"
	assert_equal "the clients saw the last generation" $((upgrades + 1)) \
		"$(number "$work/load.log" highest_generation)"
	assert_at_least "they kept connecting" 500 "$(number "$work/load.log" new ok)"

	mapfile -t tree < <(tree_of "${pids[baton]}")
	finish_process baton TERM
	assert_equal "baton ends cleanly" 0 "$status"
	for pid in "${tree[@]}"; do
		wait_for 5 "process $pid of $name is gone" is_gone "$pid"
	done
	ok "no process of $name is left"
}
