"""Conditions such as `output["load"]["rows"] > 0 and day >= "2026-01-01"`.

Read with `ast` and walked by hand: a short list of allowed forms, nothing is ever executed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

LONGEST = 1000
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
}


class ConditionError(Exception):
    """A condition that cannot be read, or cannot be answered from what there is."""


class Names(NamedTuple):
    """What a condition speaks of: params and jobs by name."""

    params: frozenset[str]
    jobs: frozenset[str]


def check(expression: str) -> Names:
    """The params and jobs an expression needs. Raises ConditionError when it cannot be read."""
    found = Names(frozenset(), frozenset())
    for node in _walk(_parsed(expression)):
        found = _noted(node, found)
    return found


def evaluate(expression: str, params: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
    """Whether the condition holds. `outputs` maps a job's name to the JSON it left.

    Raises ConditionError when a name, an output or a key is missing, or values do not compare.
    """
    check(expression)
    try:
        return bool(_value(_parsed(expression), params, outputs))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ConditionError(f"cannot answer {expression!r}: {error}") from None


@lru_cache(maxsize=1024)
def _parsed(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise ConditionError(f"longer than {LONGEST} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ConditionError(f"cannot read {expression!r}: {reason}") from None


def _walk(node: ast.expr) -> list[ast.expr]:
    found, todo = [], [node]
    while todo:
        at = todo.pop()
        found.append(at)
        todo.extend(_inside(at))
    return found


def _inside(node: ast.expr) -> list[ast.expr]:
    """The parts of an allowed form; anything else is refused by name."""
    match node:
        case ast.Constant(value=str() | int() | float() | bool() | None):
            return []
        case ast.Name():
            return []
        case ast.BoolOp():
            return node.values
        case ast.UnaryOp() if type(node.op) in _UNARY:
            return [node.operand]
        case ast.Compare():
            return _compares(node)
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            return [node.left, node.right]
        case ast.List() | ast.Tuple():
            return node.elts
        case ast.Call(func=ast.Name(id="len"), args=[only], keywords=[]):
            return [only]
        case ast.Subscript(value=ast.Name(id="output" | "params"), slice=ast.Constant()):
            return []
        case ast.Subscript(value=ast.Name(id="output" | "params")):
            raise ConditionError(f"{ast.unparse(node)}: write the name in quotes")
        case ast.Subscript():
            return [node.value, node.slice]
    raise ConditionError(f"{ast.unparse(node)!r} is not allowed in a condition")


def _compares(node: ast.Compare) -> list[ast.expr]:
    """What is compared. `is` asks for identity, which equal texts and numbers need not have."""
    for compare, right in zip(node.ops, node.comparators, strict=True):
        single = isinstance(right, ast.Constant) and isinstance(right.value, bool | None)
        if isinstance(compare, ast.Is | ast.IsNot) and not single:
            sign, word = ("==", "is") if isinstance(compare, ast.Is) else ("!=", "is not")
            raise ConditionError(f"{ast.unparse(node)}: write {sign} instead of {word!r}")
    return [node.left, *node.comparators]


def _noted(node: ast.expr, found: Names) -> Names:
    match node:
        case ast.Subscript(value=ast.Name(id="output"), slice=ast.Constant(value=name)):
            return Names(found.params, found.jobs | {str(name)})
        case ast.Subscript(value=ast.Name(id="params"), slice=ast.Constant(value=name)):
            return Names(found.params | {str(name)}, found.jobs)
        case ast.Name(id="output" | "params" as name):
            raise ConditionError(f'{name} needs a name: {name}["..."]')
        case ast.Name(id=name):
            return Names(found.params | {name}, found.jobs)
    return found


def _value(node: ast.expr, params: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    def value(part: ast.expr) -> Any:
        return _value(part, params, outputs)

    match node:
        case ast.Constant(value=constant):
            return constant
        case ast.Name(id=name):
            return _param(name, params)
        case ast.BoolOp(op=ast.And()):
            return all(value(part) for part in node.values)
        case ast.BoolOp():
            return any(value(part) for part in node.values)
        case ast.UnaryOp():
            return _UNARY[type(node.op)](value(node.operand))
        case ast.Compare():
            return _compared(node, value)
        case ast.BinOp():
            return _ARITHMETIC[type(node.op)](_number(value(node.left)), _number(value(node.right)))
        case ast.List() | ast.Tuple():
            return [value(part) for part in node.elts]
        case ast.Call(args=[only]):
            return len(value(only))
        case ast.Subscript(value=ast.Name(id="output"), slice=ast.Constant(value=name)):
            return _output(str(name), outputs)
        case ast.Subscript(value=ast.Name(id="params"), slice=ast.Constant(value=name)):
            return _param(str(name), params)
        case ast.Subscript():
            return _item(value(node.value), value(node.slice), node)
    raise AssertionError(node)


def _compared(node: ast.Compare, value: Callable[[ast.expr], Any]) -> bool:
    left = value(node.left)
    for compare, part in zip(node.ops, node.comparators, strict=True):
        right = value(part)
        if not _COMPARE[type(compare)](left, right):
            return False
        left = right
    return True


def _number(value: Any) -> int | float:
    """Arithmetic is for numbers only: a repeated string could fill the memory."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, int) and value.bit_length() > 1024:
        raise ValueError("the number is too large")
    return value


def _param(name: str, params: Mapping[str, Any]) -> Any:
    if name not in params:
        raise ConditionError(f"there is no parameter {name!r}")
    return params[name]


def _output(job: str, outputs: Mapping[str, Any]) -> Any:
    if job not in outputs:
        raise ConditionError(f"job {job!r} left no output")
    return outputs[job]


def _item(container: Any, key: Any, node: ast.Subscript) -> Any:
    try:
        return container[key]
    except (KeyError, IndexError, TypeError):
        raise ConditionError(f"there is no {ast.unparse(node)}") from None
