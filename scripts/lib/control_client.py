# SPDX-License-Identifier: MIT
"""Clients of baton's control socket that do not behave.

    control_client.py PATH WHAT

Each does WHAT and prints what it saw in a word or two; the caller knows what that should be.
"""

import json
import os
import socket
import sys
import time

DEADLINE = 60


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(DEADLINE)
    client.connect(sys.argv[1])
    return client


def hear(client):
    """All that comes until baton closes: the last object, or None."""
    text = b""
    try:
        while True:
            part = client.recv(65536)
            if not part:
                break
            text += part
    except ConnectionResetError:
        pass
    lines = text.splitlines()
    return json.loads(lines[-1]) if lines else None


def ask(client, line):
    client.sendall(line + b"\n")
    with client.makefile() as answers:
        return json.loads(answers.readline())


def half_a_line():
    """It is refused once the time for a request is over, not before."""
    client = connect()
    client.sendall(b'{"command":')
    began = time.monotonic()
    answer = hear(client)
    print(answer["error"], 9 < time.monotonic() - began < 40)


def a_megabyte():
    client = connect()
    try:
        client.sendall(b"x" * (1 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = hear(client)
    print(answer["error"] if answer else "closed")


def nonsense():
    client = connect()
    for line in (b"status", b"[]", b"{}", b'{"command":"rm"}', b'{"command":"status","x":1}', b"\xff\x00"):
        answer = ask(client, line)
        assert answer["ok"] is False and answer["error"], (line, answer)
    print(ask(client, b'{"command":"status"}')["ok"])


def no_reading():
    """It asks on and on and never reads, until baton does not take any more."""
    client = connect()
    client.setblocking(False)
    end = time.monotonic() + 3
    sent = 0
    while time.monotonic() < end:
        try:
            sent += client.send(b'{"command":"status"}\n' * 100)
        except BlockingIOError:
            time.sleep(0.01)
        except BrokenPipeError:
            break
    print("stopped" if sent < 1 << 20 else "swallowed %d" % sent)


def crowd():
    """As many as there may be: they are served, others are told why not."""
    clients = [connect() for _ in range(64)]
    for client in clients:
        assert ask(client, b'{"command":"set"}')["ok"]
    print(hear(connect())["error"])


def foreign():
    """Another user, whom the mode of the socket would have let in."""
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    print(hear(connect())["error"])


def pipelined():
    """All at once: answered in their order, an upgrade in the midst of them."""
    client = connect()
    client.sendall(b'{"command":"set"}\n{"command":"upgrade","wait":true}\n{"command":"nothing"}\n{"command":"reopen"}')
    client.shutdown(socket.SHUT_WR)
    with client.makefile() as answers:
        print([json.loads(line)["ok"] for line in answers if '"ok"' in line])


if __name__ == "__main__":
    {function.__name__: function for function in (
        half_a_line, a_megabyte, nonsense, no_reading, crowd, foreign, pipelined)}[sys.argv[2]]()
