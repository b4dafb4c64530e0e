# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For test scripts that run baton below a manager with a store of descriptors, which source it. The
# manager is a stand-in of ours (store_manager.py), and starts baton again whenever it ends.

. "$(dirname "${BASH_SOURCE[0]}")/supervise.sh"

mark_workers
python=$(command -v python3)

# baton_runs [OPTION of baton run]... -- [COMMAND...]: from its next start on, once $work/go is there.
baton_runs()
{
	# shellcheck disable=SC2016 # is expanded there
	{
		printf 'until [ -e "%s" ]; do sleep 0.01; done\n' "$work/go"
		printf 'exec "$BATON" run --log-level info --settle 0'
		printf " '%s'" --env-file "$work/env" "$@"
	} >"$work/unit.new"
	mv "$work/unit.new" "$work/unit"
}

# start_manager CAPACITY [OPTION of baton run]... -- [COMMAND...]: its log is that of all its batons.
start_manager()
{
	baton_runs "${@:2}"
	rm -f "$work/baton.log" "$work/notify" "$work/told"
	touch "$work/go"
	# Appended to, so that it may be emptied meanwhile.
	"$python" "$root/scripts/lib/store_manager.py" "$work/notify" "$work/told" "$1" \
		sh "$work/unit" >>"$work/baton.log" 2>&1 </dev/null &
	pids[baton]=$!
	batons=0
	await_next
	address=$(listening_on 1)
	address=${address%,}
	port=${address##*:}
}

# The baton that runs, below the manager; or what waits to be one.
baton_pid()
{
	pgrep --parent "${pids[baton]}"
}

# The next baton serves.
await_next()
{
	batons=$((batons + 1))
	wait_log 'generation=1: serving$' "$batons"
}

# restart SIGNAL: ends baton, and waits for the next one.
restart()
{
	kill -s "$1" "$(baton_pid)"
	await_next
}

# What the store has, sorted.
store()
{
	sed -n 's/^store: *//p' "$work/told" | tail -n 1
}

store_is()
{
	[ "$(store)" = "$1" ]
}

# assert_store TEXT NAMES
assert_store()
{
	wait_for "$deadline_seconds" "$1: $2" store_is "$2"
	ok "$1"
}

stop_manager()
{
	finish_process baton TERM
	assert_equal "the manager ends with baton" 0 "$status"
	wait_for "$deadline_seconds" "all workers end" is_nobody_left
	ok "nobody is left"
}
