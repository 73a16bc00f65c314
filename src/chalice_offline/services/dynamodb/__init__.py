"""Amazon DynamoDB and DynamoDB Streams."""

from __future__ import annotations

from chalice_offline.services.dynamodb.operations import services

__all__ = ["services"]
