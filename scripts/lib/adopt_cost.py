# SPDX-License-Identifier: MIT
"""What a start under --adopt costs beside one without, for scripts/bench/adopt.

    adopt_cost.py calls PAIRS BATON BIND-TIME
    adopt_cost.py ready PAIRS BATON BATON-HTTPD

calls: the medians that bind-time tells, of runs that take turns. ready: from the start of
baton until it says READY=1 of a server that binds for itself, twenty starts of each a pair.
Each prints lines with the ratio of with to without: the median, and the lowest to the
highest of the pairs; and the medians of both.
"""

import os
import select
import socket
import statistics
import subprocess
import sys
import time

DEADLINE = 60
ROUNDS = 2000
STARTS = 20
WAYS = (["--adopt"], [])


class Baton:
    """A run of baton, which ends with the block."""

    def __init__(self, baton, options, command, **how):
        self.process = subprocess.Popen(
            [baton, "run", "--log-level", "warning", *options, "--", *command], **how)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE)
        if self.process.stdout:
            self.process.stdout.close()


def wait_readable(file, what):
    if not select.select([file], [], [], DEADLINE)[0]:
        sys.exit(f"adopt_cost: {what} says nothing")


def show(text, unit, withs, withouts):
    ratios = sorted(a / b for a, b in zip(withs, withouts))
    print(f"{text:30} {statistics.median(ratios):5.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})   "
          f"{statistics.median(withs):.4g} / {statistics.median(withouts):.4g} {unit}", flush=True)


def time_calls(baton, options, program):
    with Baton(baton, options, [program, str(ROUNDS)], stdout=subprocess.PIPE) as process:
        wait_readable(process.stdout, program)
        return [float(word) / 1e3 for word in process.stdout.readline().split()]


def calls(pairs, baton, program):
    times = [[time_calls(baton, options, program) for options in WAYS] for _ in range(pairs)]
    for i, text in enumerate(("bind, a port of the system's", "bind, an address again",
                              "getppid")):
        show(text, "us", *[[pair[way][i] for pair in times] for way in (0, 1)])


def time_ready(baton, options, httpd, notify):
    """In milliseconds. The port is one that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = dict(os.environ, NOTIFY_SOCKET="@" + notify.getsockname()[1:].decode())
    begin = time.monotonic()
    with Baton(baton, options, [httpd, "-l", f"127.0.0.1:{port}"], env=environment,
               stderr=subprocess.DEVNULL):
        while True:
            wait_readable(notify, "baton")
            if b"READY=1" in notify.recv(4096).split(b"\n"):
                return (time.monotonic() - begin) * 1e3


def ready(pairs, baton, httpd):
    medians = [[], []]
    for _ in range(pairs):
        times = [[], []]
        for _ in range(STARTS):
            for way, options in enumerate(WAYS):
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                    notify.bind("")
                    times[way].append(time_ready(baton, options, httpd, notify))
        for way in (0, 1):
            medians[way].append(statistics.median(times[way]))
    show("from the start to ready", "ms", *medians)


def main(what, pairs, *arguments):
    {"calls": calls, "ready": ready}[what](int(pairs), *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
