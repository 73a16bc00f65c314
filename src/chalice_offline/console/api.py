"""The console beside the AWS endpoint, under /_chalice_offline/: a page, and JSON doors.

/                    the page
/api/…               what it reads (GET) and does (POST); docs/CONSOLE.md lists the doors
/functions           what each function did: runs, errors, retries, durations
/trace?text=...      the story of whatever mentions the text, as a drawn tree
/journal?after=N     the journal entries after number N, at most 1,000

Secrets and personal data are masked (`trace.masking`).
"""

from __future__ import annotations

import logging
import pprint  # noqa: F401 - for the doors; by then a project's folder is first on `sys.path`
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Door, Plain, Refusal, asked_of, find_door
from chalice_offline.console.shown import spelled
from chalice_offline.console.site import File, site_files
from chalice_offline.core.feed import Feed
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.console.families import Families
    from chalice_offline.console.session import Session
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.transports.gateway import Gateway

PREFIX = "/_chalice_offline"

_log = logging.getLogger(__name__)


class Console:
    """The console of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._families: Families | None = None
        self._is_closed = False

    def serve_on(self, gateway: Gateway) -> None:
        """Be reached through a gateway."""
        gateway.folders[PREFIX] = self.answer

    def close(self) -> None:
        """End the live feeds: the session stops."""
        with self._session.emulator.lock:
            self._is_closed = True
            if self._families is not None:
                for reader in list(self._families.live.readers):
                    reader.end()

    def prepare(self) -> None:
        """Import and make what answers, before the first request, which would wait for it."""
        _import_packages()
        from chalice_offline.console.families import Families

        with self._session.emulator.lock:
            if self._families is None and not self._is_closed:
                self._families = Families(self._session)

    def answer(self, request: HttpRequest) -> HttpResponse | Pending[HttpResponse]:
        """Answer one request; never raises."""
        name = request.path.removeprefix(PREFIX).removeprefix("/")
        if request.method == "HEAD":
            return HttpResponse(405, _headers("application/json"))
        if request.method == "GET" and (file := self._files.get(name)) is not None:
            return self._page(request, name, file)
        try:
            door, names = find_door(self._doors(), request.method, name)
            answer = door.answer(asked_of(request, names))
            return _later(answer, name) if isinstance(answer, Pending) else _reply(answer)
        except Refusal as refusal:
            return _refused(refusal)
        except UnicodeEncodeError as error:
            return _refused(_half_a_letter(error))
        except Exception:  # noqa: BLE001 - the outermost boundary; the log has it whole
            return _failed(name)

    # ---- within ----------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> dict[str, File]:
        return site_files()

    def _doors(self) -> list[Door]:
        if self._families is None:
            self.prepare()
        if self._families is None or self._is_closed:
            # Nothing happens here any more: the page of a feed that nobody ends would stand still.
            raise Refusal("The session is stopping, or begins anew.", 503)
        return self._families.doors

    def _page(self, request: HttpRequest, name: str, file: File) -> HttpResponse:
        if not name and not request.path.endswith("/"):  # its files are named relative to it
            return HttpResponse(308, Headers([("location", f"{PREFIX}/")]))
        return HttpResponse(200, _headers(file.content_type), file.body)


def _import_packages() -> None:
    """Import whole services, without the kernel's lock, before the doors import parts of them.

    Where one thread imports a part of a package and another, which makes the service, the package,
    each waits for the other: Python fails both.
    """
    from chalice_offline.services import (  # noqa: F401
        apigatewayv2,
        events,
        kinesis,
        s3,
        scheduler,
        sqs,
        stepfunctions,
    )


def _reply(answer: Any) -> HttpResponse:
    if isinstance(answer, Feed):
        return HttpResponse(200, _headers("text/event-stream"), feed=answer)
    if isinstance(answer, Plain):
        return HttpResponse(
            200, _headers(answer.content_type), answer.text.encode("utf-8", "backslashreplace")
        )
    return _json(answer)


def _later(answer: Pending[Any], name: str) -> Pending[HttpResponse]:
    response: Pending[HttpResponse] = Pending()

    def settled(pending: Pending[Any]) -> None:
        try:
            value = pending.result()
            shown = _reply(value)
        except Refusal as refusal:
            shown = _refused(refusal)
        except UnicodeEncodeError as error:
            shown = _refused(_half_a_letter(error))
        except Exception:  # noqa: BLE001 - the outermost boundary; the log has it whole
            shown = _failed(name)
        response.resolve(shown)

    answer.then(settled)
    return response


def _half_a_letter(error: UnicodeEncodeError) -> Refusal:
    """Say what JSON can spell, and no service takes: half of a pair of surrogates."""
    text = ascii(error.object[error.start : error.end])
    return Refusal(f"{text} is half a letter (a lone surrogate), which UTF-8 cannot spell.")


def _refused(refusal: Refusal) -> HttpResponse:
    return _json({"error": refusal.sentence}, status=refusal.status)


def _failed(name: str) -> HttpResponse:
    _log.exception("the console's %r failed", name)
    return _json({"error": "The console failed at this; the log holds the cause."}, status=500)


def _json(content: object, *, status: int = 200) -> HttpResponse:
    return HttpResponse(status, _headers("application/json"), spelled(content).encode())


def _headers(content_type: str) -> Headers:
    """Return the fields of every page: for this origin alone, in no frame, kept by nobody."""
    return Headers(
        [
            ("content-type", content_type),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ]
    )
