"""Mutation testing: right answers changed in one place at a time, each graded as a submission.

A mutant that gets full marks is a hole in the checks, or equivalent: no input tells it from the
original. Those stand with their reason in the lesson's equivalent.yml:

    - function: roc_auc__by_counting
      change: "n < 2 -> n <= 2"
      because: with two rows both branches give the same.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import yaml

from grader.course.catalogue import Lesson, find_lesson
from grader.course.submission import read
from grader.errors import LessonError, UsageError
from grader.isolation.host import Host
from grader.isolation.policy import Limits
from grader.judging.judge import Judge
from grader.judging.program import Program

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_NAMES = {
    "mean": "sum",
    "sum": "mean",
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmin": "argmax",
    "argmax": "argmin",
    "any": "all",
    "all": "any",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "floor": "ceil",
    "ceil": "floor",
    "std": "var",
    "var": "std",
    "less": "less_equal",
    "greater": "greater_equal",
}
_KEYWORDS = ("axis", "keepdims", "ddof", "correction", "dtype", "stable", "side")  # dropped, one at a time
# Functions whose first two arguments may change places, and keywords that no result depends on:
# their mutants would be right answers.
_SYMMETRIC = {"max", "min", "maximum", "minimum", "equal", "not_equal", "isclose", "allclose"}
_SYMMETRIC |= {"add", "multiply", "hypot", "gcd", "logical_and", "logical_or"}
_SYMMETRIC |= {"array_namespace", "zip", "shape", "isinstance"}
_IDLE = ("copy", "strict", "device")
# Calls that only guard what they are given: replaced by the first argument, or by what they are called on.
_GUARDS = ("asarray", "array", "astype", "copy", "clip", "abs", "sqrt", "sorted", "sort", "ravel")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A right answer changed in one place.

    Its function, the change in words, and the new source under a name of its own.
    """

    exercise: str
    function: str
    change: str
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: the check that caught it, or the reason why it is equivalent.

    A hole has neither.
    """

    mutant: Mutant
    caught: str = ""
    equivalent: str = ""

    @property
    def open(self) -> bool:
        return not self.caught and not self.equivalent


def grade_mutants(
    lesson: Lesson,
    host: Host,
    seed: int,
    exercise: str = "",
    every: int = 1,
) -> Iterator[Outcome]:
    """What the checks say of every mutant of a lesson's right answers, or of every n-th."""
    judge = Judge(lesson, host, seed)
    known = equivalents(lesson)
    for file, functions in _right_answers(lesson).items():
        module = ast.parse((lesson.folder / file).read_text(encoding="utf-8"))
        wanted = {function: of for function, of in functions.items() if exercise in ("", of)}
        found = list(mutants(module, wanted))[::every]
        yield from _graded(judge, file, found, known)


def _right_answers(lesson: Lesson) -> dict[str, dict[str, str]]:
    """The files with right answers, and the exercise of each function in them."""
    references = {exercise.name: exercise.name for exercise in lesson.exercises}
    approaches = {variant.function: variant.exercise for variant in lesson.approaches}
    return {"lesson.py": references, "approaches.py": approaches}


def _graded(judge: Judge, file: str, found: Sequence[Mutant], known: dict[tuple[str, str], str]) -> Iterator[Outcome]:
    """Each mutant in a program that holds its file, too: it may call the helpers there."""
    cells = tuple(read(judge.lesson.folder / file))
    for mutant in found:
        reason = known.get((mutant.function, mutant.change), "")
        if reason:
            yield Outcome(mutant, equivalent=reason)
            continue
        with closing(Program((*cells, mutant.source), judge.host.open)) as program:
            program.rename({mutant.exercise: "mutant"})
            check = judge.failed_check(judge.lesson.exercise(mutant.exercise), program)
        yield Outcome(mutant, caught=check.name if check else "")


def equivalents(lesson: Lesson) -> dict[tuple[str, str], str]:
    """The reasons of a lesson's equivalent.yml by function and change.

    LessonError where an entry lacks one of the three.
    """
    path = lesson.folder / "equivalent.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    found = {}
    for entry in entries or []:
        try:
            found[entry["function"], entry["change"]] = str(entry["because"])
        except (KeyError, TypeError) as error:
            rule = "each entry has function, change and because"
            raise LessonError(f"{path}: {rule}; not so {entry!r}.") from error
    return found


def run(name: str, exercise: str, every: int, seed: int, say: Callable[[str], object]) -> bool:
    """Grade a lesson's mutants and say what became of them; whether none is open."""
    lesson = find_lesson(name)
    if not lesson.reference:
        missing = f"The sources of the lesson {name} are not here"
        raise UsageError(f"{missing}: its right answers are what is changed.")
    # A changed loop may never end, and right answers take milliseconds.
    limits = Limits(call=1.0, total=600.0)
    # Without isolation, which only costs time here: these are the course's own functions.
    with Host("none", limits) as host:
        outcomes = list(grade_mutants(lesson, host, seed, exercise, every))
    say("\n".join(table(lesson, outcomes)))
    return not any(each.open for each in outcomes)


