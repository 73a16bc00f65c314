"""Reads a template into its parts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chalice_offline.services.common.velocity.syntax import (
    Assignment,
    Branches,
    Interpolated,
    Leave,
    ListOf,
    Literal,
    Loop,
    MapOf,
    Operation,
    Reference,
    Step,
    TemplateError,
)

_COMMENT = re.compile(r"##[^\n]*(?:\n|$)|#\*.*?\*#(?:[ \t]*\n)?", re.DOTALL)
_RAW = re.compile(r"#\[\[(.*?)\]\]#", re.DOTALL)
_DIRECTIVE = re.compile(
    r"#(?:\{(set|if|elseif|else|end|foreach|break|stop|return)\}"
    r"|(set|if|elseif|else|end|foreach|break|stop|return)(?![A-Za-z0-9_]))"
)
_REFERENCE = re.compile(r"\$(!?)(\{?)([A-Za-z_][\w-]*)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_SPACE = re.compile(r"\s*")
_LINE_END = re.compile(r"[ \t]*\r?\n")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?![\w])|-?\d+(?=\.\.)")
_WORD = re.compile(r"(true|false|null|not|and|or|eq|ne|lt|le|gt|ge)\b")
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||", "or"),
    ("&&", "and"),
    ("==", "!=", "eq", "ne"),
    ("<=", ">=", "<", ">", "lt", "le", "gt", "ge"),
    ("+", "-"),
    ("*", "/", "%"),
)
_WORDS = {"or": "||", "and": "&&", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
          "ge": ">="}  # fmt: skip
_LITERALS = {"true": True, "false": False, "null": None}


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[Any, ...]:
    """Return a template's parts; raises TemplateError."""
    parser = _Parser(text)
    parts, ended_by = parser.block(())
    if ended_by:
        raise TemplateError(f"#{ended_by} without its beginning")
    return tuple(parts)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    # ---- blocks -------------------------------------------------------------------------------

    def block(self, ends: tuple[str, ...]) -> tuple[list[Any], str]:
        """Return parts up to one of the directives in `ends`, and which it was."""
        parts: list[Any] = []
        while self._at < len(self._text):
            start = self._next_mark()
            if start > self._at:
                parts.append(self._text[self._at : start])
                self._at = start
            if start == len(self._text):
                break
            directive = _DIRECTIVE.match(self._text, self._at)
            name = (directive[1] or directive[2]) if directive else ""
            if directive and name in ("elseif", "else", "end"):
                if name not in ends:
                    raise TemplateError(f"#{name} without its beginning")
                self._at = directive.end()
                if name != "elseif":
                    self._skip_line_end()
                return parts, name
            if directive:
                self._at = directive.end()
                parts.append(self._directive(name))
            else:
                self._mark(parts)
        if ends:
            raise TemplateError("#end is missing")
        return parts, ""

    def _next_mark(self) -> int:
        found = [at for mark in "$#\\" if (at := self._text.find(mark, self._at)) >= 0]
        return min(found, default=len(self._text))

    def _mark(self, parts: list[Any]) -> None:
        text, at = self._text, self._at
        comment = _COMMENT.match(text, at)
        raw = _RAW.match(text, at)
        if comment:
            self._at = comment.end()
        elif raw:
            parts.append(raw[1])
            self._at = raw.end()
        elif text[at] == "\\":
            following = text[at + 1 : at + 2]
            escapes = following in ("$", "#") and following != ""
            parts.append(following if escapes else "\\")
            self._at += 2 if escapes else 1
        elif text[at] == "$" and _REFERENCE.match(text, at):
            parts.append(self._reference())
        else:
            parts.append(text[at])
            self._at += 1

    def _directive(self, name: str) -> Any:
        if name in ("break", "stop", "return"):
            self._skip_line_end()
            return Leave(everything=name != "break")
        self._expect("(")
        if name == "set":
            target = self._reference_after_space()
            self._expect("=")
            value = self._expression()
            self._expect(")")
            self._skip_line_end()
            return Assignment(target, value)
        return self._loop() if name == "foreach" else self._branches()

    def _branches(self) -> Branches:
        found = Branches()
        condition: Any = self._expression()
        self._expect(")")
        self._skip_line_end()
        while True:
            body, end = self.block(("elseif", "else", "end"))
            found.branches.append((condition, body))
            if end == "end":
                return found
            if end == "elseif":
                self._expect("(")
                condition = self._expression()
                self._expect(")")
                self._skip_line_end()
            else:
                condition = Literal(value=True)

    def _loop(self) -> Loop:
        variable = self._reference_after_space()
        self._skip_space()
        if not self._text.startswith("in", self._at):
            raise TemplateError("#foreach wants `in`")
        self._at += 2
        items = self._expression()
        self._expect(")")
        self._skip_line_end()
        body, _ = self.block(("end",))
        return Loop(variable.name, items, body)

    # ---- references ---------------------------------------------------------------------------

    def _reference_after_space(self) -> Reference:
        self._skip_space()
        if not _REFERENCE.match(self._text, self._at):
            raise TemplateError(f"a reference was expected at {self._text[self._at :][:20]!r}")
        return self._reference()

    def _reference(self) -> Reference:
        start = self._at
        found = _REFERENCE.match(self._text, start)
        assert found is not None
        self._at = found.end()
        steps: list[Step] = []
        while (step := self._step()) is not None:
            steps.append(step)
        if found[2]:
            if not self._text.startswith("}", self._at):
                raise TemplateError(f"}} is missing in {self._text[start : self._at]}")
            self._at += 1
        return Reference(found[3], tuple(steps), self._text[start : self._at], found[1] == "!")

    def _step(self) -> Step | None:
        text = self._text
        if text.startswith("[", self._at):
            before = self._at
            self._at += 1
            try:
                index = self._expression()
                self._expect("]")
            except TemplateError:
                self._at = before  # "$items[" in a plain text
                return None
            return Step(index=index)
        name = _NAME.match(text, self._at + 1) if text.startswith(".", self._at) else None
        if name is None:
            return None
        self._at = name.end()
        if not text.startswith("(", self._at):
            return Step(name[0])
        self._at += 1
        return Step(name[0], tuple(self._list(")")))

    # ---- expressions --------------------------------------------------------------------------

    def _expression(self, level: int = 0) -> Any:
        if level == len(_LEVELS):
            return self._unary()
        left = self._expression(level + 1)
        while True:
            operator = self._operator(_LEVELS[level])
            if not operator:
                return left
            left = Operation(operator, left, self._expression(level + 1))

    def _operator(self, operators: tuple[str, ...]) -> str:
        self._skip_space()
        word = _WORD.match(self._text, self._at)
        for operator in operators:
            is_word = operator in _WORDS
            if is_word and word and word[1] == operator:
                self._at = word.end()
                return _WORDS[operator]
            if not is_word and self._text.startswith(operator, self._at):
                self._at += len(operator)
                return operator
        return ""

    def _unary(self) -> Any:
        self._skip_space()
        text = self._text
        word = _WORD.match(text, self._at)
        if text.startswith("!", self._at) or (word and word[1] == "not"):
            self._at += 1 if text[self._at] == "!" else 3
            return Operation("!", None, self._unary())
        if word and word[1] in _LITERALS:
            self._at = word.end()
            return Literal(_LITERALS[word[1]])
        number = _NUMBER.match(text, self._at)
        if number:
            self._at = number.end()
            return Literal(float(number[0]) if "." in number[0] else int(number[0]))
        return self._compound(text[self._at : self._at + 1])

    def _compound(self, first: str) -> Any:
        if first == "$":
            return self._reference_after_space()
        if first in ("'", '"') and first:
            return self._string(first)
        if first not in ("(", "[", "{") or not first:
            raise TemplateError(f"a value was expected at {self._text[self._at :][:20]!r}")
        self._at += 1
        if first == "[":
            return self._list_of()
        if first == "{":
            return self._map_of()
        inner = self._expression()
        self._expect(")")
        return inner

    def _string(self, quote: str) -> Any:
        end = self._at + 1
        while True:
            end = self._text.find(quote, end)
            if end < 0:
                raise TemplateError(f"a text begins with {quote} and does not end")
            if self._text.startswith(quote * 2, end):  # doubled, it stands for itself
                end += 2
                continue
            break
        content = self._text[self._at + 1 : end].replace(quote * 2, quote)
        self._at = end + 1
        return Literal(content) if quote == "'" else Interpolated(parse(content))

    def _list_of(self) -> ListOf:
        self._skip_space()
        if self._text.startswith("]", self._at):
            self._at += 1
            return ListOf(())
        first = self._expression()
        self._skip_space()
        if self._text.startswith("..", self._at):
            self._at += 2
            last = self._expression()
            self._expect("]")
            return ListOf((first, last), is_range=True)
        items = [first]
        if self._text.startswith(",", self._at):
            self._at += 1
            items += self._list("]")
        else:
            self._expect("]")
        return ListOf(tuple(items))

    def _map_of(self) -> MapOf:
        items = []
        self._skip_space()
        while not self._text.startswith("}", self._at):
            key = self._expression()
            self._expect(":")
            items.append((key, self._expression()))
            self._skip_space()
            if self._text.startswith(",", self._at):
                self._at += 1
                self._skip_space()
            elif not self._text.startswith("}", self._at):
                raise TemplateError("} is missing")
        self._at += 1
        return MapOf(tuple(items))

    def _list(self, end: str) -> list[Any]:
        items: list[Any] = []
        self._skip_space()
        if self._text.startswith(end, self._at):
            self._at += 1
            return items
        while True:
            items.append(self._expression())
            self._skip_space()
            if self._text.startswith(",", self._at):
                self._at += 1
                continue
            self._expect(end)
            return items

    # ---- characters ---------------------------------------------------------------------------

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _skip_line_end(self) -> None:
        found = _LINE_END.match(self._text, self._at)
        if found:
            self._at = found.end()

    def _expect(self, mark: str) -> None:
        self._skip_space()
        if not self._text.startswith(mark, self._at):
            raise TemplateError(f"{mark} was expected at {self._text[self._at :][:20]!r}")
        self._at += len(mark)
