# SPDX-License-Identifier: MIT
"""Puts what scripts/compat has measured into the manual page.

    compat_table.py PAGE.scd LINES [keep]

LINES has a JSON object a line; the table stands between two comments of the page. keep: rows of
the page that LINES says nothing about stay.
"""

import json
import re
import sys

BEGIN, END = "; The table of scripts/compat\n", "; The end of the table\n"


ROW = re.compile(r"^\|\[ (.*)\n:\[ (.*)\n:\] (.*)\n:\] (.*)\n", re.MULTILINE)


def read_rows(lines):
    """What is told of each name and its options."""
    rows = {}
    with open(lines, encoding="utf-8") as file:
        for row in map(json.loads, file):
            # How long a test waits, and where, is its own affair.
            options = re.sub(r" --(drain-timeout|workdir) \S+", "", row["options"])
            options = re.sub(r"([_*\\])", r"\\\1", options.strip())
            rows[row["name"], options] = (row["requests"], row["failed"])
    return rows


def main(page, lines, keep=""):
    rows = read_rows(lines)
    with open(page, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    table, _, after = rest.partition(END)
    if keep:
        rows = {row[:2]: row[2:] for row in ROW.findall(table)} | rows
    text = "[[ *server*\n:[ *options of baton run*\n:] *connections*\n:] *failed*\n"
    for (name, options), (requests, failed) in sorted(rows.items()):
        text += f"|[ {name}\n:[ {options}\n:] {requests}\n:] {failed}\n"
    with open(page, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + text + "\n" + END + after)


if __name__ == "__main__":
    main(*sys.argv[1:])
