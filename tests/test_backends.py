"""One text for NumPy and CuPy: every reference runs on another library's arrays on another device, on the cases its checks draw."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import ROOT

from grader import backends
from grader.backends import Backend
from grader.course.catalogue import Lesson, all_lessons
from grader.course.right_answers import references
from grader.course.submission import read
from grader.desk.kernel import session_here
from grader.isolation.host import Host
from grader.isolation.message import Rng
from grader.isolation.policy import Limits
from grader.judging.answer import Answer
from grader.judging.cases import Cases
from grader.judging.judge import Judge
from grader.judging.portability import obstacle
from grader.judging.program import Program
from grader.verdict import Case, Score

LESSONS = all_lessons(ROOT)
Function = Callable[..., Any]


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.name)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param


def badges(lesson: Lesson, backend: str) -> list[Score]:
    """The scores of a lesson's references, tried on a backend."""
    assert lesson.reference
    with Host("none", backend=backend) as host:
        code = Program(read(lesson.reference), host.open)
        scores = Judge(lesson, host, seed=4).scores(code)
        code.close()
    return list(scores)


def assert_portable(lesson: Lesson, backend: str) -> None:
    scores = badges(lesson, backend)
    assert all(score.passed for score in scores)
    assert {score.name: score.obstacle for score in scores if score.obstacle} == {}
    assert all(score.backend == backend or "counterexample" in score.name for score in scores)


def test_references_run_on_another_device(lesson: Lesson) -> None:
    """On array-api-strict's second device every reference gives NumPy's values and dtypes, and its arrays stay there."""
    assert_portable(lesson, "strict")


def test_trying_leaves_the_marks_alone() -> None:
    """Answers in plain NumPy, one exercise after another, keep full marks however many calls of each would not run on the device."""
    lesson = next(lesson for lesson in LESSONS if lesson.name == "metrics")
    names = {variant.exercise: variant.function for variant in reversed(lesson.approaches)}
    with Host("none", backend="strict") as host:
        code = Program(read(lesson.folder / "approaches.py"), host.open, names)
        scores = Judge(lesson, host, seed=4).scores(code)
        code.close()
    assert [score.name for score in scores if not score.passed] == []
    assert sum(bool(score.obstacle) for score in scores) > 5


@pytest.mark.gpu
@pytest.mark.skipif(bool(backends.available()["cupy"]), reason=backends.available()["cupy"])
def test_references_run_on_the_gpu(lesson: Lesson) -> None:
    """On CuPy every reference gives NumPy's values and dtypes, and its arrays stay on the device."""
    assert_portable(lesson, "cupy")


# The references that need their arguments' values, and what for; all others know from shapes and dtypes alone what to do.
NEEDS_VALUES = {
    "pad_crop": "refuses offsets outside the padded image",
    "fuse_sources": "returns as many rows as are distinct, refuses a label that a map lacks",
    "linear_probe": "refuses labels that are no class",
    "pseudo_label": "returns as many rows as are sure enough",
    "early_stopping": "returns when a loop over the losses ends",
    "stopping_mended": "calls early_stopping",
    "confusion_matrix": "refuses labels that are no class",
    "fbeta_score": "calls confusion_matrix",
    "roc_curve": "returns as many points as there are distinct scores, refuses a single class",
    "roc_auc": "sorts the positives and the negatives apart, so many as there are",
    "average_precision": "sorts the positives and the negatives apart, so many as there are",
    "perplexity": "refuses a mask without a real token",
    "expected_improvement": "math.erfc of each value",
    "loss_scale_step": "says whether to skip the step",
    "scaled_step_mended": "calls loss_scale_step, and compares a norm with a limit",
    "group_split": "draws among as many groups as are distinct",
    "greedy_decode": "returns when a loop over the tokens ends",
    "sample_token": "refuses logits that are all -inf, returns a token",
    "beam_search": "sorts sums of log-probabilities",
    "speculative_step": "returns as many tokens as are kept",
    "tokens_predicted": "adds up powers of a probability, in Python's floats",
    "next_token_mended": "counts the positions that have a next token, refuses texts without one",
    "ppo_clip_loss": "refuses a batch without a real token",
}


@pytest.fixture(scope="session")
def meta() -> Backend:
    """PyTorch's meta device, where arrays have a shape and a dtype and no values: what comes back holds ones."""
    torch = pytest.importorskip(
        "torch", reason="the meta device needs PyTorch, which the test environment does without: pip install torch"
    )

    def put(array: np.ndarray) -> Any:
        return torch.empty(array.shape, dtype=getattr(torch, array.dtype.name), device="meta")

    def get(tensor: Any) -> np.ndarray:
        assert tensor.device.type == "meta"
        return np.ones(tensor.shape, str(tensor.dtype).removeprefix("torch."))

    return Backend("meta", torch.Tensor, put, get)


def outcome(function: Function, args: tuple[Any, ...], device: Backend) -> Any:
    """The shapes and dtypes of what a call gives with its arrays on a device, or its error's name.

    RuntimeError, which is PyTorch's own, where it asks a meta array for a value.
    """
    try:
        value = function(*(_argument(arg, device) for arg in args))
    except RuntimeError:
        raise
    except Exception as error:
        return type(error).__name__
    assert not device.strays(value)
    return _facts(device.to_numpy(value))


def _argument(arg: Any, device: Backend) -> Any:
    if isinstance(arg, Rng):
        return np.random.default_rng(arg.seed)
    return (lambda *args: device.to_device(arg(*device.to_numpy(args)))) if callable(arg) else device.to_device(arg)


def _facts(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_facts(item) for item in value]
    return (value.shape, value.dtype) if isinstance(value, np.ndarray | np.generic) else type(value)


