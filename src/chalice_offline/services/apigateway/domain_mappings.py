"""What a path of a custom domain name stands for.

Source: AWS, "Use API mappings to connect API stages to a custom domain name for REST APIs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.served_apis import Mapped

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.rest_api import ById
    from chalice_offline.services.apigateway.state import ApiGatewayState

ROOT = "(none)"  # how AWS spells the mapping without a path


def has_name(gateway: ApiGatewayState, host: str) -> bool:
    """Whether somebody has taken a host name, or one with "*" that it fits."""
    return _mappings(gateway, host) is not None


def mapped(gateway: ApiGatewayState, host: str, path: str) -> Mapped | None:
    """Return what a path stands for: of the mappings that it begins with, the longest."""
    mappings = _mappings(gateway, host) or {}
    parts = path.strip("/").split("/")
    for count in range(len(parts), -1, -1):
        base = "/".join(parts[:count])
        mapping = mappings.get(base or ROOT)
        if mapping is not None:
            rest = path.removeprefix(f"/{base}") if base else path
            prefix = f"/{base}" if base else ""
            return Mapped(mapping["restApiId"], mapping.get("stage", ""), prefix, rest or "/")
    return None


def _mappings(gateway: ApiGatewayState, host: str) -> ById | None:
    wildcard = f"*.{host.partition('.')[2]}"
    for name in (host, wildcard):
        for place in gateway.places.values():
            if name in place.domain_names:
                return place.base_path_mappings.get(name, {})
    return None
