"""One text for NumPy and CuPy: every reference runs on another library's arrays on another device, on the cases its checks draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from grader import backends
from grader.bench.workloads import references
from grader.course.catalogue import Lesson, lessons
from grader.course.submission import read
from grader.isolation.host import Host
from grader.isolation.wire import Rng
from grader.judging.checking import Answer
from grader.judging.compare import Tolerance, difference
from grader.judging.run import Code, Judge
from grader.verdict import Case

LESSONS = lessons(ROOT)
Function = Callable[..., Any]


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: lesson.name)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return request.param


@pytest.fixture(scope="module")
def cases(lesson: Lesson, host: Host) -> dict[str, list[Case]]:
    """Every case on which a lesson's checks call each exercise."""
    asked: dict[str, list[Case]] = {exercise.name: [] for exercise in lesson.exercises}
    judge = Judge(lesson, host, seed=4)
    original = Answer.replies

    def replies(answer: Answer, some: Any) -> Any:
        some = list(some)
        asked[answer.name] += some
        return original(answer, some)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Answer, "replies", replies)
        assert lesson.reference
        code = Code(read(lesson.reference), host.open)
        judge.scores(code)
        code.close()
    return asked


def outcome(function: Function, args: tuple[Any, ...], backend: backends.Backend) -> Any:
    """What a function makes of arguments on a backend, brought back to NumPy; the name of the error it raised."""
    args = tuple(np.random.default_rng(arg.seed) if isinstance(arg, Rng) else arg for arg in args)
    try:
        value = function(*backend.to_device(args))
    except ValueError as error:
        return type(error).__name__
    assert not backend.strays(value), f"{function.__name__} returned a NumPy array in the place of a device array"
    return backend.to_numpy(value)


def dtypes(value: Any) -> list[np.dtype]:
    """The dtypes of the arrays in a result."""
    if isinstance(value, list | tuple):
        return [dtype for item in value for dtype in dtypes(item)]
    return [value.dtype] if isinstance(value, np.ndarray) and value.ndim else []


def disagreements(function: Function, some: list[Case], backend: backends.Backend) -> Iterator[str]:
    """Where a function on a backend differs from itself on NumPy."""
    plain = backends.get("numpy")
    for case in some:
        if not case.args or any(callable(arg) for arg in case.args):
            continue  # nothing is on a device: a bug hunt's counterexample, or a function that is NumPy's own
        expected = outcome(function, case.args, plain)
        try:
            got = outcome(function, case.args, backend)
        except Exception as error:  # whatever the other library refuses
            yield f"{case.name}: {type(error).__name__}: {str(error)[:120]}"
            continue
        found = difference(expected, got, Tolerance(rtol=1e-5, atol=1e-7))
        if found or dtypes(expected) != dtypes(got):
            yield f"{case.name}: {found.phrase if found else 'another dtype'}"


def test_references_run_on_another_device(lesson: Lesson, cases: dict[str, list[Case]]) -> None:
    """On array-api-strict's second device every reference gives NumPy's values and dtypes, and its arrays stay there."""
    strict, functions = backends.get("strict"), references(lesson)
    wrong = {name: list(disagreements(functions[name], some, strict)) for name, some in cases.items()}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.gpu
@pytest.mark.skipif(bool(backends.available()["cupy"]), reason=backends.available()["cupy"])
def test_references_run_on_the_gpu(lesson: Lesson, cases: dict[str, list[Case]]) -> None:
    """On CuPy every reference gives NumPy's values and dtypes, and its arrays stay on the device."""
    cupy, functions = backends.get("cupy"), references(lesson)
    wrong = {name: list(disagreements(functions[name], some, cupy)) for name, some in cases.items()}
    assert {name: found for name, found in wrong.items() if found} == {}


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
    """What works on NumPy alone is caught by the second device; fifteen mistakes that people make."""
    case = Case("a 3 x 2 array", (np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 2.0]]),))
    if name == "a matrix product by method":
        case = Case("a 2 x 2 array", (np.eye(2),))
    assert list(disagreements(_planted()[name], [case], backends.get("strict")))
