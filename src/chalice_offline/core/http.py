"""Requests and replies as plain values, so that no layer below a door knows what a socket is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.core.feed import Feed
    from chalice_offline.core.storage import Blob


class Headers(dict[str, str]):
    """HTTP header fields: names are kept in lower case, so look-ups ignore case."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__([(name.lower(), value) for name, value in items])

    @classmethod
    def folded(cls, fields: dict[str, str]) -> Headers:
        """Return fields whose names are in lower case already."""
        headers = cls.__new__(cls)
        headers.update(fields)
        return headers

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)

    def __missing__(self, name: str) -> str:
        """Look again: only a name that is not in lower case gets here for a field there is."""
        folded = name.lower()
        if folded == name:
            raise KeyError(name)
        return self[folded]

    # The two below are on the way of every request: `dict` costs less than `super()`.

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return the field's value, or `default` when the request does not carry it."""
        return dict.get(self, name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and dict.__contains__(self, name.lower())


def joined(fields: Iterable[tuple[str, str]]) -> Headers:
    """Return header fields with the values of those that repeat on one line.

    RFC 9110, section 5.2; cookies: RFC 9113, section 8.2.3.
    """
    headers = Headers()
    for name, value in fields:
        if name in headers:
            separator = "; " if name.lower() == "cookie" else ", "
            headers[name] = f"{headers[name]}{separator}{value}"
        else:
            headers[name] = value
    return headers


class HttpRequest(NamedTuple):
    """One request as a door received it. A tuple with names, as those of `core.context`.

    `url` is absolute and still percent-encoded; `body` is the raw payload. A payload too large
    for memory is `upload`, a file, and `body` is empty then. `fields` are the header fields
    one by one, as the client spelled them; where nobody kept them, they are what `headers` says.
    `place` is what it is for where neither host nor path say so: the port of an app's own names
    its API and stage.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    upload: Blob | None = None
    fields: tuple[tuple[bytes, bytes], ...] = ()
    place: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        """Path and query string as they were sent; unlike `path` it cannot fail."""
        return "/" + self.url.partition("://")[2].partition("/")[2]

    @property
    def endpoint(self) -> str:
        """Scheme and host, without a trailing slash: what QueueUrls start with."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The host name and port this request was sent to."""
        return dict.get(self.headers, "host") or _host_in(self.url)

    @property
    def path(self) -> str:
        """The path, still percent-encoded; never empty."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """The raw query string without its question mark."""
        return urlsplit(self.url).query


@lru_cache(maxsize=256)
def _host_in(url: str) -> str:
    """Return the host of an absolute URL; botocore's requests have it nowhere else."""
    return url.partition("://")[2].partition("/")[0]


@dataclass(slots=True)
class HttpResponse:
    """One reply: status code, header fields, payload.

    A large payload is `file`, which the door reads while it sends, and `body` is empty then; so
    it is with one that goes on, `feed`.
    """

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    file: Blob | None = None
    feed: Feed[bytes] | None = None
