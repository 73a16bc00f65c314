"""A reset of DynamoDB: no table, stream or backup is left, in storage neither."""

from __future__ import annotations

from chalice_offline.services.dynamodb.state import DynamoDbState


def renewed(dynamodb: DynamoDbState) -> DynamoDbState:
    """Return DynamoDB without tables."""
    storage = dynamodb.kernel.storage
    for name in storage.names("dynamodb/"):
        storage.drop(name)
    return DynamoDbState(dynamodb.kernel, dynamodb.expire)
