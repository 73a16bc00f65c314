"""PutBucketLifecycleConfiguration and its kin: what a rule must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.bucket_settings import forget, keep, missing
from chalice_offline.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from chalice_offline.services.s3.http_dates import iso_milliseconds
from chalice_offline.services.s3.json_values import plain
from chalice_offline.services.s3.lifecycle import schedule
from chalice_offline.services.s3.lifecycle_transitions import VARIES
from chalice_offline.services.s3.limits import (
    KEY_BYTES,
    LIFECYCLE_RULES,
    TAG_KEY_CHARACTERS,
    TAG_VALUE_CHARACTERS,
)
from chalice_offline.services.s3.new_objects import STORAGE_CLASSES

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State

_SETTING = "lifecycle"
_ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)
_LONGEST_ID = 255
_ID_BYTES = 36
_SECONDS_PER_DAY = 86_400
_DAYS_BEFORE_IA = 30
_SMALLEST_TRANSITION = "all_storage_classes_128K"
_SMALLEST_TRANSITIONS = (_SMALLEST_TRANSITION, VARIES)


def put_bucket_lifecycle_configuration(
    s3: S3State, _context: CallContext, request: Request
) -> Result:
    """Replace a bucket's lifecycle rules; they act at midnight UTC."""
    bucket = s3.find_bucket(request)
    configuration = request.get("LifecycleConfiguration")
    if not configuration or not configuration.get("Rules"):
        raise malformed_xml()
    smallest = request.get("TransitionDefaultMinimumObjectSize", _SMALLEST_TRANSITION)
    if smallest not in _SMALLEST_TRANSITIONS:
        raise invalid_request(f"Invalid TransitionDefaultMinimumObjectSize found: {smallest}")
    rules = [plain(rule) for rule in configuration["Rules"]]
    if len(rules) > LIFECYCLE_RULES:
        raise invalid_request(
            f"The number of lifecycle rules must not exceed the allowed limit of {LIFECYCLE_RULES} "
            "rules"
        )
    _check_ids(rules)
    for rule in rules:
        _check_rule(rule)
        if not rule.get("ID"):
            rule["ID"] = s3.kernel.ids.base64(_ID_BYTES)
    keep(s3, bucket, _SETTING, {"Rules": rules, "smallest": smallest})
    schedule(s3)
    return {"TransitionDefaultMinimumObjectSize": smallest}


def get_bucket_lifecycle_configuration(
    s3: S3State, _context: CallContext, request: Request
) -> Result:
    """Tell a bucket's lifecycle rules."""
    bucket = s3.find_bucket(request)
    configuration = bucket.settings.get(_SETTING)
    if configuration is None:
        raise missing(
            "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", bucket
        )
    return {
        "Rules": configuration["Rules"],
        "TransitionDefaultMinimumObjectSize": configuration["smallest"],
    }


def delete_bucket_lifecycle(s3: S3State, _context: CallContext, request: Request) -> Result:
    """Take a bucket's lifecycle rules away."""
    forget(s3, s3.find_bucket(request), _SETTING)
    return {}


def _check_ids(rules: list[dict[str, Any]]) -> None:
    given = [rule["ID"] for rule in rules if rule.get("ID")]
    for rule_id in given:
        if len(rule_id) > _LONGEST_ID:
            raise invalid_argument(f"ID length should not exceed allowed limit of {_LONGEST_ID}")
    if len(set(given)) < len(given):
        raise invalid_argument("Rule ID must be unique. Found same ID for more than one rule")


