#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stand-in for a service manager with a store of descriptors, as systemd's, for tests.

    store_manager.py ADDRESS FILE CAPACITY COMMAND...

Runs COMMAND, keeps what it is sent with FDSTORE=1, and whenever COMMAND ends, starts it again with
that, in the reverse order: there is none to rely on. As systemd does, it keeps a socket once,
whatever it is called, and closes one that has an error or has ended, unless it came with FDPOLL=0.
With UNIT_SOCKET=NAME in its environment it has a socket of that name itself, as of a socket unit.
SIGTERM ends COMMAND, and then the manager. Each message is a line of FILE, as are the names that
the store has after it ("store: ...").
"""

import array
import os
import select
import signal
import socket
import sys

address, path, capacity = sys.argv[1], sys.argv[2], int(sys.argv[3])
command = sys.argv[4:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(address)
store = {}  # descriptor -> name, in the order of coming
if "UNIT_SOCKET" in os.environ:
    store[socket.create_server(("127.0.0.1", 0)).detach()] = os.environ.pop("UNIT_SOCKET")
poll = select.poll()
poll.register(listener, select.POLLIN)
child = 0
is_ending = False


def start():
    pid = os.fork()
    if pid:
        return pid
    # Above the numbers that they are to have, so that none is overwritten before its turn.
    names = list(reversed(store.values()))
    high = [os.dup2(os.dup(fd), 500 + i) for i, fd in enumerate(reversed(store))]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i)
    os.closerange(3 + len(high), 1000)
    os.environ.update(NOTIFY_SOCKET=address, FDSTORE=str(capacity))
    if high:
        os.environ.update(LISTEN_FDS=str(len(high)), LISTEN_PID=str(os.getpid()),
                          LISTEN_FDNAMES=":".join(names))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD, signal.SIGTERM])
    os.execvp(command[0], command)


def is_kept(fd):
    return any(os.path.sameopenfile(fd, other) for other in store)


def drop(fd):
    del store[fd]
    if fd in polled:
        polled.remove(fd)
        poll.unregister(fd)
    os.close(fd)


def keep(words, fds):
    name = next((w.split("=", 1)[1] for w in words if w.startswith("FDNAME=")), "stored")
    for fd in fds:
        if "FDSTORE=1" not in words or len(store) >= capacity or is_kept(fd):
            os.close(fd)
            continue
        store[fd] = name
        if "FDPOLL=0" not in words:
            polled.add(fd)
            poll.register(fd, 0)  # POLLERR and POLLHUP
    if "FDSTOREREMOVE=1" in words:
        for fd in [fd for fd in store if store[fd] == name]:
            drop(fd)


def receive():
    data, ancillary, _, _ = listener.recvmsg(65536, 1024)
    fds = array.array("i")
    for _, kind, value in ancillary:
        if kind == socket.SCM_RIGHTS:
            fds.frombytes(value)
    words = data.decode().split("\n")
    keep(words, fds)
    return " ".join(words)


def on_child(number, frame):
    global child
    if os.waitpid(child, 0)[0] and not is_ending:
        child = start()
    elif is_ending:
        os._exit(0)


def on_term(number, frame):
    global is_ending
    is_ending = True
    os.kill(child, signal.SIGTERM)


polled = set()
signal.signal(signal.SIGCHLD, on_child)
signal.signal(signal.SIGTERM, on_term)
# Appended to by line, so that it may be emptied meanwhile.
with open(path, "a", buffering=1) as file:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])
    child = start()
    while True:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD, signal.SIGTERM])
        ready = poll.poll()
        # What the store has must not change while a child is started with it.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])
        for fd, _ in ready:
            if fd == listener.fileno():
                file.write(receive() + "\n")
            elif fd in store:
                file.write("dropped " + store[fd] + "\n")
                drop(fd)
        file.write("store: " + " ".join(sorted(store.values())) + "\n")
