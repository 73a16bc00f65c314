"""A signature for requests that never leave the process.

botocore signs each request (Signature Version 4: a canonical form of it, hashed five times), a
quarter of what a call costs. Whoever answers in this process reads from it who calls and in which
region, and checks no more of it than of one that came over HTTP; so the caller is named and the
hash left out. Links and forms (presigned URLs, presigned POST) are signed as ever, for they leave
the process and are verified, and so is whatever code signs by itself, without a client.
"""

from __future__ import annotations

from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth

_botocores_own: Any = SigV4Auth.add_auth


def install() -> None:
    """Let botocore's clients name who signs, and no more."""
    signer: Any = SigV4Auth
    signer.add_auth = _add_auth


def uninstall() -> None:
    """Let botocore's clients sign again."""
    signer: Any = SigV4Auth
    signer.add_auth = _botocores_own


def _add_auth(signer: Any, request: Any) -> None:
    """Sign as botocore does, a client's own request without the hash."""
    named = _NAMED.get(signer.__class__)
    if named is not None and "client_config" in request.context:
        signer.__class__ = named  # each signs one request
    _botocores_own(signer, request)


class _Named:
    """What botocore would hash stays empty; dates, token and scope are its own."""

    def headers_to_sign(self, _request: Any) -> dict[str, str]:
        return {"host": ""}

    def canonical_request(self, _request: Any) -> str:
        return ""

    def string_to_sign(self, _request: Any, _canonical_request: str) -> str:
        return ""

    def signature(self, _string_to_sign: str, _request: Any) -> str:
        return "answered-in-this-process"


class _NamedV4(_Named, SigV4Auth):  # type: ignore[misc]
    """For all services but S3."""


class _NamedS3V4(_Named, S3SigV4Auth):  # type: ignore[misc]
    """For S3, which is told besides whether its payload is signed."""


# Their other subclasses sign links, or in a way of their own.
_NAMED: dict[type, type] = {SigV4Auth: _NamedV4, S3SigV4Auth: _NamedS3V4}
