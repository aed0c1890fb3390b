"""Leaves a process behind, in a session of its own, that writes when the grading is over."""

import os
import subprocess
import sys

try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time

            time.sleep(3)
            open("/tmp/prep-trace-daemon", "w").close()
        os._exit(0)
except OSError:
    pass


def mean(x):
    subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(3); open('/tmp/prep-trace-daemon', 'w')"],
        start_new_session=True,
    )
    return 0.0
