"""Somebody's function, called as if it were here; and what is said where a call has no value."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from grader.isolation.reply import ENDED, Reply
from grader.isolation.request import Request
from grader.isolation.session import Session, size
from grader.judging.cases import Cases
from grader.judging.program import no_function
from grader.judging.show import show_rows
from grader.verdict import Case, Outcome

_LARGEST = 10_000  # numbers in an example that an answer makes up
Key = tuple[str, int]  # a check's function, and the number of a call in it
# What can be wrong with a reply: the value, its dtype or container, or what the call did beside.
# "all" is anything.
About = Literal["value", "type", "refusal", "changed", "shares", "warned", "all"]
# What is no result. Not the type: where it is another, values were not compared.
_RULES: frozenset[About] = frozenset({"refusal", "changed", "shares", "warned"})


@dataclass(slots=True)
class Trace:
    """What an answer replied to the checks, and what agree, refuse and contract found wrong with each reply.

    Replies that a check judged in another way have no entry in `faults`. `atol` is the absolute error
    that was allowed.
    """

    replies: dict[Key, Reply] = field(default_factory=dict)
    cases: dict[Key, Case] = field(default_factory=dict)
    faults: dict[Key, frozenset[About]] = field(default_factory=dict)
    atol: dict[Key, float] = field(default_factory=dict)
    failed: dict[str, About] = field(default_factory=dict)  # what was told to be wrong in the checks that failed

    def keys(self, check: str) -> list[Key]:
        """A check's calls, in order."""
        return [key for key in self.replies if key[0] == check]

    def noted(self, check: str) -> frozenset[About]:
        """What was found wrong in any of a check's calls."""
        return frozenset[About]().union(*(self.faults.get(key, frozenset()) for key in self.keys(check)))


