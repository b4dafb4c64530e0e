# SPDX-License-Identifier: MIT
"""The rules of the house style on C files that need more than a grep.

    lint_c.py includes|lengths|calls|guards FILE...

Prints one line for each offence: FILE:LINE: what.
"""

import os
import re
import sys

MAX_FILE_LINES = 400
MAX_TEST_LINES = 700  # of a suite: a list of cases, one after the other
MAX_FUNCTION_LINES = 60
MAX_COMMENT_COLUMNS = 100  # clang-format, which leaves comments as they are, sees to the rest

# Folder -> what its files may not include, as it stands between the quotes or brackets.
FORBIDDEN_INCLUDES = {
    "lib/": re.compile(r"^(supervisor|child|tests|support)/"),
    "lib/base/": re.compile(r"^(socket|process|lifecycle)/|^baton/(?!error\.h$)"),
    "lib/socket/": re.compile(r"^(process|lifecycle)/"
                              r"|^baton/(?!(address|error|handoff|inherit|listener)\.h$)"),
    "supervisor/": re.compile(r"^(child|tests|support)/"),
    "child/": re.compile(r"^(?!baton/|sys/|netinet/|arpa/|linux/|http/|app/|debug/).*/"),
    "child/http/": re.compile(r"^(app|debug)/|^(access_log|busy|connection|metrics|server)\.h$"),
    "child/app/": re.compile(r"^debug/"),
}

# Pure code is testable without a process or a loop. A header says so in the comment at its top,
# for itself and for the files it belongs to.
PURE = re.compile(r"\bpure\b", re.IGNORECASE)
IMPURE_INCLUDE = re.compile(r"^(ev|fcntl|poll|spawn|unistd"
                            r"|sys/(epoll|eventfd|file|mman|sendfile|signalfd|socket|stat|timerfd"
                            r"|uio|un|wait))\.h$")

# Call -> (why not, files where it may be). A file of lib/ or supervisor/ that
# is named here has its reason in a comment at the call.
FORBIDDEN_CALLS = {
    r"u?sleep|nanosleep": ("wait for an event, with a deadline", r"^lib/socket/unix_path\.c$"),
    r"dup|dup2": ("fd_dup, or F_DUPFD_CLOEXEC", r"^lib/process/spawn_child\.c$|^supervisor/adopt/watches\.c$|^tests/"),
    r"accept": ("accept4 with SOCK_CLOEXEC", r"^$"),
    r"pipe": ("pipe2 with O_CLOEXEC", r"^$"),
    r"epoll_create|inotify_init|eventfd0": ("the form that takes CLOEXEC", r"^$"),
    r"creat|fopen64": ("open with O_CLOEXEC", r"^$"),
    r"fork": ("baton_spawn", r"^supervisor/adopt/watches\.c$|^supervisor/doctor/scratch\.c$|^tests/"),
    r"system|popen": ("baton_spawn", r"^tests/"),
    r"getppid": ("the parent may be gone: a pidfd",
                 r"^lib/process/spawn_child\.c$|^lib/socket/inherit_einhorn\.c$|^tests/"),
    r"strcpy|strcat|sprintf|vsprintf|strncpy|strtok": ("no bound", r"^tests/"),
    r"atoi|atol|atoll|atof": ("no errors: base/parse.h", r"^tests/"),
    r"exit": ("only main ends the process", r"^tests/|/main\.c$"),
    r"setenv|putenv": ("an envp of base/env.h", r"^tests/"),
    r"waitpid": ("waitid on a pidfd", r"^tests/|^supervisor/"),
}

# Call -> the flag that must stand in its arguments, unless they name a variable for flags.
NEEDED_FLAGS = {
    "socket": "SOCK_CLOEXEC",
    "socketpair": "SOCK_CLOEXEC",
    "accept4": "SOCK_CLOEXEC",
    "pipe2": "O_CLOEXEC",
    "open": "O_CLOEXEC",
    "openat": "O_CLOEXEC",
    "epoll_create1": "EPOLL_CLOEXEC",
    "memfd_create": "MFD_CLOEXEC",
    "recvmsg": "MSG_CMSG_CLOEXEC",
    "fopen": 'e"',
}
# Descriptors that are to be inherited: 0 to 2, and those of careless hosts in tests.
INHERITED = re.compile(r"^lib/base/fd\.c$|^tests/")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """Comments blanked, so that lines and columns stay."""
    return re.sub(r"/\*.*?\*/", blank, text, flags=re.DOTALL)


