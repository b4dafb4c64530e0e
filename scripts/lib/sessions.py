# SPDX-License-Identifier: MIT
"""Clients of the example `sessions`, each with a session after the other, which never ask twice.

    sessions.py HOST:PORT CLIENTS LONGEST

CLIENTS of them ask, wait a little and ask again, up to LONGEST times, and then begin anew as
another client. Each answer has to come, to be that to the request, and to have counted all requests
of the session. Some send several at once. Meanwhile standard input says, a word a line, with a line
on standard output each time:

    new       a new client asks once, and stays: the generation that answers, or "none"
    send      a new client asks, and does not wait
    get       the generation in the answer to that, or "none"
    all       each new client that is left asks some times: "good"
    bye       the first of them ends its session: its generation

At the end of input all end their sessions, and what came of it is printed as
"SESSIONS REQUESTS FAILED REASON". Nothing is said again: what is lost is lost.
"""

import contextlib
import random
import socket
import sys
import threading

TIMEOUT = 10  # seconds, after which a datagram is lost
PAUSE = 0.004  # seconds between a client's requests, at most
AT_ONCE = 4
SOME_TIMES = 10


class Lost(Exception):
    pass


class Client:
    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(address)
        self.letter, self.generation, self.count, self.sent = b"?", 0, 0, 0

    def send(self, text=None):
        self.sent += 1
        self.socket.send(self.letter + (text or b"request %d" % self.sent))

    def receive(self, text=None):
        try:
            answer = self.socket.recv(2048)
        except OSError as error:
            raise Lost(f"request {self.sent} of a session of generation {self.generation}: "
                       f"{error}") from error
        letter, count, generation, rest = answer.split(b" ", 3)
        self.count += 1
        if rest != (text or b"request %d" % self.count):
            raise Lost(f"another answer: {answer}, not to request {self.count}")
        if int(count) != self.count:
            raise Lost(f"a session was lost: {answer} to request {self.count}")
        if self.generation not in (0, int(generation)):
            raise Lost(f"a session of generation {self.generation} went on in {answer}")
        self.letter, self.generation = letter, int(generation)

    def ask(self, text=None):
        self.send(text)
        self.receive(text)

    def close(self):
        self.ask(b"bye")
        self.socket.close()


class Load(threading.Thread):
    def __init__(self, address, longest, end):
        super().__init__(daemon=True)
        self.address, self.longest, self.end = address, longest, end
        self.sessions = self.requests = self.failed = 0
        self.reason = ""

    def converse(self, client):
        client.ask()
        for _ in range(random.randrange(self.longest)):
            at_once = random.choice((1, 1, AT_ONCE))
            for _ in range(at_once):
                client.send()
            for _ in range(at_once):
                client.receive()
            if self.end.wait(random.uniform(0, PAUSE)):
                break
        client.close()

    def run(self):
        while not self.end.is_set():
            client = Client(self.address)
            try:
                self.converse(client)
            except Lost as lost:
                self.failed += 1
                self.reason = str(lost)
            self.sessions += 1
            self.requests += client.sent


def obey(word, address, clients):
    """What is printed."""
    if word in ("new", "send"):
        clients.append(Client(address))
        clients[-1].send()
        if word == "send":
            return "sent"
    try:
        if word in ("new", "get"):
            clients[-1].receive()
            return clients[-1].generation
        if word == "all":
            for client in clients * SOME_TIMES:
                client.ask()
            return "good"
        client = clients.pop(0)
        client.close()
        return client.generation
    except Lost as lost:
        return f"none ({lost})"


def main(where, count, longest):
    host, _, port = where.rpartition(":")
    address, clients, end = (host, int(port)), [], threading.Event()
    load = [Load(address, int(longest), end) for _ in range(int(count))]
    for thread in load:
        thread.start()
    for line in sys.stdin:
        print(obey(line.strip(), address, clients), flush=True)
    end.set()
    for client in clients:
        with contextlib.suppress(Lost):
            client.close()
    for thread in load:
        thread.join()
    print(sum(thread.sessions for thread in load), sum(thread.requests for thread in load),
          sum(thread.failed for thread in load),
          next((thread.reason for thread in load if thread.reason), "-"))


if __name__ == "__main__":
    main(*sys.argv[1:])
