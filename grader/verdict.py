"""What grading says: plain frozen data, and their JSON (the contract of `prep grade --json`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

NoteKind = Literal["syntax", "error", "left out", "dropped"]
Outcome = Literal["passed", "failed", "error", "timeout", "memory", "died", "missing", "broken"]
State = Literal["unwritten", "wrong", "right", "complete"]
Status = Literal["graded", "unreadable"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error", "timeout", "memory", "died", "missing", "broken")
HELD = "Passed by itself, but counts only once the first check passes."


def printable(name: str) -> str:
    r"""A file's name as text that can be kept and printed anywhere.

    Control characters, and bytes that are no text, are written \xNN.
    """
    return "".join(map(_printable, name))


def _printable(letter: str) -> str:
    if letter.isprintable():
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Case:
    """One set of inputs of a check: its name, the arguments, and what an oracle says about them (None: no oracle)."""

    name: str
    args: tuple[Any, ...]
    expected: Any = None


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about a submission's cells, and of what kind it is."""

    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check said about one answer. `points` is what the check is worth; they count only when it passed.

    `case`, `call`, `expected`, `got`, `error` (the largest difference, as text) and `printed` tell
    of the smallest failing case; they are for the card and stay out of the JSON. `held`: the check
    passed by itself, and earns nothing because the exercise's first check did not. `rule`: it asks
    for refusals, dtypes or layouts, and not for results, or only such was wrong. `mistake` is the
    slug of the known mistake that explains it and `sentence` what is said of that, `relation` a
    sentence about its values where no known mistake does.
    """

    name: str
    outcome: Outcome
    points: float
    message: str = ""
    core: bool = False
    case: str = ""
    expected: str = ""
    got: str = ""
    error: str = ""
    held: bool = False
    rule: bool = False
    unwritten: bool = False
    mistake: str | None = None
    relation: str | None = None
    sentence: str = ""
    call: str = ""
    printed: str = ""

    @property
    def score(self) -> float:
        return self.points if self.outcome == "passed" else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "outcome": self.outcome,
            "points": self.points,
            "message": self.message,
            "mistake": self.mistake,
            "relation": self.relation,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """One exercise of one submission: its verdicts, and the known mistake that explains its first failed check.

    First is in the order core, other results, rules. `mistake` is the slug, `sentence` what is said
    of it.

    `backend` is the array library other than NumPy that a right answer was tried on, `obstacle`
    what keeps it from running there.
    """

    name: str
    checks: tuple[Verdict, ...]
    mistake: str | None = None
    sentence: str = ""
    backend: str = ""
    obstacle: str = ""

    @property
    def score(self) -> float:
        return float(sum(check.score for check in self.checks))

    @property
    def max_score(self) -> float:
        return float(sum(check.points for check in self.checks))

    @property
    def passed(self) -> bool:
        return all(check.outcome == "passed" for check in self.checks)

    @property
    def state(self) -> State:
        """Where the exercise stands.

        Right means all results, and only rules (refusals, dtypes, layouts) open.
        """
        if self.passed:
            return "complete"
        if self.checks[0].outcome == "missing" or self.checks[0].unwritten:
            return "unwritten"
        results = [check.outcome for check in self.checks if not check.rule]
        return "wrong" if set(results) - {"passed"} else "right"

    def to_json(self) -> dict[str, Any]:
        fields = {
            "name": self.name,
            "state": self.state,
            "score": self.score,
            "max_score": self.max_score,
            "mistake": self.mistake,
            "checks": [check.to_json() for check in self.checks],
        }
        if self.backend:
            fields |= {"backend": self.backend, "portable": not self.obstacle, "obstacle": self.obstacle or None}
        return fields


@dataclass(frozen=True, slots=True)
class Result:
    """One submission, graded or unreadable. `notes` tell of its cells: which failed, what was printed too much.

    `seed` is that of the earlier run which graded it, where it has not changed since and the report's is another.
    """

    student: str
    path: str
    status: Status
    exercises: tuple[Score, ...]
    reason: str | None = None
    seconds: float = 0.0
    notes: tuple[Note, ...] = ()
    seed: int | None = None

    @property
    def score(self) -> float:
        return float(sum(exercise.score for exercise in self.exercises))

    @property
    def max_score(self) -> float:
        return float(sum(exercise.max_score for exercise in self.exercises))

    def to_json(self) -> dict[str, Any]:
        fields = {
            "student": self.student,
            "path": printable(self.path),
            "status": self.status,
            "reason": self.reason,
            "score": self.score,
            "max_score": self.max_score,
            "seconds": round(self.seconds, 4),
            "exercises": [exercise.to_json() for exercise in self.exercises],
        }
        if self.seed is not None:
            fields["seed"] = self.seed
        return fields

    def sharing(self, known: dict[Score, Score]) -> Result:
        """The same result, with the known score in the place of each that is equal to one.

        A class has many submissions and few different scores: kept like this they take a tenth of the memory.
        """
        return replace(self, exercises=tuple(known.setdefault(score, score) for score in self.exercises))

    def pack(self) -> str:
        """The whole result as text, nothing left out: what the journal keeps."""
        return json.dumps(self, default=_fields)

    @classmethod
    def unpack(cls, text: str) -> Result:
        """The result that `pack` made the text from."""
        data = json.loads(text)
        exercises = tuple(map(_unpacked_score, data["exercises"]))
        notes = tuple(map(_unpacked_note, data["notes"]))
        return cls(**{**data, "exercises": exercises, "notes": notes})


def _fields(part: Any) -> dict[str, Any]:
    """What a Score, Verdict or Note holds, by name."""
    return {name: getattr(part, name) for name in part.__slots__}


def _unpacked_score(data: dict[str, Any]) -> Score:
    checks = tuple(_unpacked_verdict(check) for check in data["checks"])
    return Score(**{**data, "checks": checks})


def _unpacked_verdict(data: dict[str, Any]) -> Verdict:
    if "held" not in data:  # a journal of the first edition says by the sentence alone that a check was held back
        data["held"] = data["message"] == HELD
    return Verdict(**data)


def _unpacked_note(data: dict[str, Any] | str) -> Note:
    if isinstance(data, dict):
        return Note(**data)
    # So does it with the kind of a note.
    kinds: tuple[NoteKind, ...] = ("left out", "dropped")
    return Note(next((kind for kind in kinds if kind in data), "error"), data)


@dataclass(frozen=True, slots=True)
class Report:
    """One grading run: the lesson, the seed it can be replayed with, the isolation level that ran, every submission.

    `missing` are the students of the gradebook who handed in nothing, `told` sentences about files
    that were left out and about the gradebook.
    """

    lesson: str
    seed: int
    isolation: str
    submissions: tuple[Result, ...] = field(default_factory=tuple)
    missing: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        fields = {
            "lesson": self.lesson,
            "seed": self.seed,
            "isolation": self.isolation,
            "submissions": [result.to_json() for result in self.submissions],
        }
        # What a class without them does not have stays out, as in files of earlier versions.
        if self.missing:
            fields["missing"] = list(self.missing)
        if self.told:
            fields["told"] = list(self.told)
        return fields

    def json_parts(self) -> Iterator[str]:
        """The text of its JSON in pieces, a submission at a time: a large class's takes a gigabyte at once."""
        empty = json.dumps(replace(self, submissions=()).to_json(), indent=1)
        before, key, after = empty.partition('"submissions": [')
        yield before + key
        for place, result in enumerate(self.submissions):
            text = json.dumps(result.to_json(), indent=1)
            # Deeper by two: a line's end inside a string is written as backslash n, and stays.
            yield (",\n  " if place else "\n  ") + text.replace("\n", "\n  ")
        yield ("\n " if self.submissions else "") + after

    @property
    def ungraded(self) -> tuple[str, ...]:
        """The students whose folder for the lesson holds nothing that could be graded."""
        return tuple(
            result.student
            for result in self.submissions
            if result.status == "unreadable" and not Path(result.path).is_file()
        )

    @property
    def broken(self) -> bool:
        """True when a check of ours failed of itself: the run must not count as a success."""
        return any(
            check.outcome == "broken"
            for result in self.submissions
            for exercise in result.exercises
            for check in exercise.checks
        )
