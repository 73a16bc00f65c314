"""Files of variables (`.env`): NAME=VALUE lines, read when asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def read_env_file(path: Path) -> dict[str, str]:
    r"""Return the variables of a file; ProjectError with the line when one of them is none.

    A line is empty, a comment (#), or NAME=VALUE, `export` before it or not. A value in single
    quotes is taken as it stands, one in double quotes with \n and the like; else it ends before
    " #". Nothing is expanded and no command is run.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise ProjectError(f"{path} cannot be read: {reason}") from error
    variables = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals or not _NAME.fullmatch(name.strip()):
            raise ProjectError(f"{path}, line {number}: {stripped[:60]!r} is not NAME=VALUE")
        variables[name.strip()] = _value(value.strip(), f"{path}, line {number}")
    return variables


def _value(text: str, place: str) -> str:
    quote = text[:1]
    if quote not in ("'", '"'):
        return re.split(r"\s#", text, maxsplit=1)[0].rstrip() if not text.startswith("#") else ""
    end = re.match(r"'[^']*'" if quote == "'" else r'"(?:[^"\\]|\\.)*"', text)
    rest = text[end.end() :].strip() if end else "no end"
    if end is None or (rest and not rest.startswith("#")):
        raise ProjectError(f"{place}: the quotes around the value are not closed")
    inner = end[0][1:-1]
    if quote == "'":
        return inner
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inner)
