"""All uploaded functions that were run lately, unpacked and warm."""

from __future__ import annotations

import io
import shutil
import threading
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from chalice_offline.storage import TemporaryFolder
from chalice_offline.uploaded.folders import Folders
from chalice_offline.uploaded.function import UploadedFunction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chalice_offline.core.run import FunctionRun, UploadedCode
    from chalice_offline.uploaded.modules import OnImport

# Warm functions kept at once; the one that has been idle longest gives way to another.
WARM_MAX = 200

# One number per unpacked package in this process: no two functions share a module name.
_numbers = count(1)


@dataclass(slots=True)
class _Container:
    function: UploadedFunction
    revision: str
    running: int = 0


class UploadedFunctions:
    """Unpacks packages into a temporary folder, one folder per revision of a function."""

    def __init__(self, endpoint_url: str = "", imported: OnImport | None = None) -> None:
        """Make a store; `endpoint_url` is where handlers find AWS, when there is such a place.

        `imported` is what to do with modules that a package brings along, by their names.
        """
        self._endpoint_url = endpoint_url
        self._imported = imported or {}
        self._lock = threading.Lock()
        self._containers: OrderedDict[str, _Container] = OrderedDict()
        self._replaced: list[_Container] = []
        self._folder: TemporaryFolder | None = None

    @contextmanager
    def running(self, run: FunctionRun, code: UploadedCode) -> Iterator[UploadedFunction]:
        """Give the function of a run, and keep it while the run lasts."""
        with self._lock:
            container = self._container(run, code)
            container.running += 1
        try:
            yield container.function
        finally:
            with self._lock:
                container.running -= 1
                self._remove_idle()

    def close(self) -> None:
        """Forget all functions and remove their folders."""
        with self._lock:
            self._replaced += self._containers.values()
            self._containers.clear()
            for container in self._replaced:
                container.function.modules.unload()
            self._replaced.clear()
            if self._folder is not None:
                self._folder.remove()
                self._folder = None

    # ---- within; all of it with the lock held ----------------------------------------------------

    def _container(self, run: FunctionRun, code: UploadedCode) -> _Container:
        key = f"{run.function_arn}:{run.version}"
        known = self._containers.get(key)
        if known is not None and known.revision == code.revision:
            self._containers.move_to_end(key)
            return known
        if known is not None:
            self._replaced.append(self._containers.pop(key))
        self._containers[key] = container = _Container(self._unpack(run, code), code.revision)
        return container

    def _unpack(self, run: FunctionRun, code: UploadedCode) -> UploadedFunction:
        if self._folder is None:
            self._folder = TemporaryFolder()
        package = f"uploaded_{next(_numbers)}"
        folders = Folders.below(self._folder.path / package)
        for layer in code.layers:
            _extract(layer, folders.layers)
        _extract(code.package, folders.task)
        return UploadedFunction(
            run,
            code,
            folders,
            package,
            endpoint_url=self._endpoint_url,
            imported=self._imported,
        )

    def _remove_idle(self) -> None:
        surplus = len(self._containers) - WARM_MAX
        idle = [key for key, container in self._containers.items() if not container.running]
        for key in idle[: max(0, surplus)]:
            self._replaced.append(self._containers.pop(key))
        for container in [one for one in self._replaced if not one.running]:
            self._replaced.remove(container)
            container.function.modules.unload()
            shutil.rmtree(container.function.folders.root, ignore_errors=True)


def _extract(package: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)
