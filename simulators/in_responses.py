"""Mounts WSGI apps into `responses`, so that code that calls with `requests` needs no socket.

    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        mount(rsps, "https://connect.squareup.com", square)

A slow success becomes `requests.exceptions.ReadTimeout` when the caller's read timeout is
shorter: the state has changed by then, which is the point.
"""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests

from simulators.simulator import SLEEP_KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    import responses

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def mount(rsps: responses.RequestsMock, prefix_url: str, wsgi_app: WSGIApplication) -> None:
    """Answer every URL that begins with `prefix_url` by `wsgi_app`; the prefix is cut off."""
    prefix = prefix_url.rstrip("/")
    pattern = re.compile(rf"^{re.escape(prefix)}(?:[/?].*)?$")
    base_path = urlsplit(prefix).path

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        return _call(wsgi_app, _environ(request, base_path))

    for method in METHODS:
        rsps.add_callback(method, pattern, callback=answer, content_type=None)


def _environ(request: requests.PreparedRequest, base_path: str) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = _payload(request)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": base_path,
        "PATH_INFO": unquote(parts.path)[len(base_path) :] or "/",
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        SLEEP_KEY: _time_out_after(request),
    }
    for name, value in request.headers.items():
        environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
    return environ


def _payload(request: requests.PreparedRequest) -> bytes:
    body = request.body or b""
    if isinstance(body, str):
        return body.encode()
    if not isinstance(body, bytes):
        raise TypeError("streamed request bodies cannot be replayed into a WSGI app")
    return body


def _time_out_after(request: requests.PreparedRequest) -> Callable[[float], None]:
    """Return the `sleep` of this caller: past its read timeout, it hears nothing any more."""
    timeout = getattr(request, "req_kwargs", {}).get("timeout")
    read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout

    def sleep(seconds: float) -> None:
        if read_timeout is not None and seconds >= read_timeout:
            raise requests.exceptions.ReadTimeout(
                f"Read timed out. (read timeout={read_timeout})", request=request
            )

    return sleep


def _call(wsgi_app: WSGIApplication, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _data: None

    body = b"".join(wsgi_app(environ, start_response))
    status, headers = started[-1]
    return int(status.split(" ", 1)[0]), dict(headers), body
