# SPDX-License-Identifier: MIT
"""Clients of servers that do not speak HTTP.

    probe.py redis|memcached|dns-udp|dns-tcp STARTED-FILE HOST:PORT

Four of them ask again and again, each time on a new socket, until TERM; then what came
of it is printed as JSON. The file is made once each has had an answer.
"""

import json
import signal
import socket
import sys
import threading

CLIENTS = 4
TIMEOUT = 10  # seconds, until a client gives up
QUESTION = (b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
            b"\x01a\x04test\x00\x00\x01\x00\x01")  # the address of a.test


def receive(stream, size):
    data = b""
    while len(data) < size:
        part = stream.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def converse(address, sent, expected):
    with socket.create_connection(address, TIMEOUT) as stream:
        stream.sendall(sent)
        if receive(stream, len(expected)) != expected:
            raise ConnectionError("another answer")


def ask_redis(address):
    converse(address, b"PING\r\n", b"+PONG\r\n")


def ask_memcached(address):
    converse(address, b"version\r\n", b"VERSION ")


def ask_dns_tcp(address):
    with socket.create_connection(address, TIMEOUT) as stream:
        stream.sendall(len(QUESTION).to_bytes(2, "big") + QUESTION)
        size = int.from_bytes(receive(stream, 2), "big")
        if receive(stream, size)[:2] != QUESTION[:2]:
            raise ConnectionError("another answer")


def ask_dns_udp(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(TIMEOUT)
        datagrams.sendto(QUESTION, address)
        if datagrams.recv(512)[:2] != QUESTION[:2]:
            raise ConnectionError("another answer")


ASK = {"redis": ask_redis, "memcached": ask_memcached,
       "dns-udp": ask_dns_udp, "dns-tcp": ask_dns_tcp}


class Client(threading.Thread):
    def __init__(self, ask, address, end):
        super().__init__(daemon=True)
        self.ask, self.address, self.end = ask, address, end
        self.requests = self.failed = 0
        self.reason = ""
        self.has_answer = threading.Event()

    def run(self):
        while not self.end.is_set():
            self.requests += 1
            try:
                self.ask(self.address)
                self.has_answer.set()
            except OSError as error:
                self.failed += 1
                self.reason = repr(error)


def main(protocol, started, where):
    host, _, port = where.rpartition(":")
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: end.set())
    clients = [Client(ASK[protocol], (host, int(port)), end) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    if all(client.has_answer.wait(TIMEOUT) for client in clients):
        open(started, "w", encoding="utf-8").close()
    while not end.wait(1):
        pass
    for client in clients:
        client.join()
    print(json.dumps({
        "new": {"requests": sum(client.requests for client in clients),
                "failed": sum(client.failed for client in clients)},
        "reasons": sorted({client.reason for client in clients if client.reason}),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
