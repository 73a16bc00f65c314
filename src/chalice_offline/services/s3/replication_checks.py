"""What a replication configuration must be, in S3's words; nothing is replicated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.bucket import ENABLED
from chalice_offline.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from chalice_offline.services.s3.limits import KEY_BYTES, REPLICATION_RULES
from chalice_offline.services.s3.new_objects import STORAGE_CLASSES
from chalice_offline.services.s3.object_version import STANDARD

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

# API reference, ReplicationRule.
_LONGEST_ID = 255
_BUCKET_ARN = re.compile(r"arn:[\w-]+:s3:::([\w.-]+)")


def check_replication(s3: S3State, bucket: Bucket, value: dict[str, Any]) -> None:
    """Rules are well formed, and both buckets keep versions."""
    if bucket.versioning != ENABLED:
        raise invalid_request(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    if not value["Rules"]:
        raise malformed_xml()
    if len(value["Rules"]) > REPLICATION_RULES:
        raise invalid_request(
            f"Number of defined replication rules cannot exceed {REPLICATION_RULES}"
        )
    for rule in value["Rules"]:
        _check_rule(rule)
    for number, rule in enumerate(value["Rules"]):
        target = s3.buckets.get(rule["Destination"]["Bucket"].rpartition(":")[2])
        if target is None or target.versioning != ENABLED:
            raise invalid_request("Destination bucket must have versioning enabled.")
        rule.setdefault("ID", f"rule-{number + 1}")


def _check_rule(rule: dict[str, Any]) -> None:
    destination = rule["Destination"]
    if rule.get("Status") not in (ENABLED, "Disabled"):
        raise malformed_xml()
    if destination.get("StorageClass", STANDARD) not in STORAGE_CLASSES:
        raise malformed_xml()
    if len(rule.get("ID", "")) > _LONGEST_ID:
        raise invalid_argument(f"Rule Id cannot be greater than {_LONGEST_ID}")
    prefix = rule.get("Prefix") or rule.get("Filter", {}).get("Prefix") or ""
    if len(prefix.encode()) > KEY_BYTES:
        raise invalid_argument(
            f"Rule prefix cannot be longer than maximum allowed key length of {KEY_BYTES}"
        )
    if not destination["Bucket"]:
        raise invalid_argument("Destination bucket cannot be null or empty")
    if not _BUCKET_ARN.fullmatch(destination["Bucket"]):
        raise invalid_argument("Invalid bucket ARN")
