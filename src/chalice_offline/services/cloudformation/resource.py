"""A resource of a stack, as it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalice_offline.services.cloudformation.unknown import later

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """What `Ref` gives, which is also the physical id, and what `Fn::GetAtt` gives."""

    reference: str
    attributes: dict[str, Any] = field(default_factory=dict)


class _Anything(dict[str, Any]):
    """The attributes of a resource that is still to be made: each is a text that stands for it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __contains__(self, _attribute: object) -> bool:
        return True

    def __missing__(self, attribute: str) -> str:
        return later(f"{self._name}.{attribute}")


def resource_to_come(name: str) -> Resource:
    """Return what stands for a resource that is not there yet."""
    return Resource(later(name), _Anything(name))
