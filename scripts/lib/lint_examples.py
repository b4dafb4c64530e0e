# SPDX-License-Identifier: MIT
"""Whether the parts of a program that a manual page shows stand in its source.

    lint_examples.py PAGE.scd SOURCE.c MAX-LINES

Prints what does not, and whether the source has become longer than that.
"""

import re
import sys


def main(page, source, most):
    with open(page, encoding="utf-8") as file:
        parts = re.findall(r"^```\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
    with open(source, encoding="utf-8") as file:
        text = file.read()
    # scdoc takes a backslash as the first of two.
    missing = [part for part in parts if part.replace("\\\\", "\\") not in text]
    for part in missing:
        print(f"{page}: not in {source}:\n{part}")
    if not parts:
        print(f"{page}: shows no part of {source}")
    if text.count("\n") > int(most):
        print(f"{source}: {text.count(chr(10))} lines, {most} at most")
    return 1 if missing or not parts or text.count("\n") > int(most) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
