"""Modules compiled once, though every function of an app has them in a package of its own.

`chalice deploy` uploads one package for all functions of an app. Compiling it takes most of a cold
start: a second where boto3 is in it, for each of the functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType

MODULES_KEPT = 4_096


def compiled(source: bytes, path: str) -> CodeType | None:
    """Return a module's code as if compiled at `path`; None for what does not compile."""
    try:
        return _at(_compiled(_Source(source, path)), path)
    except (SyntaxError, ValueError):  # whoever compiles it there says where it is wrong
        return None


@dataclass(frozen=True, slots=True)
class _Source:
    """A module's source, and where it was met first: what it warns of, it warns of there."""

    text: bytes
    path: str = field(compare=False)


@lru_cache(maxsize=MODULES_KEPT)
def _compiled(source: _Source) -> CodeType:
    code: CodeType = compile(source.text, source.path, "exec", dont_inherit=True)
    return code


def _at(code: CodeType, path: str) -> CodeType:
    """Return the code with all that it defines, for a file: tracebacks and debuggers look there."""
    constants = tuple(
        _at(one, path) if isinstance(one, CodeType) else one for one in code.co_consts
    )
    return code.replace(co_filename=path, co_consts=constants)
