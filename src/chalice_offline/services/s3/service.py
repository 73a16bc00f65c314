"""S3: the service, its state and its table of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.protocols.form import decode_pairs
from chalice_offline.protocols.rest_routing import path_parts
from chalice_offline.services.s3 import bucket_notifications, replies
from chalice_offline.services.s3.acls import Acls
from chalice_offline.services.s3.delivery import new_host_id, new_request_id, notify
from chalice_offline.services.s3.object_event import Occasion
from chalice_offline.services.s3.observed import OBSERVED, Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.kernel import Kernel, Operation
    from chalice_offline.services.s3.configuration import BucketNotifications

_FIRST_FAILURE = 300
_REDIRECTED_FORM = 303  # a form upload that says where the browser goes next
_SEQUENCES_PER_MS = 1 << 20


class S3:
    """Notification configurations by bucket; bucket names are unique over all accounts."""

    name = "s3"
    operations: Mapping[str, Operation] = {
        "PutBucketNotificationConfiguration": (
            bucket_notifications.put_bucket_notification_configuration
        ),
        "GetBucketNotificationConfiguration": (
            bucket_notifications.get_bucket_notification_configuration
        ),
    }

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.acls = Acls()
        self._notifications: dict[str, BucketNotifications] = {}
        self._sequence = 0

    def configure(self, notifications: BucketNotifications) -> None:
        """Replace a bucket's configuration; one without any destination is forgotten."""
        if notifications.rules or notifications.to_event_bridge:
            self._notifications[notifications.bucket] = notifications
        else:
            self._notifications.pop(notifications.bucket, None)

    def notifications_of(self, bucket: str) -> BucketNotifications | None:
        """Return a bucket's configuration, or None when it notifies nobody."""
        return self._notifications.get(bucket)

    def next_sequencer(self) -> str:
        """Return a hexadecimal number greater than all before: it orders the events of a key."""
        self._sequence = max(self._sequence + 1, self.kernel.now_ms * _SEQUENCES_PER_MS)
        return f"{self._sequence:018X}"

    def observe(
        self,
        context: CallContext,
        operation: str,
        request: HttpRequest,
        response: HttpResponse,
    ) -> None:
        """Hear of a delegated call: complete its reply, and notify of what it did."""
        ids = new_request_id(self.kernel), new_host_id(self.kernel)
        if self._notifications:
            self._notify(context, operation, request, response, *ids)
        replies.complete(operation, request, response, *ids)

    def _notify(
        self,
        context: CallContext,
        operation: str,
        request: HttpRequest,
        response: HttpResponse,
        request_id: str,
        host_id: str,
    ) -> None:
        observed = OBSERVED.get(operation)
        if (observed is None and operation != "DeleteBucket") or not _succeeded(response):
            return
        parameters = _bucket_and_key(request)
        notifications = self._notifications.get(parameters[0])
        if notifications is None:
            return
        if observed is None:
            del self._notifications[notifications.bucket]
            self.acls.forget(notifications.bucket)
            return
        occasion = Occasion(
            at_ms=context.now_ms,
            account_id=context.account_id,
            request_id=request_id,
            host_id=host_id,
            entry=context.entry,
            trace_header=request.headers.get("x-amzn-trace-id") or "",
        )
        query = dict(decode_pairs(request.query)) if request.query else {}
        seen = Observation(self, context, *parameters, query, request, response)
        for event in observed(seen):
            notify(self.kernel, notifications, event, occasion)


def _succeeded(response: HttpResponse) -> bool:
    return response.status < _FIRST_FAILURE or response.status == _REDIRECTED_FORM


def _bucket_and_key(request: HttpRequest) -> tuple[str, str]:
    from urllib.parse import unquote

    parts = [unquote(part) for part in path_parts("s3", request)]
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")
