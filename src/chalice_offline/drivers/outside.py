"""One request to the outside, the same in real and in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest, HttpResponse

    Send = Callable[[HttpRequest, int], HttpResponse]
    Done = Callable[[HttpResponse | None, str], None]


def send_outside(send: Send | None, request: HttpRequest, timeout_ms: int, done: Done) -> None:
    """Send, and tell `done` the reply, or None and the reason when none came.

    `send(request, timeout_ms)` raises OSError when there was no reply; None sends nothing.
    """
    if send is None:
        done(None, "this emulator sends nothing outside")
        return
    try:
        response = send(request, timeout_ms)
    except OSError as error:
        done(None, str(error) or type(error).__name__)
    else:
        done(response, "")
