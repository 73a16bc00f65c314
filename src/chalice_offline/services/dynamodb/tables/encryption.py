"""Encryption at rest: which key of KMS a table names. Nothing is encrypted here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.dynamodb.state import DynamoDbState

_DEFAULT_KMS_KEY = "alias/aws/dynamodb"


def encryption(
    dynamodb: DynamoDbState, context: CallContext, specification: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return how a table is encrypted as AWS describes it; None for AWS's own keys."""
    if not specification or not specification.get("Enabled"):
        return None
    key = specification.get("KMSMasterKeyId", _DEFAULT_KMS_KEY)
    if not key.startswith("arn:"):
        described = dynamodb.kernel.deliver(
            "kms",
            "DescribeKey",
            {"KeyId": key},
            account_id=context.account_id,
            region=context.region,
            causes=(context.entry,),
            principal="dynamodb.amazonaws.com",
        )
        assert isinstance(described, dict)
        key_id = described["KeyMetadata"]["KeyId"]
        key = make_arn("kms", context.region, context.account_id, f"key/{key_id}")
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
