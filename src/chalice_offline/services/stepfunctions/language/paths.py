"""Looking a JSONPath up in a value, and writing to a reference path."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.failures import runtime_failure
from chalice_offline.services.stepfunctions.language.path_filters import PathSyntaxError
from chalice_offline.services.stepfunctions.language.path_parser import (
    Call,
    Deep,
    Filter,
    Index,
    Name,
    Path,
    PathParser,
    Slice,
    Step,
    Union,
    Wildcard,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NoSuchValue(LookupError):  # noqa: N818 - says what is not there
    """A definite path leads to nothing; `reason` is Jayway's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Return a path that starts with "$"; PathSyntaxError when it is none."""
    if not text.startswith("$"):
        raise PathSyntaxError(text, 0)
    return PathParser(text).path()


def look_up(path: Path, document: Any) -> Any:
    """Return the value at a path: one value, or for an indefinite path the list of all.

    NoSuchValue when a definite path leads nowhere.
    """
    if path.is_definite:
        value = document
        for position, step in enumerate(path.steps):
            value = _definite(path, position, step, value)
        return value
    return _indefinite(path.steps, document)


def _indefinite(steps: tuple[Step, ...], document: Any) -> Any:
    values = [document]
    for step in steps:
        if isinstance(step, Call):
            return _call(step, values)
        values = [found for value in values for found in _each(step, value, document)]
    return values


def _definite(path: Path, position: int, step: Step, value: Any) -> Any:
    if isinstance(step, Call):
        return _call(step, value)
    if isinstance(step, Name) and isinstance(value, dict) and step.name in value:
        return value[step.name]
    if isinstance(step, Index) and isinstance(value, list) and _is_within(step.index, value):
        return value[step.index]
    raise NoSuchValue(_reason(path, position))


def _is_within(index: int, items: list[Any]) -> bool:
    return -len(items) <= index < len(items)


def _reason(path: Path, position: int) -> str:
    """Say it as Jayway does: the last step has no result, one before is a missing property."""
    here = bracketed(path.steps[: position + 1])
    if position == len(path.steps) - 1:
        return f"No results for path: {here}"
    return f"Missing property in path {here}"


def bracketed(steps: tuple[Step, ...]) -> str:
    """Return a path as Jayway spells it: $['a'][0]."""
    shown = "$"
    for step in steps:
        if isinstance(step, Name):
            shown += f"['{step.name}']"
        elif isinstance(step, Index):
            shown += f"[{step.index}]"
    return shown


def _each(step: Step, value: Any, document: Any) -> Iterator[Any]:
    if isinstance(step, Name):
        if isinstance(value, dict) and step.name in value:
            yield value[step.name]
    elif isinstance(step, Index):
        if isinstance(value, list) and _is_within(step.index, value):
            yield value[step.index]
    else:
        yield from _MANY[type(step)](step, value, document)


def _union(step: Any, value: Any, document: Any) -> Iterator[Any]:
    for part in step.parts:
        yield from _each(part, value, document)


def _slice(step: Any, value: Any, _document: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value[step.start : step.stop : step.step]


def _children(_step: Any, value: Any, _document: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _deep(step: Any, value: Any, document: Any) -> Iterator[Any]:
    yield value
    for child in _children(step, value, document):
        if isinstance(child, dict | list):
            yield from _deep(step, child, document)


def _filtered(step: Any, value: Any, document: Any) -> Iterator[Any]:
    items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    for item in items:
        if step.condition.holds(item, document):
            yield item


_MANY: dict[type, Callable[[Any, Any, Any], Iterator[Any]]] = {
    Union: _union,
    Slice: _slice,
    Wildcard: _children,
    Deep: _deep,
    Filter: _filtered,
}


def _call(step: Call, value: Any) -> Any:
    function = _FUNCTIONS.get(step.function)
    if function is None:
        raise NoSuchValue(f"Function with name: {step.function} does not exist.")
    try:
        return function(value)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise NoSuchValue(f"Aggregation function attempted to calculate value: {error}") from error


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": len,
    "size": len,
    "min": min,
    "max": max,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "keys": list,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
}


def write(path_text: str, document: Any, value: Any) -> Any:
    """Return `document` with `value` at a reference path; what is on the way is made."""
    steps = compile_path(path_text).steps
    if not steps:
        return value
    copied: Any = dict(document) if isinstance(document, dict) else document
    here: Any = copied
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        made = value if last else _opened(here, step)
        _set(here, step, made, path_text)
        here = made
    return copied


def _opened(here: Any, step: Step) -> Any:
    """Return a copy of what is at a step, or a new object."""
    inner: Any = None
    if isinstance(step, Name) and isinstance(here, dict):
        inner = here.get(step.name)
    elif isinstance(step, Index) and isinstance(here, list) and step.index < len(here):
        inner = here[step.index]
    if isinstance(inner, list):
        return list(inner)
    return dict(inner) if isinstance(inner, dict) else {}


def _set(here: Any, step: Step, value: Any, path_text: str) -> None:
    if isinstance(step, Name) and isinstance(here, dict):
        here[step.name] = value
        return
    if isinstance(step, Index) and isinstance(here, list) and 0 <= step.index < len(here):
        here[step.index] = value
        return
    raise runtime_failure(f"Unable to apply ReferencePath {path_text} to input {_shown(here)}")


def _shown(value: Any) -> str:
    from chalice_offline.services.stepfunctions.language.json_text import compact

    return compact(value)