# --- making them ----------------------------------------------------------------------------------


def mutants(module: ast.Module, functions: dict[str, str]) -> Iterator[Mutant]:
    """Every change of the functions of a file that are answers (function: exercise), in order."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            yield from _mutants_of(node, functions[node.name])


def _mutants_of(function: ast.FunctionDef, exercise: str) -> Iterator[Mutant]:
    """One function's mutants: its nodes are numbered, and each changed in a copy of its own."""
    seen: dict[str, int] = {}
    keywords = [node for node in ast.walk(function) if isinstance(node, ast.keyword)]
    idle = {part for keyword in keywords if keyword.arg in _IDLE for part in ast.walk(keyword)}
    for index, node in enumerate(ast.walk(function)):
        if node is function or node in idle or _is_told(node):
            continue
        # Counted on a copy, since a change takes the node's children along.
        for number in range(len(list(_changes(copy.deepcopy(node))))):
            made = copy.deepcopy(function)
            # Both trees are walked in one order, so that the index names the same node.
            target = list(ast.walk(made))[index]
            new = list(_changes(target))[number]
            change = f"{_shown(node)} -> {_shown(new)}"
            seen[change] = seen.get(change, 0) + 1
            if seen[change] > 1:  # the same words at another place
                change += f" ({seen[change]})"
            _put(made, target, new)
            made.name = "mutant"
            source = ast.unparse(ast.fix_missing_locations(made))
            line = getattr(node, "lineno", function.lineno)  # an operator's node has none
            yield Mutant(exercise, function.name, change, line, source)


def _is_told(node: ast.AST) -> bool:
    """Whether a node is only words, of a docstring or of a refusal."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _shown(node: ast.AST | None) -> str:
    """A node in one line; nothing for a statement that was dropped."""
    if node is None or isinstance(node, ast.Pass):
        return "nothing"
    return " ".join(ast.unparse(node).split())[:100]


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put a node in another's place."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                # By identity: two nodes of the same text are two places.
                for place, item in enumerate(value):
                    if item is old:
                        value[place] = new


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What can stand in a node's place."""
    match node:
        case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
            yield ast.BinOp(left, _OPERATORS[type(operator)](), right)
        case ast.AugAssign(target, operator, value) if type(operator) in _OPERATORS:
            yield ast.AugAssign(target, _OPERATORS[type(operator)](), value)
        case ast.Compare(left, [operator], right) if type(operator) in _COMPARISONS:
            yield ast.Compare(left, [_COMPARISONS[type(operator)]()], right)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.If(_, [ast.Raise()], []):
            yield ast.Pass()  # a refusal dropped
        case ast.Call():
            yield from _changed_calls(node)


def _changed_calls(call: ast.Call) -> Iterator[ast.AST]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _NAMES:
        yield ast.Call(_renamed(call.func, _NAMES[name]), call.args, call.keywords)
    for keyword in call.keywords:
        if keyword.arg in _KEYWORDS and ast.unparse(keyword) != "side='left'":  # which it is anyway
            others = [each for each in call.keywords if each is not keyword]
            yield ast.Call(call.func, call.args, others)
    if name in _GUARDS and _is_method_of_a_value(call):
        assert isinstance(call.func, ast.Attribute)
        yield call.func.value
    elif name in _GUARDS and call.args and not isinstance(call.args[0], ast.Starred):
        yield call.args[0]
    if (
        name not in _SYMMETRIC
        and len(call.args) >= 2
        and not any(isinstance(arg, ast.Starred) for arg in call.args[:2])
    ):
        first, second, *rest = call.args
        yield ast.Call(call.func, [second, first, *rest], call.keywords)


def _renamed(function: ast.expr, name: str) -> ast.expr:
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name, ast.Load())
    return ast.Name(name, ast.Load())


def _is_method_of_a_value(call: ast.Call) -> bool:
    """Whether a call is x.copy(), and not np.copy(x)."""
    if not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    return not (isinstance(owner, ast.Name) and owner.id in ("np", "xp", "math", "numpy"))


# --- as text --------------------------------------------------------------------------------------


def table(lesson: Lesson, outcomes: Sequence[Outcome]) -> list[str]:
    """The mutants by exercise, of those that have any, then each that got full marks without a reason."""
    lines = [f"{'exercise':<32} {'mutants':>8} {'caught':>8} {'equivalent':>11} {'open':>6}"]
    for exercise in lesson.exercises:
        mine = [each for each in outcomes if each.mutant.exercise == exercise.name]
        if not mine:
            continue
        caught = sum(bool(each.caught) for each in mine)
        equivalent = sum(bool(each.equivalent) for each in mine)
        holes = sum(each.open for each in mine)
        lines.append(f"{exercise.name:<32} {len(mine):>8} {caught:>8} {equivalent:>11} {holes:>6}")
    for each in outcomes:
        if each.open:
            mutant = each.mutant
            lines.append(f"open: {mutant.function}, line {mutant.line}: {mutant.change}")
    return lines
