# SPDX-License-Identifier: MIT
"""Clients of event streams that check each byte of them and never connect again.

    streams.py HOST:PORT COUNT SLEEPING [INTERVAL...]

Opens COUNT streams of /events on an HTTP server on the loopback, every second one of HTTP/1.0,
which is not chunked, at the intervals (milliseconds, default: 20 50 200) in turn; and SLEEPING
ones that have an event whenever they are read, and are not. Whatever comes must be whole events,
with ids from 1 on and none missing, of generations that follow each other. It does what standard
input says, a command a line, with a line on standard output each time:

    await GENERATION   all that are read have an event of that generation, or a later one
    look               nothing is awaited
    wake               from here on the sleeping ones are read, too
    end                all that are read have come to their end

The line has the number of streams that are whole and go on, the number of those that are whole and
have ended as HTTP wants it, the least number of generations that one of those that are read has
had events of, and what is wrong with others. The first line tells that all are open.
"""

import re
import resource
import selectors
import socket
import struct
import sys
import time

TIMEOUT = 30  # seconds, for what is awaited
SMALL = 4096  # bytes of a receive buffer that is soon full
EVENT = re.compile(rb"id: (\d+)\ndata: pid=\d+ generation=(\d+)\n\n")


class Stream:
    def __init__(self, address, version, interval, sleeps=False):
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        # Closed with a reset, it leaves no TIME_WAIT: others here need ports, too.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if sleeps:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.socket.connect(address)
        self.is_chunked = version == "1.1"
        self.sleeps = sleeps
        self.received = b""  # and not understood yet
        self.has_head = self.has_ended = False
        self.last_id = self.generation = self.generations = 0
        self.wrong = ""
        path = f"/events?interval={interval}"
        self.socket.sendall(f"GET {path} HTTP/{version}\r\nHost: streams\r\n\r\n".encode())
        self.socket.setblocking(False)

    def goes_on(self):
        return not self.has_ended and not self.wrong

    def is_whole(self):
        return self.has_ended and not self.wrong

    def take(self):
        """Reads once, and understands what has come."""
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.wrong = str(error)
            return
        self.received += part
        while not self.wrong and self.step():
            pass
        if not part and not self.has_ended and not self.wrong:
            self.end(not self.is_chunked and not self.received)

    def step(self):
        """Takes the head, or one event. False if that is not all there."""
        if not self.has_head:
            head, end, rest = self.received.partition(b"\r\n\r\n")
            if not end:
                return False
            self.has_head = True
            self.received = rest
            if not head.startswith(b"HTTP/1.1 200 ") or b"text/event-stream" not in head:
                self.wrong = "bad head"
            return True
        content = self.received
        if self.is_chunked:
            size, end, rest = self.received.partition(b"\r\n")
            if not end or len(rest) < int(size, 16) + 2:
                return False
            content, self.received = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
            if not content:
                self.end(not self.received)
                return False
        event = EVENT.match(content)
        if not event:
            if self.is_chunked or len(content) > 1000:
                self.wrong = f"no event: {content[:100]!r}"
            return False
        if self.is_chunked and event.end() != len(content):
            self.wrong = f"no chunk of its own: {content[:100]!r}"
        elif not self.is_chunked:
            self.received = content[event.end() :]
        self.count(int(event.group(1)), int(event.group(2)))
        return True

    def count(self, number, generation):
        if number != self.last_id + 1:
            self.wrong = f"{number} after {self.last_id}"
        if generation < self.generation:
            self.wrong = f"generation {generation} after {self.generation}"
        self.generations += generation > self.generation
        self.last_id, self.generation = number, generation

    def end(self, is_whole):
        self.has_ended = True
        if not is_whole:
            self.wrong = f"cut off after {self.last_id}"


class Streams:
    def __init__(self, address, count, sleeping, intervals):
        self.all = [
            Stream(address, ("1.1", "1.0")[i % 2], intervals[i // 2 % len(intervals)])
            for i in range(count)
        ]
        self.all += [
            Stream(address, ("1.1", "1.0")[i % 2], 0, sleeps=True) for i in range(sleeping)
        ]
        self.selector = selectors.DefaultSelector()
        for stream in self.all:
            if not stream.sleeps:
                self.selector.register(stream.socket, selectors.EVENT_READ, stream)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)

    def read(self):
        """What there is; whether standard input has something."""
        is_told = False
        for key, _ in self.selector.select(0.1):
            stream = key.data
            if stream is None:
                is_told = True
                continue
            stream.take()
            if not stream.goes_on():
                self.selector.unregister(stream.socket)
        return is_told

    def wake(self):
        for stream in self.all:
            if stream.sleeps:
                stream.sleeps = False
                self.selector.register(stream.socket, selectors.EVENT_READ, stream)

    def until(self, is_reached):
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            if all(is_reached(s) for s in self.all if not s.sleeps):
                break
            self.read()
        self.tell()

    def tell(self):
        awake = [s for s in self.all if not s.sleeps]
        print(
            sum(s.goes_on() for s in self.all),
            sum(s.is_whole() for s in self.all),
            min((s.generations for s in awake), default=0),
            *sorted({s.wrong for s in self.all if s.wrong})[:5],
            flush=True,
        )

    def obey(self, command, *numbers):
        if command == "await":
            wanted = int(numbers[0])
            self.until(lambda s: s.generation >= wanted or not s.goes_on())
            return
        if command == "end":
            self.until(lambda s: not s.goes_on())
            return
        if command == "wake":
            self.wake()
        self.tell()


def main():
    host, _, port = sys.argv[1].rpartition(":")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    intervals = [int(text) for text in sys.argv[4:]] or [20, 50, 200]
    streams = Streams((host, int(port)), int(sys.argv[2]), int(sys.argv[3]), intervals)
    streams.until(lambda s: s.last_id > 0)
    while True:
        if not streams.read():
            continue
        line = sys.stdin.readline()
        if not line:
            break
        streams.obey(*line.split())


main()