def _check_rule(rule: dict[str, Any]) -> None:
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise malformed_xml()
    if ("Filter" in rule) == ("Prefix" in rule):
        raise malformed_xml()
    _check_prefix(rule.get("Prefix"))
    filter_ = rule.get("Filter")
    has_tags = False
    if filter_:
        _check_filter(filter_)
        has_tags = "Tag" in filter_ or bool(filter_.get("And", {}).get("Tags"))
    if not any(rule.get(action) is not None for action in _ACTIONS):
        raise invalid_request("At least one action needs to be specified in a rule")
    _check_expiration(rule.get("Expiration"), has_tags=has_tags)
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None:
        if has_tags:
            raise invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags")
        _check_days(
            abort.get("DaysAfterInitiation", 0),
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive "
            "integer",
        )
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is not None:
        if "NoncurrentDays" not in noncurrent:
            raise malformed_xml()
        _check_days(
            noncurrent.get("NoncurrentDays", 0),
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        )
    for transition in rule.get("Transitions") or ():
        _check_transition(transition, "Days", "Transition")
    for transition in rule.get("NoncurrentVersionTransitions") or ():
        _check_transition(transition, "NoncurrentDays", "NoncurrentVersionTransition")


def _check_filter(filter_: dict[str, Any]) -> None:
    if len(filter_) > 1:
        raise malformed_xml()
    parts = filter_.get("And", filter_)
    if "And" in filter_ and len(parts) < 2 and len(parts.get("Tags", ())) < 2:
        raise malformed_xml()
    _check_prefix(parts.get("Prefix"))
    tags = [*parts.get("Tags", ()), *([parts["Tag"]] if parts.get("Tag") else ())]
    for tag in tags:
        _check_tag(tag)
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise invalid_request("Duplicate Tag Keys are not allowed.")
    more, less = parts.get("ObjectSizeGreaterThan"), parts.get("ObjectSizeLessThan")
    if more is not None and less is not None and less <= more + 1:
        raise invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan' plus 1"
        )


def _check_prefix(prefix: str | None) -> None:
    if prefix is not None and len(prefix.encode()) > KEY_BYTES:
        raise invalid_request(f"The maximum size of a prefix is {KEY_BYTES}.")


def _check_tag(tag: dict[str, str]) -> None:
    if not 1 <= len(tag["Key"]) <= TAG_KEY_CHARACTERS:
        raise invalid_request(f"A Tag's Key must be a length between 1 and {TAG_KEY_CHARACTERS}.")
    if len(tag["Value"]) > TAG_VALUE_CHARACTERS:
        raise invalid_request(
            f"A Tag's Value must be a length between 0 and {TAG_VALUE_CHARACTERS}."
        )


def _check_expiration(expiration: dict[str, Any] | None, *, has_tags: bool) -> None:
    if expiration is None:
        return
    if len(expiration) != 1:
        raise malformed_xml()
    if "Days" in expiration:
        _check_days(expiration["Days"], "'Days' for Expiration action must be a positive integer")
    if "Date" in expiration and expiration["Date"] % _SECONDS_PER_DAY:
        raise invalid_argument(
            "'Date' must be at midnight GMT",
            "Date",
            iso_milliseconds(round(expiration["Date"] * 1000)),
        )
    if "ExpiredObjectDeleteMarker" in expiration and has_tags:
        raise invalid_request("ExpiredObjectDeleteMarker cannot be specified with Tags.")


def _check_days(days: int, text: str) -> None:
    if days <= 0:
        raise invalid_argument(text)


def _check_transition(transition: dict[str, Any], member: str, action: str) -> None:
    storage_class = transition.get("StorageClass")
    if storage_class not in STORAGE_CLASSES:
        raise malformed_xml()
    if member in transition and "Date" in transition:
        raise malformed_xml()
    days = transition.get(member)
    if days is not None and days < 0:
        raise invalid_argument(f"'{member}' in {action} action must be nonnegative")
    if (
        days is not None
        and days < _DAYS_BEFORE_IA
        and storage_class
        in (
            "STANDARD_IA",
            "ONEZONE_IA",
        )
    ):
        raise invalid_argument(
            f"'{member}' in {action} action must be greater than or equal to {_DAYS_BEFORE_IA} for "
            f"storageClass '{storage_class}'"
        )
    if "Date" in transition and transition["Date"] % _SECONDS_PER_DAY:
        raise invalid_argument("'Date' must be at midnight GMT")
