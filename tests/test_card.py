"""The card: what a learner reads of one exercise, as HTML and as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from grader import card
from grader.card.gallery import examples, gallery
from grader.style import RED
from grader.verdict import HELD, Score, Verdict

UNWRITTEN, NAMED, RIGHT, PASSED, HELD_BACK, PORTABLE, HOST_ONLY, *OTHERS = examples()


class Reader(HTMLParser):
    """The text, the tags and the inline styles of a page; unclosed or crossed tags are an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.styles: list[str] = []
        self.tags: set[str] = set()
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.styles += [value for name, value in attrs if name == "style" and value]
        if tag not in ("br", "meta"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


@pytest.mark.parametrize("shown", [card.text(NAMED), Reader(card.html(NAMED)).text], ids=["text", "html"])
def test_first_failure_is_told_whole(shown: str) -> None:
    """A card has the score, every rule, and of the first failing check the case, the call, expected, got and the largest error."""
    verdict = NAMED.checks[1]
    wanted = [
        "roc_auc",
        "The share of pairs in the right order",
        "Ties count one half",
        "two rows tied",
        verdict.call,
        "largest error",
    ]
    assert [words for words in wanted if words not in shown] == []
    assert re.search(r"2\s*/ 5 points", shown)
    assert NAMED.sentence.partition("`")[0] in shown and "ordinal-ranks" in shown


def test_only_the_first_failure_is_told_whole() -> None:
    """Of a second failing check only its rule is shown: one thing to fix at a time."""
    second = Verdict("Refuses empty input", "failed", 1.0, "It returned 0 for no rows.", case="no rows")
    score = Score("roc_auc", (*NAMED.checks, second))
    for shown in (card.text(score), card.html(score)):
        assert "Refuses empty input" in shown
        assert "no rows" not in shown


@pytest.mark.parametrize("show", [card.text, lambda score: Reader(card.html(score)).text], ids=["text", "html"])
def test_badge_tells_whether_it_runs_on_a_gpu(show: Callable[[Score], str]) -> None:
    """Beside the marks, which are the same, the card says what would not run on another device; unasked it says nothing."""
    assert "4 / 4 points" in card.text(HOST_ONLY)
    assert "portable" not in show(PASSED)
    assert "not portable" not in show(PORTABLE) and "portable" in show(PORTABLE)
    assert "not portable" in show(HOST_ONLY) and "(y == 1).sum()" in show(HOST_ONLY)


@pytest.mark.parametrize("score", OTHERS, ids=lambda score: score.checks[1].outcome)
def test_each_outcome_has_its_mark_and_words(score: Score) -> None:
    """An outcome other than a plain pass or fail is said in words, not by a sign alone."""
    outcome = score.checks[1].outcome
    for shown in (card.text(score), card.html(score)):
        assert card.MARKS[outcome] in shown
        assert f"What {outcome} looks like." in shown
        assert re.search(r"Ties count one half (<em>)?\(", shown)


def test_held_checks_are_not_called_failures() -> None:
    """A check that passes by itself while the first one fails is marked as such, explained once, and never as the thing to fix."""
    assert HELD_BACK.score == 0
    assert card.first_failure(HELD_BACK) == HELD_BACK.checks[0]
    assert f"(✓) {HELD}" in card.text(HELD_BACK)
    assert Reader(card.html(HELD_BACK)).text.count(HELD) == 1


def test_passed_card_is_short() -> None:
    """When all checks pass, the card says so and has nothing to fix."""
    assert "all checks pass" in card.html(PASSED)
    assert "5 / 5 points" in card.text(PASSED)
    assert not {"expected", "got", "case"} & set(Reader(card.html(PASSED)).text.split())


def test_text_of_an_answer_is_escaped() -> None:
    """Nothing that an answer returns or raises becomes part of the page."""
    nasty = "<script>alert('x')</script>&<b>"
    verdict = Verdict(nasty, "failed", 1.0, nasty, case=nasty, expected=nasty, got=nasty, error=nasty)
    page = Reader(card.html(Score(nasty, (verdict,), nasty, nasty)))
    assert not {"script", "b"} & page.tags
    assert page.text.count(nasty) == 9


def test_code_in_a_sentence_is_set_as_code() -> None:
    """What stands between backquotes is code in HTML, escaped and without them; plain text and values keep them."""
    assert re.fullmatch(r"a <span style=.*monospace.*>x &lt;= y</span> b ` c", card.prose("a `x <= y` b ` c"))
    verdict = Verdict("Takes `k` rows", "failed", 1.0, "`x += 1` changed x", case="`c`", expected="`e`", got="`g`")
    score = Score("take", (verdict,), "in-place", "`x += 1` works in place")
    shown = Reader(card.html(score, "`reveal` shows more")).text
    assert shown.count("`") == 6 and shown.count("\nx += 1\n") == 2
    assert card.text(score).count("`x += 1`") == 2


@pytest.mark.parametrize("score", examples(), ids=lambda score: score.checks[-1].outcome)
def test_card_survives_an_untrusted_notebook(score: Score) -> None:
    """No <style>, no script, no <code>; what is said with Lab's variables is said before in plain, and text keeps the theme's own colour."""
    page = Reader(card.html(score))
    assert not {"style", "script", "code", "link", "img"} & page.tags
    for style in page.styles:
        said = [declaration.partition(":")[::2] for declaration in style.split(";")]
        for place, (name, value) in enumerate(said):
            assert "var(" not in value or name in [before for before, plain in said[:place] if "var(" not in plain]
            assert name != "color"
            assert name != "background" or value == "transparent" or value.startswith("rgba(")


def test_gallery_shows_every_outcome() -> None:
    """`python -m grader.card` writes a page with a card of every outcome, on white and on black."""
    shown = Reader(gallery()).text
    assert all(shown.count(mark) >= 2 for mark in card.MARKS.values())


def test_unwritten_is_grey_and_told_in_a_word() -> None:
    """An exercise that is not written has no red on its card, and nothing is held against it."""
    assert "not written yet" in card.text(UNWRITTEN)
    assert RED not in card.html(UNWRITTEN)


def test_right_is_told_from_wrong() -> None:
    """Where all results hold the card says so, and shows every rule that is open, none of them red."""
    shown = card.text(RIGHT)
    assert "right: all results hold, 2 rules are open" in shown
    assert shown.count("must raise ValueError") == 2
    assert RED not in card.html(RIGHT)


def test_relation_stands_below_its_check() -> None:
    """What is told of the values, where no known mistake fits, stands with the check."""
    assert "1 minus what was expected" in card.text(HELD_BACK)


def test_what_it_printed_is_folded() -> None:
    """What the answer printed in the failing case is there, folded."""
    assert "ranks: [1 2]" in card.text(NAMED)
    assert "<details" in card.html(NAMED)
