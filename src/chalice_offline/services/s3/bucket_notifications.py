"""PutBucketNotificationConfiguration and GetBucketNotificationConfiguration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.bucket_settings import forget, keep
from chalice_offline.services.s3.configuration import NOTIFICATION, BucketNotifications
from chalice_offline.services.s3.delivery import send_test_events
from chalice_offline.services.s3.validation import check_destinations, read_rules

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.state import S3State

_ID_BYTES = 36


def put_bucket_notification_configuration(
    s3: S3State, context: CallContext, request: Request
) -> Result:
    """Replace the whole configuration; every queue and topic in it gets a test event."""
    bucket = s3.find_bucket(request)
    asked = request["NotificationConfiguration"]
    rules = read_rules(asked, bucket.region, lambda: s3.kernel.ids.base64(_ID_BYTES))
    skips = request.get("SkipDestinationValidation", False)
    if not skips:
        check_destinations(s3.kernel, rules, (context.entry,))
    notifications = BucketNotifications(
        bucket=bucket.name,
        account_id=bucket.account_id,
        region=bucket.region,
        rules=rules,
        to_event_bridge="EventBridgeConfiguration" in asked,
    )
    described = notifications.described()
    if described:
        keep(s3, bucket, NOTIFICATION, described)
    else:
        forget(s3, bucket, NOTIFICATION)
    if not skips:
        send_test_events(s3.kernel, notifications, context)
    return {}


def get_bucket_notification_configuration(
    s3: S3State, _context: CallContext, request: Request
) -> Result:
    """Tell the configuration; an empty one when none was put."""
    return dict(s3.find_bucket(request).settings.get(NOTIFICATION, {}))
