"""The modules of one uploaded function, apart from those of all others.

Two functions may both have a `handler.py` and a `helpers` package. Each function's modules are
imported below a package of its own (`uploaded_3.handler`), and its `import helpers` is read as
`import uploaded_3.helpers`: modules find `__import__` among their builtins, and these modules get
builtins of their own. Neither `sys.path` nor anybody else's modules are touched.

Names in strings (`importlib.import_module("helpers")`) are read the same way: see
`dynamic_imports`.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from importlib.machinery import (
    ExtensionFileLoader,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.metadata import DistributionFinder, MetadataPathFinder
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from chalice_offline.uploaded.compiled import compiled
from chalice_offline.uploaded.dynamic_imports import DynamicImports, asking_package
from chalice_offline.uploaded.native_modules import NativeLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution
    from pathlib import Path

    OnImport = Mapping[str, Callable[[Any], Any]]


class FunctionModules:
    """Imports the modules in `folders` below `package`, a name nobody else uses."""

    def __init__(self, folders: Sequence[Path], package: str, imported: OnImport) -> None:
        """`imported` is what to do with some modules, by their names, once they are imported."""
        self.package = package
        self.imported = imported
        self.folders = tuple(str(folder) for folder in folders)
        self.names = frozenset().union(*map(_top_level_names, folders))
        self.builtins = vars(builtins) | {"__import__": self._import}
        root = ModuleType(package)
        root.__path__ = list(self.folders)
        sys.modules[package] = root
        _Finder.add(self)

    def load(self, name: str) -> ModuleType:
        """Import a module by the name it has in the folder; raises what importing it raises."""
        return importlib.import_module(f"{self.package}.{name}")

    def unload(self) -> None:
        """Forget all modules."""
        _Finder.remove(self)
        prefix = f"{self.package}."
        for name in list(sys.modules):
            if name == self.package or name.startswith(prefix):
                del sys.modules[name]

    def name_below(self, name: str) -> str:
        """Return where a module is in `sys.modules` if it is one of these, else the name itself."""
        return f"{self.package}.{name}" if name.partition(".")[0] in self.names else name

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
        if level or top not in self.names:
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


class _Finder(DistributionFinder):
    """Finds modules below the packages of functions, and gives them their builtins."""

    functions: ClassVar[dict[str, FunctionModules]] = {}
    _installed: ClassVar[_Finder | None] = None

    def __init__(self) -> None:
        self.dynamic = DynamicImports(_name_meant_in)

    @classmethod
    def add(cls, modules: FunctionModules) -> None:
        if cls._installed is None:
            cls._installed = cls()
            sys.meta_path.insert(0, cls._installed)
            cls._installed.dynamic.install()
        cls.functions[modules.package] = modules

    @classmethod
    def remove(cls, modules: FunctionModules) -> None:
        cls.functions.pop(modules.package, None)
        if not cls.functions and cls._installed is not None:
            cls._installed.dynamic.uninstall()
            sys.meta_path.remove(cls._installed)
            cls._installed = None

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterable[Distribution]:
        """What a function's package brings along, for its own code."""
        function = self.functions.get(asking_package())
        if function is None:
            return ()
        name = None if context is None else context.name
        own = DistributionFinder.Context(name=name, path=list(function.folders))
        return MetadataPathFinder.find_distributions(own)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        function = self.functions.get(fullname.partition(".")[0])
        if function is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _SourceLoader(fullname, spec.loader.path, function)
        elif spec is not None and isinstance(spec.loader, SourcelessFileLoader):
            spec.loader = _BytecodeLoader(fullname, spec.loader.path, function)
        elif spec is not None and isinstance(spec.loader, ExtensionFileLoader):
            spec.loader = NativeLoader(fullname, spec.loader.path, function.package, function.names)
        return spec


def _name_meant_in(package: str, name: str) -> str:
    function = _Finder.functions.get(package)
    return name if function is None else function.name_below(name)


class _Loader:
    """Half a loader: the one of a function's module, which gets the function's builtins."""

    def __init__(self, fullname: str, path: str, function: FunctionModules) -> None:
        super().__init__(fullname, path)  # type: ignore[call-arg] # the other half's
        self._function = function

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._function.builtins
        super().exec_module(module)  # type: ignore[misc] # the other half's
        imported = self._function.imported.get(self._function.own_names(module.__name__))
        if imported is not None:
            imported(module)


class _SourceLoader(_Loader, SourceFileLoader):
    def source_to_code(self, data: Any, path: Any = "<string>", **options: Any) -> CodeType:  # type: ignore[override] # a method where importlib calls it as one
        """Compile a module, unless another function's package has the very same."""
        known = compiled(data, path) if isinstance(data, bytes) and not options else None
        return known or super().source_to_code(data, path, **options)


class _BytecodeLoader(_Loader, SourcelessFileLoader):
    """Loads a module of which a package has no source, but a .pyc in its place."""
