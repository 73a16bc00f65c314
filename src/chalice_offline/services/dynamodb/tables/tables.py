"""CreateTable, DescribeTable, ListTables, DeleteTable.

A table is ready before its maker can ask again: only the reply of CreateTable says CREATING, only
that of DeleteTable DELETING. AWS takes seconds, and waiters that find it unready wait for twenty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import in_use, refused, validation
from chalice_offline.services.dynamodb.streams.stream_settings import (
    apply_specification,
    check_specification,
)
from chalice_offline.services.dynamodb.tables import definitions
from chalice_offline.services.dynamodb.tables.descriptions import describe, describe_deleted
from chalice_offline.services.dynamodb.tables.encryption import encryption
from chalice_offline.services.dynamodb.tables.names import TableKey, check_name
from chalice_offline.services.dynamodb.tables.table import Table
from chalice_offline.services.dynamodb.tables.tag_lists import check_tags, tags_given

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState


def create_table(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Make a table."""
    table = new_table(dynamodb, context, request)
    dynamodb.add_table(table)
    apply_specification(dynamodb, table, request.get("StreamSpecification"))
    dynamodb.save_table(table)
    return {"TableDescription": describe(table, "CREATING", "CREATING")}


def new_table(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Table:
    """Return the table a request describes, all of it checked, not yet part of the state."""
    if request.get("GlobalTableSourceArn"):
        raise refused("global tables")
    place = TableKey(context.account_id, context.region, request["TableName"])
    check_name(place.name, "tableName")
    for member in ("attributeDefinitions", "keySchema"):
        if request.get(member[0].upper() + member[1:]) is None:
            raise validation(
                f"1 validation error detected: Value null at '{member}' failed to satisfy "
                "constraint: Member must not be null"
            )
    billing_mode = request.get("BillingMode", definitions.PROVISIONED)
    definitions.check_billing(billing_mode, request.get("ProvisionedThroughput"))
    types = definitions.attribute_types(request["AttributeDefinitions"])
    key = definitions.table_key(request["KeySchema"], types)
    indexes = [
        *definitions.local_indexes(request.get("LocalSecondaryIndexes"), key, types),
        *definitions.global_indexes(
            request.get("GlobalSecondaryIndexes"), key, types, billing_mode
        ),
    ]
    definitions.check_index_names(indexes)
    definitions.check_all_used(types, key, indexes)
    check_specification(request.get("StreamSpecification"))
    tags = tags_given(request.get("Tags") or [])
    check_tags(tags)
    if dynamodb.find_table_or_none(place) is not None:
        raise in_use(f"Table already exists: {place.name}")
    return Table(
        place=place,
        id=dynamodb.kernel.ids.uuid(),
        created_ms=context.now_ms,
        attributes=request["AttributeDefinitions"],
        key=key,
        billing_mode=billing_mode,
        throughput=definitions.units(request.get("ProvisionedThroughput")),
        indexes={index.name: index for index in indexes},
        settings=_settings(dynamodb, context, request, billing_mode),
        tags=tags,
    )


def describe_table(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Describe a table."""
    return {"Table": describe(dynamodb.find_named_table(request["TableName"], context))}


def list_tables(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """List the caller's tables in this region, by name."""
    after = request.get("ExclusiveStartTableName", "")
    names = [table.name for table in dynamodb.tables_of(context) if table.name > after]
    page = names[: request.get("Limit", limits.TABLES_LISTED)]
    result: Result = {"TableNames": page}
    if len(names) > len(page):
        result["LastEvaluatedTableName"] = page[-1]
    return result


def delete_table(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Delete a table with its items; its stream ends and stays readable for a day."""
    table = dynamodb.find_named_table(request["TableName"], context)
    if table.settings.get("DeletionProtectionEnabled"):
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first."
        )
    described = describe_deleted(table)
    if table.stream:
        dynamodb.streams.close(table.stream_arn)
    dynamodb.remove_table(table)
    return {"TableDescription": described}


def _settings(
    dynamodb: DynamoDbState, context: CallContext, request: Request, billing_mode: str
) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "DeletionProtectionEnabled": request.get("DeletionProtectionEnabled", False)
    }
    if billing_mode == definitions.ON_DEMAND:
        settings["OnDemandSinceMs"] = context.now_ms
    if request.get("TableClass"):
        settings["TableClassSummary"] = {"TableClass": request["TableClass"]}
    for name in ("WarmThroughput", "OnDemandThroughput"):
        if request.get(name):
            settings[name] = request[name]
    if request.get("ResourcePolicy"):
        arn = TableKey(context.account_id, context.region, request["TableName"]).arn
        policy = {"Policy": request["ResourcePolicy"], "RevisionId": str(context.now_ms)}
        settings["ResourcePolicies"] = {arn: policy}
    encrypted = encryption(dynamodb, context, request.get("SSESpecification"))
    if encrypted:
        settings["SSEDescription"] = encrypted
    return settings
