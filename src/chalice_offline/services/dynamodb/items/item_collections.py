"""Item collections: the items of one partition key, of a table with local indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.services.dynamodb.items.writes import Plan


def collection_metrics(plan: Plan) -> dict[str, Any]:
    """Return AWS's estimate of how large the items with this partition key are."""
    name = plan.table.key.hash[0]
    return {
        "ItemCollectionKey": {name: plan.key_item[name]},
        "SizeEstimateRangeGB": [0.0, 1.0],
    }


def batch_metrics(plans: Sequence[tuple[str, Plan]]) -> dict[str, list[dict[str, Any]]]:
    """Return, by table, AWS's estimates for each partition that was written to."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, plan in plans:
        if plan.table.has_local_indexes:
            metrics = collection_metrics(plan)
            of_table = found.setdefault(name, [])
            if metrics not in of_table:
                of_table.append(metrics)
    return found
