"""When lifecycle rules remove an object, and which rule it is.

User guide, "Lifecycle configuration elements": S3 adds the days to the time of creation and rounds
up to the next midnight UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.services.s3.http_dates import http_date_of_ms, midnight_in_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.object_version import ObjectVersion
    from chalice_offline.services.s3.upload import Upload

Rule = dict[str, Any]


def rules_of(bucket: Bucket) -> list[Rule]:
    """Return a bucket's lifecycle rules that are switched on."""
    configuration = bucket.settings.get("lifecycle")
    if not configuration:
        return []
    return [rule for rule in configuration["Rules"] if rule["Status"] == "Enabled"]


def applies_to(rule: Mapping[str, Any], version: ObjectVersion) -> bool:
    """Whether a rule's filter takes an object."""
    wanted = filter_of(rule)
    if not version.key.startswith(wanted.get("Prefix", "")):
        return False
    for tag in wanted.get("Tags", ()):
        if version.tags.get(tag["Key"]) != tag["Value"]:
            return False
    more, less = wanted.get("ObjectSizeGreaterThan"), wanted.get("ObjectSizeLessThan")
    return (more is None or version.size > more) and (less is None or version.size < less)


def filter_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule's filter in one shape, whichever of its spellings was used."""
    given = rule.get("Filter")
    if given is None:
        return {"Prefix": rule.get("Prefix") or ""}
    wanted = dict(given.get("And", given))
    if "Tag" in wanted:
        wanted["Tags"] = [wanted.pop("Tag")]
    return wanted


def expires_at(rule: Mapping[str, Any], version: ObjectVersion) -> int | None:
    """Return when a rule removes a current version, in milliseconds; None for never."""
    expiration = rule.get("Expiration") or {}
    if "Date" in expiration:
        return int(expiration["Date"] * 1000)
    if "Days" in expiration:
        return midnight_in_days(version.modified_ms, expiration["Days"])
    return None


def expiration_of(bucket: Bucket, version: ObjectVersion) -> str:
    """Return the header field x-amz-expiration of an object, "" when no rule removes it."""
    found = [
        (due_ms, rule["ID"])
        for rule in rules_of(bucket)
        if (due_ms := expires_at(rule, version)) is not None and applies_to(rule, version)
    ]
    if not found:
        return ""
    due_ms, rule_id = min(found, key=lambda one: one[0])
    return f'expiry-date="{http_date_of_ms(due_ms)}", rule-id="{quote(rule_id)}"'


def abort_told(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    """Return when a rule gives an upload up, as members of a result."""
    found = [
        (due_ms, rule["ID"])
        for rule in rules_of(bucket)
        if (due_ms := abort_at(rule, upload)) is not None
    ]
    if not found:
        return {}
    due_ms, rule_id = min(found)
    return {"AbortDate": due_ms // 1000, "AbortRuleId": rule_id}


def abort_at(rule: Mapping[str, Any], upload: Upload) -> int | None:
    """Return when a rule gives an upload up, in milliseconds; None for never."""
    days = (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")
    if days is None or not upload.key.startswith(filter_of(rule).get("Prefix", "")):
        return None
    return midnight_in_days(upload.initiated_ms, days)
