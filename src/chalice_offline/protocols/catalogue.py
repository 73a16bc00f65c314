"""Which AWS service goes by which name, found in the heads of botocore's model files.

A model is megabytes; its metadata are its first lines. One service's metadata cost one short
read. All services' heads are read (about 0.15 s, once) only when a request carries a name that
is no botocore service name: "states" (stepfunctions), "monitoring" (cloudwatch) and the like.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError

from chalice_offline.protocols.service_models import LOADER, load_service
from chalice_offline.protocols.sqs_query import JSON_METADATA

_HEAD_BYTES = 8192
_GZIP = 31
_OFTEN_CALLED = ("sqs", "events", "dynamodb", "kinesis", "secretsmanager", "ssm", "stepfunctions")


@lru_cache(maxsize=4096)
def metadata(service: str) -> dict[str, Any] | None:
    """Return the metadata of a botocore service, or None when there is no such service."""
    if not service or not service.replace("-", "").isalnum():
        return None
    found = _found_metadata(service)
    return {**found, **JSON_METADATA} if found and service == "sqs" else found


def _found_metadata(service: str) -> dict[str, Any] | None:
    try:
        version = LOADER.determine_latest_version(service, "service-2")
    except DataNotFoundError:
        return None
    for folder in LOADER.search_paths:
        path = Path(folder) / service / version / "service-2.json"
        for candidate in (path.with_name("service-2.json.gz"), path):
            found = _head_metadata(candidate) if candidate.is_file() else None
            if found is not None:
                return found
    return dict(load_service(service).metadata)


def _head_metadata(path: Path) -> dict[str, Any] | None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix == ".gz":
        head = zlib.decompressobj(_GZIP).decompress(head, _HEAD_BYTES)
    text = head.decode(errors="replace")
    start = text.find("{", text.find('"metadata"'))
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError:
        return None
    return found if "endpointPrefix" in found else None


@lru_cache(maxsize=1)
def _all_metadata() -> dict[str, dict[str, Any]]:
    found = {service: metadata(service) for service in _service_folders()}
    return {service: data for service, data in found.items() if data}


def _service_folders() -> list[str]:
    folders = {
        folder.name
        for root in LOADER.search_paths
        if Path(root).is_dir()
        for folder in Path(root).iterdir()
        if folder.is_dir()
    }
    return sorted(folders)


@lru_cache(maxsize=4096)
def service_for_name(name: str) -> str | None:
    """Return the botocore service for a signing name, endpoint prefix or service name."""
    if metadata(name):
        return name
    for key in ("endpointPrefix", "signingName"):
        found = [service for service, data in _all_metadata().items() if data.get(key) == name]
        if found:
            return min(found, key=lambda service: (len(service), service))
    return None


@lru_cache(maxsize=4096)
def service_for_target_prefix(prefix: str, hint: str | None) -> str | None:
    """Return the service whose operations `X-Amz-Target` spells `<prefix>.<Operation>`.

    `hint` is the service the request was signed for; it is asked first, then the services
    that applications call most, so that the other 400 need not be read.
    """
    for service in (hint or "", *_OFTEN_CALLED):
        if (metadata(service) or {}).get("targetPrefix") == prefix:
            return service
    found = [
        service for service, data in _all_metadata().items() if data.get("targetPrefix") == prefix
    ]
    return min(found, key=lambda service: (len(service), service)) if found else None


@lru_cache(maxsize=4096)
def services_for_version(api_version: str) -> tuple[str, ...]:
    """Return the query services whose API carries this version date."""
    return tuple(
        service
        for service, data in _all_metadata().items()
        if data.get("apiVersion") == api_version and data.get("protocol") in ("query", "ec2")
    )


def signing_name(service: str) -> str:
    """Return the name the service's requests are signed with."""
    data = metadata(service) or {}
    return str(data.get("signingName") or data.get("endpointPrefix", ""))


def protocol_of(service: str) -> str:
    """Return the protocol botocore's model names first for the service."""
    return str((metadata(service) or {}).get("protocol", "json"))
