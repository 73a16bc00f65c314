"""The modules of one uploaded function, apart from those of all others.

Two functions may both have a `handler.py` and a `helpers` package. Each function's modules are
imported below a package of its own (`uploaded_3.handler`), and its `import helpers` is read as
`import uploaded_3.helpers`: modules find `__import__` among their builtins, and these modules get
builtins of their own. Neither `sys.path` nor anybody else's modules are touched.

Only import statements are read so: `importlib.import_module("helpers")` looks elsewhere.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path


class FunctionModules:
    """Imports the modules in `folders` below `package`, a name nobody else uses."""

    def __init__(self, folders: Sequence[Path], package: str) -> None:
        self.package = package
        self._names = frozenset().union(*map(_top_level_names, folders))
        self._builtins = vars(builtins) | {"__import__": self._import}
        root = ModuleType(package)
        root.__path__ = [str(folder) for folder in folders]
        sys.modules[package] = root
        _Finder.install()
        _Finder.packages[package] = self._builtins

    def load(self, name: str) -> ModuleType:
        """Import a module by the name it has in the folder; raises what importing it raises."""
        return importlib.import_module(f"{self.package}.{name}")

    def unload(self) -> None:
        """Forget all modules."""
        _Finder.packages.pop(self.package, None)
        prefix = f"{self.package}."
        for name in list(sys.modules):
            if name == self.package or name.startswith(prefix):
                del sys.modules[name]

    def own_names(self, text: str) -> str:
        """Return a text with the names that modules have in the folder."""
        return text.replace(f"{self.package}.", "")

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names of __import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level or top not in self._names:
            return __import__(name, globals, locals, fromlist, level)
        module = __import__(f"{self.package}.{name}", globals, locals, fromlist, 0)
        return module if fromlist else sys.modules[f"{self.package}.{top}"]


def _top_level_names(folder: Path) -> frozenset[str]:
    """The modules and packages of a folder; those built into Python cannot be replaced."""
    names = {
        path.name.partition(".")[0]
        for path in folder.iterdir()
        if path.is_dir() or path.suffix in (".py", ".pyc", ".so")
    }
    return frozenset(names.difference(sys.builtin_module_names))


class _Finder(MetaPathFinder):
    """Finds modules below the packages of functions, and gives them their builtins."""

    packages: ClassVar[dict[str, dict[str, Any]]] = {}
    _installed: ClassVar[bool] = False

    @classmethod
    def install(cls) -> None:
        if not cls._installed:
            cls._installed = True
            sys.meta_path.insert(0, cls())

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        own_builtins = self.packages.get(fullname.partition(".")[0])
        if own_builtins is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path, own_builtins)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, own_builtins: dict[str, Any]) -> None:
        super().__init__(fullname, path)
        self._builtins = own_builtins

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._builtins
        super().exec_module(module)
