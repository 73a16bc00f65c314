"""A webhook's event is durable in one of several independent ways before its sender is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.telemetry import work
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.events import Event

UNPUBLISHED = "webhooks/unpublished/"
"""Where S3 tells a function of new objects (app.py)."""


def keep(services: Services, event: Event) -> None:
    """Publish; if that fails, queue; if that fails, write a file. AwsUnavailable when all fail."""
    try:
        services.bus.publish([event])
        return
    except AwsUnavailable as error:
        log.error("ingest.not_published", subject=event.subject, reason=str(error))
        put(services.now_ms(), {"IngestFallbacks": 1}, {})
    try:
        services.queues.send(services.config.names.inbound_orders_queue, envelope(event))
        return
    except AwsUnavailable as error:
        log.error("ingest.not_queued", subject=event.subject, reason=str(error))
    body = json.dumps(envelope(event)).encode()
    services.files.write(f"{UNPUBLISHED}{event.id}.json", body)


def envelope(event: Event) -> dict[str, object]:
    """Return the event as EventBridge would deliver it to a queue, as far as anybody reads it."""
    return {"detail-type": event.type, "detail": event.to_detail(work.traceparent())}
