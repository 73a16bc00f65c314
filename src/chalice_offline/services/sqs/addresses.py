"""Queue names, ARNs and URLs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.core.context import DEFAULT_REGION
from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.errors import invalid_parameter

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext

FIFO_SUFFIX = ".fifo"
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{limits.QUEUE_NAME_LENGTH}}}")
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
# <endpoint>/queue/<region>/<account>/<name>: tells regions apart behind one local endpoint.
_REGION_PATH = "queue"
_REGION_PATH_PARTS = 4


class QueueKey(NamedTuple):
    """What identifies a queue."""

    account_id: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return make_arn("sqs", self.region, self.account_id, self.name)


def check_name(name: str, *, is_fifo: bool) -> None:
    """Raise AwsError for a name no queue of this type can have."""
    if is_fifo:
        base = name.removesuffix(FIFO_SUFFIX)
        if base == name or len(name) > limits.QUEUE_NAME_LENGTH or not _NAME.fullmatch(base):
            raise invalid_parameter(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                "underscores, must end with .fifo suffix and be 1 to 80 in length."
            )
    elif not _NAME.fullmatch(name):
        raise invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def queue_url(context: CallContext, key: QueueKey) -> str:
    """Return the URL by which this caller reaches a queue.

    The endpoint the caller used comes first, so the URL works wherever the emulator listens.
    On AWS the host names the region; a local endpoint does not, so the path does for every
    region but the default one.
    """
    endpoint = context.endpoint or f"https://sqs.{key.region}.amazonaws.com"
    host = urlsplit(endpoint).hostname or ""
    names_region = host.endswith(_AWS_HOSTS) or key.region in host.split(".")
    if names_region or key.region == DEFAULT_REGION:
        return f"{endpoint}/{key.account_id}/{key.name}"
    return f"{endpoint}/{_REGION_PATH}/{key.region}/{key.account_id}/{key.name}"


def key_from_url(url: str, context: CallContext) -> QueueKey:
    """Return the queue a QueueUrl means.

    AWS looks at the last two parts of the path, whatever the host, and takes a bare queue name
    for one of the caller's own (recorded).
    """
    if "/" not in url:
        return QueueKey(context.account_id, context.region, url)
    parts = url.rstrip("/").rsplit("/", _REGION_PATH_PARTS)
    region = context.region
    if len(parts) > _REGION_PATH_PARTS and parts[-4] == _REGION_PATH:
        region = parts[-3]
    return QueueKey(parts[-2] if len(parts) > 1 else context.account_id, region, parts[-1])


def key_from_arn(arn: str) -> QueueKey | None:
    """Return the queue an ARN means, or None when it is no queue's ARN."""
    try:
        parsed = parse_arn(arn)
    except ValueError:
        return None
    if parsed.service != "sqs" or not parsed.resource:
        return None
    return QueueKey(parsed.account_id, parsed.region, parsed.resource)
