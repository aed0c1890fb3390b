"""The command line as a user meets it: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader import backends
from grader.classroom.terminal import Progress
from grader.cli import main


@pytest.fixture
def course(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course to stand in, with submissions in class/."""
    folder = tiny / "class"
    folder.mkdir()
    shutil.copy(tiny / "solutions" / "tiny" / "lesson.py", folder / "ada.py")
    (folder / "ben.py").write_text("def mean(x):\n    return x.sum()\n")
    (folder / "cat.ipynb").write_text('{"cells": [')
    monkeypatch.chdir(tiny)
    return tiny


def prep(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_json_alone_on_standard_output(course: Path) -> None:
    """`prep grade --json` prints the contract's JSON and nothing else; every submission has a verdict, so it exits with 0."""
    run = prep("grade", "tiny", "class", "--json", "--seed", "7")
    report = json.loads(run.stdout)
    assert run.exit_code == 0
    assert list(report) == ["lesson", "seed", "isolation", "submissions"]
    assert (report["lesson"], report["seed"]) == ("tiny", 7)
    ada, ben, cat = report["submissions"]
    assert list(ada) == ["student", "path", "status", "reason", "score", "max_score", "seconds", "exercises"]
    assert [(one["student"], one["status"], one["score"]) for one in (ada, ben, cat)] == [
        ("ada", "graded", 4.0),
        ("ben", "graded", 0.0),
        ("cat", "unreadable", 0.0),
    ]
    assert ben["exercises"][0]["mistake"] == "sum"
    assert list(ben["exercises"][0]["checks"][0]) == ["name", "outcome", "points", "message", "mistake", "relation"]
    assert "cut off" in cat["reason"]
    # Printed piece by piece, it is the text that json writes as a whole.
    assert run.stdout == json.dumps(report, indent=1) + "\n"


def test_a_lesson_is_one_folder(course: Path) -> None:
    """Adding a lesson touches one folder: copied under another name it is built, listed and graded."""
    shutil.copytree(course / "solutions" / "tiny", course / "solutions" / "second")
    assert "built lessons/second/second.ipynb" in prep("build").stdout
    assert json.loads(prep("grade", "second", "class/ada.py", "--json").stdout)["submissions"][0]["score"] == 4.0
    assert "0 of 1 exercises done" in prep("status").stdout


def test_stale_lessons_are_named(course: Path) -> None:
    """`prep build --check` exits with 1 and names what is stale, changes nothing, and is content after a build."""
    prep("build")
    hints = course / "solutions" / "tiny" / "hints.md"
    hints.write_text(hints.read_text() + "\n")
    run = prep("build", "--check")
    assert (run.exit_code, "lessons/tiny/hints.md" in run.output) == (1, True)
    prep("build")
    assert prep("build", "--check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grade", "tinny", "class"), "Did you mean tiny?"),
        (("grade", "tiny", "nowhere"), "There is no file or folder nowhere"),
        (("grade", "tiny", "solutions/tiny/hints.md"), "no notebook"),
        (("grade", "tiny"), "Missing argument"),
        (("grade", "tiny", "class", "--isolation", "some"), "Invalid value"),
        (("check", "tiny", "nowhere.py"), "There is no file"),
        (("check", "tiny"), "prep lab tiny"),
        (("hint", "meen"), "Did you mean mean?"),
        (("reset", "tiny", "meen"), "Did you mean mean?"),
        (("nonsense",), "No such command"),
    ],
)
def test_wrong_usage_is_a_sentence(course: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage exits with 2 and says in a sentence what there is instead."""
    run = prep(*arguments)
    assert run.exit_code == 2
    assert words in run.output
    assert "Traceback" not in run.output


def test_broken_check_fails_the_run(course: Path) -> None:
    """When a check of ours is broken, the verdicts are printed and the exit status is 1."""
    checks = course / "solutions" / "tiny" / "checks.py"
    checks.write_text(
        checks.read_text() + '\n\n@points(1)\ndef test_mean_ours(mean, draw):\n    """A rule."""\n    1 / 0\n'
    )
    run = prep("grade", "tiny", "class/ada.py", "--json")
    assert run.exit_code == 1
    assert json.loads(run.stdout)["submissions"][0]["exercises"][0]["checks"][-1]["outcome"] == "broken"


def test_names_that_are_no_text(course: Path) -> None:
    """A file whose name holds bytes that are no UTF-8, or a line's end, is graded like any other, and named so that it can be read."""
    for name in (b"caf\xe9", b"two\nlines", "zoë 😀".encode()):
        Path(os.fsdecode(os.fsencode(course / "class") + b"/" + name + b".py")).write_text(
            "def mean(x):\n    return sum(x) / len(x)\n"
        )
    for _ in range(2):  # graded, then taken from the journal
        report = json.loads(prep("grade", "tiny", "class", "--json").stdout)
        scores = {each["student"]: each["score"] for each in report["submissions"]}
        assert [scores[name] for name in (r"caf\xe9", r"two\x0alines", "zoë 😀")] == [3.0, 3.0, 3.0]
    assert prep("report", "tiny").stdout == f"{course / 'reports' / 'tiny.html'}\n"
    assert prep("report").stdout == f"{course / 'reports' / 'index.html'}\n"
    assert prep("report", "--out", "page.html").exit_code == 2


def test_unchanged_submissions_are_not_graded_again(course: Path) -> None:
    """The same command again takes what is known, a changed submission is graded, and --force grades all."""
    first = json.loads(prep("grade", "tiny", "class", "--json").stdout)
    again = json.loads(prep("grade", "tiny", "class", "--json").stdout)
    assert again == first
    (course / "class" / "ben.py").write_text("def mean(x):\n    return sum(x) / len(x)\n")
    changed = json.loads(prep("grade", "tiny", "class", "--json").stdout)
    assert changed["submissions"][0] == {**first["submissions"][0], "seed": first["seed"]}  # the run's own is another
    assert changed["submissions"][1]["score"] == 3.0
    replayed = json.loads(
        prep("grade", "tiny", "class", "--json", "--seed", "5").stdout
    )  # other cases than before: all are graded
    assert replayed["seed"] == 5 and not any("seed" in each for each in replayed["submissions"])
    assert json.loads(prep("grade", "tiny", "class", "--json", "--force").stdout)["seed"] != 5


def test_check_and_hints_in_the_terminal(course: Path) -> None:
    """`prep check` prints a card for each exercise, `prep hint` one step more each time."""
    assert "A mistake others have made: sum." in prep("check", "tiny", "class/ben.py").stdout
    steps = [prep("hint", "mean").stdout[:6] for _ in range(4)]
    assert steps == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]
    assert "mean: 0 / 4 after 1 attempt, 3 hints; still there: sum" in prep("status").stdout


