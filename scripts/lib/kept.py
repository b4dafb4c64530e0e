# SPDX-License-Identifier: MIT
"""Clients that keep their connection for as long as the server lets them.

    kept.py HOST:PORT COUNT

Opens COUNT connections to an HTTP server, asks once on each, and then does what
standard input says, a word a line, with a line on standard output each time:

    half      half a request on every second one
    rest      the rest of it; as `ask` from there on
    ask       a request on each, all of them at once, and an answer
    look      nothing is sent

The line has the number of connections that have answered as they should (with 200, and
as one that goes on), or at `half` and `look` the number of those that are open, and then the pids
in the answers. The first line is that of an `ask`.
"""

import re
import resource
import selectors
import socket
import sys
import time

TIMEOUT = 30  # seconds, for all of them to answer
REQUEST = b"GET / HTTP/1.1\r\nHost: kept\r\n\r\n"
HALF = len(REQUEST) // 2


def connect(address, count):
    clients = []
    for _ in range(count):
        client = socket.create_connection(address, TIMEOUT)
        client.setblocking(False)
        clients.append(client)
    return clients


def take(client, received):
    """One step; None as long as the answer is not whole, else the pid, or "" if it is no good."""
    try:
        part = client.recv(4096)
    except BlockingIOError:
        return None
    except OSError:
        return ""
    received[client] = received.get(client, b"") + part
    head, end, body = received[client].partition(b"\r\n\r\n")
    if part and not (end and body.endswith(b"\n")):
        return None
    found = re.search(rb"pid=(\d+)", body)
    is_good = head.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close" not in head
    return found.group(1).decode() if part and found and is_good else ""


def await_answers(clients):
    selector = selectors.DefaultSelector()
    received, pids, good, left = {}, set(), 0, len(clients)
    for client in clients:
        selector.register(client, selectors.EVENT_READ)
    deadline = time.monotonic() + TIMEOUT
    while left and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            pid = take(key.fileobj, received)
            if pid is None:
                continue
            selector.unregister(key.fileobj)
            left -= 1
            good += 1 if pid else 0
            pids.add(pid)
    selector.close()
    return good, sorted(pids - {""})


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
    return is_open, []


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
    clients = connect((host.strip("[]"), int(port)), int(sys.argv[2]))
    good, pids = obey("ask", clients)
    print(good, *pids, flush=True)
    for line in sys.stdin:
        good, pids = obey(line.strip(), clients)
        print(good, *pids, flush=True)


main()
