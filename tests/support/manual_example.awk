# SPDX-License-Identifier: MIT
#
# Prints the first literal block of a manual page in scdoc's language, as the
# rendered page shows it: scdoc takes away a backslash and keeps what follows.

/^```/ {
	blocks++
	next
}

blocks == 1 {
	line = ""
	for (i = 1; i <= length($0); i++) {
		if (substr($0, i, 1) == "\\")
			i++
		line = line substr($0, i, 1)
	}
	print line
}
