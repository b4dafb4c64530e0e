#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server that does not end: on SIGTERM it takes nothing new any more, and goes on with what it has.

    lingerer.py [PORT]

It listens on descriptor 3, or on PORT of the loopback. Whoever connects is told the pid, and has the
connection until he closes it.
"""

import os
import selectors
import signal
import socket
import sys


def main():
    if len(sys.argv) > 1:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen()
    else:
        listener = socket.socket(fileno=3)
    is_datagram = listener.type == socket.SOCK_DGRAM
    selector = selectors.DefaultSelector()
    waker, wakened = socket.socketpair()
    wakened.setblocking(False)
    signal.set_wakeup_fd(wakened.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)  # it wakes the selector
    for each in (listener, waker):
        selector.register(each, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            ready = key.fileobj
            if ready is listener and not is_datagram:
                connection, _ = listener.accept()
                connection.sendall(b"%d\n" % os.getpid())
                selector.register(connection, selectors.EVENT_READ)
            elif ready is waker:
                waker.recv(16)
                selector.unregister(listener)
                listener.close()
            elif not ready.recv(4096):
                selector.unregister(ready)
                ready.close()


main()
