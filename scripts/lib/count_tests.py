# SPDX-License-Identifier: MIT
"""Counts what meson's test logs hold, case by case.

    count_tests.py testlog.json...

Meson counts executables; a suite has many cases. So the TAP points of each
test are counted, and a test that went wrong beyond its points (a crash, a
timeout, a missing plan) as one failure. Prints what each failing test said
about its failing points, then "N passed, N failed", with ", N skipped" if
there are any. Exit status 0 only if something passed and nothing failed.
"""

import json
import os
import re
import sys

POINT = re.compile(r"^(not )?ok\b([^#]*)(#\s*(SKIP|TODO)\b)?", re.IGNORECASE)
PASSED, FAILED, SKIPPED = range(3)


def points(stdout):
    for line in stdout.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        directive = (match.group(4) or "").upper()
        if directive:
            yield SKIPPED
        else:
            yield FAILED if match.group(1) else PASSED


def count(test):
    counts = [0, 0, 0]
    for kind in points(test.get("stdout") or ""):
        counts[kind] += 1
    if test["result"] == "SKIP":
        counts[SKIPPED] = max(counts[SKIPPED], 1)
    elif test["result"] not in ("OK", "EXPECTEDFAIL"):
        counts[FAILED] = max(counts[FAILED], 1)
    elif sum(counts) == 0:
        counts[PASSED] = 1  # no TAP: the exit status is the one result
    return counts


def explain(test):
    """The failing points with the diagnostics after them, and the end of standard error."""
    if test["result"] in ("OK", "SKIP", "EXPECTEDFAIL"):
        return
    print(f"{test['name']}: {test['result']}")
    is_shown = False
    for line in (test.get("stdout") or "").splitlines():
        is_shown = line.startswith("not ok") or (is_shown and line.startswith("#"))
        if is_shown:
            print(f"    {line}")
    for line in (test.get("stderr") or "").splitlines()[-20:]:
        print(f"    {line}")


def main(paths):
    total = [0, 0, 0]
    for path in paths:
        if not os.path.exists(path):  # no test to run, so meson wrote none
            continue
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                explain(test)
                total = [a + b for a, b in zip(total, count(test))]
    skipped = f", {total[SKIPPED]} skipped" if total[SKIPPED] else ""
    print(f"{total[PASSED]} passed, {total[FAILED]} failed{skipped}")
    return 0 if total[PASSED] and not total[FAILED] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
