"""Doing again what the journal holds: a call, a request to the app, or the event of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.shown import shown
from chalice_offline.core.errors import AwsError
from chalice_offline.core.numerals import whole_number
from chalice_offline.core.pending import Pending
from chalice_offline.core.shortened import is_shortened
from chalice_offline.protocols import operation_names
from chalice_offline.protocols.app_addresses import OPERATIONS
from chalice_offline.services.s3.chunked import decode_chunks

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry

# What the data plane of WebSocket APIs is told of connections.
_OF_SOCKETS = ("Connect", "Receive", "Disconnect")


class Replay:
    """Replays out of one journal."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "replay/{entry}", self.preview),
            Door("POST", "replay/{entry}", self.replay),
        ]

    def preview(self, asked: Asked) -> dict[str, Any]:
        """Answer what would be done again, masked; what is edited may stay masked elsewhere."""
        with self._session.emulator.lock:
            what = self._what(asked.name("entry"))
        return {"service": what[0], "operation": what[1], "request": shown(what[2])}

    def replay(self, asked: Asked) -> Any:
        """Do it again, with `request` in place of what it was if given."""
        with self._session.emulator.lock:
            service, operation, original = self._what(asked.name("entry"))
        request = original
        if "request" in asked.body:
            request = restored(asked.mapping("request"), original)
        emulator = self._session.emulator
        with emulator.lock:
            before = emulator.journal.last_number
            reply = self._session.done(service, operation, request, asked.origin)
            story = self._begun_after(before, f"{service}.{operation}")
        told = {"service": service, "operation": operation, "story": story}
        if isinstance(reply, Pending):
            return reply.map(lambda answer: {**told, "answer": shown(answer)})
        return {**told, "answer": shown(reply)}

    # ---- within ----------------------------------------------------------------------------------

    def _begun_after(self, number: int, subject: str) -> int | None:
        """Return the story of the first call of an operation after an entry."""
        journal = self._session.emulator.journal
        for later in range(number + 1, journal.last_number + 1):
            entry = journal.find(later)
            if entry is not None and entry.is_input and entry.subject == subject:
                return later
        return None

    def _what(self, number: str) -> tuple[str, str, dict[str, Any]]:
        journal = self._session.emulator.journal
        found = whole_number(number)
        entry = None if found is None else journal.find(found)
        if entry is None:
            raise Refusal(f"The journal has no entry {number[:40]} (any more).", 404)
        return request_of(entry)


def request_of(entry: Entry) -> tuple[str, str, dict[str, Any]]:
    """Return service, operation and request that do again what an entry tells of."""
    if entry.kind == "run":
        payload = entry.detail.get("payload", b"{}")
        request = {"FunctionName": entry.subject, "Payload": payload, "InvocationType": "Event"}
        return "lambda", "Invoke", request
    service, _, operation = entry.subject.partition(".")
    is_call = (
        entry.kind in ("call", "delivery") and operation.isalpha() and " " not in entry.subject
    )
    if not is_call or {"method", "url", "body"} == entry.detail.keys():
        raise Refusal(f"Entry {entry.number} ({entry.kind} {entry.subject}) cannot be replayed.")
    if service == "execute-api" and operation in _OF_SOCKETS:
        raise Refusal(
            f"Entry {entry.number} came over a WebSocket connection, which cannot be opened again: "
            "run the event of its handler again instead."
        )
    if not _is_known(service, operation):  # what the console or a service did by itself
        raise Refusal(f"Entry {entry.number} ({entry.subject}) is no call that can be made.")
    if is_shortened(entry.detail):
        raise Refusal(f"Entry {entry.number} was too long to be kept whole.", 409)
    request = dict(entry.detail)
    return service, operation, _unchunked(request) if service == "s3" else request


def _is_known(service: str, operation: str) -> bool:
    try:
        return (service, operation) in OPERATIONS or operation in operation_names(service)
    except AwsError:
        return False


def _unchunked(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request to S3 with its body as it is, not as it was sent (aws-chunked)."""
    encodings = [one.strip() for one in str(request.get("ContentEncoding", "")).split(",")]
    if "aws-chunked" not in encodings or not isinstance(request.get("Body"), bytes):
        return request
    try:
        body, _ = decode_chunks(request["Body"])
    except AwsError:  # some clients put the name on bodies that travel as they are
        body = request["Body"]
    others = ",".join(one for one in encodings if one not in ("", "aws-chunked"))
    changed = {**request, "Body": body, "ContentEncoding": others}
    return {name: value for name, value in changed.items() if value or name != "ContentEncoding"}


def restored(edited: Any, original: Any) -> Any:
    """Return what was edited with what was only masked in it put back."""
    return _restored(edited, original, shown(original))


def _restored(edited: Any, original: Any, masked: Any) -> Any:
    """Walk through what was edited, what it was, and how that was shown, side by side."""
    if edited == masked:
        return original
    if isinstance(edited, dict) and isinstance(original, dict) and isinstance(masked, dict):
        return {
            name: _restored(value, original.get(name), masked.get(name))
            for name, value in edited.items()
        }
    if isinstance(edited, list) and isinstance(original, list | tuple) and isinstance(masked, list):
        known = dict(enumerate(zip(original, masked, strict=False)))
        return [
            _restored(value, *known.get(place, (None, None))) for place, value in enumerate(edited)
        ]
    if isinstance(edited, str) and isinstance(original, str | bytes) and isinstance(masked, str):
        return _restored_text(edited, original, masked)
    return edited


def _restored_text(edited: str, original: str | bytes, masked: str) -> str | bytes:
    """Put back what was masked in JSON inside a text; any other text is taken as it is."""
    try:
        before, after, seen = (json.loads(text) for text in (original, edited, masked))
    except (ValueError, RecursionError):
        whole = edited
    else:
        put_back = _restored(after, before, seen)
        # What was not masked keeps its spelling: numbers, say, that Python would round.
        whole = edited if put_back == after else json.dumps(put_back, ensure_ascii=False)
    return whole.encode() if isinstance(original, bytes) else whole
