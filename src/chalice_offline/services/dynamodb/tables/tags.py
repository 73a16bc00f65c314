"""TagResource, UntagResource, ListTagsOfResource. Tables have tags, their parts have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import resource_missing, validation
from chalice_offline.services.dynamodb.tables.names import key_of_arn
from chalice_offline.services.dynamodb.tables.tag_lists import check_tags, tags_given

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

_ACCOUNT = re.compile(r"\d{12}")
_ANY_ARN = re.compile(r"[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:.+/.+")
_TABLE_ARN = re.compile(r"arn:[a-z-]+:dynamodb:[^:]+:\d+:table/[^/]{3,}")


def tag_resource(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Add tags to a table, or change them."""
    _check_arn(context, request["ResourceArn"], "TagResource")
    if not request["Tags"]:
        raise validation("Atleast one Tag needs to be provided as Input.")
    table = _tagged_table(dynamodb, context, request["ResourceArn"], "TagResource")
    tags = {**table.tags, **tags_given(request["Tags"])}
    check_tags(tags)
    table.tags = tags
    dynamodb.save_table(table)
    return {}


def untag_resource(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Take tags from a table; those it has not are no error."""
    _check_arn(context, request["ResourceArn"], "UntagResource")
    if not request["TagKeys"]:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    table = _tagged_table(dynamodb, context, request["ResourceArn"], "UntagResource")
    for name in request["TagKeys"]:
        table.tags.pop(name, None)
    dynamodb.save_table(table)
    return {}


def list_tags_of_resource(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """List a table's tags."""
    _check_arn(context, request["ResourceArn"], "ListTagsOfResource")
    table = _tagged_table(dynamodb, context, request["ResourceArn"], "ListTagsOfResource")
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.tags.items()]}


def _check_arn(context: CallContext, arn: str, operation: str) -> None:
    """Refuse what is no ARN of a table; nobody may do anything with what is no ARN (recorded)."""
    if not _ANY_ARN.fullmatch(arn):
        raise _denied(context, arn, operation)
    if not _TABLE_ARN.fullmatch(arn):
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")


def _tagged_table(dynamodb: DynamoDbState, context: CallContext, arn: str, operation: str) -> Table:
    account_id = arn.split(":")[4]
    if account_id != context.account_id and _ACCOUNT.fullmatch(account_id):
        raise _denied(context, arn, operation)
    found = dynamodb.find_table_or_none(key_of_arn(arn))
    if found is None:
        # AWS spells it so, and says nothing more where tags are taken away (recorded).
        raise resource_missing(
            "" if operation == "UntagResource" else f"ResourcArn: {arn} not found"
        )
    return found


def _denied(context: CallContext, arn: str, operation: str) -> AwsError:
    return AwsError(
        "AccessDeniedException",
        f"User: arn:aws:iam::{context.account_id}:root is not authorized to perform: "
        f"dynamodb:{operation} on resource: {arn or '*'}",
    )
