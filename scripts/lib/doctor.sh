# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the scripts about baton doctor: examines a server and looks at the report.

. "$(dirname "${BASH_SOURCE[0]}")/assert.sh"

# examine [OPTION...] -- COMMAND...: the report is in $work/report, what is said beside it in
# $work/doctor.log, the exit status in $status.
examine()
{
	status=0
	timeout --kill-after 10 240 "${as_user[@]}" "$BATON" doctor "$@" \
		>"$work/report" 2>"$work/doctor.log" </dev/null || status=$?
	cp "$work/report" "$work/report.log" # for fail to show
}
as_user=()

# The line that it tells to use.
line()
{
	sed -n '/^$/,$p' "$work/report" | sed 1d
}

# expect_line WHAT LINE: nothing was lost with that.
expect_line()
{
	assert_equal "$1 is told to use a line that loses nothing" "0: $2" "$status: $(line)"
	assert_matches "$1: the report says so" '^verdict +nothing was lost in [0-9]+ restarts' \
		"$work/report"
}
