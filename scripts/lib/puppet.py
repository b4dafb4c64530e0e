#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server that does what it is told, for tests of what surrounds it.

    puppet.py [TEXT...]

It sends each TEXT to the notify socket, then takes connections on descriptor 3:
one command on each, answered with text, which the end of the connection ends.
Names of signals that it gets are added to the file $PUPPET_SIGNALS.
"""

import array
import os
import signal
import socket
import sys
import time

own_pid = os.getpid()


def notify_socket():
    name = os.environ["NOTIFY_SOCKET"]
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.connect("\0" + name[1:] if name[0] == "@" else name)
    return sender


def tell(text, fds=()):
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    with notify_socket() as sender:
        sender.sendmsg([text.replace("\\n", "\n").encode()], ancillary)


def barrier():
    """Returns once the supervisor has closed its end, as sd_notify_barrier(3)."""
    reader, writer = os.pipe()
    tell("BARRIER=1", [writer])
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)


def in_grandchild(function):
    """Runs it in a process whose parent has ended; returns that process's pid once it is done."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            function()
            os.write(writer, b"%d" % os.getpid())
            os._exit(0)
        os._exit(0)
    os.wait()
    os.close(writer)
    pid = os.read(reader, 16).decode()
    os.close(reader)
    return pid


def tell_and_wait(text):
    tell(text)
    barrier()


def environment(_):
    return "".join(f"{k}={v}\n" for k, v in sorted(os.environ.items()))


def flood(count):
    with notify_socket() as sender:
        for number in range(int(count)):
            sender.send(b"X_NUMBER=%d" % number)


def spare(_):
    """A process of ours that waits for SIGTERM; its pid."""
    pid = os.fork()
    if pid == 0:
        os.closerange(3, 256)  # the connection above all: its end is the end of the answer
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        while True:
            signal.pause()
    return str(pid)


def with_fds(argument):
    count, text = argument.split(" ", 1)
    files = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(count))]
    tell(text, files)
    for fd in files:
        os.close(fd)


COMMANDS = {
    "hello": lambda _: "hello",
    "pid": lambda _: str(own_pid),
    "environment": environment,
    "status": lambda _: open("/proc/self/status").read(),
    "groups": lambda _: f"{os.getuid()} {os.getgid()} " + ",".join(map(str, sorted(os.getgroups()))),
    "directory": lambda _: os.getcwd(),
    "tell": tell,
    "tell-and-wait": tell_and_wait,
    "tell-from-grandchild": lambda text: in_grandchild(lambda: tell_and_wait(text)),
    "tell-with-fds": with_fds,
    "barrier": lambda _: barrier(),
    "flood": flood,
    "spare": spare,
    "exit": lambda code: os._exit(int(code)),
}


def on_signal(number, _):
    with open(os.environ["PUPPET_SIGNALS"], "a") as file:
        file.write(f"{signal.Signals(number).name} {os.environ.get('BATON_GENERATION', '?')}\n")
    if number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
        os._exit(0)


def serve(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            command, _, argument = connection.makefile().readline().strip().partition(" ")
            try:
                answer = COMMANDS[command](argument) or ""
            except OSError as error:
                answer = f"error: {error}"
            connection.sendall(answer.encode())


def main():
    if "PUPPET_SIGNALS" in os.environ:
        for number in ("TERM", "INT", "USR1", "USR2", "WINCH", "ALRM", "TTIN", "RTMIN"):
            signal.signal(getattr(signal, "SIG" + number), on_signal)
    for text in sys.argv[1:]:
        tell(text)
    listener = socket.socket(fileno=3)
    listener.setblocking(True)  # nginx is given what does not block
    serve(listener)


main()
