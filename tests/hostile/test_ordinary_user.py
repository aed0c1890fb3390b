"""The same as an ordinary user, where the tests are run by root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from helpers import ROOT

AS_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"


def closed_above(path: Path) -> Path | None:
    """The first folder on the way to `path` that only its owner may enter."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def uncover(scratch: Path) -> str:
    """Shell lines that let everybody reach the interpreter and the project: a closed folder above them (a home) is covered by an open one
    with nothing in it but them. For a mount namespace of one's own."""
    wanted = {
        path: closed
        for path in {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT}
        if (closed := closed_above(path))
    }
    kept = {path: scratch / str(index) for index, path in enumerate(wanted)}
    lines = [f"mkdir {kept[path]} && mount --bind {path} {kept[path]}" for path in wanted]
    lines += [f"mount -t tmpfs -o mode=755 none {closed}" for closed in set(wanted.values())]
    lines += [f"mkdir -p {path} && mount --bind {kept[path]} {path}" for path in wanted]
    return "\n".join(lines)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the tests are run by an ordinary user already"
)
@pytest.mark.skipif(not (shutil.which("unshare") and shutil.which("setpriv")), reason="needs util-linux")
def test_attacks_on_an_ordinary_user() -> None:
    """What no submission can do to root, none can do to the user nobody."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        tests = f"HOME={name} exec {AS_NOBODY} {sys.executable} -m pytest -q -p no:cacheprovider tests/hostile/test_hostile.py"
        run = subprocess.run(
            ["unshare", "--mount", "sh", "-ec", f"{uncover(Path(name))}\ncd {ROOT}\n{tests}"],
            capture_output=True,
            text=True,
        )
    if run.stderr.startswith("unshare:"):
        pytest.skip("root may not make mount namespaces here")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout
