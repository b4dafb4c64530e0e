# SPDX-License-Identifier: MIT
"""Clients that keep their connection for as long as the server lets them.

    kept.py HOST:PORT COUNT [FIRST]

Opens COUNT connections to an HTTP server on the loopback, from 127.0.0.FIRST on (default: 1), asks
once on each, and then does what standard input says, a word a line, with a line on standard output each time:

    half      half a request on every second one
    rest      the rest of it; as `ask` from there on
    ask       a request on each, all of them at once, and an answer
    look      nothing is sent

The line has the number of connections that have answered with 200 and go on, the number of
those that were told that this is the end, and the pids in the answers; or, at `half` and `look`,
the number of those that are open. The first line is that of an `ask`.
"""

import re
import resource
import selectors
import socket
import struct
import sys
import time

TIMEOUT = 30  # seconds, for all of them to answer
PORTS = 20000  # connections of one address
IP_BIND_ADDRESS_NO_PORT = 24  # ip(7): the port is chosen by connect, for this peer
REQUEST = b"GET / HTTP/1.1\r\nHost: kept\r\n\r\n"
HALF = len(REQUEST) // 2


def connect(address, count, first):
    clients = []
    for i in range(count):
        client = socket.socket()
        client.settimeout(TIMEOUT)
        client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.bind((f"127.0.0.{first + i // PORTS}", 0))  # one address has not ports enough
        # Closed with a reset, it leaves no TIME_WAIT: others here need ports, too.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.connect(address)
        client.setblocking(False)
        clients.append(client)
    return clients


def take(client, received):
    """One step; None as long as the answer is not whole, else (pid, is_last), or ("", True)."""
    try:
        part = client.recv(4096)
    except BlockingIOError:
        return None
    except OSError:
        return "", True
    received[client] = received.get(client, b"") + part
    head, end, body = received[client].partition(b"\r\n\r\n")
    if part and not (end and body.endswith(b"\n")):
        return None
    found = re.search(rb"pid=(\d+)", body)
    if not part or not found or not head.startswith(b"HTTP/1.1 200 "):
        return "", True
    return found.group(1).decode(), b"\r\nConnection: close" in head


def await_answers(clients):
    selector = selectors.DefaultSelector()
    received, pids, good, last, left = {}, set(), 0, 0, len(clients)
    for client in clients:
        selector.register(client, selectors.EVENT_READ)
    deadline = time.monotonic() + TIMEOUT
    while left and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            answer = take(key.fileobj, received)
            if answer is None:
                continue
            selector.unregister(key.fileobj)
            left -= 1
            pid, is_last = answer
            good += 1 if pid and not is_last else 0
            last += 1 if pid and is_last else 0
            pids.add(pid)
    selector.close()
    return [good, last, *sorted(pids - {""})]


def send(clients, data):
    for client in clients:
        try:
            client.sendall(data)
        except OSError:
            pass  # it is closed, as its answer will show


def look(clients):
    """How many are open, and have nothing to say."""
    is_open = 0
    for client in clients:
        try:
            client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            is_open += 1
        except OSError:
            pass
    return [is_open]


def obey(command, clients):
    seconds = clients[::2]
    if command == "half":
        send(seconds, REQUEST[:HALF])
        return look(clients)
    if command == "rest":
        send(seconds, REQUEST[HALF:])
        return await_answers(seconds)
    if command == "ask":
        send(clients, REQUEST)
        return await_answers(clients)
    return look(clients)


def main():
    host, _, port = sys.argv[1].rpartition(":")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    clients = connect((host, int(port)), int(sys.argv[2]), first)
    print(*obey("ask", clients), flush=True)
    for line in sys.stdin:
        print(*obey(line.strip(), clients), flush=True)


main()
