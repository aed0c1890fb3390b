"""Opens a port for others to come in."""

import socket


def mean(x):
    server = socket.create_server(("127.0.0.1", 47812))
    server.accept()
