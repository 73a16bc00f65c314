"""An alias: a name for a version, which may send some of its runs to another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.ids import Ids


@dataclass(slots=True)
class Alias:
    """A name for a version. `weights` says which share of the runs other versions get."""

    name: str
    version: str
    revision: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)

    def version_for(self, ids: Ids) -> str:
        """Return the version for one run."""
        if not self.weights:
            return self.version
        drawn = ids.fraction()
        for version, share in self.weights.items():
            if drawn < share:
                return version
            drawn -= share
        return self.version
