"""Changes modes, times, owners and attributes, which needs no open file."""

import os

for path in ("/tmp", os.environ.get("PYTHONPATH", "/") + "/README.md", os.path.expanduser("~"), "/var/tmp"):
    for change in (
        lambda path: os.chmod(path, 0o777),
        lambda path: os.utime(path, (0, 0)),
        lambda path: os.setxattr(path, "user.prep-trace", b"x"),
        lambda path: os.chown(path, os.getuid(), os.getgid()),
    ):
        try:
            change(path)
        except OSError:
            pass


def mean(x):
    return 0.0
