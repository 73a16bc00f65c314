"""JSON as Step Functions writes it, and what it says about text that is none.

AWS uses Jackson: no spaces, and its own words for each mistake (recorded from StartExecution and
ValidateStateMachineDefinition).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_EXPECTED = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


class NotJson(ValueError):  # noqa: N818 - says what the text is
    """A text is no JSON: what Jackson says, and where (line and column, from 1)."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def compact(value: Any) -> str:
    """Return a value as Jackson writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parse(text: str) -> Any:
    """Return the value of a JSON text; NotJson says what is wrong with it."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _explained(text, error) from error
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error), 1, 1) from error


def _no_constant(name: str) -> NoReturn:
    message = f"Non-standard token '{name}'"
    raise ValueError(message)


def _explained(text: str, error: json.JSONDecodeError) -> NotJson:
    at = error.pos
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    if at >= len(text):
        return NotJson("Unexpected end-of-input", line, column)
    if error.msg.startswith("Expecting value"):
        word = _WORD.match(text, at)
        if word:
            message = f"Unrecognized token '{word[0]}': was expecting {_EXPECTED}"
            return NotJson(message, line, column + len(word[0]))
        wanted = f"expected a valid value {_EXPECTED}"
        return NotJson(_unexpected(text[at], wanted), line, column)
    if error.msg.startswith("Expecting property name"):
        wanted = "was expecting double-quote to start field name"
        return NotJson(_unexpected(text[at], wanted), line, column)
    if error.msg.startswith("Expecting ':'"):
        wanted = "was expecting a colon to separate field name and value"
        return NotJson(_unexpected(text[at], wanted), line, column)
    if error.msg.startswith("Expecting ','"):
        wanted = "was expecting comma to separate entries"
        return NotJson(_unexpected(text[at], wanted), line, column)
    return NotJson(error.msg, line, column)


def _unexpected(character: str, wanted: str) -> str:
    return f"Unexpected character ('{character}' (code {ord(character)})): {wanted}"
