"""Hostile submissions, each a small file that says what it tries: none gains a point, none leaves a trace, none disturbs the next.

`marks/` want points without an answer, `harm/` want something else. `prep grade` takes these folders like any others.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT, TINY

from grader.course.catalogue import find_lesson
from grader.course.submission import Submission
from grader.isolation import policy
from grader.isolation.host import Host
from grader.isolation.policy import Level, Limits
from grader.judging.judge import Judge

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's")
HERE = Path(__file__).parent
HONEST = Submission("ada", HERE / "honest.py")
ATTACKS = sorted(HERE.glob("*/*.py"))
LEVELS = [level for level in policy.LEVELS[:2] if not policy.obstacle(level)]
LIMITS = Limits(
    cells=0.6, call=0.3, total=8.125, memory=2**28
)  # a total that no other test has: it names our processes
SECRET = "prep-secret-4711"
PLACES = [
    Path(str(place))
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", "/run", "/", ROOT, Path.home(), *sys.path)
    if place
]


@pytest.fixture(scope="module", params=LEVELS)
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    level: Level = request.param
    os.environ["PREP_SECRET"] = SECRET
    with Host(level, LIMITS) as host:
        judge = Judge(find_lesson("tiny", TINY), host, seed=11)
        assert judge.result(HONEST).score == 4.0
        yield judge
    del os.environ["PREP_SECRET"]
    assert not processes(), "a process outlived its grader"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[socket.socket]]:
    """What a submission might reach on this machine."""
    listening = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", 47811)), (socket.AF_UNIX, "\0prep-trace")):
        with contextlib.suppress(OSError):  # another run of these tests has it
            server = socket.socket(family)
            listening.append(server)
            server.bind(address)
            server.listen()
            server.setblocking(False)
    yield listening
    for server in listening:
        server.close()


def processes() -> set[str]:
    """The processes of this test's hosts."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(LIMITS.total).encode() in path.read_bytes():
                found.add(path.parent.name)
    return found


def traces() -> set[str]:
    """Files that a submission left behind, wherever a program can usually write."""
    names = ("prep-trace*", "prep_trace*", "sitecustomize.py", "usercustomize.py")
    return {
        str(path)
        for place in PLACES
        for name in names
        for path in place.glob(name)
        if name[4:5] in "-_" or "tests/hostile" in str(path)
    }


def metadata() -> list[tuple[int, int, float]]:
    return [
        (status.st_mode, status.st_uid, status.st_mtime) for status in map(os.stat, (ROOT / "README.md", Path.home()))
    ]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_attack(judge: Judge, servers: list[socket.socket], attack: Path) -> None:
    """It scores 0 with a verdict for every check, tells nothing of this machine, leaves nothing, and the next submission is graded as ever."""
    before = metadata(), processes()
    result = judge.result(Submission("mallory", attack))
    assert (result.status, result.score, result.max_score) == ("graded", 0.0, 4.0)
    said = json.dumps(result.to_json(), ensure_ascii=False).encode()
    for told in (SECRET, "root:x", str(ROOT), "PATH="):
        assert told.encode() not in said.replace(str(attack).encode(), b"").replace(
            sys.prefix.encode(), b""
        )  # its interpreter is no secret
    assert b"\\u001b" not in said
    assert (metadata(), processes()) == before
    assert not traces()
    for server in servers:
        with pytest.raises(BlockingIOError):
            server.accept()
    assert judge.result(HONEST).score == 4.0


def test_there_are_enough() -> None:
    """At least forty attacks, and each says what it tries."""
    assert len(ATTACKS) >= 40
    assert all(path.read_text().startswith('"""') for path in ATTACKS)
