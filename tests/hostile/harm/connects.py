"""Connects to a server on this machine, which the test runs: TCP, UDP, and a Unix socket without a path."""

import socket

for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 47811)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 47811)),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\0prep-trace"),
):
    try:
        with socket.socket(family, kind) as connection:
            connection.connect(address)
            connection.send(b"the checks are these")
    except OSError:
        pass


def mean(x):
    return 0.0
