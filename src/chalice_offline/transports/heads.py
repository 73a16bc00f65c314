"""What a request says before its payload, and when that is too much or too strange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httptools

from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.transports.asgi import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    Field = tuple[bytes, bytes]
    Fields = Sequence[Field]

# S3 takes 8 KB of header fields, API Gateway 10 KB, load balancers 64 KB; nobody takes more.
HEAD_BYTES = 64 * 1024
# Fields that a head has once, or where its payload ends and whom it is for is anybody's guess.
_ONCE = frozenset({"host", "transfer-encoding"})


class MalformedHeadError(Exception):
    """A head that is refused; it ends the parsing of the connection."""

    def __init__(self, *, is_too_large: bool = False) -> None:
        super().__init__()
        self.is_too_large = is_too_large


def merged(target: bytes, fields: Fields) -> Headers:
    """Return a head's fields with those that repeat on one line; refuses what is no head."""
    # All at once, which is faster than one by one; no field of a head has a line end in it.
    names = b"\n".join([name for name, _ in fields]).lower().decode("latin-1")
    values = b"\n".join([value for _, value in fields]).decode("latin-1")
    if len(target) + len(names) + len(values) + 4 * len(fields) > HEAD_BYTES:
        raise MalformedHeadError(is_too_large=True)
    pairs = list(zip(names.split("\n"), values.split("\n"), strict=True)) if fields else []
    folded = Headers.folded(dict(pairs))
    return folded if len(folded) == len(pairs) else _joined(pairs)


def request_of(
    method: bytes,
    target: bytes,
    headers: Headers,
    fields: tuple[Field, ...],
    scheme: str,
    body: bytes = b"",
) -> HttpRequest:
    """Return a request of which the target is a path."""
    path, _, _ = target.partition(b"#")
    url = f"{scheme}://{headers.get('host') or LOOPBACK}{path.decode('latin-1')}"
    return HttpRequest(method.decode("ascii"), url, headers, body, fields=fields)


def authority_and_path(target: bytes) -> tuple[bytes, bytes]:
    """Return the host and port that an absolute-form target names, and the rest of the target.

    Raises when it is neither that nor a path.
    """
    if target.startswith(b"/"):
        return b"", target
    parsed = httptools.parse_url(target)
    if parsed.schema.lower() not in (b"http", b"https") or not parsed.host:
        raise MalformedHeadError
    host = b"[%s]" % parsed.host if b":" in parsed.host else parsed.host
    query = b"" if parsed.query is None else b"?" + parsed.query
    path = (parsed.path or b"/") + query
    return (host if parsed.port is None else b"%s:%d" % (host, parsed.port)), path


def _joined(pairs: list[tuple[str, str]]) -> Headers:
    """Return fields of which some repeat; refuses those that must not."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif name in _ONCE:
            raise MalformedHeadError
        else:  # RFC 9110, section 5.2; cookies: RFC 9113, section 8.2.3
            found[name] += f"{'; ' if name == 'cookie' else ', '}{value}"
    return Headers.folded(found)
