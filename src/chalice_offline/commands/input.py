"""What is given on the command line: texts, files, standard input, NAME=VALUE."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from chalice_offline.commands.running import Refused


def text_of(given: str) -> str:
    """Return a text as it stands, that of a file ("@FILE"), or standard input ("-")."""
    if given == "-":
        return standard_input()
    if given.startswith("@"):
        return read_file(Path(given[1:]))
    return given


def standard_input() -> str:
    """Return the text that comes by standard input; Refused when it is none."""
    return _decoded(sys.stdin.buffer.read(), "standard input")


def read_file(path: Path) -> str:
    """Return the text of a file; Refused when there is none."""
    return _decoded(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return what is in a file; Refused when there is none."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {getattr(error, 'strerror', error)}") from error


def json_of(text: str, what: str) -> Any:
    """Return JSON; Refused, with the place, when it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(
            f"{what} is no JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError as error:
        raise Refused(f"{what} is nested too deep") from error


def pairs_of(given: tuple[str, ...], option: str) -> dict[str, str]:
    """Return NAME=VALUE options."""
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Refused(f"{option} {text!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _decoded(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{what} is no text in UTF-8 (byte {error.start})") from error
