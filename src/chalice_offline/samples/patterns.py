"""A value that an event pattern lets pass, as far as one can be made up from its first choices."""

from __future__ import annotations

from typing import Any

# What a comparison of numbers lets pass: a number on its side.
_BESIDE = {"=": 0, ">": 1, ">=": 0, "<": -1, "<=": 0}


def example(pattern: dict[str, Any], given: Any) -> Any:
    """Return `given` with the members that a pattern asks for; what it has and may keep stays."""
    made = dict(given) if isinstance(given, dict) else {}
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list) and wanted:
            made = example(wanted[0], made) if isinstance(wanted[0], dict) else made
        elif isinstance(wanted, dict):
            made[name] = example(wanted, made.get(name))
        elif isinstance(wanted, list) and wanted:
            value = _one_of(wanted, made.get(name))
            if value is _NOTHING:
                made.pop(name, None)
            else:
                made[name] = [value] if isinstance(made.get(name), list) else value
    return made


_NOTHING = object()


def _one_of(wanted: list[Any], given: Any) -> Any:
    first = wanted[0]
    if not isinstance(first, dict):
        return first
    ((operator, what),) = first.items() or (("", None),)
    return _OPERATORS.get(operator, _kept)(what, given)


def _kept(_what: Any, given: Any) -> Any:
    return "sample" if given is None else given


def _text(what: Any, given: Any) -> Any:
    return what if isinstance(what, str) else _kept(what, given)


def _wildcard(what: Any, _given: Any) -> Any:
    return str(what).replace("*", "")


def _numeric(what: Any, _given: Any) -> Any:
    pairs = list(zip(what[::2], what[1::2], strict=False))
    operator, bound = pairs[0]
    if len(pairs) == 2:
        return (bound + pairs[1][1]) / 2
    return bound + _BESIDE[operator]


def _cidr(what: Any, _given: Any) -> Any:
    return str(what).partition("/")[0]


def _exists(what: Any, given: Any) -> Any:
    return _kept(what, given) if what else _NOTHING


_OPERATORS = {
    "prefix": _text,
    "suffix": _text,
    "equals-ignore-case": _text,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "exists": _exists,
}
