# SPDX-License-Identifier: MIT
"""How long an upgrade takes, from SIGHUP to the end of the processes that are replaced.

    drain.py TOLD PID...

Sends SIGHUP to TOLD, and prints the milliseconds until every PID has ended. The processor stays
with those that are measured: the ends are waited for, by pidfds.
"""

import os
import select
import signal
import sys
import time

TIMEOUT = 60  # seconds


def main():
    told = os.pidfd_open(int(sys.argv[1]))
    poll = select.poll()
    left = {os.pidfd_open(int(pid)) for pid in sys.argv[2:]}
    for pidfd in left:
        poll.register(pidfd, select.POLLIN)
    begin = time.monotonic()
    signal.pidfd_send_signal(told, signal.SIGHUP)
    while left:
        ended = poll.poll((begin + TIMEOUT - time.monotonic()) * 1000)
        if not ended:
            sys.exit(f"drain: {len(left)} processes have not ended within {TIMEOUT} s")
        for pidfd, _ in ended:
            poll.unregister(pidfd)
            left.discard(pidfd)
    print(round((time.monotonic() - begin) * 1000))


main()
