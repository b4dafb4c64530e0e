# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For test scripts, which source it: TAP on standard output, beside what
# process.sh has for starting, waiting and cleaning up.
#
#     . "$(dirname "$0")/../lib/assert.sh"
#     start server "$BATON" run ...
#     wait_for 10 "the server answers" answers
#     assert_equal "it answers with its name" hello "$(ask)"
#     finish
#
# The first assertion that fails ends the script: what follows depends on it.

. "$(dirname "${BASH_SOURCE[0]}")/process.sh"

point=0

ok()
{
	point=$((point + 1))
	echo "ok $point - $1"
}

# Text as TAP diagnostics.
diag()
{
	printf '%s\n' "$@" | sed 's/^/# /'
}

# The last lines of every log, for whoever has to find out.
diag_logs()
{
	local log

	for log in "$work"/*.log; do
		[ -s "$log" ] || continue
		diag "--- ${log##*/}"
		tail -n 40 "$log" | sed 's/^/# /'
	done
}

fail()
{
	point=$((point + 1))
	echo "not ok $point - $1"
	shift
	[ $# -eq 0 ] || diag "$@"
	diag_logs
	echo "1..$point"
	exit 1
}

# All that was to be shown was shown.
finish()
{
	echo "1..$point"
	exit 0
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# Skips without one of these programs; under CI nothing may be missing.
require_program()
{
	local program

	for program in "$@"; do
		command -v "$program" >/dev/null && continue
		[ "${CI:-}" = true ] && fail "$program is installed"
		skip_all "$program is not installed"
	done
}

# assert TEXT COMMAND...: the command succeeds.
assert()
{
	local text=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	[ "$status" -eq 0 ] || fail "$text" "status $status of: $*" "$output"
	ok "$text"
}

assert_equal()
{
	[ "$2" = "$3" ] || fail "$1" "expected: $2" "     got: $3"
	ok "$1"
}

assert_at_least()
{
	[ "$3" -ge "$2" ] || fail "$1" "expected at least: $2" "              got: $3"
	ok "$1"
}

# assert_matches TEXT EXTENDED-REGEXP FILE
assert_matches()
{
	grep -Eq -- "$2" "$3" || fail "$1" "no line matches: $2" "$(tail -n 20 "$3")"
	ok "$1"
}
