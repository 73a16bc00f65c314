"""Intrinsic functions as text: States.Format('{}', $.a) becomes a call with its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalice_offline.services.stepfunctions.language.path_filters import PathSyntaxError
from chalice_offline.services.stepfunctions.language.paths import compile_path
from chalice_offline.services.stepfunctions.language.reader import TextReader

_FUNCTION = re.compile(r"States\.([A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])")
_WORD = re.compile(r"(true|false|null)(?=\s*[,)])")
_WORDS = {"true": True, "false": False, "null": None}
# States language specification: what a backslash may stand before.
_ESCAPABLE = frozenset("'{}\\")
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*")


class NotIntrinsic(ValueError):  # noqa: N818 - says what the text is
    """A text is no call of an intrinsic function."""


@dataclass(frozen=True, slots=True)
class Text:
    """A literal in quotes. `raw` still has its backslashes, which Format needs."""

    raw: str

    @property
    def value(self) -> str:
        """What is meant: without the backslashes."""
        return re.sub(r"\\(['{}\\])", r"\1", self.raw)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a boolean or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Reference:
    """A path: $.a, $$.Execution.Id, $variable."""

    path: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One call, and the text it was written as."""

    name: str
    arguments: tuple[Text | Literal | Reference | FunctionCall, ...]
    text: str


Argument = Text | Literal | Reference | FunctionCall


@lru_cache(maxsize=2048)
def parse_call(text: str) -> FunctionCall:
    """Return the call a text spells; NotIntrinsic when it spells none."""
    parser = _Parser(text)
    call = parser.call()
    if not parser.is_at_end:
        raise NotIntrinsic(text)
    return call


class _Parser(TextReader):
    _blanks = " \t\n\r"

    @property
    def is_at_end(self) -> bool:
        return not self._text[self._at :].strip()

    def call(self) -> FunctionCall:
        start = self._at
        found = _FUNCTION.match(self._text, self._at)
        if found is None:
            raise NotIntrinsic(self._text)
        self._at = found.end()
        arguments: list[Argument] = []
        self._spaces()
        while not self._take(")"):
            arguments.append(self._argument())
            self._spaces()
            if self._peek() != ")" and not self._take(","):
                raise NotIntrinsic(self._text)
            self._spaces()
        return FunctionCall(found[1], tuple(arguments), self._text[start : self._at])

    def _argument(self) -> Argument:
        if self._take("'"):
            return self._quoted()
        if self._peek() == "$":
            return self._reference()
        if self._text.startswith("States.", self._at):
            return self.call()
        found = _NUMBER.match(self._text, self._at)
        if found:
            self._at = found.end()
            number = found[0]
            return Literal(int(number) if number.lstrip("-").isdigit() else float(number))
        found = _WORD.match(self._text, self._at)
        if found:
            self._at = found.end()
            return Literal(_WORDS[found[1]])
        raise NotIntrinsic(self._text)

    def _quoted(self) -> Text:
        start = self._at
        while self._peek() != "'":
            if self._take("\\") and self._peek() not in _ESCAPABLE:
                raise NotIntrinsic(self._text)
            self._at += 1
            if self._at > len(self._text):
                raise NotIntrinsic(self._text)
        self._at += 1
        return Text(self._text[start : self._at - 1])

    def _reference(self) -> Reference:
        """A path ends at a comma or parenthesis that is in no bracket, quote or parenthesis."""
        start, depth, quote = self._at, 0, ""
        while self._at < len(self._text):
            character = self._text[self._at]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"" and depth:
                quote = character
            elif character in "[(":
                depth += 1
            elif character in "])" and depth:
                depth -= 1
            elif character in ",)":
                break
            self._at += 1
        path = self._text[start : self._at].rstrip()
        check_path(path)
        return Reference(path)


def check_path(path: str) -> None:
    """Refuse what is no path of any kind; NotIntrinsic."""
    text = path[1:] if path.startswith("$$") else path
    named = _VARIABLE.match(text)
    try:
        compile_path("$" + text[named.end() :] if named else text)
    except PathSyntaxError as error:
        raise NotIntrinsic(path) from error
