"""Contributor insights: switched on and off, and described; there are no insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import resource_missing

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

_DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"


def update_contributor_insights(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Switch insights of a table or index on or off."""
    table, name = _resource(dynamodb, context, request)
    enabled = request["ContributorInsightsAction"] == "ENABLE"
    _insights(table)[name] = {
        "Status": "ENABLED" if enabled else "DISABLED",
        "Mode": request.get("ContributorInsightsMode", _DEFAULT_MODE),
        "ChangedMs": context.now_ms,
    }
    dynamodb.save_table(table)
    result = _named(table, name)
    result["ContributorInsightsStatus"] = "ENABLING" if enabled else "DISABLING"
    result["ContributorInsightsMode"] = _insights(table)[name]["Mode"]
    return result


def describe_contributor_insights(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Say whether insights are on."""
    table, name = _resource(dynamodb, context, request)
    result = _named(table, name)
    found = _insights(table).get(name)
    if found is None:
        return {**result, "ContributorInsightsStatus": "DISABLED"}
    result["ContributorInsightsStatus"] = found["Status"]
    result["ContributorInsightsMode"] = found["Mode"]
    result["LastUpdateDateTime"] = found["ChangedMs"] / 1000
    if found["Status"] == "ENABLED":
        rules = ["PKC", "PKT"] + (["SKC", "SKT"] if table.key.range else [])
        made = f"{found['ChangedMs']}"
        result["ContributorInsightsRuleList"] = [
            f"DynamoDBContributorInsights-{rule}-{table.name}-{made}" for rule in rules
        ]
    return result


def list_contributor_insights(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """List tables and indexes whose insights were ever switched on."""
    tables = dynamodb.tables_of(context)
    if request.get("TableName"):
        tables = [dynamodb.find_named_table(request["TableName"], context)]
    return {
        "ContributorInsightsSummaries": [
            {
                **_named(table, name),
                "ContributorInsightsStatus": one["Status"],
                "ContributorInsightsMode": one["Mode"],
            }
            for table in tables
            for name, one in _insights(table).items()
        ]
    }


def _resource(dynamodb: DynamoDbState, context: CallContext, request: Request) -> tuple[Table, str]:
    table = dynamodb.find_named_table(request["TableName"], context)
    name = request.get("IndexName", "")
    if name and name not in table.indexes:
        raise resource_missing(f"Index: {name} not found")
    return table, name


def _insights(table: Table) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = table.settings.setdefault("ContributorInsights", {})
    return found


def _named(table: Table, name: str) -> dict[str, Any]:
    return {"TableName": table.name, **({"IndexName": name} if name else {})}