def without_strings(text):
    return re.sub(r'"(\\.|[^"\\\n])*"', lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def arguments(text, start):
    """What stands between the parenthesis at start and its partner."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] == "(":
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if depth == 0:
                return text[start + 1:i]
    return text[start + 1:]


def header_of(path):
    """That of machine_stop.c, which has none of its own, is machine.h."""
    stem = path[:-2]
    while not os.path.exists(stem + ".h") and "_" in os.path.basename(stem):
        stem = stem.rpartition("_")[0]
    return stem + ".h"


def is_pure(path, text):
    if path.endswith(".c"):
        header = header_of(path)
        if not os.path.exists(header):
            return False
        with open(header, encoding="utf-8") as file:
            text = file.read()
    return bool(PURE.search(text.split("\n#", 1)[0]))


def check_includes(path, text):
    pure = is_pure(path, text)
    for match in re.finditer(r'^#include [<"]([^>"]+)[>"]', text, re.MULTILINE):
        line, included = line_of(text, match.start()), match.group(1)
        for folder, forbidden in FORBIDDEN_INCLUDES.items():
            if path.startswith(folder) and forbidden.search(included):
                yield line, f"{folder} does not include {included}"
        if pure and IMPURE_INCLUDE.search(included):
            yield line, f"pure code does not include {included}"
    if path.startswith("lib/include/") and re.search(r'^#include "', text, re.MULTILINE):
        yield 1, "a public header includes a private one"


def check_lengths(path, text):
    lines = text.splitlines()
    most = MAX_TEST_LINES if path.startswith("tests/") else MAX_FILE_LINES
    if len(lines) > most:
        yield len(lines), f"file of {len(lines)} lines, {most} at most"
    for number, line in enumerate(lines, 1):
        columns = len(line.expandtabs(8))
        if re.match(r"\s*/?\*", line) and columns > MAX_COMMENT_COLUMNS:
            yield number, f"comment of {columns} columns, {MAX_COMMENT_COLUMNS} at most"
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            length = number - start - 1
            if length > MAX_FUNCTION_LINES:
                yield start, f"function of {length} lines, {MAX_FUNCTION_LINES} at most"
            start = None


def check_calls(path, text):
    code = without_comments(text)
    bare = without_strings(code)
    for names, (why, allowed) in FORBIDDEN_CALLS.items():
        if re.search(allowed, path):
            continue
        for match in re.finditer(rf"(?<![\w.>\"])({names})\(", bare):
            yield line_of(bare, match.start()), f"{match.group(1)}: {why}"
    if INHERITED.search(path):
        return
    for name, flag in NEEDED_FLAGS.items():
        for match in re.finditer(rf"(?<![\w.>\"]){name}\(", bare):
            given = arguments(code, match.end() - 1)
            if flag not in given and not re.search(r"\bflags\b", given):
                yield line_of(bare, match.start()), f"{name} without {flag}"


def check_guards(path, text):
    if not path.endswith(".h"):
        return
    name = re.sub(r"^(lib/include/|lib/|tests/)", "", path)
    name = re.sub(r"^support/", "", name) if path.startswith("tests/support/load/") else name
    wanted = re.sub(r"[^A-Z0-9]", "_", name.upper())
    found = re.search(r"^#ifndef (\w+)\n#define \1$", text, re.MULTILINE)
    if not found:
        yield 1, f"no include guard {wanted}"
    elif not found.group(1).endswith(wanted):
        yield 1, f"include guard {found.group(1)}, not {wanted}"


CHECKS = {
    "includes": check_includes,
    "lengths": check_lengths,
    "calls": check_calls,
    "guards": check_guards,
}


def main(rule, paths):
    is_good = True
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for line, what in CHECKS[rule](path, text):
            print(f"{path}:{line}: {what}")
            is_good = False
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
