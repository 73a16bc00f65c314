"""Who calls, from where, when, and because of what.

Tuples with names: as unchangeable as a frozen dataclass, and made on every call in a fraction of
the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

DEFAULT_ACCOUNT_ID = "000000000000"
DEFAULT_REGION = "us-east-1"


class Caller(NamedTuple):
    """What a door knows of the one who calls.

    `endpoint` is scheme and host without a trailing slash (QueueUrls start with it), `protocol`
    the wire protocol ("json", "query", …), `causes` the journal entries this call follows from:
    none for a client, the run's entry for a handler. `principal` is the AWS service that calls
    ("events.amazonaws.com") or "" for a client. `trace_header` is the request's X-Ray header,
    `signed` whether it came with credentials: links in messages are followed without.
    `request_id` is what the reply will name it; empty lets the kernel choose. `http` is the request
    as it came, for the one service that judges it (S3: signatures in links, checksums in trailers);
    None when another service calls.
    """

    account_id: str = DEFAULT_ACCOUNT_ID
    region: str = DEFAULT_REGION
    endpoint: str = ""
    protocol: str = "json"
    causes: tuple[int, ...] = ()
    principal: str = ""
    trace_header: str = ""
    signed: bool = True
    request_id: str = ""
    http: HttpRequest | None = None


class CallContext(NamedTuple):
    """What an operation gets besides its request. `now_ms` is the instant it happens at.

    `entry` is the journal entry of this very call: what follows from it names it as its cause.
    """

    account_id: str
    region: str
    endpoint: str
    protocol: str
    principal: str
    request_id: str
    now_ms: int
    entry: int
    trace_header: str = ""
    signed: bool = True
    http: HttpRequest | None = None
