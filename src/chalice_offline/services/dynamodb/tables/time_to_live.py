"""UpdateTimeToLive, DescribeTimeToLive, and what happens to an item whose time has come.

AWS removes expired items "within a few days"; here it is the second that the item names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.items.writes import Plan, Weighed, commit

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table


def update_time_to_live(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Name the attribute that says when an item expires, or name none any more."""
    table = dynamodb.find_named_table(request["TableName"], context)
    specification = request["TimeToLiveSpecification"]
    name = specification["AttributeName"]
    now = table.expiry_attribute
    if specification["Enabled"]:
        if now == name:
            raise validation("TimeToLive is already enabled")
        if now:
            raise validation(f"TimeToLive is active on a different AttributeName: current "
                             f"AttributeName is {now}")  # fmt: skip
        table.items.watch_expiry(name)
        dynamodb.plan_expiry(table, table.items.next_expiry_seconds())
    else:
        if not now:
            raise validation("TimeToLive is already disabled")
        if now != name:
            raise validation(f"TimeToLive is active on a different AttributeName: current "
                             f"AttributeName is {now}")  # fmt: skip
        table.items.watch_expiry("")
        dynamodb.stop_expiry(table)
    dynamodb.save_table(table)
    return {"TimeToLiveSpecification": specification}


def describe_time_to_live(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Say which attribute it is."""
    table = dynamodb.find_named_table(request["TableName"], context)
    if not table.expiry_attribute:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {
        "TimeToLiveDescription": {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": table.expiry_attribute,
        }
    }


def expire(dynamodb: DynamoDbState, table: Table) -> None:
    """Remove the items whose time has come; their stream records say who did it."""
    kernel = dynamodb.kernel
    keys = table.items.expired(kernel.now_ms // 1000)
    writes = []
    for key in keys:
        old = table.items.get(key)
        if old is not None:
            key_item = {name: old.item[name] for name in table.key.names}
            plan = Plan(table, key, key_item, _nothing)
            writes.append(Weighed(plan, old, None, 0))
    if writes:
        detail = {"table": table.name, "items": len(writes)}
        entry = kernel.note("dynamodb.expired", detail, ())
        commit(dynamodb, writes, entry, by_time_to_live=True)


def _nothing(_item: object) -> tuple[None, None]:
    return None, None
