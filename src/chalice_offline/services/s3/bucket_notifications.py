"""PutBucketNotificationConfiguration and GetBucketNotificationConfiguration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.s3.configuration import BucketNotifications
from chalice_offline.services.s3.delivery import send_test_events
from chalice_offline.services.s3.errors import no_such_bucket
from chalice_offline.services.s3.validation import PRINCIPAL, check_destinations, read_rules

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.service import S3

_ID_BYTES = 36
_NOT_FOUND = frozenset({"404", "NoSuchBucket", "NotFound"})


def put_bucket_notification_configuration(s3: S3, context: CallContext, request: Request) -> Result:
    """Replace the whole configuration; every queue and topic in it gets a test event."""
    bucket = request["Bucket"]
    asked = request["NotificationConfiguration"]
    region = _region_of(s3, context, bucket)
    rules = read_rules(asked, region, lambda: s3.kernel.ids.base64(_ID_BYTES))
    skips = request.get("SkipDestinationValidation", False)
    if not skips:
        check_destinations(s3.kernel, rules, (context.entry,))
    notifications = BucketNotifications(
        bucket=bucket,
        account_id=context.account_id,
        region=region,
        rules=rules,
        to_event_bridge="EventBridgeConfiguration" in asked,
    )
    s3.configure(notifications)
    if not skips:
        send_test_events(s3.kernel, notifications, context)
    return {}


def get_bucket_notification_configuration(s3: S3, context: CallContext, request: Request) -> Result:
    """Tell the configuration; an empty one when none was put."""
    bucket = request["Bucket"]
    _region_of(s3, context, bucket)
    notifications = s3.notifications_of(bucket)
    return notifications.described() if notifications else {}


def _region_of(s3: S3, context: CallContext, bucket: str) -> str:
    try:
        reply = s3.kernel.deliver(
            "s3",
            "HeadBucket",
            {"Bucket": bucket},
            account_id=context.account_id,
            region=context.region,
            causes=(context.entry,),
            principal=PRINCIPAL,
        )
    except AwsError as error:
        if error.code in _NOT_FOUND or error.status == 404:
            raise no_such_bucket(bucket) from None
        raise
    region = None if isinstance(reply, Pending) else reply.get("BucketRegion")
    return str(region or context.region)
