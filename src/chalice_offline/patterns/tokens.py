"""JSON text as a stream of tokens, with the positions that AWS reports in pattern errors.

Patterns are read token by token rather than with `json.loads` because three things depend on
it: the line and column in AWS's errors, the order in which errors are found, and duplicate keys.
AWS parses with Jackson, whose reported place follows from how far it has read:

- after a field name it has already begun the value: numbers, literals and opening brackets are
  read whole, of a string only the opening quote;
- a string is read to its end only when its text is asked for.

Rules deduced from the errors that AWS's TestEventPattern and SNS Subscribe return.
"""

from __future__ import annotations

import enum
import json
import re

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.patterns.errors import PatternError, describe_location

_WHITESPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_STRING_REST = re.compile(r'(?:[^"\\\x00-\x1f]|\\.)*')
# A whole valid escape sequence, or as much of a bad one as is valid.
_ESCAPE = re.compile(r"""(?P<valid>\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})|\\u[0-9a-fA-F]{0,3}|\\""")
_WORD = re.compile(r"\w+")
_VALUE_EXPECTED = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class Token(enum.Enum):
    """What the reader stands on."""

    START_OBJECT = enum.auto()
    END_OBJECT = enum.auto()
    START_ARRAY = enum.auto()
    END_ARRAY = enum.auto()
    FIELD_NAME = enum.auto()
    STRING = enum.auto()
    INTEGER = enum.auto()
    FLOAT = enum.auto()
    TRUE = enum.auto()
    FALSE = enum.auto()
    NULL = enum.auto()
    END = enum.auto()


# Jackson stops at 1000, which no pattern of a legal length reaches in earnest; the compiler
# recurses, so it stops earlier.
NESTING_MAX = 200

NUMERIC_TOKENS = frozenset({Token.INTEGER, Token.FLOAT})
_WORDS = {"true": Token.TRUE, "false": Token.FALSE, "null": Token.NULL}
_OPENING = {"{": Token.START_OBJECT, "[": Token.START_ARRAY}
_CLOSING = {"}": Token.END_OBJECT, "]": Token.END_ARRAY}
_PARTNER = {"{": "}", "[": "]"}
_CONTAINER_NAME = {"{": "Object", "[": "Array"}


