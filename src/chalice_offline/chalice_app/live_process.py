"""The process, while a live session has a project in it.

A session is usually the only thing in its process. One that is started within a program gives the
process back when it stops: the working folder, `sys.path`, the variables and the modules.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.app_module import taken_out
from chalice_offline.chalice_app.environment import IN_UTC, lambda_variables
from chalice_offline.chalice_app.process_patches import hold, let_go
from chalice_offline.chalice_app.process_variables import ProcessVariables

if TYPE_CHECKING:
    from types import ModuleType


class LiveProcess:
    """One session's claim to the process."""

    def __init__(self, directory: Path, region: str) -> None:
        """Prepare to load the project of this folder."""
        self._directory = directory
        self._variables = ProcessVariables(lambda_variables(region) | IN_UTC)
        self._is_taken = False
        self._folder_before = ""
        self._path_before: list[str] = []
        self._modules_before: dict[str, ModuleType] = {}

    def take(self) -> None:
        """Make the process what it is on Lambda. Loading the project moves to its folder."""
        self._is_taken = True
        hold(self)
        self._folder_before = str(Path.cwd())
        self._path_before = list(sys.path)
        self._modules_before = taken_out(self._directory) | _others_app()
        self._variables.put_in_place()

    def give_back(self) -> None:
        """Make everything what it was."""
        if not self._is_taken:
            return
        self._is_taken = False
        self._variables.take_away()
        taken_out(self._directory)
        sys.modules.update(self._modules_before)
        sys.path[:] = self._path_before
        os.chdir(self._folder_before)
        let_go(self)


def _others_app() -> dict[str, ModuleType]:
    """Take another project's code out of the way: `import app` means this one's."""
    names = [name for name in sys.modules if name.split(".", 1)[0] in ("app", "chalicelib")]
    return {name: sys.modules.pop(name) for name in names}
