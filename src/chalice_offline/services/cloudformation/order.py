"""The order in which a template's resources are created."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.functions_in import names_in


def in_order(resources: dict[str, Any]) -> list[str]:
    """Return the resources' names so that each comes after what it refers to or depends on.

    Otherwise they stay as written. Raises ValidationError for a circle.
    """
    needs = {name: [n for n in needs_of(resources[name]) if n in resources] for name in resources}
    left = dict(needs)
    ordered: dict[str, None] = {}
    while left:
        free = next((n for n, all_of in left.items() if all(o in ordered for o in all_of)), None)
        if free is None:
            circle = ", ".join(_circle(left))
            raise validation_error(f"Circular dependency between resources: [{circle}]")
        ordered[free] = None
        del left[free]
    return list(ordered)


def needs_of(resource: dict[str, Any]) -> list[str]:
    """Return the names that a resource must come after."""
    depends_on = resource.get("DependsOn", [])
    listed = [depends_on] if isinstance(depends_on, str) else list(depends_on)
    return listed + names_in(resource.get("Properties", {}))


def _circle(left: dict[str, list[str]]) -> list[str]:
    """Return the resources that need each other, without those that only need one of them."""
    while True:
        needed = {name for all_of in left.values() for name in all_of}
        inner = {
            name: [other for other in all_of if other in left]
            for name, all_of in left.items()
            if name in needed
        }
        if len(inner) == len(left):
            return list(left)
        left = inner
