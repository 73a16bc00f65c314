"""The order in which a template's resources are created."""

from __future__ import annotations

from typing import Any

from chalice_offline.chalice_app.cloudformation.intrinsics import TemplateError, names_in


def in_order(resources: dict[str, Any]) -> list[str]:
    """Return the resources' names so that each comes after what it refers to or depends on.

    Otherwise they stay as written. Raises TemplateError for a circle.
    """
    ordered: list[str] = []
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in resources:
            return
        if name in under_way:
            circle = " -> ".join([*under_way[under_way.index(name) :], name])
            raise TemplateError(f"resources depend on each other in a circle: {circle}")
        under_way.append(name)
        for needed in _needs(resources[name]):
            visit(needed)
        under_way.pop()
        ordered.append(name)

    for name in resources:
        visit(name)
    return ordered


def _needs(resource: dict[str, Any]) -> list[str]:
    depends_on = resource.get("DependsOn", [])
    listed = [depends_on] if isinstance(depends_on, str) else list(depends_on)
    return listed + names_in(resource.get("Properties", {}))
