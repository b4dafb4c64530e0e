#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stand-in for a service manager, for tests: writes down what it is notified of.

    manager.py ADDRESS FILE

Each message is one line of FILE: the clock's CLOCK_MONOTONIC in microseconds,
the sender's pid, and the message with a blank for each newline.
"""

import os
import socket
import struct
import sys
import time

address, path = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("\0" + address[1:] if address[0] == "@" else address)
with open(path, "a", buffering=1) as file:
    while True:
        data, ancillary, _, _ = listener.recvmsg(65536, 1024)
        pid = 0
        for _, kind, value in ancillary:
            if kind == socket.SCM_RIGHTS:
                for (fd,) in struct.iter_unpack("i", value):
                    os.close(fd)
            elif kind == socket.SCM_CREDENTIALS:
                pid = struct.unpack("3i", value)[0]
        text = data.decode().strip().replace("\n", " ")
        file.write(f"{time.monotonic_ns() // 1000} {pid} {text}\n")