class TokenReader:
    """Reads one JSON text. Every syntax error is a `PatternError` with Jackson's text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.field_name = ""  # of the current or enclosing field
        self._at = 0
        self._text = ""
        self._name_given = False  # the last token was a field name, its value is in _value_token
        self._value_token = Token.END
        self._string_unread = False
        # One entry per open bracket: the bracket, and where it stands.
        self._open: list[tuple[str, int]] = []
        self._expect_comma = False

    def next(self) -> Token:
        """Advance by one token and say what it is; `Token.END` after the last."""
        if self._name_given:
            self._name_given = False
            return self._enter(self._value_token)
        if self._string_unread:
            self._finish_string()
        self._skip_whitespace()
        if self._at >= len(self.source):
            return self._end_of_input()
        if self.source[self._at] in _CLOSING:
            return self._close()
        if self._expect_comma:
            self._take_comma()
        if self._open and self._open[-1][0] == "{":
            return self._field_name()
        return self._enter(self._begin_value())

    def text(self) -> str:
        """Text of the current value or bracket: a string's content, else as written."""
        if self._string_unread:
            self._finish_string()
        return self._text

    def fail(self, reason: str) -> PatternError:
        """An error at the place reached so far."""
        return self._error_at(reason, self._at)

    def fail_without_place(self, reason: str) -> PatternError:
        """An error for which AWS names no place."""
        return PatternError(reason, source=self.source)

    def _error_at(self, reason: str, at: int) -> PatternError:
        line, column = self._place(at)
        return PatternError(reason, line, column, source=self.source)

    def _place(self, at: int) -> tuple[int, int]:
        return self.source.count("\n", 0, at) + 1, at - self.source.rfind("\n", 0, at)

    def _skip_whitespace(self) -> None:
        match = _WHITESPACE.match(self.source, self._at)
        if match is not None:
            self._at = match.end()

    def _enter(self, token: Token) -> Token:
        """Account for a value token that has just been handed out."""
        if token in (Token.START_OBJECT, Token.START_ARRAY):
            self._open.append((self._text, self._at - 1))
            if len(self._open) > NESTING_MAX:
                raise self.fail(
                    f"Document nesting depth ({len(self._open)}) exceeds the maximum allowed"
                    f" ({NESTING_MAX})"
                )
            self._expect_comma = False
        else:
            self._expect_comma = bool(self._open)
        return token

    def _close(self) -> Token:
        bracket = self.source[self._at]
        if not self._open:
            raise self._unexpected(f"expected a valid value {_VALUE_EXPECTED}")
        opened, opened_at = self._open[-1]
        if _PARTNER[opened] != bracket:
            place = describe_location(self.source, *self._place(opened_at))
            raise self._error_at(
                f"Unexpected close marker '{bracket}': expected '{_PARTNER[opened]}'"
                f" (for {_CONTAINER_NAME[opened]} starting at {place})",
                self._at,
            )
        self._open.pop()
        self._at += 1
        self._text = bracket
        self._expect_comma = bool(self._open)
        return _CLOSING[bracket]

    def _take_comma(self) -> None:
        if self.source[self._at] != ",":
            container = _CONTAINER_NAME[self._open[-1][0]]
            raise self._unexpected(f"was expecting comma to separate {container} entries")
        self._at += 1
        self._expect_comma = False
        self._skip_whitespace()
        if self._at >= len(self.source):
            self._end_of_input()
        if self.source[self._at] == "]":
            raise self._unexpected(f"expected a valid value {_VALUE_EXPECTED}")

    def _field_name(self) -> Token:
        if self.source[self._at] != '"':
            raise self._unexpected("was expecting double-quote to start field name")
        self._at += 1
        self._finish_string()
        name = self._text
        self._skip_whitespace()
        if self._at >= len(self.source):
            self._end_of_input()
        if self.source[self._at] != ":":
            raise self._unexpected("was expecting a colon to separate field name and value")
        self._at += 1
        self._skip_whitespace()
        if self._at >= len(self.source):
            self._end_of_input()
        self._value_token = self._begin_value()
        self._name_given = True
        self.field_name = name
        return Token.FIELD_NAME

    def _begin_value(self) -> Token:
        character = self.source[self._at]
        if character == '"':
            self._at += 1
            self._string_unread = True
            return Token.STRING
        if character in _OPENING:
            self._at += 1
            self._text = character
            return _OPENING[character]
        number = _NUMBER.match(self.source, self._at)
        if number is not None:
            return self._number(number)
        return self._word()

    def _number(self, number: re.Match[str]) -> Token:
        self._at = number.end()
        self._text = number.group()
        following = self.source[self._at : self._at + 1]
        if self._text in ("0", "-0") and following.isdigit():
            raise self.fail("Invalid numeric value: Leading zeroes not allowed")
        if following and following not in " \t\r\n,]}":
            raise self._unexpected(
                "Expected space separating root-level values"
                if not self._open
                else f"was expecting comma to separate {_CONTAINER_NAME[self._open[-1][0]]} entries"
            )
        return Token.FLOAT if number.group(1) or number.group(2) else Token.INTEGER

    def _word(self) -> Token:
        word = _WORD.match(self.source, self._at)
        if word is None:
            raise self._unexpected(f"expected a valid value {_VALUE_EXPECTED}")
        self._at = word.end()
        self._text = word.group()
        if self._text not in _WORDS:
            raise self.fail(f"Unrecognized token '{self._text}': was expecting {_VALUE_EXPECTED}")
        return _WORDS[self._text]

    def _finish_string(self) -> None:
        """Read from behind the opening quote to behind the closing one."""
        self._string_unread = False
        rest = _STRING_REST.match(self.source, self._at)
        end = rest.end() if rest is not None else self._at
        if end >= len(self.source):
            self._at = end
            raise self.fail(
                "Unexpected end-of-input: was expecting closing quote for a string value"
            )
        if self.source[end] != '"':
            self._at = end + 1
            raise self.fail(
                f"Illegal unquoted character ((CTRL-CHAR, code {ord(self.source[end])})): has to be"
                " escaped using backslash to be included in string value"
            )
        content = self.source[self._at : end]
        try:
            self._text = json.loads(f'"{content}"')
        except json.JSONDecodeError as error:
            raise self._bad_escape() from error
        self._at = end + 1

    def _bad_escape(self) -> PatternError:
        """The error for the first escape sequence that JSON does not know."""
        escape = _ESCAPE.search(self.source, self._at)
        while escape is not None and escape.group("valid"):
            escape = _ESCAPE.search(self.source, escape.end())
        if escape is None:  # the string was well formed after all
            raise EmulatorBug(f"no bad escape in {self.source[self._at :]!r}")
        self._at = escape.end()
        character = self.source[self._at]
        if escape.group() != "\\":
            return self._unexpected("expected a hex-digit for character escape sequence")
        self._at += 1
        return self.fail(f"Unrecognized character escape '{character}' (code {ord(character)})")

    def _end_of_input(self) -> Token:
        if not self._open:
            return Token.END
        opened, opened_at = self._open[-1]
        place = describe_location(self.source, *self._place(opened_at))
        raise self.fail(
            f"Unexpected end-of-input: expected close marker for {_CONTAINER_NAME[opened]}"
            f" (start marker at {place})"
        )

    def _unexpected(self, expectation: str) -> PatternError:
        character = self.source[self._at]
        return self.fail(
            f"Unexpected character ('{character}' (code {ord(character)})): {expectation}"
        )
