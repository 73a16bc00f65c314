"""W3C's `traceparent` (https://www.w3.org/TR/trace-context/), from webhook to vendor.

A trace that comes with a webhook goes on; otherwise API Gateway's own (X-Amzn-Trace-Id) does, or
one that is derived from the webhook, so that the same webhook always begins the same trace.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "traceparent"
AWS_HEADER = "x-amzn-trace-id"

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_AWS_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})", re.IGNORECASE)
_SAMPLED = "01"


def read(headers: Mapping[str, str]) -> str:
    """Return the trace that a request belongs to, "" when it names none. Names in lower case."""
    given = _TRACEPARENT.fullmatch(headers.get(HEADER, "").strip())
    if given and int(given[1], 16) and int(given[2], 16):
        return f"00-{given[1]}-{given[2]}-{given[3]}"
    root = _AWS_ROOT.search(headers.get(AWS_HEADER, ""))
    if root and int(root[1] + root[2], 16):
        trace_id = (root[1] + root[2]).lower()
        return f"00-{trace_id}-{_digest(trace_id)[:16]}-{_SAMPLED}"
    return ""


def begun_by(*parts: str) -> str:
    """Return a new trace that follows from its first cause."""
    digest = _digest(*parts)
    return f"00-{digest[:32]}-{digest[32:48]}-{_SAMPLED}"


def next_hop(traceparent: str, *parts: str) -> str:
    """Return the same trace, one step on."""
    if not traceparent:
        return ""
    version, trace_id, _, flags = traceparent.split("-")
    return f"{version}-{trace_id}-{_digest(traceparent, *parts)[:16]}-{flags}"


def id_of(traceparent: str) -> str:
    """Return the id that all steps of a trace share."""
    return traceparent.partition("-")[2].partition("-")[0]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
