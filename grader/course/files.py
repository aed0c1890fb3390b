"""Files that are there as a whole or not at all, whenever we are interrupted."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# Folders that Python and Jupyter make beside what they read.
LEFT_BEHIND = frozenset({"__pycache__", ".ipynb_checkpoints"})


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    write_together({path: content})


def write_changed(path: Path, content: bytes) -> None:
    """Write a file, unless it holds just this already."""
    if not (path.is_file() and path.read_bytes() == content):
        write_whole(path, content)


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files, all of them or none; OSError where one could not be written."""
    temporaries = {path: _beside(path) for path in contents}
    try:
        for path, temporary in temporaries.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(contents[path])
        # Only when all are written: a full disk fails above, and taking a file's place needs no room.
        for path, temporary in temporaries.items():
            temporary.replace(path)
    except BaseException:  # Ctrl-C, too
        for temporary in temporaries.values():
            with contextlib.suppress(OSError):  # what failed above is what the caller must see
                temporary.unlink(missing_ok=True)
        raise


def copy_whole(source: Path, target: Path) -> None:
    """Copy a folder, without what Python and Jupyter leave in it."""
    temporary = _beside(target)
    try:
        shutil.copytree(source, temporary, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Other processes of this machine that come here for the same folder wait until this one has left.

    Where a folder cannot be locked (Windows, some network file systems) nobody waits.
    """
    if sys.platform == "win32":
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_UN)  # a process forked meanwhile has the descriptor, too
        os.close(opened)


def stamp() -> str:
    """The time of now as it stands in a file's name."""
    return time.strftime("%Y-%m-%d %H.%M.%S")


def _beside(path: Path) -> Path:
    """A name in the same folder, so that taking its place is one step, and this process's own."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
