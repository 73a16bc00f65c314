"""Extension modules that functions bring along, and the imports these make themselves.

Code in C asks for its neighbours by their plain names, past any `__import__` of ours, and takes
what `sys.modules` then has: Cython's `charset_normalizer.cd` looks up `charset_normalizer.md` for
the layout of a class. So while such a module is loaded, the plain names mean the function's own.
What the emulator has under them is put back at once.
"""

from __future__ import annotations

import importlib
import sys
import threading
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

_LOADING = threading.RLock()


class NativeLoader(ExtensionFileLoader):
    """Loads an extension module of the package `package`, to whom `names` belong."""

    def __init__(self, fullname: str, path: str, package: str, names: frozenset[str]) -> None:
        super().__init__(fullname, path)
        self._package = package
        top = fullname.removeprefix(f"{package}.").partition(".")[0]
        # A name that the emulator has a module under, too, is taken only for who must have it.
        self._plain = {top} | {name for name in names if name not in sys.modules}
        self._plain |= {name for name in names if _is_extension(name)}

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load the file; modules of an older kind run here."""
        with _plain_names(self._package, self._plain):
            return super().create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        with _plain_names(self._package, self._plain):
            super().exec_module(module)


def _is_extension(name: str) -> bool:
    module = sys.modules.get(name)
    return isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)


@contextmanager
def _plain_names(package: str, names: set[str]) -> Iterator[None]:
    """Let the plain names mean the modules below `package`, for this thread's imports."""
    with _LOADING:
        own = _OwnNames(package, names)
        before = _modules_below(names)
        for name in before:
            del sys.modules[name]
        sys.meta_path.insert(0, own)
        try:
            yield
        finally:
            sys.meta_path.remove(own)
            for name, module in _modules_below(names).items():
                if not _is_imported_as(name, module):
                    del sys.modules[name]
            sys.modules.update(before)


def _modules_below(names: set[str]) -> dict[str, ModuleType]:
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in names
    }


def _is_imported_as(name: str, module: ModuleType) -> bool:
    """Whether somebody else has imported a module under this name meanwhile, or still does.

    Taken from under an import, a name fails it with a KeyError. The function's own modules have
    their longer names in their specs, or none.
    """
    spec = getattr(module, "__spec__", None)
    return spec is not None and spec.name == name


class _OwnNames:
    """Finds, under a plain name, the module that the function has."""

    def __init__(self, package: str, names: set[str]) -> None:
        self._package = package
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the names of importlib's MetaPathFinder
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self._names:
            return None
        if threading.get_ident() != self._thread:
            return None
        return ModuleSpec(fullname, _Known(f"{self._package}.{fullname}"))


class _Known(Loader):
    """Gives the import machinery a module that has a name already, and leaves it as it was."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - importlib's Loader
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