def test_failures_of_the_lessons_own_cells_are_not_noted(course: Path) -> None:
    """What fails in a cell as it was handed out is not told as the learner's fault; in the same cell, changed, it is."""
    with open(course / "solutions" / "tiny" / "lesson.py", "a", encoding="utf-8") as file:
        file.write("\n# %%\nimport sklearn.svm\n")
    prep("build")
    notebook = course / "lessons" / "tiny" / "tiny.ipynb"
    mine = course / "class" / "mine.ipynb"
    shutil.copy(notebook, mine)
    assert "note:" not in prep("check", "tiny", "class/mine.ipynb").stdout
    mine.write_text(notebook.read_text().replace("sklearn.svm", "sklearn.svm as mine"))
    assert "sklearn is not available to answers" in prep("check", "tiny", "class/mine.ipynb").stdout


def test_backend_is_a_badge_and_no_mark(course: Path) -> None:
    """`--backend strict` grades as ever, isolated, and says of right answers whether they would run on a GPU, and what would not."""
    (course / "class" / "dan.py").write_text(
        'def mean(x):\n    if x.size == 0:\n        raise ValueError("empty")\n    return x.sum() / x.size\n'
    )
    plain = json.loads(prep("grade", "tiny", "class", "--json", "--seed", "7").stdout)
    tried = json.loads(prep("grade", "tiny", "class", "--json", "--seed", "7", "--backend", "strict").stdout)
    assert [one["score"] for one in tried["submissions"]] == [one["score"] for one in plain["submissions"]]
    scores = {one["student"]: one["exercises"][0] for one in tried["submissions"]}
    assert (scores["ada"]["backend"], scores["ada"]["portable"], scores["ada"]["obstacle"]) == ("strict", True, None)
    assert scores["dan"]["portable"] is False and "line 4: return x.sum() / x.size" in scores["dan"]["obstacle"]
    assert "portable" not in scores["ben"]  # a wrong answer has other worries
    assert "not portable" in prep("check", "tiny", "class/dan.py", "--backend", "strict").stdout


def test_gpu_without_isolation_only(course: Path) -> None:
    """Grading on a GPU is refused with a sentence where it would be isolated, and where there is no GPU."""
    refused = prep("grade", "tiny", "class", "--backend", "cupy")
    assert refused.exit_code == 2 and "--isolation none" in refused.stderr
    if backends.available()["cupy"]:
        assert prep("grade", "tiny", "class", "--backend", "cupy", "--isolation", "none").exit_code == 2
        assert backends.available()["cupy"] in prep("check", "tiny", "class/ada.py", "--backend", "cupy").stderr


def test_a_mock_interview_that_waits_for_scores(course: Path) -> None:
    """Whoever stops after handing in is told of the open scores, and no other interview is drawn until it is asked for."""
    prep("build")
    prep("mock", "--seed", "7", "--minutes", "10")
    CliRunner().invoke(main, ["mock", "--hand-in", "class/ada.py"], input="it is skewed\n\n\n")
    assert "mock-7 is handed in, but 1 answer has no score yet" in prep("mock").stdout
    assert "left of 45 minutes" in prep("mock", "--new").stdout


def test_a_mock_interview_and_its_history(course: Path) -> None:
    """`prep mock` draws, goes on with the open one, hands a file in and keeps the history; `prep review` says what is due."""
    prep("build")
    assert "left of 10 minutes" in prep("mock", "--seed", "7", "--minutes", "10").stdout
    again = prep("mock").stdout
    assert "mock-7" in again and "prep mock --new" in again
    answers = "\n".join(["it is skewed", "", "", "y", "y", "n", "n", ""])
    done = CliRunner().invoke(main, ["mock", "--hand-in", "class/ada.py"], input=answers, catch_exceptions=False)
    assert "code 4 / 4, talk 2 / 2" in done.stdout
    assert "talk 2 / 2" in prep("mock", "--history").stdout
    assert "talk 2 / 2" in prep("mock", "--hand-in").stdout
    assert prep("mock", "--hand-in", "class/ada.py").exit_code == 2
    assert json.loads(prep("grade", "mock-7", "class", "--json").stdout)["submissions"][1]["score"] == 0.0
    assert prep("review").stdout == "Nothing is due today.\n"


def test_who_is_waited_for_stands_beside_the_bar() -> None:
    """A few names, and how many more; none once they are done."""
    said: list[str] = []
    bar = Progress("Grading")
    bar._show = said.append
    for students in (["ada"], ["ada", "bob", "cyd", "dan", "eve"], []):
        bar.slow(students)
    assert said == ["Grading (still at ada)", "Grading (still at ada, bob, cyd and 2 more)", "Grading"]
