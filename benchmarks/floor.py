"""The least a boto3 call costs: a client whose every reply is constant, with nothing behind it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.emulator import Emulator

Replies = dict[str, tuple[dict[str, str], bytes]]


def keep_replies(client: Any, replies: Replies, stored: bytes = b"") -> None:
    """Note by operation what the emulator answers; `stored` stands for the body of a stream."""

    def keep(operation_model: Any, response_dict: Any, **_: Any) -> None:
        body = response_dict["body"]
        content = body if isinstance(body, bytes) else stored  # a stream is its caller's to read
        replies[operation_model.name] = (response_dict["headers"], content)

    client.meta.events.register("before-parse", keep)


def answer_constantly(client: Any, replies: Replies) -> None:
    """Let a client get the noted replies, and nothing else.

    What a `before-send` hook answers is not sent, so the emulator's door hears nothing of it.
    """

    def answer(request: Any, event_name: str, **_: Any) -> Any:
        headers, body = replies[event_name.rpartition(".")[2]]
        # What is sent must be read by whoever answers: boto3 makes the pieces and checksum of an
        # object only then.
        read = getattr(request.body, "read", None)
        if read is not None:
            read()
        reply: Any = AWSResponse  # its types ask for more than it uses
        return reply(request.url, 200, headers, _Raw(body))

    client.meta.events.register("before-send", answer)


def sign_whole(client: Any) -> None:
    """Let a client sign as boto3 does when nobody is at work in its process.

    An emulator in this process spares its callers the hash of the signature; that is its gain, and
    no part of what boto3 costs by itself.
    """
    signer = client._request_signer  # noqa: SLF001 - there is no hook for whole signatures
    instance_of = signer.get_auth_instance

    def whole(*args: Any, **kwargs: Any) -> Any:
        auth = instance_of(*args, **kwargs)
        auth.__class__ = _WHOLE[auth.__class__]
        return auth

    signer.get_auth_instance = whole


class _SigV4(SigV4Auth):
    """Signs whole, as `SigV4Auth` does by itself: no emulator knows this class."""


class _S3SigV4(S3SigV4Auth):
    """The same for S3."""


_WHOLE = {SigV4Auth: _SigV4, S3SigV4Auth: _S3SigV4}


@contextmanager
def untouched(emulator: Emulator) -> Iterator[None]:
    """Fail when anything reaches the emulator in here: then this is no floor."""
    before = emulator.journal.last_number
    yield
    reached = emulator.journal.last_number - before
    if reached:
        message = f"{reached} entries were written by calls that were to have no emulator"
        raise RuntimeError(message)


class _Raw:
    """A reply body as botocore reads it, whole or as a stream."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing to close."""
