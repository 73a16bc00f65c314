"""Conditions in a JSONPath: [?(@.price < 10 && @.tag in ['a','b'])]."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_OPERAND = re.compile(r"[@$](?:\.[\w$-]+|\['[^']*'\]|\[\d+\])*(?:\.length\(\))?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_OPERATOR = re.compile(r"==|!=|<=|>=|=~|<|>|in\b|nin\b")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)")
_PART = re.compile(r"\.([\w$-]+)(\(\))?|\['([^']*)'\]|\[(\d+)\]")
_WORDS = {"true": True, "false": False, "null": None}

_MISSING = object()


class PathSyntaxError(ValueError):
    """A text is no JSONPath."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(f"{text!r} is no JSONPath: see character {at}")


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether an item is wanted: a function of the item and the document."""

    holds: Callable[[Any, Any], bool]


class FilterParser:
    """Reads one condition: or, and, not, comparison, in this order of binding."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def condition(self) -> Condition:
        """Return the condition that starts here."""
        return Condition(self._or())

    def _or(self) -> Callable[[Any, Any], bool]:
        first = self._and()
        while self._take("||"):
            first = _either(first, self._and())
        return first

    def _and(self) -> Callable[[Any, Any], bool]:
        first = self._not()
        while self._take("&&"):
            first = _both(first, self._not())
        return first

    def _not(self) -> Callable[[Any, Any], bool]:
        if self._take("!"):
            inner = self._not()
            return lambda item, root: not inner(item, root)
        if self._take("("):
            inside = self._or()
            if not self._take(")"):
                raise PathSyntaxError(self._text, self.at)
            return inside
        return self._comparison()

    def _comparison(self) -> Callable[[Any, Any], bool]:
        left = self._operand()
        self._spaces()
        found = _OPERATOR.match(self._text, self.at)
        if found is None:
            return lambda item, root: left(item, root) is not _MISSING
        self.at = found.end()
        right = self._operand()
        compare = _COMPARISONS[found[0]]
        return lambda item, root: compare(left(item, root), right(item, root))

    def _operand(self) -> Callable[[Any, Any], Any]:
        self._spaces()
        found = _OPERAND.match(self._text, self.at)
        if found:
            self.at = found.end()
            return _path(found[0])
        value = self._literal()
        return lambda _item, _root: value

    def _literal(self) -> Any:
        self._spaces()
        quote = self._text[self.at : self.at + 1]
        if quote in ("'", '"'):
            end = self._text.find(quote, self.at + 1)
            if end < 0:
                raise PathSyntaxError(self._text, self.at)
            value, self.at = self._text[self.at + 1 : end], end + 1
            return value
        if quote == "[":
            return self._list()
        for pattern, convert in ((_REGEX, _regex), (_NUMBER, _number)):
            found = pattern.match(self._text, self.at)
            if found:
                self.at = found.end()
                return convert(found)
        for word, constant in _WORDS.items():
            if self._take(word):
                return constant
        raise PathSyntaxError(self._text, self.at)

    def _list(self) -> list[Any]:
        self.at += 1
        values: list[Any] = []
        while not self._take("]"):
            values.append(self._literal())
            self._take(",")
        return values

    def _spaces(self) -> None:
        while self._text[self.at : self.at + 1] == " ":
            self.at += 1

    def _take(self, token: str) -> bool:
        self._spaces()
        if not self._text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True


def _either(
    left: Callable[[Any, Any], bool], right: Callable[[Any, Any], bool]
) -> Callable[[Any, Any], bool]:
    return lambda item, root: left(item, root) or right(item, root)


def _both(
    left: Callable[[Any, Any], bool], right: Callable[[Any, Any], bool]
) -> Callable[[Any, Any], bool]:
    return lambda item, root: left(item, root) and right(item, root)


def _path(text: str) -> Callable[[Any, Any], Any]:
    parts = [
        len if call else name or quoted or int(index or 0)
        for name, call, quoted, index in _PART.findall(text[1:])
    ]
    of_item = text[0] == "@"

    def value(item: Any, root: Any) -> Any:
        found = item if of_item else root
        for part in parts:
            found = _member(found, part)
        return found

    return value


def _member(value: Any, part: Any) -> Any:
    if part is len:
        return len(value) if isinstance(value, list | str | dict) else _MISSING
    if isinstance(part, int):
        if isinstance(value, list) and part < len(value):
            return value[part]
        return _MISSING
    return value.get(part, _MISSING) if isinstance(value, dict) else _MISSING


def _regex(found: re.Match[str]) -> re.Pattern[str]:
    return re.compile(found[1], re.IGNORECASE if found[2] else 0)


def _number(found: re.Match[str]) -> float:
    text = found[0]
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(left: Any, right: Any) -> bool:
        numbers = all(_is_number(one) for one in (left, right))
        texts = isinstance(left, str) and isinstance(right, str)
        return (numbers or texts) and compare(left, right)

    return compared


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(left: Any, right: Any) -> bool:
    return isinstance(left, str) and right.fullmatch(left) is not None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "=~": _matches,
    "in": lambda left, right: left in right,
    "nin": lambda left, right: left not in right,
}
