# SPDX-License-Identifier: MIT
"""Compares two servers, as scripts/bench/httpd does.

    compare.py load RUNS SECONDS TEXT URL URL [OPTION of wrk...]
    compare.py idle CONNECTIONS PORT PID PORT PID

load: requests a second by wrk. In each run the two take turns as A B B A A B B A, so that a machine
that becomes slower or faster meanwhile does so to both. idle: the anonymous
memory of the process for each of so many connections that are kept and idle, and
that of the whole process. Each prints a line with ratios of the first to the second.
"""

import re
import resource
import socket
import statistics
import subprocess
import sys

CLIENTS = 32
BATCH = 100


def requests_a_second(url, seconds, options):
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", *options, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"compare: {url} failed:\n{output}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", output).group(1))


def load(runs, seconds, text, *urls_and_options):
    urls, options = urls_and_options[:2], urls_and_options[2:]
    for url in urls:
        requests_a_second(url, 1, options)  # until all is warm
    rates = [[], []]
    for _ in range(int(runs)):
        turns = [[], []]
        for which in (0, 1, 1, 0, 0, 1, 1, 0):
            turns[which].append(requests_a_second(urls[which], seconds, options))
        for rate, turn in zip(rates, turns):
            rate.append(statistics.mean(turn))
    ratios = sorted(a / b for a, b in zip(*rates))
    print(f"{text:30} {statistics.median(ratios):5.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})   "
          f"{statistics.median(rates[0]):.0f} / {statistics.median(rates[1]):.0f}", flush=True)


def anonymous_memory(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(r"RssAnon:\s*(\d+) kB", file.read()).group(1)) * 1024


def connect(port, count):
    """Connections on which a request was answered."""
    connections = []
    while len(connections) < count:
        batch = [socket.create_connection(("127.0.0.1", port), timeout=10)
                 for _ in range(min(BATCH, count - len(connections)))]
        for connection in batch:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for connection in batch:
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                sys.exit(f"compare: port {port} does not answer")
        connections += batch
    return connections


def idle(count, *servers):
    count = int(count)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + 100:
        print(f"idle connections: not measured, {hard} descriptors are too few")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    grown, whole = [], []
    for port, pid in zip(servers[::2], servers[1::2]):
        before = anonymous_memory(pid)
        connections = connect(int(port), count)
        after = anonymous_memory(pid)
        grown.append((after - before) / count)
        whole.append(after / count)
        for connection in connections:
            connection.close()
    print(f"\nbytes of memory for each of {count} idle connections:\n"
          f"{'what they add':30} {grown[0] / grown[1]:5.2f}   {grown[0]:.0f} / {grown[1]:.0f}\n"
          f"{'the whole process':30} {whole[0] / whole[1]:5.2f}   {whole[0]:.0f} / {whole[1]:.0f}")


def main(what, *arguments):
    {"load": load, "idle": idle}[what](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
