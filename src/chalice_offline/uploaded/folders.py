"""Where the files of one uploaded function lie, and where Lambda has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

# AWS Lambda developer guide, "Packaging your layer content": where modules of a layer are found.
# The folder of a Python version is not asked for its number: one process runs every version.
_LAYER_MODULES = ("python", "python/lib/python3.*/site-packages")


@dataclass(frozen=True, slots=True)
class Folders:
    """The folder of a function's own files, and the one that its layers share."""

    root: Path
    task: Path
    layers: Path

    @classmethod
    def below(cls, root: Path) -> Self:
        """Make the folders below `root`."""
        folders = cls(root, root / "task", root / "opt")
        folders.task.mkdir(parents=True)
        folders.layers.mkdir()
        return folders

    def of_modules(self) -> list[Path]:
        """Return where modules are looked for: the function's own come first."""
        found = [path for pattern in _LAYER_MODULES for path in sorted(self.layers.glob(pattern))]
        return [self.task, *found]

    def as_on_lambda(self, text: str) -> str:
        """Return a text with the paths that the files have on Lambda."""
        return text.replace(str(self.task), "/var/task").replace(str(self.layers), "/opt")
