"""Reads the JSON files of a project, and says where in them something is wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path


class ProjectFile:
    """A JSON object in a file."""

    def __init__(self, path: Path, content: dict[str, Any], text: str) -> None:
        self.path = path
        self.content = content
        self.text = text

    def error(self, problem: str, *keys: str) -> ProjectError:
        """Return the error for a problem with what stands under `keys`: file, line, problem."""
        where = f"{self.path}, line {self._line_of(keys)}"
        return ProjectError(f"{where}: {one_line(problem)}")

    def _line_of(self, keys: tuple[str, ...]) -> int:
        position = 0
        for key in keys:
            found = re.compile(re.escape(json.dumps(key)) + r"\s*:").search(self.text, position)
            if found is None:
                break
            position = found.start()
        return self.text.count("\n", 0, position) + 1


def read_project_file(path: Path, *, what: str) -> ProjectFile:
    """Read a JSON object; ProjectError names file, line and what was expected.

    `what` says why the file must be there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProjectError(f"there is no {path}; {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {error}") from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProjectError(
            f"{path}, line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise ProjectError(f"{path}: brackets are nested too deeply to be read") from error
    except ValueError as error:  # a number of thousands of digits
        raise ProjectError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ProjectError(f"{path}, line 1: a JSON object was expected")
    return ProjectFile(path, content, text)


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())
