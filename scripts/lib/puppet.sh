# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For test scripts that look at what surrounds a worker, which source it: baton
# around puppet.py, a server that does what it is told.

. "$(dirname "${BASH_SOURCE[0]}")/supervise.sh"

# The system's own, where there is one: others are often scripts in between, and slow.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
puppet=("$python" "$root/scripts/lib/puppet.py")

export PUPPET_SIGNALS=$work/signals

# start_puppet [OPTION of baton run]... -- [TEXT]...: serves once this returns.
start_puppet()
{
	start_silent_puppet "$@"
	wait_log 'generation=1: serving$'
}

# The same, but it takes commands before baton thinks that it serves.
start_silent_puppet()
{
	local options=()

	rm -f "$work/signals"
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	start_baton -l http=tcp://127.0.0.1:0 "${options[@]}" -- "${puppet[@]}" "${@:2}"
}

# pull COMMAND [ARGUMENT]: on a connection of its own, which whoever serves takes.
pull()
{
	exec 4<>"/dev/tcp/${address%:*}/$port" || return 1
	printf '%s\n' "$*" >&4
	timeout 60 cat <&4
	exec 4>&-
}

# upgrade_puppet GENERATION PREDECESSOR: which is gone when this returns; it may take a command with it.
upgrade_puppet()
{
	upgrade "$1"
	wait_log "generation=$2: gone"
}

# has_signal NAME GENERATION: the puppet has got it.
has_signal()
{
	grep -qx "SIG$1 $2" "$work/signals"
}

baton_fds()
{
	find "/proc/${pids[baton]}/fd" -mindepth 1 | wc -l
}
