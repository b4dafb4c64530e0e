# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For scripts that start programs and wait for what they do: where those are, a
# temporary directory that goes away, processes that are stopped whatever
# happens. Who sources it defines fail TEXT, which ends the script.

set -euo pipefail

# Where the programs are: meson sets these; by hand it is build/.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$root/build}
: "${BATON:=$build/supervisor/baton}"
: "${BATON_HTTPD:=$build/child/baton-httpd}"
: "${BATON_LOAD:=$build/tests/support/load/baton-load}"
export BATON BATON_HTTPD BATON_LOAD

# Where Debian keeps servers, outside a user's path.
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d "${TMPDIR:-/tmp}/baton-test.XXXXXX")
export BATON_RUNTIME_DIR=$work/run # what other tests run has the same names
declare -A pids=() # of what start started, by name

# wait_for SECONDS TEXT COMMAND...: polls until the command succeeds. Says
# nothing if it does, since waiting is no assertion.
wait_for()
{
	local seconds=$1 text=$2 end

	shift 2
	end=$((SECONDS + seconds))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "$text, within $seconds s"
		sleep 0.02
	done
}

is_running()
{
	[ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

is_gone()
{
	! is_running "$1"
}

# start NAME COMMAND...: in the background, its output to $work/NAME.log.
start()
{
	local name=$1

	shift
	"$@" >"$work/$name.log" 2>&1 </dev/null &
	pids[$name]=$!
}

# finish_process NAME [SIGNAL]: signals it and waits; its exit status is in $status.
finish_process()
{
	local pid=${pids[$1]}

	[ $# -lt 2 ] || kill -s "$2" "$pid"
	status=0
	# shellcheck disable=SC2034 # for the caller
	wait "$pid" || status=$?
	unset "pids[$1]"
}

# The process and all below it, deepest last.
tree_of()
{
	local child children

	echo "$1"
	children=$(cat "/proc/$1/task/"*/children 2>/dev/null) || true
	for child in $children; do
		tree_of "$child"
	done
}

# By pid, each started here: TERM, and KILL for the whole tree if that takes too long.
clean_up()
{
	local pid end trees=()

	trap - EXIT
	for pid in "${pids[@]}"; do
		mapfile -t -O "${#trees[@]}" trees < <(tree_of "$pid")
		kill "$pid" 2>/dev/null || true
	done
	end=$((SECONDS + 5))
	for pid in "${trees[@]}"; do
		while is_running "$pid" && [ "$SECONDS" -lt "$end" ]; do
			sleep 0.05
		done
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
