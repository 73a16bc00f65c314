"""What moto would keep for as long as the process lives goes with the emulator it belongs to.

moto notes every object it makes in a list of its class, for the dashboard of its own server, and
remembers what some methods return, with their objects, in caches of the process. A process that
runs one emulator after the other would hold the roles, policies and machines of all of them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Methods that moto decorates with a cache: module, class, name.
_CACHED_METHODS = (
    ("moto.core.base_backend", "AccountSpecificBackend", "_generate_regions"),
    ("moto.ec2.models.subnets", "Subnet", "_base_avail_ip_iterator"),
    ("moto.emr.models", "ElasticMapReduceBackend", "_get_instance_type_names"),
    ("moto.rds.models", "RDSBackend", "db_cluster_options"),
)


class Tracking:
    """moto's lists of all objects it made, which nobody here asks for."""

    _before: Any = None

    @classmethod
    def stop(cls) -> None:
        """Let moto make objects without noting them."""
        from moto.core.common_models import BaseModel

        def made(kind: Any, *_: Any, **__: Any) -> Any:
            return object.__new__(kind)

        model: Any = BaseModel
        cls._before = vars(model)["__new__"]
        model.__new__ = staticmethod(made)

    @classmethod
    def resume(cls) -> None:
        """Let moto note them again, for whoever uses it beside us: its S3 goes by such a list."""
        from moto.core.common_models import BaseModel

        model: Any = BaseModel
        model.__new__ = cls._before


def remember_with_objects() -> None:
    """Have the cached methods that are imported by now keep what they return with their objects."""
    for module, class_name, name in _CACHED_METHODS:
        owner = getattr(sys.modules.get(module), class_name, None)
        method: Any = getattr(owner, name, None)
        if hasattr(method, "cache_info"):
            setattr(owner, name, _with_the_object(method.__wrapped__))


def _with_the_object(method: Callable[..., Any]) -> Callable[..., Any]:
    place = f"_returned_by_{method.__name__}"

    def remembered(self: Any, *arguments: Any) -> Any:
        known = vars(self).setdefault(place, {})
        if arguments not in known:
            known[arguments] = method(self, *arguments)
        return known[arguments]

    return remembered
