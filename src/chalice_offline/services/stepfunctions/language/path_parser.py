"""JSONPath in the dialect of Jayway, which AWS uses: a text becomes a list of steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.language.path_filters import (
    Condition,
    FilterParser,
    PathSyntaxError,
)
from chalice_offline.services.stepfunctions.language.reader import TextReader

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = re.compile(r"[^.\[\]()'\"\s,*?:&|]+")
_INDEX = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")


@dataclass(frozen=True, slots=True)
class Name:
    """A member of an object: .a or ['a']."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An item of an array: [0], or from the end [-1]."""

    index: int


@dataclass(frozen=True, slots=True)
class Union:
    """Several members or items: ['a','b'], [0,2]."""

    parts: tuple[Name | Index, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """Items from one index to another: [1:3]."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Everything in an object or array: .* or [*]."""


@dataclass(frozen=True, slots=True)
class Deep:
    """The value and everything below it: the first dot of `..a`."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Items for which a condition holds: [?(@.a == 1)]."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Call:
    """One of Jayway's functions at the end of a path: .length()."""

    function: str


Step = Name | Index | Union | Slice | Wildcard | Deep | Filter | Call


@dataclass(frozen=True, slots=True)
class Path:
    """A path and its steps. `is_definite`: it leads to one value, else to a list of them."""

    text: str
    steps: tuple[Step, ...]
    is_definite: bool


class PathParser(TextReader):
    """Reads one path that starts with "$"."""

    def __init__(self, text: str, start: int = 1) -> None:
        super().__init__(text, start)

    def path(self) -> Path:
        """Return the path; PathSyntaxError when it is none."""
        steps: list[Step] = []
        while self._at < len(self._text):
            steps += self._step()
        definite = not any(
            isinstance(step, Union | Slice | Wildcard | Deep | Filter) for step in steps
        )
        return Path(self._text, tuple(steps), definite)

    def _step(self) -> Sequence[Step]:
        if self._take(".."):
            if self._peek() == "[":
                return (Deep(), self._bracket())
            return (Deep(), self._dotted())
        if self._take("."):
            return (self._dotted(),)
        if self._peek() == "[":
            return (self._bracket(),)
        raise self._wrong()

    def _dotted(self) -> Step:
        if self._take("*"):
            return Wildcard()
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self._wrong()
        self._at = found.end()
        if self._take("()"):
            return Call(found[0])
        return Name(found[0])

    def _bracket(self) -> Step:
        self._at += 1
        self._spaces()
        if self._take("?"):
            return self._filter()
        if self._take("*"):
            self._close()
            return Wildcard()
        sliced = _SLICE.match(self._text, self._at)
        if sliced:
            self._at = sliced.end()
            self._close()
            return Slice(*(int(part) if part else None for part in sliced.groups()))
        parts = [self._part()]
        while self._take(","):
            self._spaces()
            parts.append(self._part())
        self._close()
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def _part(self) -> Name | Index:
        quote = self._peek()
        if quote in ("'", '"'):
            return Name(self._quoted(quote))
        found = _INDEX.match(self._text, self._at)
        if found is None:
            raise self._wrong()
        self._at = found.end()
        self._spaces()
        return Index(int(found[0]))

    def _quoted(self, quote: str) -> str:
        characters = []
        self._at += 1
        while self._peek() != quote:
            if self._text[self._at : self._at + 2] in (f"\\{quote}", "\\\\"):
                self._at += 1
            if self._at >= len(self._text):
                raise self._wrong()
            characters.append(self._text[self._at])
            self._at += 1
        self._at += 1
        self._spaces()
        return "".join(characters)

    def _filter(self) -> Filter:
        parser = FilterParser(self._text, self._at)
        condition = parser.condition()
        self._at = parser.at
        self._close()
        return Filter(condition)

    def _close(self) -> None:
        self._spaces()
        if not self._take("]"):
            raise self._wrong()

    def _wrong(self) -> PathSyntaxError:
        return PathSyntaxError(self._text, self._at)
