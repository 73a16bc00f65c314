"""Wire formats by table: bytes to parameters and results to bytes, by botocore's service models.

    target = detect(request)                       which service and operation
    params = parse(target, request)                AWS's own keys, checked against the model
    reply = serialize(target, result, request_id)
    reply = serialize_error(target, error, request_id)

Each operation is compiled into closures when it is first used. Nothing here knows what an
operation means, keeps state, or reads a clock.
"""

from __future__ import annotations

from chalice_offline.protocols.app_addresses import APP, is_app_host, sent_to_stage, target_at
from chalice_offline.protocols.detect import detect
from chalice_offline.protocols.registry import parse, serialize, serialize_error
from chalice_offline.protocols.rest_routing import bucket_in_host
from chalice_offline.protocols.service_models import load_service, operation_names, service_names
from chalice_offline.protocols.target import Target

__all__ = [
    "APP",
    "Target",
    "bucket_in_host",
    "detect",
    "is_app_host",
    "load_service",
    "operation_names",
    "parse",
    "sent_to_stage",
    "serialize",
    "serialize_error",
    "service_names",
    "target_at",
]
