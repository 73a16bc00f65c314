"""How UpdateOrder lays a sparse order over a stored one, and when two bodies are the same."""

from __future__ import annotations

import copy
from typing import Any

from simulators.pos.square import fields

Json = dict[str, Any]

READ_ONLY = frozenset({"id", "version", "created_at", "updated_at", "location_id", "tenders"})


def merged(order: Json, changes: Json) -> Json:
    """Return the order with a sparse order laid over it: lists of objects merge by uid."""
    result = copy.deepcopy(order)
    for name, value in changes.items():
        if name in READ_ONLY:
            continue
        if isinstance(value, list) and isinstance(result.get(name), list):
            known = {entry.get("uid"): entry for entry in result[name]}
            for entry in fields.objects(value, f"order.{name}"):
                if entry.get("uid") in known:
                    known[entry["uid"]].update(copy.deepcopy(entry))
                else:
                    result[name].append(copy.deepcopy(entry))
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name].update(copy.deepcopy(value))
        else:
            result[name] = copy.deepcopy(value)
    return result


def with_sorted_keys(value: Any) -> Any:
    """Return the value with every object's keys in order, so that equal bodies are equal bytes."""
    if isinstance(value, dict):
        return {key: with_sorted_keys(value[key]) for key in sorted(value)}
    return [with_sorted_keys(entry) for entry in value] if isinstance(value, list) else value