def test_references_need_no_values(lesson: Lesson, meta: Backend, host: Host) -> None:
    """On the meta device the references give NumPy's shapes, dtypes and errors; all but those that need values, and these do."""
    assert lesson.reference
    judge = Judge(lesson, host, seed=4)
    code = Program(read(lesson.reference), host.open)
    functions, needing = references(lesson), set()
    for exercise in lesson.exercises:
        function = functions[exercise.name]
        for args in [case.args for case, _ in judge._verdicts(exercise, code)[1].asked if case.args]:
            try:
                assert outcome(function, args, meta) == outcome(function, args, backends.get("numpy")), exercise.name
            except RuntimeError:
                needing.add(exercise.name)
    code.close()
    assert needing == NEEDS_VALUES.keys() & functions.keys()


def test_planted_values_and_devices_are_caught(meta: Backend) -> None:
    """A value read, an array made on the host and a test that PyTorch's arrays answer otherwise do not pass for NumPy's result."""
    from array_api_compat import array_namespace

    def empty_by_size(x: Any) -> Any:
        return 1.0 if x.size == 0 else x

    x = np.zeros((0, 2))
    assert outcome(empty_by_size, (x,), meta) != outcome(empty_by_size, (x,), backends.get("numpy"))
    with pytest.raises(RuntimeError):
        outcome(lambda x: x * float(x[0, 0]), (np.eye(2),), meta)
    with pytest.raises(AssertionError):
        outcome(lambda x: array_namespace(x).zeros(2), (x,), meta)


def tried(function: Function, *args: np.ndarray) -> str | None:
    """What keeps a function from running on the second device."""
    session = session_here({"f": function}, Limits())
    answer = Answer("f", lambda: session, Cases(0))
    answer.replies([Case("the case", args)])
    try:
        return obstacle(answer, "strict")
    finally:
        session.close()


def _planted() -> dict[str, Function]:
    """Functions with one portability mistake each: right on NumPy, wrong elsewhere."""

    def forgotten_device(x: Any) -> Any:
        from array_api_compat import array_namespace

        xp = array_namespace(x)
        return x + xp.zeros(x.shape, dtype=x.dtype)

    def host_random(x: Any) -> Any:
        return x + np.random.default_rng(0).random(x.shape)

    def scatter(x: Any) -> Any:
        x = x + 0
        x[np.arange(x.shape[0]), np.zeros(x.shape[0], dtype=int)] -= 1
        return x

    return {
        "a NumPy function on a device array": lambda x: np.exp(x),
        "a NumPy function of two": lambda x: np.maximum(x, 0.0),
        "a forgotten device": forgotten_device,
        "a host array as a factor": lambda x: x * np.arange(x.shape[1]),
        "numbers drawn on the host": host_random,
        "scatter by index arrays": scatter,
        "a method for a sum": lambda x: x.sum(axis=0),
        "a method for a mean": lambda x: x.mean(),
        "a method to reshape": lambda x: x.reshape(-1),
        "a method to convert": lambda x: x.astype("float32"),
        "numpy.asarray of a device array": lambda x: np.asarray(x) * 2,
        "too few indices": lambda x: x[0] * 1,
        "the mean of a comparison": lambda x: __import__("array_api_compat").array_namespace(x).mean(x > 0),
        "numpy.concatenate": lambda x: np.concatenate([x, x]),
        "a matrix product by method": lambda x: x.dot(x.T),
    }


@pytest.mark.parametrize("name", _planted())
def test_planted_portability_mistakes_are_caught(name: str) -> None:
    """What works on NumPy alone is caught by the second device; mistakes that people make."""
    array = np.eye(2) if name == "a matrix product by method" else np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 2.0]])
    assert tried(_planted()[name], array)


def test_portable_functions_are_not_caught() -> None:
    """What the array API knows runs on the second device, and bad input may be refused there as here."""

    def refused(x: Any) -> Any:
        raise ValueError("no")

    assert tried(lambda x: (x * 2, x[0, :]), np.eye(2)) == ""
    assert tried(refused, np.eye(2)) == ""
    assert tried(lambda: 1.0) is None


# --- an instructor's choice -----------------------------------------------------------------------


@pytest.mark.parametrize("name", backends.NAMES)
def test_an_instructor_gets_the_backend_or_numpy_and_the_reason(name: str) -> None:
    """`choose` never fails for want of a GPU: it falls back to NumPy and says why."""
    reason = backends.available()[name]
    backend, sentence = backends.choose(name)
    assert backend.name == ("numpy" if reason else name)
    assert sentence.startswith(reason or "Arrays are ")


def test_a_function_runs_on_the_device() -> None:
    """NumPy arrays and numbers go there, results and what a function argument gets come back; a call from there, or from a fork, is left alone."""
    met: list[str] = []

    def scaled(x: Any, factor: Any, f: Any) -> Any:
        met.append(f"{type(x).__module__.partition('.')[0]} {type(factor).__name__}")
        return {"scaled": [f(x) * factor]}

    strict = backends.get("strict")
    there = strict.runs(scaled)
    got = there(np.arange(3.0), np.float64(2), lambda x: np.sqrt(x))
    assert isinstance(got["scaled"][0], np.ndarray) and got["scaled"][0][2] == 2 * np.sqrt(2)
    assert isinstance(there(strict.to_device(np.ones(1)), 2.0, lambda x: x)["scaled"][0], strict.array)
    if not os.fork():
        there(np.ones(1), 2.0, lambda x: x)
        os._exit(met[-1] != "numpy float")
    assert os.wait()[1] == 0
    assert met == ["array_api_strict float"] * 2
    assert (there.__name__, backends.get("numpy").runs(scaled)) == ("scaled", scaled)
