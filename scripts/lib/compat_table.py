# SPDX-License-Identifier: MIT
"""Puts what scripts/compat has measured into the manual page.

    compat_table.py PAGE.scd LINES

LINES has a JSON object a line; the table stands between two comments of the page.
"""

import json
import re
import sys

BEGIN, END = "; The table of scripts/compat\n", "; The end of the table\n"


def main(page, lines):
    with open(lines, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows.sort(key=lambda row: (row["name"], row["options"]))
    text = "[[ *server*\n:[ *options of baton run*\n:] *connections*\n:] *failed*\n"
    for row in rows:
        # How long a test waits, and where, is its own affair.
        options = re.sub(r" --(drain-timeout|workdir) \S+", "", row["options"])
        options = re.sub(r"([_*\\])", r"\\\1", options.strip())
        text += f"|[ {row['name']}\n:[ {options}\n:] {row['requests']}\n:] {row['failed']}\n"
    with open(page, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    after = rest.partition(END)[2]
    with open(page, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + text + "\n" + END + after)


if __name__ == "__main__":
    main(*sys.argv[1:])
