"""A lesson's concept questions and their mark schemes as data, read from lesson.py."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

_CELL = re.compile(
    r'^# %% \[markdown\](?P<marks>.*\bquestion="(?P<slug>[^"]+)".*)\n(?P<body>(?:(?!# %%).*\n)*)',
    re.MULTILINE,
)
_POINTS = re.compile(r"\bpoints=([\d.]+)")
_TITLE = re.compile(r"^#+ +(?:Q\. +)?(.+?)(?: +\*\([^)]*\)\*)?$", re.MULTILINE)
_SCHEME = re.compile(r"=== BEGIN MARK SCHEME ===\n(.*?)=== END MARK SCHEME ===", re.DOTALL)
_PART = re.compile(
    r"^\*\*(Must mention|Red flags|A strong answer|A weak candidate|Follow-ups)[^*]*\*\*(?: *\(([^)]*)\))?:? *",
    re.MULTILINE,
)
_FOLLOW_UP = re.compile(r"\*(?P<question>[^*]+)\* *(?P<answer>.*)")
ITEM_ENDS = re.compile(
    r"(?:;|(?<=\?)) +(?!\(|[^()]*\))"
)  # in a list on one line: not in brackets, nor before an answer in them


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What an interviewer asks next, and a short answer ("" where a mark scheme has none)."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """A concept question: what an answer must mention, what costs a point, and answers to learn from.

    `text` is what stands below its title, `rule` says what each point is worth.
    """

    slug: str
    title: str
    points: float
    must: tuple[str, ...]
    text: str = ""
    rule: str = ""
    red_flags: tuple[str, ...] = ()
    strong: str = ""
    weak: str = ""
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def each(self) -> float:
        """What one of the points to mention is worth.

        A rubric with more lines than points wants "any three"; with fewer, each is worth its part.
        """
        return max(1.0, self.points / (len(self.must) or 1))


def read_questions(text: str) -> tuple[Question, ...]:
    """The concept questions in the text of a lesson.py, in their order."""
    return tuple(_question(cell) for cell in _CELL.finditer(text))


def _question(cell: re.Match[str]) -> Question:
    body = re.sub(r"^# ?", "", cell["body"], flags=re.MULTILINE)
    title = _TITLE.search(body)
    points = _POINTS.search(cell["marks"])
    scheme = _SCHEME.search(body)
    parts = _parts(scheme[1]) if scheme else {}
    texts = defaultdict(str, {name: text for name, (_, text) in parts.items()})
    rule, _ = parts.get("Must mention", ("", ""))
    follow_ups = tuple(_follow_up(item) for item in _items(texts["Follow-ups"]))
    return Question(
        slug=cell["slug"],
        title=title[1] if title else cell["slug"],
        points=float(points[1]) if points else 1.0,
        must=_items(texts["Must mention"]),
        text=_SCHEME.sub("", body[title.end() if title else 0 :]).strip(),
        rule=rule,
        red_flags=_items(texts["Red flags"]),
        strong=_one_line(texts["A strong answer"]),
        weak=_one_line(texts["A weak candidate"]),
        follow_ups=follow_ups,
    )


def _parts(scheme: str) -> dict[str, tuple[str, str]]:
    """The parts of a mark scheme by their bold words: what stands in brackets behind, and the text."""
    _, *found = _PART.split(scheme)
    parts = zip(found[::3], found[1::3], found[2::3], strict=True)
    return {name: (rule or "", text) for name, rule, text in parts}


def _items(text: str) -> tuple[str, ...]:
    """The items of a list, or of a line that separates them by semicolons."""
    bullets = re.split(r"^- +", text, flags=re.MULTILINE)
    items = bullets[1:] if len(bullets) > 1 else ITEM_ENDS.split(_one_line(text))
    lines = (_one_line(item) for item in items)
    return tuple(line for line in lines if line)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _follow_up(item: str) -> FollowUp:
    match = _FOLLOW_UP.fullmatch(item)
    return FollowUp(match["question"], match["answer"]) if match else FollowUp(item, "")
