"""First drafts as people write them: a mistake that is named is the one that was made, and no draft gets full marks.

A lesson's drafts.py holds functions EXERCISE__what_it_does whose docstring begins with what must be named: a slug, `a or b` where
either is true, `none` where no known mistake applies, `right` where the results are right and only rules are missing (then a
rule's mistake may be named, or nothing). The run writes artifacts/drafts-NAME.md with precision and recall. PREP_SEEDS is the
number of seeds over which a draft's score and name must stay the same: 2, or 20 for a full run.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest
from helpers import ROOT

from grader.course.catalogue import Lesson, all_lessons
from grader.course.exercises import Variant, read_variants
from grader.course.submission import read
from grader.isolation.host import Host
from grader.judging.judge import Judge
from grader.judging.program import Program
from grader.verdict import Score

SEEDS = range(2000, 2000 + int(os.environ.get("PREP_SEEDS", "2")))
LESSONS = [lesson for lesson in all_lessons(ROOT) if (lesson.folder / "drafts.py").exists()]
LEAST_RECALL = 0.85
TURN = 10.0  # seconds until the next drafts get a process of their own: one program has a minute in all


@dataclass(frozen=True)
class Draft:
    """A first draft, what must be named of it, and what was, seed by seed."""

    variant: Variant
    wanted: tuple[str, ...]
    scores: tuple[Score, ...]

    @property
    def named(self) -> str | None:
        return self.scores[0].mistake

    @property
    def nameable(self) -> bool:
        return self.wanted[0] not in ("none", "right")

    @property
    def true(self) -> bool:
        """Whether what is named is true of it; so is nothing."""
        if self.named is None or self.named in self.wanted:
            return True
        return self.wanted == ("right",) and self.scores[0].state == "right"


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.name)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param


@pytest.fixture(scope="module")
def drafts(lesson: Lesson, host: Host) -> list[Draft]:
    """Every draft of a lesson, judged under each seed."""
    variants = read_variants(lesson.folder / "drafts.py", [exercise.name for exercise in lesson.exercises])
    by_seed = [list(_scores(Judge(lesson, host, seed), variants, "drafts.py")) for seed in SEEDS]
    found = [Draft(v, _wanted(v), tuple(scores)) for v, *scores in zip(variants, *by_seed, strict=True)]
    _write_report(lesson, found)
    return found


def _wanted(variant: Variant) -> tuple[str, ...]:
    head, colon, _ = variant.sentence.partition(":")
    assert colon, f"{variant.function}: its docstring begins with the slug that must be named, and a colon"
    return tuple(re.split(r" or ", head.strip().strip("`")))


def _scores(judge: Judge, variants: Sequence[Variant], file: str) -> Iterator[Score]:
    cells, left = read(judge.lesson.folder / file), deque(variants)
    judge.prepare()
    while left:
        with closing(Program(cells, judge.host.open)) as program:
            begun = time.monotonic()
            while left and time.monotonic() - begun < TURN:
                variant = left.popleft()
                program.rename({variant.exercise: variant.function})
                yield judge.score(judge.lesson.exercise(variant.exercise), program)


def _write_report(lesson: Lesson, drafts: list[Draft]) -> None:
    precision, recall = _precision(drafts), _recall(drafts)
    told = sum(draft.named is None and any(c.relation for c in draft.scores[0].checks) for draft in drafts)
    lines = [
        f"# First drafts of {lesson.name}",
        "",
        f"{len(drafts)} drafts, {len(SEEDS)} seeds: precision {precision:.3f}, recall {recall:.3f}; a relation told of {told}.",
        "",
        "| draft | wanted | named | state | points |",
        "|---|---|---|---|---|",
    ]
    for draft in drafts:
        score = draft.scores[0]
        mark = "" if draft.true else " (false)"
        wanted = " or ".join(draft.wanted)
        points = f"{score.score:g} / {score.max_score:g}"
        lines.append(f"| {draft.variant.function} | {wanted} | {draft.named or '-'}{mark} | {score.state} | {points} |")
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    (folder / f"drafts-{lesson.name}.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _precision(drafts: list[Draft]) -> float:
    named = [draft for draft in drafts if draft.named]
    return sum(draft.true for draft in named) / max(len(named), 1)


def _recall(drafts: list[Draft]) -> float:
    nameable = [draft for draft in drafts if draft.nameable]
    return sum(draft.named in draft.wanted for draft in nameable) / max(len(nameable), 1)


def test_names_are_true(drafts: list[Draft]) -> None:
    """What is named is what was done; a draft of which nothing known is true has no name."""
    assert not [f"{d.variant.function} is taken for {d.named}" for d in drafts if not d.true]


def test_names_of_right_drafts_are_about_rules(lesson: Lesson, drafts: list[Draft], host: Host) -> None:
    """A right draft is not named after a mistake whose own results are wrong."""
    named = {(draft.variant.exercise, draft.named) for draft in drafts if draft.wanted == ("right",)}
    mistakes = [variant for variant in lesson.mistakes if (variant.exercise, variant.slug) in named]
    scores = _scores(Judge(lesson, host, SEEDS[0]), mistakes, "mistakes.py")
    assert not [each.function for each, score in zip(mistakes, scores, strict=True) if score.state != "right"]


def test_most_mistakes_are_named(lesson: Lesson, drafts: list[Draft]) -> None:
    """Of the drafts that make a known mistake at least 85 % are named."""
    missed = [draft.variant.function for draft in drafts if draft.nameable and draft.named is None]
    assert _recall(drafts) >= LEAST_RECALL, missed


def test_no_draft_is_complete(drafts: list[Draft]) -> None:
    """No draft gets full marks; one that is right but for rules says so."""
    complete = [draft.variant.function for draft in drafts if draft.scores[0].passed]
    not_right = [
        draft.variant.function for draft in drafts if draft.wanted == ("right",) and draft.scores[0].state != "right"
    ]
    assert (complete, not_right) == ([], [])


def test_seeds_change_nothing(drafts: list[Draft]) -> None:
    """A draft has the same points and the same name whatever the seed."""
    changing = []
    for draft in drafts:
        seen = {(score.score, score.mistake) for score in draft.scores}
        if len(seen) > 1:
            changing.append(f"{draft.variant.function}: {sorted(seen, key=str)}")
    assert not changing
