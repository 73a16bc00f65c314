"""Modules that uploaded code asks for by a string, not with an import statement.

`importlib.import_module("helpers")`, `importlib.resources.files("helpers")`, `pkgutil.get_data(…)`
and `importlib.metadata.version("vendored")` mean the function's own files when the function's code
asks, directly or through those parts of the standard library. Who asks is read from the stack.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType

# What stands between the function's code and the look-up itself (functools since Python 3.14).
_GO_BETWEENS = ("functools", "importlib", "pkgutil", f"{__package__}.")
_FRAMES_MAX = 30


class DynamicImports:
    """Reads names in the standard library's look-ups as the function that asks means them.

    `own_name` says what a name stands for in a package ("uploaded_3"), or gives it back.
    """

    def __init__(self, own_name: Callable[[str, str], str]) -> None:
        self._own_name = own_name
        self._import_module = importlib.import_module
        self._find_spec = importlib.util.find_spec

    def install(self) -> None:
        """Stand before the standard library's own functions."""
        importlib.import_module = self.import_module
        importlib.util.find_spec = self.find_spec

    def uninstall(self) -> None:
        """Give way to them."""
        importlib.import_module = self._import_module
        importlib.util.find_spec = self._find_spec

    def import_module(self, name: str, package: str | None = None) -> ModuleType:
        """importlib.import_module."""
        return self._import_module(self._meant(name), package and self._meant(package))

    def find_spec(self, name: str, package: str | None = None) -> Any:
        """importlib.util.find_spec."""
        return self._find_spec(self._meant(name), package and self._meant(package))

    def _meant(self, name: str) -> str:
        asking = asking_package()
        return self._own_name(asking, name) if asking else name


def asking_package() -> str:
    """Return the top-level package of the code that asks for a module; "" when it is nobody's."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to know
    for _ in range(_FRAMES_MAX):
        if frame is None:
            return ""
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(_GO_BETWEENS):
            return name.partition(".")[0]
        frame = frame.f_back
    return ""
