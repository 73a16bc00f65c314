"""HTTP to the vendors: explicit timeouts, no redirects, no retries of its own.

Whether a call may be repeated is a question about orders, so nothing here repeats one.
`requests` is imported on first use: the webhook path never gets here and starts without it.
"""

from __future__ import annotations

import gzip
import json as json_module
import math
import ssl
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chalicelib.domain.deadlines import CONNECT_SECONDS, READ_SECONDS
from chalicelib.domain.errors import DomainError
from chalicelib.domain.json_text import read_json
from chalicelib.telemetry import trace, work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

LONGEST_ASKED_SECONDS = 3600
"""No vendor's limit counts over a longer time: who asks for more is asked again after that."""

ABOUT_THE_CALLER = (401, 408, 429)
"""With whatever body, these say the same: the call was not carried out, or nobody knows."""


class VendorHttpError(DomainError):
    """A call to a vendor brought no usable reply."""


class ConnectFailed(VendorHttpError):  # noqa: N818 - what happened
    """No connection was made, so nothing was carried out."""


class NoReply(VendorHttpError):  # noqa: N818 - what happened
    """The request went out and no usable reply came: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply of a vendor, whatever its status. `at_ms` is when it came by our clock, 0 unknown."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    at_ms: int = 0

    @property
    def retry_after(self) -> int | None:
        """Retry-After in seconds, at most an hour; None where it is missing or means nothing.

        A date is reckoned from the reply's own Date, where there is one: the vendor's clock may be
        minutes off ours (RFC 9110, 10.2.3).
        """
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return LONGEST_ASKED_SECONDS if len(value) > 5 else _bounded(int(value))
        until = _http_date(value)
        since = _http_date(self.headers.get("date", ""))
        if since is None and self.at_ms:
            since = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        if until is None or since is None:
            return None
        return _bounded(math.ceil((until - since).total_seconds()))

    @property
    def is_of_another(self) -> bool:
        """Say whether somebody in between answered: a redirect, or a page where JSON is spoken.

        Neither an order's refusal nor its acceptance follows from that, whatever the status.
        """
        if self.status in ABOUT_THE_CALLER or self.status >= 500:
            return False
        text = self.body.removeprefix(BOM_UTF8).lstrip()
        return 300 <= self.status < 400 or text[:1] == b"<"

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; NoReply when it is none (a proxy's page, a cut)."""
        data = self._json()
        if not isinstance(data, dict):
            raise NoReply(f"HTTP {self.status} with a body that is no JSON object")
        return data

    def json_list(self) -> list[Any]:
        """Return the body as a JSON list of whatever; NoReply when it is none."""
        data = self._json()
        if not isinstance(data, list):
            raise NoReply(f"HTTP {self.status} with a body that is no JSON list")
        return data

    @property
    def is_cut_off(self) -> bool:
        """Say whether an answer in JSON ends in the middle.

        What an error says may decide: "done before" is no refusal. Ask again, then.
        """
        if not self.body or "json" not in self.headers.get("content-type", ""):
            return False
        try:
            self._json()
        except NoReply:
            return True
        return False

    def json_or_empty(self) -> dict[str, Any]:
        """Return the body as a JSON object, {} when it is none: for error replies."""
        try:
            return self.json_object()
        except NoReply:
            return {}

    def _json(self) -> object:
        try:
            return read_json(self.body)
        except ValueError:
            raise NoReply(f"HTTP {self.status} with a body that is no JSON") from None


class VendorHttp:
    """Calls to vendors over kept-alive connections."""

    def __init__(self, now_ms: Callable[[], int] = lambda: 0) -> None:
        self._now_ms = now_ms
        self._session: requests.Session | None = None

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: dict[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        read_seconds: int = READ_SECONDS,
        compressed: bool = False,
    ) -> HttpReply:
        """Make one call. Raise ConnectFailed or NoReply when it has no answer of the vendor's.

        `compressed` sends the JSON in gzip's form, to vendors that say that they take it.
        """
        import requests

        body: Any = form
        if compressed:
            body, json = gzip.compress(json_module.dumps(json).encode(), mtime=0), None
            coding = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            headers = {**(headers or {}), **coding}
        if self._session is None:
            self._session = requests.Session()
            # A .netrc or proxy setting of the host must not touch orders or their tokens.
            self._session.trust_env = False
        try:
            reply = self._session.request(
                method,
                url,
                headers={**(headers or {}), **_traced()},
                json=json,
                data=body,
                timeout=(CONNECT_SECONDS, read_seconds),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _classified(error) from error
        lower = {name.lower(): value for name, value in reply.headers.items()}
        return of_the_vendor(HttpReply(reply.status_code, reply.content, lower, self._now_ms()))


def of_the_vendor(reply: HttpReply) -> HttpReply:
    """Return a reply; NoReply when it is not the vendor's own (`HttpReply.is_of_another`)."""
    if reply.is_of_another:
        what = "a redirect" if 300 <= reply.status < 400 else "a page"
        raise NoReply(f"HTTP {reply.status}, {what} instead of an answer")
    return reply


def _bounded(seconds: int) -> int:
    return min(max(seconds, 0), LONGEST_ASKED_SECONDS)


def _http_date(value: str) -> datetime | None:
    """Read a date of a header; None when it is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _traced() -> dict[str, str]:
    traceparent = work.traceparent()
    return {trace.HEADER: traceparent} if traceparent else {}


def _classified(error: requests.RequestException) -> VendorHttpError:
    """Tell "never sent" from "maybe carried out".

    requests says ConnectionError both for a refused connection and for one that broke after
    the request had gone out, and SSLError both for a handshake and for an answer that was cut off;
    only urllib3's reason underneath tells them apart. In doubt: maybe carried out.
    """
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    name = type(error).__name__
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return ConnectFailed(name)
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError) or _is_untrusted(reason):
        return ConnectFailed(name)
    return NoReply(name)


def _is_untrusted(reason: Exception | None) -> bool:
    """Say whether a certificate was refused: that ends a handshake, before any request."""
    return reason is not None and any(
        isinstance(one, ssl.SSLCertVerificationError) for one in reason.args
    )
