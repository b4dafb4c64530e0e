# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For test scripts that run baton around a server, which source it: start and
# upgrade it, ask the server, load it, and look what is left of it all.
# Whatever is waited for is a line of baton's log or an answer.

. "$(dirname "${BASH_SOURCE[0]}")/assert.sh"

deadline_seconds=20

# start_baton [OPTION of baton run]... -- COMMAND...: as $work/baton.log, where every HUP counts;
# HOST:PORT of its first listener is in $address.
start_baton()
{
	rm -f "$work/baton.log" # of an earlier one
	start baton "$BATON" run --log-level info --settle 0 "$@"
	wait_for "$deadline_seconds" "baton listens" baton_listens
	address=$(listening_on 1)
	port=${address##*:}
}

baton_listens()
{
	has_logged 'listening on' 1 || is_gone "${pids[baton]}"
}

# Where the Nth listener listens.
listening_on()
{
	sed -n 's/.*listening on \([^ ]*\).*/\1/p' "$work/baton.log" | sed -n "$1p"
}

# The same, and the first generation serves.
start_service()
{
	start_baton "$@"
	wait_log 'generation=1: serving$'
}

# How many lines of baton's log match: in $count. Polled, so it starts no process.
count_log()
{
	local line

	count=0
	[ -e "$work/baton.log" ] || return 0
	while read -r line; do
		[[ ! $line =~ $1 ]] || count=$((count + 1))
	done <"$work/baton.log"
}

has_logged()
{
	count_log "$1"
	[ "$count" -ge "$2" ]
}

# wait_log EXTENDED-REGEXP [COUNT]: that many lines of baton's log match.
wait_log()
{
	wait_for "$deadline_seconds" "baton logs: $1" has_logged "$1" "${2:-1}"
}

# assert_log TEXT EXTENDED-REGEXP: such a line is there, or comes.
assert_log()
{
	wait_log "$2"
	ok "$1"
}

hup()
{
	kill -HUP "${pids[baton]}"
}

# upgrade GENERATION: to this one, which is the next.
upgrade()
{
	hup
	wait_log "generation=$1: took over after"
}

# upgrade_times FROM TO: to one generation after the other, each as soon as its predecessor is gone.
upgrade_times()
{
	local generation line events

	exec {events}< <(exec tail -n +1 -f --pid "${pids[baton]}" "$work/baton.log")
	for ((generation = $1; generation <= $2; generation++)); do
		hup
		line=
		until [[ $line == *"generation=$((generation - 1)): gone"* ]]; do
			read -rt "$deadline_seconds" -u "$events" line ||
				fail "generation $generation takes over"
			[[ $line != *'rolled back'* && $line != *killing* ]] ||
				fail "each upgrade succeeds" "$line"
		done
	done
	exec {events}<&-
}

# ask PATH: the body of the answer on one new connection to $address.
ask()
{
	exec 3<>"/dev/tcp/${address%:*}/$port" || return 1
	printf 'GET %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n' "$1" >&3
	tail -n 1 <&3
	exec 3>&-
}

# The generation that answers one new connection; empty if none does.
answering_generation()
{
	(ask / 2>/dev/null) | sed -n 's/.*generation=//p'
}

# worker_of GENERATION: the pid that was last started for it.
worker_of()
{
	sed -n "s/.*generation=$1 .*pid=\([0-9]*\).*: started$/\1/p" "$work/baton.log" | tail -n 1
}

# How many sockets all workers of the generation have open.
sockets_of()
{
	local directories

	mapfile -t directories < <(
		sed -n "s,.*generation=$1 .*pid=\([0-9]*\).*: started$,/proc/\1/fd,p" "$work/baton.log"
	)
	# One that has ended has no such directory any more.
	{ find "${directories[@]}" -lname 'socket:*' 2>/dev/null || true; } | wc -l
}

has_sockets()
{
	[ "$(sockets_of "$1")" -ge "$2" ]
}

# ask_slowly NAME GENERATION MILLISECONDS: a request in flight to this one, which serves; its answer
# is in $work/NAME.log once it ends.
ask_slowly()
{
	local sockets

	sockets=$(sockets_of "$2")
	start "$1" ask "/slow?ms=$3"
	wait_for "$deadline_seconds" "generation $2 accepts" has_sockets "$2" $((sockets + 1))
}

# start_load [OPTION of baton-load]... ADDRESS...: until finish_load.
start_load()
{
	rm -f "$work/started"
	start load "$BATON_LOAD" --started-file "$work/started" "$@"
	wait_for "$deadline_seconds" "every client has an answer" test -e "$work/started"
}

# finish_load TEXT: asserts that no request of any kind failed.
finish_load()
{
	finish_process load TERM
	[ "$status" -eq 0 ] || fail "$1"
	ok "$1"
	diag "$(head -n 4 "$work/load.log")"
}

# stop_baton SIGNAL: and asserts how it ends.
stop_baton()
{
	finish_process baton "$1"
	assert_equal "baton ends with status 0" 0 "$status"
}

milliseconds()
{
	local now=${EPOCHREALTIME/[.,]/}

	echo $((now / 1000))
}

# number_of FIELD PID: of /proc/PID/status, in its unit.
number_of()
{
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$2/status"
}

# server NAME [SHELL TEXT]: an executable $work/NAME that does this and becomes baton-httpd.
server()
{
	printf '#!/bin/sh\n%s\nexec "%s"\n' "${2:-}" "$BATON_HTTPD" >"$work/$1.new"
	chmod +x "$work/$1.new"
	mv "$work/$1.new" "$work/$1"
}

# Every process that a worker of this baton started, however distant, has this in its environment:
# mark_workers makes an --env-file of it.
mark_workers()
{
	mark=MARKED_BY=$work
	echo "$mark" >"$work/env"
}

# pids_of [GENERATION]: the marked processes that run.
pids_of()
{
	local marked

	grep -slzx -- "$mark" /proc/[0-9]*/environ | cut -d/ -f3 | while read -r marked; do
		[ $# -eq 0 ] || grep -sqzx "BATON_GENERATION=$1" "/proc/$marked/environ" || continue
		is_gone "$marked" || echo "$marked"
	done || true # grep could not read all
}

# are_left COUNT [GENERATION]: so many of them run, or more.
are_left()
{
	[ "$(pids_of "${@:2}" | wc -l)" -ge "$1" ]
}

is_nobody_left()
{
	[ -z "$(pids_of "$@")" ]
}

refuses()
{
	! (exec 3<>"/dev/tcp/${address%:*}/$port") 2>/dev/null
}
