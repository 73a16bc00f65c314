"""Imports a project's app.py as Lambda and `chalice` itself do."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from types import ModuleType

    from chalice import Chalice

_EMULATOR = Path(__file__).resolve().parents[1]


def import_app(directory: Path) -> Chalice:
    """Import app.py and return its `app`; ProjectError names file and line when that fails.

    The project's folder comes first on `sys.path`. The content of vendor/ is copied to the top
    of a deployment package, so that folder is on the path, too, but last: what is installed here
    fits this machine better than what was built for Lambda (as `chalice local` has it).
    """
    from chalice import Chalice

    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    vendor = directory / "vendor"
    if vendor.is_dir() and str(vendor) not in sys.path:
        sys.path.append(str(vendor))
    try:
        module = importlib.import_module("app")
    except SyntaxError as error:
        where = f"{error.filename}, line {error.lineno}"
        raise ProjectError(f"{where}: {type(error).__name__}: {error.msg}") from error
    except KeyboardInterrupt:  # the developer's, not the project's
        raise
    except BaseException as error:  # whatever the project's own code raises
        raise ProjectError(import_failure(directory, error)) from error
    app = getattr(module, "app", None)
    if not isinstance(app, Chalice):
        raise ProjectError(
            f"{directory / 'app.py'}: a variable `app` that is a Chalice app was expected"
        )
    return app


def unload_project(directory: Path) -> dict[str, ModuleType]:
    """Forget the project's modules, so that the next load reads them anew; return them by name."""
    unloaded = taken_out(directory)
    for module in unloaded.values():
        _forget_bytecode(module)
    importlib.invalidate_caches()
    return unloaded


def taken_out(directory: Path) -> dict[str, ModuleType]:
    """Take the project's modules out of `sys.modules`, and return them by name."""
    own = _OwnFiles(directory)
    return {
        name: sys.modules.pop(name)
        for name, module in list(sys.modules.items())
        if name != "__main__" and (file := getattr(module, "__file__", None)) and own.has(file)
    }


class _OwnFiles:
    """The same as `belongs_to`, for many files of few folders: each folder is resolved once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._folders: dict[str, bool] = {}

    def has(self, file: str) -> bool:
        if os.path.islink(file):  # noqa: PTH114 - a thousand files, a path object each
            return belongs_to(self._directory, Path(file))
        folder, name = os.path.split(file)
        known = self._folders.get(folder)
        if known is None:
            known = belongs_to(self._directory, Path(folder, "any.py"))
            self._folders[folder] = known
        return known and not name.startswith((".", "<"))


def belongs_to(directory: Path, file: Path) -> bool:
    """Whether a file is the project's own: below its folder, neither an installed package nor ours.

    A project may hold the emulator that runs it, as this repository does. Were its modules taken
    for the project's, all that is imported later would be loaded a second time, with other classes
    of the same names.
    """
    if file.name.startswith("<"):  # what Python itself brought along, such as <frozen os>
        return False
    resolved = file.resolve()
    if resolved.is_relative_to(_EMULATOR):
        return False
    try:
        parts = resolved.relative_to(directory).parts
    except ValueError:
        return False
    return not any(
        part.startswith(".") or part in ("site-packages", "node_modules") for part in parts
    )


def _forget_bytecode(module: ModuleType) -> None:
    """Python takes bytecode for fresh when a source changed within a second and kept its size."""
    cached = getattr(module, "__cached__", None)
    if cached:
        Path(cached).unlink(missing_ok=True)


def import_failure(directory: Path, error: BaseException) -> str:
    """Say in one line where in the project importing app.py failed, and with what."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if belongs_to(directory, Path(frame.filename))]
    where = f"{own[-1].filename}, line {own[-1].lineno}" if own else str(directory / "app.py")
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    return one_line(f"importing app.py failed at {where}: {what}")
