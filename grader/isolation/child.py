"""A child's life: a process that locks itself, runs a submission's cells and answers calls over its wire.

`python -m grader.isolation.child zygote FD SETTINGS` is the zygote: one clean process with numpy
loaded that forks a locked child for each submission. It imports the standard library, numpy, the
wire and the policy only, and knows nothing of checks or grades. Nothing here is trusted by the
other side: a submission owns its process, so all that this file promises is to be helpful, and no
file of the trusted side imports it.
"""

from __future__ import annotations

import array
import contextlib
import gc
import io
import json
import os
import socket
import sys
import types
from pathlib import Path

import numpy as np

from grader import backends
from grader.isolation import policy
from grader.isolation.allowed_imports import INERT
from grader.isolation.answers import Answers, Familiar, familiar_cells, serve
from grader.isolation.message import decode, encode
from grader.isolation.standins import Imports, Inert, Output
from grader.isolation.wire import Wire


def _live(connection: socket.socket, level: policy.Level, limits: policy.Limits, familiar: Familiar) -> None:
    """A child's whole life: lock, then serve."""
    # As in a notebook's kernel: what cells define is in __main__, where dataclasses look.
    main = types.ModuleType("__main__")
    main.__dict__.update(get_ipython=lambda: Inert("IPython"), display=Inert("IPython"))
    sys.modules["__main__"] = main
    # An input() in a cell finds the end of a file, where it would wait for a keyboard for ever.
    output = Output(limits.output)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), output, output
    # Last: from here on this process can open nothing, and be given nothing.
    policy.lock(level, limits, connection.fileno())
    serve(Wire(connection), Answers(main.__dict__, familiar, output))


# --- the zygote -----------------------------------------------------------------------------------


def _fork(
    connection: socket.socket,
    level: policy.Level,
    limits: policy.Limits,
    familiar: Familiar,
) -> int:
    """Fork a child that lives on `connection`; its process id."""
    pid = policy.fork(level)
    if not pid:
        try:
            _live(connection, level, limits, familiar)
        finally:
            # Not sys.exit: a child has no business with the zygote's atexit handlers and buffers.
            os._exit(0)
    return pid


def zygote(
    control: socket.socket,
    level: policy.Level,
    limits: policy.Limits,
    familiar: Familiar,
) -> None:
    """Fork and end children, and tell what they used, as the host asks, until it is gone.

    At level full all of them end with this process.
    """
    children: set[int] = set()
    while True:
        request, passed, _, _ = socket.recv_fds(control, 64, 1)
        # The host is gone, or closed its end.
        if not request:
            break
        if passed:
            # A socket that comes along is a new child's end of its wire.
            with socket.socket(fileno=passed[0]) as connection:
                pid = _fork(connection, level, limits, familiar)
            children.add(pid)
            told = pid
        elif request.startswith(b"used"):
            (pid,) = array.array("q", request[4:])
            nanoseconds = policy.processor_time(pid) if pid in children else 0
            told = -1 if pid in children and policy.is_stopped(pid) else nanoseconds
        else:
            (pid,) = array.array("q", request)
            told = 0
            if pid in children:  # and not a child of a zygote before this one
                children.remove(pid)
                told = policy.end(level, pid, children)
        control.sendall(array.array("q", [told]).tobytes())
    # Below level full no kernel does this: a loop without end never looks at its closed wire.
    for pid in children:
        policy.end(level, pid)


def _warm_up() -> None:
    """What children need, once, before the forks: frequent imports, the BLAS's set-up."""
    import collections  # noqa: F401
    import dataclasses  # noqa: F401
    import functools  # noqa: F401
    import heapq  # noqa: F401
    import itertools  # noqa: F401
    import math  # noqa: F401
    import random  # noqa: F401
    import typing  # noqa: F401

    import array_api_compat.numpy  # noqa: F401

    # A product makes the BLAS set up its buffers, which forks then share.
    np.random.default_rng(0).random((2, 2)) @ np.ones((2, 2))


def _rehearse(familiar: Familiar) -> None:
    """What every child does at first, done here before the forks."""
    # CPython specializes bytecode after a few runs (PEP 659), and a fork inherits it specialized.
    answers = Answers({"raises": len, "returns": np.add}, familiar)
    calls = [
        encode(("call", name, (values, values), "numpy"))
        for name in ("raises", "returns")
        for values in (np.arange(3), np.ones((2, 2)))
    ]
    for _ in range(10):
        for call in calls:
            answers.call(*decode(bytearray(call), answers.stand_in)[1:])


def _forget() -> None:
    """From here on nothing tells where the grader is, nor how it was started.

    Imports are those of a submission.
    """
    # A submission that reads its environment or its own command line learns nothing.
    os.environ.clear()
    sys.path.remove(str(Path(__file__).parents[2]))
    sys.argv[:] = sys.orig_argv[:] = [""]
    # This package is one of them: `import grader` in a cell gets the stand-in, which has no path.
    for name in [name for name in sys.modules if name.partition(".")[0] in INERT]:
        sys.modules.pop(name).__dict__.pop("__file__", None)
    sys.meta_path.insert(0, Imports())


def _main() -> None:
    """`child zygote FD SETTINGS`.

    Where there is no fork, `child single PORT SETTINGS`: one child, over loopback.
    """
    kind, number, settings = sys.argv[1:]
    level, backend, *numbers = json.loads(settings)
    limits = policy.Limits(*numbers)
    _warm_up()
    if backend == "strict":  # a CUDA device, unlike this, has no life after a fork
        backends.get(backend)
    if kind == "zygote":
        policy.settle(level)
    _forget()
    if kind == "zygote":
        # A grader that is ended while this one starts is gone: then there is nothing to do.
        gone = contextlib.suppress(EOFError, ConnectionError)
        with socket.socket(fileno=int(number)) as control, gone:
            familiar = familiar_cells(decode(Wire(control).receive()))
            _rehearse(familiar)
            control.sendall(bytes(8))
            gc.freeze()  # so that collections in the children leave the shared pages alone
            zygote(control, level, limits, familiar)
    else:
        with socket.create_connection(("127.0.0.1", int(number))) as connection:
            _live(connection, level, limits, {})


if __name__ == "__main__":
    _main()