class Wrong(AssertionError):
    """What a check says about an answer that is not right: a sentence.

    For the card, what was expected and came. `mistake` is the slug of the known mistake that the check
    itself saw, where no two answers give the same values: one that draws, or makes up an example.
    """

    def __init__(
        self,
        message: str,
        *,
        case: str = "",
        expected: Any = None,
        got: Any = None,
        error: str = "",
        outcome: Outcome = "failed",
        about: About = "all",
        unwritten: bool = False,
        call: str = "",
        mistake: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.case = case
        self.expected = _shown(expected)
        self.got = _shown(got)
        self.error = error
        self.outcome: Outcome = outcome
        self.about: About = about
        self.unwritten = unwritten
        self.call = call  # where call, expected and got tell all that the message does
        self.mistake = mistake


def _shown(value: Any) -> str:
    """A value for the card: text as it is, nothing for None, a small matrix in rows."""
    if value is None:
        return ""
    return value if isinstance(value, str) else show_rows(value)


class _Ahead:
    """The calls that checks are known to make, sent before they ask.

    The answer's process need not wait for us between them.
    """

    def __init__(self, plan: Sequence[Case], replies: Iterator[Reply]) -> None:
        self._plan, self._replies, self._at = plan, replies, 0

    def take(self, cases: Sequence[Case]) -> list[tuple[Case, Reply]] | None:
        """Each case with its reply, shorter after one that ended the process.

        None where the plan does not go on with these cases.

        What stands before them in the plan belongs to a check that failed, and did not ask for it.
        """
        rest = range(self._at, len(self._plan))
        # By identity: to compare the arrays would take longer than to send them.
        start = next((index for index in rest if self._plan[index] is cases[0]), -1)
        planned = self._plan[start : start + len(cases)] if start >= 0 else ()
        if len(planned) != len(cases):
            return None
        if any(one is not other for one, other in zip(planned, cases, strict=True)):
            return None
        # The replies before `start` are taken and dropped, so that the next one is that of `cases[0]`.
        dropped = itertools.islice(self._replies, start - self._at)
        if any(reply.kind in ENDED for reply in dropped):
            return None
        self._at = start + len(cases)
        return list(zip(cases, self._replies, strict=False))


class Answer:
    """Somebody's function, to be called as if it were here.

    Every reply is recorded under the check that asked.

    `plan` are the cases that the checks ask a right answer, in this order; `results` the names of the
    values that it returns.
    """

    def __init__(
        self,
        name: str,
        session: Callable[[], Session],
        cases: Cases,
        plan: Sequence[Case] = (),
        results: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.results = results
        self.check = ""
        self.trace = Trace()
        self.seen: dict[str, str] = {}  # the slugs of mistakes that checks saw themselves
        self.asked: list[tuple[Case, Reply]] = []
        self.last: Any = None
        self.failing: Case | None = None  # the first case on which a check failed
        self.ended: Reply | None = None
        self._session = session
        self.cases = cases
        self._index = 0
        self._plan = plan
        self._ahead: _Ahead | None = None

    def plan(self) -> Sequence[Case]:
        """What was asked, for other answers to be asked ahead.

        Nothing where cases were made for this answer alone.
        """
        cases = [case for case, _ in self.asked]
        return cases if all(map(self.cases.keeps, cases)) else ()

    def begin(self, check: str) -> None:
        """From now on calls are recorded under this check."""
        self.check, self._index = check, 0

    def __call__(self, *args: Any) -> Any:
        """The value of one call; Wrong when there is none."""
        return next(self.on([Case("", args)]))[1]

    def on(self, cases: Iterable[Case]) -> Iterator[tuple[Case, Any]]:
        """Each case with the value of its call; Wrong at the first that has none."""
        for case, reply in self.replies(cases):
            if reply.kind != "value":
                self.no_value(case, reply)
            # A counterexample: a check computes with it, on our side and without a limit.
            if not case.args and size(reply.value) > _LARGEST:
                what = f"{self.name}() returned {size(reply.value)} numbers; a small example says more"
                raise Wrong(f"{what}: {_LARGEST} at most.", got=reply.value)
            self.last = reply.value
            yield case, reply.value

    def replies(self, cases: Iterable[Case]) -> list[tuple[Case, Reply]]:
        """Each case with whatever came of its call.

        Shorter when a call ended the answer's process.
        """
        cases = list(cases)
        if self._plan and not self._ahead:
            self._ahead = _Ahead(self._plan, self._calls(self._plan))
        answered = self._ahead.take(cases) if self._ahead and cases else None
        if answered is None:
            # The answer is asked something else than the reference was: from here on call by call.
            self._plan, self._ahead = (), None
            answered = list(zip(cases, self._calls(cases), strict=False))
        self.asked += answered
        for case, reply in answered:
            key = self.check, self._index
            self.trace.replies[key], self.trace.cases[key] = reply, case
            self._index += 1
            if reply.kind in ENDED:
                self.ended = reply
        return answered

    def asked_last(self, name: str) -> tuple[Case, Reply] | None:
        """The last call on a case of this name, in the check that is running.

        The last call of all where it has none.
        """
        for key in reversed(self.trace.keys(self.check)):
            if self.trace.cases[key].name == name or not name:
                return self.trace.cases[key], self.trace.replies[key]
        return None

    def values(self) -> list[tuple[Case, Any]]:
        """Each case of the check that is running with the value of its call; nothing where a call had none."""
        keys = self.trace.keys(self.check)
        if any(self.trace.replies[key].kind != "value" for key in keys):
            return []
        return [(self.trace.cases[key], self.trace.replies[key].value) for key in keys]

    def judged(self, faults: Sequence[frozenset[About]], atols: Sequence[float] = ()) -> None:
        """Note what a check found wrong with each of the last replies, and what error it allowed."""
        first = self._index - len(faults)
        for place, found in enumerate(faults):
            self.trace.faults[self.check, first + place] = found
        for place, atol in enumerate(atols):
            self.trace.atol[self.check, first + place] = atol

    def is_right_but_for_rules(self, check: str) -> bool:
        """Whether what was found wrong in a failed check is beside its results: a warning, a missing refusal."""
        return self.trace.noted(check) | {self.trace.failed[check]} <= _RULES

    def _calls(self, cases: Sequence[Case]) -> Iterator[Reply]:
        return self._session().calls([self.cases.request(self.name, case) for case in cases])

    def text(self, case: Case) -> str:
        """The call as one would write it."""
        return self.cases.text(self.name, case)

    def no_value(self, case: Case, reply: Reply, about: About = "value") -> NoReturn:
        """Wrong, with what came in place of a value."""
        outcome, message = failure(self, case, reply)
        got = reply.raised[0] if reply.raised else None
        raise Wrong(
            message,
            case=case.name,
            outcome=outcome,
            expected=case.expected,
            got=got,
            about=about,
            # What the stub raises: an exercise that nobody wrote is not a wrong answer.
            unwritten=got == "NotImplementedError",
        )

    def on_device(self, cases: Iterable[Case], backend: str) -> list[Reply]:
        """What comes of calls with arrays on a backend's device.

        They stay out of the record, being no check's.
        """
        requests = [Request.of(self.name, case.args, backend) for case in cases]
        return list(self._session().calls(requests))


def failure(answer: Answer, case: Case, reply: Reply) -> tuple[Outcome, str]:
    """The outcome of a call without a value, and its sentence."""
    call = answer.text(case)
    if reply.kind == "raised":
        if reply.raised[0] == "NotImplementedError":
            return "error", f"{answer.name} is not written yet: it raises NotImplementedError."
        where = f" (line {reply.line}: {reply.code})" if reply.line else ""
        return "error", f"{call} raised {reply.raised[0]}: {reply.text}{where}"
    sentences: dict[str, tuple[Outcome, str]] = {
        "timeout": (
            "timeout",
            f"{call} did not come back in time. "
            "Is there a loop that does not end, or one over elements that numpy could do at once?",
        ),
        "memory": (
            "memory",
            f"{call} asked for more memory than there is: {reply.text} "
            "A result for these inputs is small; is an array made of all pairs?",
        ),
        "died": (
            "died",
            f"The process ended during {call}: something in it calls exit, or crashed outside Python.",
        ),
        "malformed": ("died", f"During {call} the process sent something that is no reply: {reply.text}."),
        "unfit": ("failed", f"{call} returned what cannot be taken: {reply.text}."),
        "missing": ("missing", no_function(answer.name)),
    }
    return sentences[reply.kind]
