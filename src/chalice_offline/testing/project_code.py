"""A project's modules. Several loadings can be kept, and take turns in `sys.modules`.

The same project under two stages is imported twice, for a module may read a variable when it is
imported; two projects both have a module `app`. Test modules that imported the project's code
before share it with the first loading of its usual stage, classes of exceptions included.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from types import ModuleType

    from chalice_offline.chalice_app.project import Project

_Key = tuple[Path, str, str]


class ProjectCode:
    """One loading of a project, under the variables of one stage and region."""

    _known: ClassVar[WeakValueDictionary[_Key, ProjectCode]] = WeakValueDictionary()
    _in_place: ClassVar[ProjectCode | None] = None
    #: What `sys.modules` and `sys.path` held before the first of us came.
    _found: ClassVar[dict[str, ModuleType]] = {}
    _found_path: ClassVar[list[str]] = []

    def __init__(self, directory: Path, stage: str, region: str, *, shares: bool) -> None:
        self.directory = directory
        self.stage = stage
        self.region = region
        self.project: Project | None = None
        self._shares = shares
        self._modules: dict[str, ModuleType] | None = None
        self._path: list[str] = []

    @classmethod
    def of(cls, directory: Path, stage: str, region: str, *, is_usual: bool) -> ProjectCode:
        """Return the loading for these; the same one as long as somebody holds it.

        `is_usual` says that what was imported before may be shared: it is what the project's tests
        mean by `import app`.
        """
        key = (directory, stage, region)
        code = cls._known.get(key)
        if code is None:
            cls._known[key] = code = ProjectCode(directory, stage, region, shares=is_usual)
        return code

    @classmethod
    def forget(cls, directory: Path) -> None:
        """Forget every loading of a project: its files have changed."""
        for key in [key for key in cls._known if key[0] == directory]:
            del cls._known[key]

    def load(self) -> Project:
        """Import the project, once; raises ProjectError. Call it while in place."""
        from chalice_offline.chalice_app.project import load_for_stage

        if self.project is None:
            self.project = load_for_stage(self.directory, self.stage, self.region)
        return self.project

    def put_in_place(self) -> None:
        """Make these the modules that `import` finds."""
        present = ProjectCode._in_place
        if present is self:
            return
        if present is None:
            ProjectCode._found_path = list(sys.path)
            ProjectCode._found = found = _taken_out()
        else:
            present._take_away()  # noqa: SLF001 - one of us
            found = ProjectCode._found
        if self._modules is None:
            self._modules = self._shared_of(found) if self._shares else {}
            self._path = [str(self.directory), *ProjectCode._found_path]
        sys.modules.update(self._modules)
        sys.path[:] = self._path
        ProjectCode._in_place = self

    @classmethod
    def give_back(cls) -> None:
        """Put back what was there before the first of us came."""
        if cls._in_place is not None:
            cls._in_place._take_away()  # noqa: SLF001 - one of us
            cls._in_place = None
            sys.modules.update(cls._found)
            sys.path[:] = cls._found_path

    # ---- within ----------------------------------------------------------------------------------

    def _take_away(self) -> None:
        self._path = list(sys.path)
        self._modules = _taken_out()

    def _shared_of(self, found: dict[str, ModuleType]) -> dict[str, ModuleType]:
        """Return the modules that were imported before, if they are this project's."""
        files = [getattr(found.get(name), "__file__", None) for name in ("app", "chalicelib")]
        is_own = any(file and self.directory in Path(file).resolve().parents for file in files)
        return dict(found) if is_own else {}


def _taken_out() -> dict[str, ModuleType]:
    """Take the modules that `chalice deploy` would package out of `sys.modules`."""
    names = ["app"] if "app" in sys.modules else []
    if "chalicelib" in sys.modules:  # else nothing below it is there either
        names.append("chalicelib")
        names += [name for name in sys.modules if name.startswith("chalicelib.")]
    return {name: sys.modules.pop(name) for name in names}
